"""The corpus as it ships, read once, and a way to look a number up in an answer."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from index.entries import Corpus
from index.reader import read_corpus


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    return read_corpus(Path(__file__).parents[2] / "corpus")


@pytest.fixture(scope="session")
def states(corpus: Corpus) -> Callable[..., None]:
    """`states("q35", 0.61, "153.5 亿")` fails unless each stands in the answer, and not as a part of a longer number.

    Tests of numbers use it on what they have worked out, so that neither the answer nor the test can drift alone.
    """
    answers = {entry.id: _without_separators(entry.answer) for entry in corpus.entries}

    def look_up(entry: str, *numbers: object) -> None:
        wanted = [_without_separators(str(number)) for number in numbers]
        missing = [text for text in wanted if not re.search(_whole(text), answers[entry])]
        assert missing == [], f"{entry} does not state {missing}; work it out again and mend the answer or the test"

    return look_up


def _without_separators(text: str) -> str:
    return re.sub(r"(?<=\d),(?=\d{3})", "", text.replace("−", "-"))


def _whole(text: str) -> str:
    """A pattern for the text that does not begin or end within a number."""
    before = r"(?<![\d.])" if text[0].isdigit() else ""
    return before + re.escape(text) + (r"(?!\.?\d)" if text[-1].isdigit() else "")
