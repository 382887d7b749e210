"""The conditional logit against its loss written out, and on questions drawn from known weights."""

import numpy as np
import pytest
from numpy.typing import NDArray

from index.matcher import CONTEXTS, SIGNALS, Candidates
from index.ranking import PRIOR_MEAN, Ranking, fit_ranking, softmax

COUNT = len(SIGNALS)
TRUE_WEIGHTS = np.array([4.0, 2.0, 1.0, 0.5, 0, 0, 0, 0, 0])


def drawn(questions: int, candidates: int = 5, seed: int = 1) -> tuple[Candidates, NDArray[np.int64]]:
    """Candidates with random signals on different scales; the entry meant is drawn as the true weights say."""
    generator = np.random.default_rng(seed)
    scales = np.logspace(-1, 1, COUNT)
    signals = generator.normal(size=(questions, candidates, COUNT))
    odds = np.exp(signals @ TRUE_WEIGHTS)
    chosen = [generator.choice(candidates, p=row / row.sum()) for row in odds]
    entries = np.argsort(generator.random((questions, 20)), axis=1)[:, :candidates]
    contexts = generator.normal(size=(questions, len(CONTEXTS))).astype(np.float32)
    found = Candidates(entries, (signals * scales).astype(np.float32), contexts)
    return found, entries[np.arange(questions), chosen]


def negative_log_posterior(logs: NDArray[np.float64], found: Candidates, truth: NDArray[np.int64]) -> float:
    """The documented loss in log weights per unit of spread, question by question."""
    signals = found.signals.astype(np.float64)
    scaled = signals / signals.std(axis=(0, 1))
    total = ((logs - PRIOR_MEAN) ** 2).sum() / 2
    for rows, entries, entry in zip(scaled, found.entries, truth, strict=True):
        scores = rows @ np.exp(logs)
        total += np.log(np.exp(scores).sum()) - scores[entries.tolist().index(entry)]
    return float(total)


def test_softmax_rows_are_shares_and_large_scores_do_no_harm() -> None:
    shares = softmax(np.array([[0.0, np.log(3)], [1000.0, 0.0]]))
    np.testing.assert_allclose(shares, [[0.25, 0.75], [1, 0]])


def test_the_fit_is_where_finite_differences_of_the_posterior_vanish() -> None:
    found, truth = drawn(60)
    ranking = fit_ranking(found, truth)
    logs = np.log(ranking.weights * found.signals.astype(np.float64).std(axis=(0, 1)))

    def slopes(point: NDArray[np.float64]) -> NDArray[np.float64]:
        units = np.eye(COUNT) * 1e-5
        loss = negative_log_posterior
        return np.array([(loss(point + u, found, truth) - loss(point - u, found, truth)) / 2e-5 for u in units])

    assert np.abs(slopes(logs)).max() < 0.01 * np.abs(slopes(np.full(COUNT, PRIOR_MEAN))).max()


def test_the_weights_that_drew_the_answers_are_found_again() -> None:
    found, truth = drawn(3000)
    weights = fit_ranking(found, truth).weights * np.logspace(-1, 1, COUNT)
    np.testing.assert_allclose(weights[:4], TRUE_WEIGHTS[:4], rtol=0.2)
    assert weights[4:].max() < 0.25


def test_the_entry_meant_comes_first_as_often_as_with_the_true_weights() -> None:
    found, truth = drawn(500)
    fresh, fresh_truth = drawn(500, seed=2)
    fitted = fit_ranking(found, truth).best_first(fresh)[0].entries[:, 0]
    ideal = Ranking(TRUE_WEIGHTS / np.logspace(-1, 1, COUNT)).best_first(fresh)[0].entries[:, 0]
    assert (fitted == fresh_truth).mean() > (ideal == fresh_truth).mean() - 0.02


def test_no_weight_is_negative_even_when_a_signal_misleads() -> None:
    found, truth = drawn(300)
    misled = Candidates(found.entries, -found.signals, found.contexts)
    weights = fit_ranking(misled, truth).weights
    assert (weights >= 0).all()
    assert weights[0] * found.signals[..., 0].std() < np.exp(PRIOR_MEAN) / 4


def test_without_a_usable_question_the_prior_weighs_every_signal_alike() -> None:
    found, _ = drawn(50)
    ranking = fit_ranking(found, np.full(50, 99))  # an entry that is never among the candidates
    spread = found.signals.std(axis=(0, 1))
    np.testing.assert_allclose(ranking.weights * spread, np.full(COUNT, np.exp(PRIOR_MEAN)), rtol=1e-3)


def test_questions_whose_entry_is_no_candidate_are_left_out() -> None:
    found, truth = drawn(40)
    absent = truth.copy()
    absent[::2] = 99
    half = fit_ranking(found.only(np.arange(40) % 2 == 1), truth[1::2])
    np.testing.assert_allclose(fit_ranking(found, absent).weights, half.weights, rtol=1e-5)


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_a_signal_that_never_varies_gets_no_weight(value: float) -> None:
    found, truth = drawn(40)
    found.signals[..., 2] = value
    weights = fit_ranking(found, truth).weights
    assert weights[2] == 0
    assert (np.delete(weights, 2) > 0).all()


def test_without_any_question_nothing_is_weighed() -> None:
    found, truth = drawn(40)
    nothing = fit_ranking(found.only(np.zeros(40, bool)), truth[:0])
    assert nothing.weights.tolist() == [0] * COUNT


def test_best_first_takes_entries_and_signals_along() -> None:
    signals = np.zeros((1, 3, COUNT), np.float32)
    signals[0, :, 0] = [1, 3, 2]
    ranking = Ranking(np.eye(1, COUNT, dtype=np.float32)[0] * 10)
    contexts = np.ones((1, len(CONTEXTS)), np.float32)
    ranked, scores = ranking.best_first(Candidates(np.array([[7, 8, 9]]), signals, contexts))
    assert ranked.entries.tolist() == [[8, 9, 7]]
    assert ranked.signals[0, :, 0].tolist() == [3, 2, 1]
    assert scores.tolist() == [[30, 20, 10]]
    assert np.array_equal(ranked.contexts, contexts)
