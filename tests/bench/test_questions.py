"""The questions that a benchmark asks."""

from itertools import islice
from pathlib import Path

from bench.questions import CIRCUMSTANCES, fresh_questions, read_entries, write_entries
from index.text import key, normalise
from tests.conftest import write_toy_corpus


def test_no_question_comes_twice_or_stands_in_the_corpus(tmp_path: Path) -> None:
    entries = read_entries(write_toy_corpus(tmp_path / "corpus"))
    questions = list(fresh_questions(entries))
    phrasings = [text for entry in entries for text in entry.phrasings]
    assert len(questions) == len(phrasings) * CIRCUMSTANCES
    keys = {key(normalise(question)) for question in questions}
    assert len(keys) == len(questions)
    assert not keys & {key(normalise(text)) for text in phrasings}
    assert list(islice(fresh_questions(entries), 50)) == questions[:50]


def test_contenders_get_every_entry_with_every_phrasing(tmp_path: Path) -> None:
    entries = read_entries(write_toy_corpus(tmp_path / "corpus"))
    write_entries(entries, tmp_path / "entries.jsonl")
    lines = (tmp_path / "entries.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == len(entries) == 8
    assert entries[0].question in entries[0].phrasings
