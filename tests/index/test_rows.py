"""Exhaustive search against NumPy."""

import numpy as np
import pytest

from index.adapter import unit
from index.encoder import Vectors
from index.rows import flat_index, packed_rows


def random_unit(rows: int, dimension: int = 6, *, seed: int) -> Vectors:
    return unit(np.random.default_rng(seed).normal(size=(rows, dimension)).astype(np.float32))


@pytest.mark.parametrize("limit", [1, 5, 40, 1000])
def test_a_search_finds_the_rows_with_the_highest_products(limit: int) -> None:
    stored, asked = random_unit(40, 64, seed=1), random_unit(9, 64, seed=2)
    scores, at = flat_index(stored).search(asked, limit)
    assert at.shape == (9, min(limit, 40))
    assert np.array_equal(scores, -np.sort(-scores, axis=1))
    kept = packed_rows(stored)
    units = np.abs(asked * kept.steps).max(axis=1, keepdims=True) / 127
    as_kept = np.rint(asked * kept.steps / units) @ kept.codes.T.astype(np.float32) * units
    np.testing.assert_allclose(scores, np.take_along_axis(as_kept, at, 1), atol=1e-6)
    np.testing.assert_allclose(scores, -np.sort(-as_kept, axis=1)[:, :limit], atol=1e-6)
    exact = asked @ stored.T
    np.testing.assert_allclose(scores, np.take_along_axis(exact, at, 1), atol=0.01)
    # What was passed over is no nearer than what was found, as far as eight bits can tell.
    np.put_along_axis(exact, at, -1, 1)
    assert np.all(exact.max(axis=1) <= scores[:, -1] + 0.01)


def test_a_large_index_multiplies_the_first_dimensions_of_all_rows_and_the_rest_of_the_best() -> None:
    falling = np.geomspace(1, 0.03, 256, dtype=np.float32)
    stored, asked = (unit(random_unit(rows, 256, seed=rows) * falling) for rows in (5000, 50))
    index = flat_index(stored)
    assert index.codes.d % 32 == 0
    assert index.codes.d + index.rest.codes.shape[1] == 256
    assert np.square(stored[:, : index.codes.d]).sum() >= 0.8 * len(stored)
    scores, at = index.search(asked, 128)
    assert np.array_equal(scores, -np.sort(-scores, axis=1))
    exact = asked @ stored.T
    np.testing.assert_allclose(scores, np.take_along_axis(exact, at, 1), atol=0.01)
    nearest = np.argsort(-exact, axis=1)
    missed = [len(set(right[:10]) - set(found)) for right, found in zip(nearest.tolist(), at.tolist(), strict=True)]
    assert np.mean(missed) < 0.05
    rows = at[0, :5]
    np.testing.assert_allclose(index.cosines(rows, asked[0]), exact[0, rows], atol=0.01)
    for one, vector in enumerate(asked):  # company makes no difference
        np.testing.assert_array_equal(index.search(vector[None], 128)[1][0], at[one])
    score, [[row]] = index.search(asked[:1], 1)  # however few are wanted, they are compared whole
    assert score[0, 0] == pytest.approx(exact[0, row], abs=0.01)


def test_a_large_index_without_leading_dimensions_is_multiplied_whole() -> None:
    index = flat_index(random_unit(5000, 256, seed=1))
    assert (index.codes.d, index.rest.codes.shape) == (256, (5000, 0))


def test_rows_that_are_not_of_unit_length_are_refused() -> None:
    zero_and_long = np.array([[0, 0], [3, 4]], np.float32)
    with pytest.raises(AssertionError, match="unit length"):
        flat_index(zero_and_long)
    assert flat_index(zero_and_long[:1]).codes.ntotal == 1


def test_eight_bits_move_a_cosine_by_less_than_a_thousandth() -> None:
    stored, asked = random_unit(200, 512, seed=3), random_unit(20, 512, seed=4)
    exact = asked @ stored.T
    scores, at = flat_index(stored).search(asked, 200)
    errors = scores - np.take_along_axis(exact, at, 1)
    assert np.std(errors) < 1e-3
    assert np.abs(errors).max() < 5e-3
    rows = np.array([7, 3, 199])
    for index in (flat_index(stored), packed_rows(stored)):
        for row, vector in zip(exact, asked, strict=True):
            assert np.std(index.cosines(rows, vector) - row[rows]) < 1e-3


def test_a_dimension_that_hardly_varies_keeps_its_share_of_the_precision() -> None:
    stored, asked = (
        unit(random_unit(50, 64, seed=seed) * np.geomspace(1, 1e-3, 64, dtype=np.float32)) for seed in (5, 6)
    )
    kept = packed_rows(stored)
    error = np.abs(kept.codes * kept.steps - stored).max(axis=0)
    assert np.all(error <= np.abs(stored).max(axis=0) / 250)
    scores, at = flat_index(stored).search(asked, 50)
    np.testing.assert_allclose(scores, np.take_along_axis(asked @ stored.T, at, 1), atol=0.02)


def test_rows_and_vectors_of_zeros_are_at_right_angles_to_everything() -> None:
    zeros = np.zeros((2, 6), np.float32)
    assert not flat_index(zeros).search(random_unit(3, seed=7), 2)[0].any()
    assert not flat_index(random_unit(2, seed=7)).search(zeros, 2)[0].any()


def test_a_search_of_nothing_finds_nothing() -> None:
    scores, at = flat_index(np.zeros((0, 6), np.float32)).search(random_unit(3, seed=5), 10)
    assert scores.shape == at.shape == (3, 0)
