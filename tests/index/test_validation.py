"""What is left out must not be there: told by similarities that only meeting oneself can give."""

import numpy as np
import pytest
from numpy.typing import NDArray

from index.adapter import unit
from index.lexicon import bag
from index.matcher import CONTEXTS, SIGNALS, Candidates, Rows
from index.validation import FOLDS, _folds, left_out_entries, left_out_phrasings

ENTRIES, EACH, DECLINED = 7, 6, 11


def silent(_: str) -> None:
    """Progress that nobody watches."""


def rows_of(labels: NDArray[np.int64], name: str, seed: int) -> Rows:
    """Entry k points along axis k (an out-of-scope row along the last) with a little noise; no two rows share a
    word."""
    noise = np.random.default_rng(seed).normal(size=(len(labels), ENTRIES + 1)) * 0.1
    vectors = unit((np.eye(ENTRIES + 1)[labels] + noise).astype(np.float32))
    return Rows(vectors, [bag(f"{name}{n:03}") for n in range(len(labels))], labels)


@pytest.fixture(scope="module")
def asked() -> Rows:
    return rows_of(np.repeat(np.arange(ENTRIES), EACH), "q", 1)


@pytest.fixture(scope="module")
def declined() -> Rows:
    return rows_of(np.full(DECLINED, -1), "d", 2)


@pytest.fixture(scope="module")
def passages() -> Rows:
    return rows_of(np.repeat(np.arange(ENTRIES), 2), "p", 3)


@pytest.fixture(scope="module")
def tried(asked: Rows, declined: Rows, passages: Rows) -> tuple[Candidates, Candidates]:
    return left_out_phrasings(asked, declined, passages, ENTRIES, None, silent)


def highest(found: Candidates, name: str) -> NDArray[np.float32]:
    """(q,) the best of the candidates' signals."""
    best: NDArray[np.float32] = found.signals[..., SIGNALS.index(name)].max(axis=1)
    return best


def test_a_left_out_phrasing_never_meets_itself(tried: tuple[Candidates, Candidates]) -> None:
    found, _ = tried
    assert highest(found, "nearest").max() < 0.9999
    assert highest(found, "line").max() < 0.9999


def test_a_left_out_question_to_decline_never_meets_itself(tried: tuple[Candidates, Candidates]) -> None:
    _, found = tried
    assert found.contexts[:, CONTEXTS.index("nearest_declined")].max() < 0.9999
    assert found.contexts[:, CONTEXTS.index("line_declined")].max() < 0.9999


def test_a_left_out_phrasing_still_meets_its_sisters(asked: Rows, tried: tuple[Candidates, Candidates]) -> None:
    found, _ = tried
    assert np.array_equal(found.entries[:, 0], asked.labels)
    assert highest(found, "nearest").min() > 0.8


def test_every_question_is_tried(tried: tuple[Candidates, Candidates]) -> None:
    for found, count in zip(tried, (ENTRIES * EACH, DECLINED), strict=True):
        assert found.entries.shape == (count, ENTRIES)
        assert (np.sort(found.entries, axis=1) == np.arange(ENTRIES)).all()


def test_left_out_entries_never_contain_their_entry(asked: Rows, declined: Rows, passages: Rows) -> None:
    found = left_out_entries(asked, declined, passages, ENTRIES, None, silent)
    for name in ("nearest", "mean", "passage"):  # its own rows and passages would be at 0.8 or more
        assert highest(found, name).max() < 0.6


def test_left_out_entries_keep_the_questions_to_decline(asked: Rows, declined: Rows, passages: Rows) -> None:
    labels = np.full(1, ENTRIES - 1)
    same = Rows(declined.vectors[:1], declined.bags[:1], labels)  # an entry that asks what is to be declined
    found = left_out_entries(asked + same, declined, passages, ENTRIES, None, silent)
    assert found.contexts[-1, CONTEXTS.index("nearest_declined")] > 0.9999


def test_a_corpus_of_one_entry_has_none_to_leave_out(declined: Rows) -> None:
    one = rows_of(np.zeros(3, np.int64), "q", 4)
    found = left_out_entries(one, declined, one, 1, None, silent)
    assert found.entries.tolist() == [[-1]] * 3


@pytest.mark.parametrize("labels", [np.repeat(np.arange(9), np.arange(1, 10)), np.full(13, -1)])
def test_folds_are_spread_evenly_within_an_entry(labels: NDArray[np.int64]) -> None:
    folds = _folds(labels)
    for label in set(labels.tolist()):
        counts = np.bincount(folds[labels == label], minlength=FOLDS)
        assert counts.max() - counts.min() <= 1


def test_single_phrasings_do_not_all_fall_into_one_fold() -> None:
    assert np.bincount(_folds(np.arange(50)), minlength=FOLDS).min() > 0


def test_each_step_is_told_of(asked: Rows, declined: Rows, passages: Rows) -> None:
    steps: list[str] = []
    left_out_phrasings(asked, declined, passages, ENTRIES, 0.5, steps.append)
    left_out_entries(asked, declined, passages, ENTRIES, 0.5, steps.append)
    assert len(steps) == len(set(steps)) == 2 * FOLDS
