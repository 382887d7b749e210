import numpy as np
import pytest

from scripts.gap_groups import leaders


def unit(rows: object) -> np.ndarray:
    vectors = np.asarray(rows, np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def test_a_row_joins_the_nearest_leader_and_not_the_first_one_near_enough() -> None:
    vectors = unit([[1, 0], [1, 1.2], [1, 0.9]])
    assert leaders(vectors, 0.7) == [0, 1, 1]


def test_groups_do_not_drift_along_a_chain() -> None:
    angles = np.radians([0, 30, 60, 90])
    vectors = unit(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    assert leaders(vectors, 0.8) == [0, 0, 2, 2]


@pytest.mark.parametrize("near", [0.1, 0.5, 0.9])
def test_every_row_is_near_its_leader_and_leaders_are_not_near_each_other(near: float) -> None:
    vectors = unit(np.random.default_rng(0).normal(size=(300, 8)))
    labels = leaders(vectors, near)
    similarities = vectors @ vectors.T
    heads = sorted(set(labels))
    assert all(labels[head] == head for head in heads)
    assert all(similarities[row, label] >= near - 1e-6 for row, label in enumerate(labels))
    between = similarities[np.ix_(heads, heads)] - np.eye(len(heads))
    assert between.max() < near


def test_nothing_has_no_groups() -> None:
    assert leaders(np.zeros((0, 8), np.float32), 0.5) == []
