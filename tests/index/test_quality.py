"""Figures of merit against brute force and by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.quality import auroc, calibration_error, found, reciprocal_rank

SCORES = st.lists(st.integers(0, 6).map(lambda n: n / 4), min_size=1, max_size=12)


@given(SCORES, SCORES)
@settings(max_examples=60)
def test_auroc_counts_the_pairs_that_are_in_order(positive: list[float], negative: list[float]) -> None:
    pairs = [1.0 if p > n else 0.5 if p == n else 0.0 for p in positive for n in negative]
    assert auroc(np.array(positive), np.array(negative)) == pytest.approx(sum(pairs) / len(pairs))


def test_figures_of_nothing_are_not_numbers() -> None:
    some, none = np.array([0.5]), np.zeros(0)
    assert math.isnan(auroc(some, none))
    assert math.isnan(auroc(none, some))
    assert math.isnan(calibration_error(none, none.astype(bool)))


def test_calibration_error_by_hand() -> None:
    confidence = np.array([0.9, 0.1, 0.8, 0.3])
    right = np.array([True, False, False, True])
    # Two bins of two: (0.1, 0.3) with one right, (0.8, 0.9) with one right.
    expected = (abs(0.4 - 1) + abs(1.7 - 1)) / 4
    assert calibration_error(confidence, right, bins=2) == pytest.approx(expected)


def test_within_a_bin_errors_to_both_sides_cancel() -> None:
    assert calibration_error(np.array([0.5, 0.5]), np.array([True, False]), bins=1) == pytest.approx(0)
    assert calibration_error(np.array([0.5, 0.5]), np.array([True, False]), bins=2) == pytest.approx(0.5)


def test_a_weight_of_two_is_as_good_as_two_questions() -> None:
    confidence, right = np.array([0.2, 0.6, 0.9]), np.array([False, True, False])
    twice = calibration_error(np.repeat(confidence, 2), np.repeat(right, 2), bins=3)
    assert calibration_error(confidence, right, np.full(3, 2.0), bins=3) == pytest.approx(twice)
    first_twice = calibration_error(confidence[[0, 0, 1, 2]], right[[0, 0, 1, 2]], bins=2)
    assert calibration_error(confidence, right, np.array([2.0, 1.0, 1.0]), bins=2) == pytest.approx(first_twice)


def test_the_calibration_error_of_a_certain_liar_is_one() -> None:
    assert calibration_error(np.ones(30), np.zeros(30, bool)) == pytest.approx(1)


def test_reciprocal_rank_is_of_the_first_right_candidate() -> None:
    right = np.array([[1, 0, 1], [0, 0, 1], [0, 1, 1], [0, 0, 0]], bool)
    assert reciprocal_rank(right).tolist() == pytest.approx([1, 1 / 3, 1 / 2, 0])


def test_what_is_found_is_told_in_all_and_by_style() -> None:
    right = np.array([[True, False, False, False], [False, False, True, False], [False, False, False, True]])
    assert found(right, ["plain", "plain", "typo"]) == {
        "questions": 3,
        "top1": 0.3333,
        "top3": 0.6667,
        "mrr": 0.5278,
        "top1_by_style": {"plain": 0.5, "typo": 0.0},
    }
