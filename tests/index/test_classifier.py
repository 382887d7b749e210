"""Softmax regression against its loss written out, and on data whose answer is known."""

import numpy as np
from numpy.typing import NDArray

from index.classifier import LARGEST, PENALTY, Classifier, fit_classifier, fits
from index.encoder import Vectors


def tiny(counts: tuple[int, ...], width: int = 4) -> tuple[Vectors, NDArray[np.int64]]:
    """Overlapping clouds, one per entry."""
    generator = np.random.default_rng(3)
    labels = np.repeat(np.arange(len(counts)), counts)
    rows = np.eye(len(counts), width)[labels] + generator.normal(size=(len(labels), width)) * 0.5
    return rows.astype(np.float32), labels


def balanced_loss(flat: NDArray[np.float64], features: Vectors, labels: NDArray[np.int64], entries: int) -> float:
    """The documented loss, question by question."""
    weights, bias = flat[:-entries].reshape(-1, entries), flat[-entries:]
    total = 0.0
    for entry in range(entries):
        losses = []
        for row in features[labels == entry].astype(np.float64):
            logits = row @ weights + bias
            losses.append(np.log(np.exp(logits).sum()) - logits[entry])
        total += np.mean(losses) / entries
    return total + PENALTY / entries / 2 * float((weights**2).sum())


def slopes(point: NDArray[np.float64], *data: object) -> NDArray[np.float64]:
    """Central differences of the loss."""
    step = 1e-5
    units = np.eye(len(point)) * step
    return np.array([(balanced_loss(point + u, *data) - balanced_loss(point - u, *data)) / (2 * step) for u in units])


def flat(classifier: Classifier) -> NDArray[np.float64]:
    return np.concatenate([classifier.weights.ravel(), classifier.bias]).astype(np.float64)


def test_the_fit_is_where_finite_differences_of_the_loss_vanish() -> None:
    features, labels = tiny((12, 5, 8))
    data = features, labels, 3
    found = flat(fit_classifier(*data))
    at_start = np.abs(slopes(np.zeros_like(found), *data)).max()
    assert np.abs(slopes(found, *data)).max() < 0.01 * at_start


def test_no_point_nearby_has_a_lower_loss() -> None:
    features, labels = tiny((12, 5, 8))
    found = flat(fit_classifier(features, labels, 3))
    best = balanced_loss(found, features, labels, 3)
    generator = np.random.default_rng(4)
    others = [balanced_loss(found + generator.normal(size=len(found)) * 0.3, features, labels, 3) for _ in range(50)]
    assert min(others) > best


def test_logits_of_different_fits_can_be_compared() -> None:
    """Rounding leaves each fit with a common offset of its own, which says nothing about the question."""
    generator = np.random.default_rng(6)
    labels = np.arange(1500) % 60
    features = generator.normal(size=(1500, 128)).astype(np.float32) + generator.normal(size=(60, 128))[labels] * 0.3
    classifier = fit_classifier(features.astype(np.float32), labels, 60)
    assert np.abs(classifier(features.astype(np.float32)).mean(axis=1)).max() < 1e-4


def test_separable_data_is_learned() -> None:
    generator = np.random.default_rng(5)
    labels = np.repeat(np.arange(6), 10)
    features = np.eye(6, 20, dtype=np.float32)[labels] + generator.normal(size=(60, 20)).astype(np.float32) * 0.05
    classifier = fit_classifier(features, labels, 6)
    assert (classifier(features).argmax(axis=1) == labels).all()
    assert classifier.weights.dtype == classifier.bias.dtype == np.float32


def test_logits_are_linear_in_the_features() -> None:
    weights, bias = np.array([[1, 2], [3, 4]], np.float32), np.array([10, 20], np.float32)
    assert Classifier(weights, bias)(np.array([[1, 0], [1, 1]], np.float32)).tolist() == [[11, 22], [14, 26]]


def test_an_entry_with_many_phrasings_is_not_preferred() -> None:
    labels = np.repeat([0, 1], [40, 4])
    silent = np.zeros((44, 3), np.float32)  # features that tell nothing
    logits = fit_classifier(silent, labels, 2)(silent[:1])[0]
    assert abs(logits[0] - logits[1]) < 1e-3


def test_repeating_the_rows_of_an_entry_changes_nothing() -> None:
    features, labels = tiny((6, 6))
    first = labels == 0
    more = np.concatenate([features, features[first], features[first]]), np.append(labels, np.zeros(12, np.int64))
    np.testing.assert_allclose(flat(fit_classifier(*more, 2)), flat(fit_classifier(features, labels, 2)), atol=0.02)


def test_an_entry_without_rows_never_wins() -> None:
    features, labels = tiny((6, 0, 6))
    classifier = fit_classifier(features, labels, 3)
    assert not (classifier(features).argmax(axis=1) == 1).any()


def test_no_rows_at_all_leave_it_undecided() -> None:
    classifier = fit_classifier(np.zeros((0, 4), np.float32), np.zeros(0, np.int64), 2)
    assert not classifier(np.ones((1, 4), np.float32)).any()


def test_one_entry_or_too_many_go_without() -> None:
    assert not fits(100, 2000, 1)
    assert fits(100, 2000, 2)
    assert fits(LARGEST // 4, 2, 2)
    assert not fits(LARGEST // 4 + 1, 2, 2)
