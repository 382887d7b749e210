"""Whitening against its definition in plain NumPy."""

import numpy as np
import pytest
from numpy.typing import NDArray

from index.adapter import MINIMUM_DEVIATIONS, SHRINKAGES, fit_adapter, identity, means, position_in_group, unit
from index.encoder import Vectors

NOISY = slice(0, 3)
"""Directions in which phrasings of one entry differ and entries do not."""


def phrasings(entries: int = 10, each: int = 8, dimension: int = 12) -> tuple[Vectors, NDArray[np.int64]]:
    """Entries that differ a little in all directions but three, in which their phrasings differ a lot."""
    generator = np.random.default_rng(1)
    labels = np.repeat(np.arange(entries), each)
    centres = generator.normal(size=(entries, dimension))
    centres[:, NOISY] = 0
    noise = generator.normal(size=(len(labels), dimension)) * 0.3
    noise[:, NOISY] *= 10
    return unit((centres[labels] + noise).astype(np.float32)), labels


def within_covariance(vectors: Vectors, labels: NDArray[np.int64]) -> NDArray[np.float64]:
    total = np.zeros((vectors.shape[1],) * 2)
    for label in set(labels.tolist()):
        group = vectors[labels == label].astype(np.float64)
        total += (group - group.mean(axis=0)).T @ (group - group.mean(axis=0))
    return total / (len(vectors) - len(set(labels.tolist())))


def right_by_nearest_mean(vectors: Vectors, labels: NDArray[np.int64]) -> float:
    known = np.arange(len(labels)) % 2 == 0
    centres = np.stack([vectors[known & (labels == label)].mean(axis=0) for label in range(labels.max() + 1)])
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    return float(((vectors[~known] @ centres.T).argmax(axis=1) == labels[~known]).mean())


@pytest.mark.parametrize("shrinkage", SHRINKAGES)
def test_the_matrix_is_the_inverse_root_of_the_shrunk_covariance(shrinkage: float) -> None:
    vectors, labels = phrasings()
    covariance = within_covariance(vectors, labels)
    shrunk = (1 - shrinkage) * covariance + shrinkage * np.trace(covariance) / 12 * np.eye(12)
    matrix = fit_adapter(vectors, labels, shrinkage).matrix
    np.testing.assert_allclose(matrix.T @ shrunk @ matrix, np.eye(12), atol=1e-3)


def test_the_dimensions_in_which_phrasings_reach_farthest_come_first() -> None:
    vectors, labels = phrasings()
    adapted = fit_adapter(vectors, labels, 0.5)(vectors)
    moments = adapted.T @ adapted
    np.testing.assert_allclose(moments, np.diag(np.diag(moments)), atol=1e-3 * moments.max())
    assert np.all(np.diff(np.diag(moments)) <= 1e-3)


def test_adapting_centres_multiplies_and_scales_to_unit_length() -> None:
    vectors, labels = phrasings()
    adapter = fit_adapter(vectors, labels, 0.5)
    expected = (vectors - vectors.mean(axis=0)) @ adapter.matrix
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    adapted = adapter(vectors)
    np.testing.assert_allclose(adapted, expected, atol=1e-5)
    assert adapted.dtype == np.float32


def test_directions_in_which_phrasings_of_one_entry_differ_count_for_less() -> None:
    vectors, labels = phrasings()
    adapted = fit_adapter(vectors, labels)(vectors)
    assert right_by_nearest_mean(adapted, labels) > right_by_nearest_mean(vectors, labels) + 0.2


def test_the_shrinkage_chosen_is_one_of_those_tried_and_kept() -> None:
    assert fit_adapter(*phrasings()).shrinkage in SHRINKAGES
    assert fit_adapter(*phrasings(), shrinkage=0.7).shrinkage == 0.7


def test_too_few_phrasings_give_the_identity() -> None:
    entries = MINIMUM_DEVIATIONS  # of two phrasings each: one deviation each
    vectors, labels = phrasings(entries, each=2)
    assert fit_adapter(vectors, labels).shrinkage is not None
    vectors, labels = vectors[1:], labels[1:]
    adapter = fit_adapter(vectors, labels)
    assert adapter.shrinkage is None
    assert np.array_equal(adapter(vectors), vectors)


def test_the_identity_says_so_in_its_arrays_too() -> None:
    adapter = identity(3)
    assert np.array_equal(adapter.matrix, np.eye(3))
    assert not adapter.centre.any()


def test_entries_whose_numbers_leave_gaps_are_learned_from_alike() -> None:
    vectors, labels = phrasings()
    assert np.array_equal(fit_adapter(vectors, labels * 7, 0.5).matrix, fit_adapter(vectors, labels, 0.5).matrix)


def test_a_zero_row_stays_zero_when_scaled() -> None:
    assert np.array_equal(unit(np.array([[3, 4], [0, 0]], np.float32)), np.array([[0.6, 0.8], [0, 0]], np.float32))


def test_means_are_of_unit_length_and_zero_for_an_entry_without_rows() -> None:
    rows = np.array([[1, 0], [0, 1], [0, 1]], np.float32)
    root = np.sqrt(0.5)
    np.testing.assert_allclose(means(rows, np.array([2, 2, 0]), 3), [[0, 1], [0, 0], [root, root]], atol=1e-6)


def test_the_position_in_its_group_counts_the_equal_ones_before() -> None:
    assert position_in_group(np.array([5, 7, 5, 5, 7, 0])).tolist() == [0, 0, 1, 2, 1, 0]
    assert position_in_group(np.zeros(0, np.int64)).tolist() == []
