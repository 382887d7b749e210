"""Figures by hand, and intervals where theory knows them."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from scripts.metrics import METRICS, TURN_METRICS, Results, TurnResults, measure, table

# in scope, rank of the right one, confidence, what was done
HAND_MADE = [
    (True, 1, 0.9, "answered"),
    (True, 1, 0.8, "answered"),
    (True, 2, 0.7, "answered"),
    (True, 1, 0.6, "clarify"),
    (True, 3, 0.5, "clarify"),
    (True, 4, 0.4, "clarify"),
    (True, math.inf, 0.1, "no_answer"),
    (True, 1, 0.2, "no_answer"),
    (False, math.inf, 0.75, "answered"),
    (False, math.inf, 0.3, "clarify"),
    (False, math.inf, 0.2, "no_answer"),
    (False, math.inf, 0.0, "no_answer"),
]
EXPECTED = {
    "top1": 4 / 8,
    "top3": 6 / 8,
    "mrr": (1 + 1 + 1 / 2 + 1 + 1 / 3 + 1 / 4 + 0 + 1) / 8,
    # of the 32 pairs, those in which the one in scope has more confidence, ties half:
    "auroc": (4 + 4 + 3 + 3 + 3 + 3 + 1 + 1.5) / 32,
    "precision": 2 / 4,
    "coverage": 2 / 8,
    "helped": 4 / 8,
    "refusal": 3 / 4,
    "declined": 2 / 4,
    "accuracy": (3 + 2) / 12,
}


def results(rows: Sequence[tuple[bool, float, float, str]]) -> Results:
    return Results(
        in_scope=np.array([row[0] for row in rows], bool),
        rank=np.array([row[1] for row in rows], float),
        confidence=np.array([row[2] for row in rows], float),
        answered=np.array([row[3] == "answered" for row in rows], bool),
        declined=np.array([row[3] == "no_answer" for row in rows], bool),
    )


@pytest.mark.parametrize("name", EXPECTED)
def test_a_metric_is_what_its_meaning_says(name: str) -> None:
    assert METRICS[name][1](results(HAND_MADE)) == pytest.approx(EXPECTED[name])


def test_calibration_is_the_mean_gap_of_ten_equal_bins() -> None:
    sure, unsure = [(True, 1, 0.9, "answered")] * 10, [(False, math.inf, 0.3, "clarify")] * 10
    assert METRICS["calibration"][1](results(sure + unsure)) == pytest.approx((0.1 + 0.3) / 2)


def test_every_metric_has_a_hand_made_check() -> None:
    assert set(METRICS) == {*EXPECTED, "calibration"}


def test_a_figure_lies_within_its_interval() -> None:
    figures = measure(results(HAND_MADE * 5))
    assert figures["questions"] == {"in_scope": 40, "out_of_scope": 20}
    for name, expected in EXPECTED.items():
        figure = figures[name]
        assert figure["value"] == pytest.approx(expected, abs=5e-5)
        assert figure["low"] <= figure["value"] <= figure["high"]
        assert 0 < figure["high"] - figure["low"] < 0.6


def test_the_interval_is_that_of_the_binomial() -> None:
    """At 300 of 400, mean of the percentile bootstrap within 0.01 of the normal approximation."""
    rows = [(True, 1, 0.9, "answered")] * 300 + [(True, 2, 0.9, "answered")] * 100
    figure = measure(results(rows))["top1"]
    half = 1.96 * math.sqrt(0.75 * 0.25 / 400)
    assert figure["low"] == pytest.approx(0.75 - half, abs=0.01)
    assert figure["high"] == pytest.approx(0.75 + half, abs=0.01)


@pytest.mark.parametrize("rows", [HAND_MADE[:8], HAND_MADE[8:], []], ids=["in scope", "out of scope", "none"])
def test_what_cannot_be_measured_is_left_out(rows: list[tuple[bool, float, float, str]]) -> None:
    figures = measure(results(rows))
    assert {"in_scope": bool, "out_of_scope": bool}.keys() == figures["questions"].keys()
    in_scope, out_of_scope = figures["questions"]["in_scope"], figures["questions"]["out_of_scope"]
    assert ("top1" in figures, "refusal" in figures) == (in_scope > 0, out_of_scope > 0)
    assert "auroc" not in figures
    assert not any(math.isnan(number) for figure in figures.values() for number in figure.values())


# Turns


def turns(
    rows: Sequence[tuple[bool, float, float, str]], alone: Sequence[bool], conversation: Sequence[int]
) -> TurnResults:
    return TurnResults(
        **vars(results(rows)), conversation=np.array(conversation, np.int64), alone=np.array(alone, bool)
    )


HAND_MADE_TURNS = turns(
    HAND_MADE, alone=[True] * 5 + [False] * 4 + [True] * 3, conversation=[0] * 4 + [1] * 4 + [2] * 4
)
EXPECTED_TURNS = {
    "right": (3 + 3) / 12,  # rank 1 and not declined: 3, of them one asked back; out of scope: 3 not answered
    "alone": 8 / 12,
    "kept": (3 + 3) / 8,
    "helped": (4 + 3) / 12,
    "top1": 4 / 8,
    "precision": 2 / 4,
    "refusal": 3 / 4,
}


@pytest.mark.parametrize("name", EXPECTED_TURNS)
def test_a_metric_of_turns_is_what_its_meaning_says(name: str) -> None:
    assert TURN_METRICS[name][1](HAND_MADE_TURNS) == pytest.approx(EXPECTED_TURNS[name])


def test_every_metric_of_turns_has_a_hand_made_check() -> None:
    assert set(TURN_METRICS) == {*EXPECTED_TURNS, "calibration"}


def test_turns_are_resampled_by_conversations() -> None:
    """Conversations that are right or wrong as a whole: 100 of 10 turns vary as 100 draws do, not as 1,000."""
    rows = [row for number in range(100) for row in [(True, 1 if number % 4 else 2, 0.9, "answered")] * 10]
    asked = turns(rows, [True] * 1000, [number for number in range(100) for _ in range(10)])
    figure = measure(asked, TURN_METRICS)["right"]
    half = 1.96 * math.sqrt(0.75 * 0.25 / 100)
    assert figure["low"] == pytest.approx(0.75 - half, abs=0.02)
    assert figure["high"] == pytest.approx(0.75 + half, abs=0.02)


def test_no_turns_have_no_figures() -> None:
    assert measure(turns([], [], []), TURN_METRICS) == {"questions": {"in_scope": 0, "out_of_scope": 0}}


def test_a_table_has_a_line_for_every_metric_and_group() -> None:
    figures = {
        "all": measure(HAND_MADE_TURNS, TURN_METRICS),
        "first": measure(HAND_MADE_TURNS.only(np.arange(4)), TURN_METRICS),
    }
    lines = table(figures, TURN_METRICS, "turns").splitlines()
    assert lines[0] == "8 turns in scope, 4 out of scope"
    assert [line.split()[0] for line in lines[2:10]] == list(TURN_METRICS)
    assert [line.split()[:2] for line in lines[-2:]] == [["all", "12"], ["first", "4"]]
