"""Cross-validation: what the matcher makes of questions that were left out of it.

Three kinds are tried: phrasings, whose entry is known; out-of-scope questions; and, where the corpus brings
none of the latter, phrasings of entries that were left out altogether, which are the nearest thing to a
question that the corpus does not answer.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from index.adapter import position_in_group
from index.matcher import CANDIDATES as MOST
from index.matcher import CONTEXTS, SIGNALS, Candidates, Matcher, fit_matcher
from index.rows import Rows

FOLDS = 5

Progress = Callable[[str], None]


def left_out_phrasings(
    asked: Rows, declined: Rows, passages: Rows, entries: int, shrinkage: float | None, progress: Progress
) -> tuple[Candidates, Candidates]:
    """Candidates for every phrasing and every out-of-scope question, each from a matcher fitted on the other
    four fifths."""
    of_asked, of_declined = _folds(asked.labels), _folds(declined.labels)
    tried_asked, tried_declined = _nothing(len(asked.labels), entries), _nothing(len(declined.labels), entries)
    for fold in range(FOLDS):
        progress(f"left-out phrasings {fold + 1}/{FOLDS}")
        known = asked.only(of_asked != fold) + declined.only(of_declined != fold)
        matcher = fit_matcher(known, passages, entries, shrinkage)
        _try(matcher, asked, of_asked == fold, tried_asked)
        _try(matcher, declined, of_declined == fold, tried_declined)
    return tried_asked, tried_declined


def left_out_entries(
    asked: Rows, declined: Rows, passages: Rows, entries: int, shrinkage: float | None, progress: Progress
) -> Candidates:
    """Candidates for every phrasing from a matcher that has never heard of its entry: all of them wrong."""
    fold_of_entry = np.random.default_rng(0).permutation(entries) % FOLDS
    tried = _nothing(len(asked.labels), entries)
    for fold in range(FOLDS):
        progress(f"left-out entries {fold + 1}/{FOLDS}")
        kept = np.flatnonzero(fold_of_entry != fold)
        if not len(kept):
            continue
        matcher = fit_matcher(_of_entries(asked, kept) + declined, _of_entries(passages, kept), len(kept), shrinkage)
        _try(matcher, asked, fold_of_entry[asked.labels] == fold, tried)
    return tried


def _folds(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """A fold for each row, the rows of an entry spread evenly and in random order."""
    generator = np.random.default_rng(0)
    order = generator.permutation(len(labels))
    positions = np.empty(len(labels), np.int64)
    positions[order] = position_in_group(labels[order])
    starts = generator.integers(0, FOLDS, labels.max(initial=-1) + 2)
    folds: NDArray[np.int64] = (positions + starts[labels]) % FOLDS
    return folds


def _of_entries(rows: Rows, kept: NDArray[np.int64]) -> Rows:
    """Rows of the kept entries, relabelled 0, 1, ... in their order."""
    chosen = rows.only(np.isin(rows.labels, kept))
    return Rows(chosen.vectors, chosen.bags, np.searchsorted(kept, chosen.labels))


def _nothing(count: int, entries: int) -> Candidates:
    width = min(MOST, entries)
    return Candidates(
        np.full((count, width), -1, np.int64),
        np.zeros((count, width, len(SIGNALS)), np.float32),
        np.zeros((count, len(CONTEXTS)), np.float32),
    )


def _try(matcher: Matcher, rows: Rows, chosen: NDArray[np.bool_], into: Candidates) -> None:
    """Ask the chosen rows and note their candidates. A matcher of fewer entries repeats its last candidate's
    signals, as none."""
    if not chosen.any():
        return
    for at in _chunks(np.flatnonzero(chosen)):
        part = rows.take(at)
        found = matcher.candidates(part.vectors, part.bags)
        width = found.entries.shape[1]
        into.entries[at, :width] = found.entries
        into.signals[at] = found.signals[:, np.minimum(np.arange(into.entries.shape[1]), width - 1)]
        into.contexts[at] = found.contexts


def _chunks(positions: NDArray[np.int64], size: int = 512) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(positions), size):
        yield positions[start : start + size]
