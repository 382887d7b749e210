"""Questions to ask under load: each is new to the service that gets it, so that no cache can answer.

A question is a phrasing of the corpus with a circumstance added, which no corpus holds word for word.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from index.reader import read_corpus

CIRCUMSTANCES = 60
PROBE = "为什么现在都用 ReLU，不用 sigmoid 了？"
"""Asked to see whether a service is up and right; the entry that answers it is `PROBED`."""

PROBED = "q13"


@dataclass(frozen=True)
class Entry:
    """An entry as every contender gets it."""

    id: str
    question: str
    answer: str
    phrasings: tuple[str, ...]


def read_entries(corpus: Path) -> list[Entry]:
    return [
        Entry(entry.id, entry.question, entry.answer, tuple(dict.fromkeys(way.text for way in entry.ways_of_asking)))
        for entry in read_corpus(corpus).entries
    ]


def write_entries(entries: list[Entry], path: Path) -> None:
    """One JSON object per line: what the contenders' own programs read. A file that holds just that keeps its age."""
    text = "".join(json.dumps(asdict(entry), ensure_ascii=False) + "\n" for entry in entries)
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


def fresh_questions(entries: list[Entry]) -> Iterator[str]:
    """Distinct questions, the same ones in the same order at every call; ends after `CIRCUMSTANCES` per phrasing."""
    phrasings = [text for entry in entries for text in entry.phrasings]
    for number in range(CIRCUMSTANCES):
        random.Random(number).shuffle(phrasings)
        for text in phrasings:
            yield f"{text.rstrip('？?。.')}，第 {number + 1} 个实验里"
