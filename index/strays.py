"""Questions that go astray while they are left out of the index: phrasings that another entry wins, and questions
to decline that an entry would answer. Kept beside a built index for its authors; answering needs none of it.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from index.confidence import Asked, Confidence
from index.errors import DamagedIndex
from index.ranking import softmax

_FILE = "strays.json"


@dataclass(frozen=True, slots=True)
class Stray:
    """A question that `winner` takes from `owner`; an empty owner means that it was to be declined.

    `won` and `kept` are probabilities: for a phrasing, that the winner or the owner is meant, given that one entry
    is; for a question to decline, `won` is the confidence with which the winner would answer it.
    """

    text: str
    owner: str
    winner: str
    won: float
    kept: float


@dataclass(frozen=True, slots=True)
class Strays:
    """`tried` counts the phrasings of each entry that were left out in turn; `found` is the rest of them."""

    tried: dict[str, int]
    phrasings: tuple[Stray, ...]  # the clearest first
    declined: tuple[Stray, ...]

    def found(self) -> dict[str, float]:
        """For each entry, the share of its phrasings that find it while they are left out."""
        lost = Counter(stray.owner for stray in self.phrasings)
        return {id_: 1 - lost[id_] / count for id_, count in self.tried.items()}

    def save(self, version: Path) -> None:
        (version / _FILE).write_bytes(TypeAdapter(Strays).dump_json(self))


def load_strays(version: Path) -> Strays:
    """What `Strays.save` has written into this version of an index. Raises `DamagedIndex`, also when the version was
    built by a program that kept no strays."""
    try:
        return TypeAdapter(Strays).validate_json((version / _FILE).read_bytes())
    except (OSError, ValidationError) as error:
        remedy = f"Build it again: python -m scripts.build_index --out {version.parent}"
        raise DamagedIndex(f"{version / _FILE}: cannot be read. {remedy}") from error


def find_strays(
    phrasings: tuple[Sequence[str], NDArray[np.int64], Asked],
    declined: tuple[Sequence[str], Asked],
    ids: Sequence[str],
    confidence: Confidence,
) -> Strays:
    """What went astray of phrasings (texts, entries, as judged) and of questions to decline (texts, as judged), all of
    them judged by a matcher that did not know them. `ids` are the entries' by position."""
    _, owners, _ = phrasings
    tried = Counter(ids[owner] for owner in owners.tolist())
    return Strays(dict(tried), _lost(*phrasings, ids), _answered(*declined, ids, confidence))


def _lost(texts: Sequence[str], owners: NDArray[np.int64], asked: Asked, ids: Sequence[str]) -> tuple[Stray, ...]:
    entries, shares = asked.candidates.entries, softmax(asked.scores)
    kept = (shares * (entries == owners[:, None])).sum(axis=1)
    strays = [
        Stray(
            texts[row],
            ids[owners[row]],
            ids[entries[row, 0]],
            round(float(shares[row, 0]), 4),
            round(float(kept[row]), 4),
        )
        for row in np.flatnonzero(~asked.right[:, 0]).tolist()
    ]
    return tuple(sorted(strays, key=lambda stray: stray.kept - stray.won))


def _answered(texts: Sequence[str], asked: Asked, ids: Sequence[str], confidence: Confidence) -> tuple[Stray, ...]:
    entries, first = asked.candidates.entries, confidence.probabilities(asked.candidates, asked.scores)[:, 0]
    strays = [
        Stray(texts[row], "", ids[entries[row, 0]], round(float(first[row]), 4), 0.0)
        for row in np.flatnonzero(first >= confidence.answer_at).tolist()
    ]
    return tuple(sorted(strays, key=lambda stray: -stray.won))
