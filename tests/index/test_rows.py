"""Exhaustive search against NumPy."""

import numpy as np
import pytest

from index.adapter import unit
from index.encoder import Vectors
from index.rows import flat_index, search


def random_unit(rows: int, dimension: int = 6, *, seed: int) -> Vectors:
    return unit(np.random.default_rng(seed).normal(size=(rows, dimension)).astype(np.float32))


@pytest.mark.parametrize("limit", [1, 5, 40, 1000])
def test_a_search_finds_the_rows_with_the_highest_products(limit: int) -> None:
    stored, asked = random_unit(40, seed=1), random_unit(9, seed=2)
    scores, at = search(flat_index(stored), asked, limit)
    stored = stored.astype(np.float16).astype(np.float32)  # as the index keeps them
    expected = np.argsort(-(asked @ stored.T), axis=1)[:, :limit]
    assert np.array_equal(at, expected)
    np.testing.assert_allclose(scores, np.take_along_axis(asked @ stored.T, expected, 1), atol=1e-6)


def test_rows_that_are_not_of_unit_length_are_refused() -> None:
    zero_and_long = np.array([[0, 0], [3, 4]], np.float32)
    with pytest.raises(AssertionError, match="unit length"):
        flat_index(zero_and_long)
    assert flat_index(zero_and_long[:1]).ntotal == 1


def test_half_precision_moves_a_cosine_by_less_than_a_thousandth() -> None:
    stored, asked = random_unit(200, 512, seed=3), random_unit(20, 512, seed=4)
    scores, at = search(flat_index(stored), asked, 200)
    assert np.abs(scores - np.take_along_axis(asked @ stored.T, at, 1)).max() < 1e-3


def test_a_search_of_nothing_finds_nothing() -> None:
    scores, at = search(flat_index(np.zeros((0, 6), np.float32)), random_unit(3, seed=5), 10)
    assert scores.shape == at.shape == (3, 0)
