"""Probabilities, thresholds and decisions, on questions drawn from a model whose probabilities are known."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from index.confidence import (
    ANSWER_FLOOR,
    CLARIFY_AT,
    OUT_OF_SCOPE_SHARE,
    Asked,
    Confidence,
    Status,
    _threshold,
    evidence,
    fit_confidence,
    judge,
    together,
)
from index.matcher import CONTEXTS, SIGNALS, Candidates
from index.quality import auroc, calibration_error
from index.ranking import Ranking, softmax

FACTS = len(SIGNALS) + 1 + 2 * len(CONTEXTS)
CANDIDATES = 4


def drawn(questions: int, seed: int = 1) -> Asked:
    """Ranked questions: in scope as the first signal says, and the first candidate right as the scores say."""
    generator = np.random.default_rng(seed)
    scores = -np.sort(-generator.normal(size=(questions, CANDIDATES)) * 3, axis=1)
    signals = generator.normal(size=(questions, CANDIDATES, len(SIGNALS)))
    contexts = generator.normal(size=(questions, len(CONTEXTS)))
    in_scope = generator.random(questions) < 1 / (1 + np.exp(-2 * signals[:, 0, 0]))
    share = softmax(0.5 * scores)
    right = np.zeros(scores.shape, bool)
    chosen = [generator.choice(CANDIDATES, p=row) for row in share]
    right[np.arange(questions), chosen] = in_scope
    entries = np.tile(np.arange(CANDIDATES), (questions, 1))
    found = Candidates(entries, signals.astype(np.float32), contexts.astype(np.float32))
    return Asked(found, scores.astype(np.float32), right, in_scope, np.full(questions, 1 / questions))


@pytest.fixture(scope="module")
def fitted() -> Confidence:
    return fit_confidence(drawn(4000))


def plain(answer_at: float = 0.9, clarify_at: float = CLARIFY_AT) -> Confidence:
    """Every fact weighs one."""
    return Confidence(1.0, 0.0, np.ones(FACTS), np.zeros(FACTS), np.ones(FACTS), answer_at, clarify_at)


@given(st.integers(0, 10_000), st.floats(0.01, 20), st.floats(-5, 5))
@settings(max_examples=40)
def test_the_probabilities_of_a_question_sum_to_at_most_one(seed: int, sharpness: float, bias: float) -> None:
    asked = drawn(5, seed)
    confidence = Confidence(sharpness, bias, np.ones(FACTS), np.zeros(FACTS), np.ones(FACTS), 0.9)
    probabilities = confidence.probabilities(asked.candidates, asked.scores)
    assert (probabilities >= 0).all()
    assert (probabilities.sum(axis=1) <= 1 + 1e-9).all()
    assert np.array_equal(probabilities, -np.sort(-probabilities, axis=1))


def test_a_probability_is_that_of_the_scope_times_the_share() -> None:
    asked = drawn(20)
    confidence = plain()
    share = np.exp(asked.scores) / np.exp(asked.scores).sum(axis=1, keepdims=True)
    scope = 1 / (1 + np.exp(-evidence(asked.candidates, share).sum(axis=1)))
    expected = scope[:, None] * share
    np.testing.assert_allclose(confidence.probabilities(asked.candidates, asked.scores), expected, rtol=1e-5)


def test_evidence_is_the_first_candidates_and_how_far_what_is_declined() -> None:
    signals = np.zeros((1, 2, len(SIGNALS)), np.float32)
    signals[0, 0] = np.arange(len(SIGNALS)) / 10
    contexts = np.array([[0.5, 0.25, 0.125]], np.float32)
    (facts,) = evidence(Candidates(np.array([[3, 4]]), signals, contexts), np.array([[0.8, 0.2]]))
    own = dict(zip(SIGNALS, signals[0, 0].tolist(), strict=True))
    margins = [own["nearest"] - 0.5, own["neighbours"] - 0.25, own["line"] - 0.125]
    np.testing.assert_allclose(facts, [*own.values(), np.log(4), -0.5, -0.25, -0.125, *margins], rtol=1e-6)


def test_evidence_of_an_only_candidate_is_finite() -> None:
    found = Candidates(np.zeros((1, 1), np.int64), np.ones((1, 1, len(SIGNALS))), np.zeros((1, len(CONTEXTS))))
    assert np.isfinite(evidence(found, np.ones((1, 1)))).all()


def test_confidence_fitted_to_drawn_questions_is_calibrated_on_fresh_ones(fitted: Confidence) -> None:
    fresh = drawn(4000, seed=2)
    first = fitted.probabilities(fresh.candidates, fresh.scores)[:, 0]
    assert calibration_error(first, fresh.right[:, 0]) < 0.03


def test_the_sharpness_that_drew_the_answers_is_found_again(fitted: Confidence) -> None:
    assert fitted.sharpness == pytest.approx(0.5, rel=0.1)


def test_with_several_right_candidates_the_sharpness_maximises_their_share_together() -> None:
    asked = drawn(300)
    asked.right[asked.in_scope, 1] = True
    found = asked.right.any(axis=1)

    def loss(log: float) -> float:
        share = softmax(np.exp(log) * asked.scores[found].astype(np.float64))
        likelihood = asked.weights[found] @ np.log((share * asked.right[found]).sum(axis=1))
        return float(-likelihood + 1e-3 * log**2)

    grid = np.linspace(-4, 2, 1201)
    best = np.exp(grid[np.argmin([loss(log) for log in grid])])
    assert fit_confidence(asked).sharpness == pytest.approx(best, rel=0.02)


def test_scope_is_told_apart_and_no_evidence_counts_against_its_direction(fitted: Confidence) -> None:
    fresh = drawn(2000, seed=3)
    scope = fitted.in_scope(fresh.candidates, fresh.scores)
    ideal = fresh.candidates.signals[:, 0, 0].astype(np.float64)
    reached = auroc(scope[fresh.in_scope], scope[~fresh.in_scope])
    assert reached > auroc(ideal[fresh.in_scope], ideal[~fresh.in_scope]) - 0.02
    assert (fitted.weights >= 0).all()


def test_from_the_threshold_on_answers_are_as_often_right_as_stated() -> None:
    asked, precision = drawn(3000), 0.7
    confidence = fit_confidence(asked, precision)
    first = confidence.probabilities(asked.candidates, asked.scores)[:, 0]
    answered = first >= confidence.answer_at
    assert asked.right[answered, 0].mean() >= precision
    assert answered.sum() > 100
    lower = np.sort(first[(first < confidence.answer_at) & (first >= ANSWER_FLOOR)])
    assert all(asked.right[first >= other, 0].mean() < precision for other in lower)


@given(
    st.lists(st.tuples(st.integers(6, 10), st.booleans(), st.integers(1, 3)), min_size=1, max_size=12),
    st.sampled_from([0.5, 0.8, 1.0]),
)
@settings(max_examples=150)
def test_the_threshold_is_the_lowest_that_keeps_the_precision(
    questions: list[tuple[int, bool, int]], precision: float
) -> None:
    confidence = np.array([tenths / 10 for tenths, _, _ in questions])
    right = np.array([hit for _, hit, _ in questions])
    weights = np.array([weight for _, _, weight in questions], float)

    def precision_from(threshold: float) -> float:
        answered = confidence >= threshold
        return float(weights[answered & right].sum() / weights[answered].sum())

    keeping = [at for at in sorted(set(confidence.tolist())) if precision_from(at) >= precision - 1e-12]
    assert _threshold(confidence, right, weights, precision) == (min(keeping) if keeping else precision)


def test_below_the_floor_nothing_is_answered_however_right_it_is() -> None:
    assert _threshold(np.array([0.9, 0.2]), np.array([True, True]), np.ones(2), 0.95) == ANSWER_FLOOR


@pytest.mark.parametrize(
    ("probabilities", "status"),
    [
        ([0.95, 0.02, 0.01], Status.ANSWERED),
        ([0.90, 0.02, 0.01], Status.ANSWERED),
        ([0.89, 0.02, 0.01], Status.CLARIFY),
        ([0.125, 0.125, 0.125], Status.CLARIFY),
        ([0.125, 0.125, 0.0625, 0.0625], Status.NO_ANSWER),
        ([0.34], Status.CLARIFY),
        ([0.33], Status.NO_ANSWER),
    ],
)
def test_a_decision_is_to_answer_to_ask_back_or_to_decline(probabilities: list[float], status: Status) -> None:
    assert plain().decide(np.array(probabilities)) is status


def test_another_threshold_can_be_asked_for() -> None:
    assert plain().decide(np.array([0.7, 0.1]), threshold=0.7) is Status.ANSWERED
    assert plain().decide(np.array([0.0, 0.0]), threshold=0.0) is Status.ANSWERED
    assert plain().decide(np.array([0.95, 0.0]), threshold=0.99) is Status.CLARIFY


def found(entries: Sequence[Sequence[int]], first_signal: Sequence[Sequence[float]]) -> Candidates:
    signals = np.zeros((len(entries), len(entries[0]), len(SIGNALS)), np.float32)
    signals[..., 0] = first_signal
    return Candidates(np.array(entries), signals, np.zeros((len(entries), len(CONTEXTS)), np.float32))


def by_first_signal() -> Ranking:
    return Ranking(np.eye(1, len(SIGNALS), dtype=np.float32)[0])


def test_judging_marks_every_acceptable_entry_in_ranked_order() -> None:
    asked = judge(by_first_signal(), found([[0, 1, 2], [3, 4, 5]], [[1, 2, 3], [3, 2, 1]]), [{0, 2}, {9}])
    assert asked.right.tolist() == [[True, False, True], [False, False, False]]
    assert asked.in_scope.tolist() == [True, True]
    assert asked.weights.tolist() == [0.5, 0.5]


def test_without_truth_every_question_is_out_of_scope() -> None:
    asked = judge(by_first_signal(), found([[0, 1]], [[1, 2]]))
    assert asked.in_scope.tolist() == [False]
    assert not asked.right.any()


def test_groups_are_weighted_to_the_stated_share_each_alike() -> None:
    ranking = by_first_signal()
    inside = judge(ranking, found([[0, 1]] * 6, [[1, 2]] * 6), [{0}] * 6)
    few, many = judge(ranking, found([[0, 1]], [[1, 2]])), judge(ranking, found([[0, 1]] * 3, [[1, 2]] * 3))
    asked = together([inside], [few, many])
    assert asked.weights.sum() == pytest.approx(1)
    assert asked.weights[~asked.in_scope].sum() == pytest.approx(OUT_OF_SCOPE_SHARE)
    assert asked.weights[6:7].sum() == pytest.approx(asked.weights[7:].sum())
    assert asked.scores.shape == (10, 2)


def test_a_group_of_no_questions_takes_no_share() -> None:
    ranking = by_first_signal()
    inside, outside = judge(ranking, found([[0, 1]], [[1, 2]]), [{0}]), judge(ranking, found([[0, 1]], [[1, 2]]))
    empty = judge(ranking, outside.candidates.only(np.zeros(1, bool)))
    assert together([inside], [outside, empty]).weights.tolist() == pytest.approx([0.7, 0.3])


def test_a_part_of_the_questions_weighs_one_again() -> None:
    asked = drawn(10)
    chosen = np.arange(10) < 4
    part = asked.only(chosen)
    assert part.weights.sum() == pytest.approx(1)
    assert np.array_equal(part.scores, asked.scores[chosen])


def test_evidence_that_never_varies_is_passed_over() -> None:
    asked = drawn(200)
    asked.candidates.signals[..., 3] = 1.0

    def probabilities(constant: float) -> NDArray[np.float64]:
        asked.candidates.signals[..., 3] = constant
        return confidence.probabilities(asked.candidates, asked.scores)

    confidence = fit_confidence(asked)
    assert np.array_equal(probabilities(1.0), probabilities(50.0))


def test_questions_of_which_none_found_its_entry_leave_the_sharpness_alone() -> None:
    asked = drawn(50)
    asked.right[:] = False
    confidence = fit_confidence(asked)
    assert confidence.sharpness == 1.0
    assert confidence.answer_at == 0.95
