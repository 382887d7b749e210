"""Labelled lines become questions and conversations, or an error that names the line."""

from pathlib import Path

import pytest

from index.errors import WenjinError
from scripts.labelled import Question, read_conversations, read_questions

ASKED = '{"query": "怎么退货", "accept": ["returns"], "style": "plain"}'


def lines(folder: Path, *written: str) -> Path:
    path = folder / "labelled.jsonl"
    path.write_text("\n".join(written), "utf-8")
    return path


def test_a_question_has_text_accepted_ids_and_style(tmp_path: Path) -> None:
    path = lines(tmp_path, ASKED, "", '{"query": "天气", "kind": "far"}')
    assert read_questions(path) == [
        Question("怎么退货", frozenset({"returns"}), "plain"),
        Question("天气", frozenset(), "far"),
    ]


def test_what_is_out_of_scope_accepts_nothing(tmp_path: Path) -> None:
    assert read_questions(lines(tmp_path, ASKED), in_scope=False) == [Question("怎么退货", frozenset(), "plain")]


def test_lines_of_one_split_are_read_and_those_that_name_none(tmp_path: Path) -> None:
    path = lines(
        tmp_path,
        *(f'{{"turns": [{ASKED}], "split": "{split}"}}' for split in ("test", "train")),
        f'{{"turns": [{ASKED}]}}',
    )
    counts = {split: len(read_conversations(path, split=split)) for split in ("test", "train", "dev", None)}
    assert counts == {"test": 2, "train": 2, "dev": 1, None: 3}


@pytest.mark.parametrize(
    "line", ["{", "[]", f'{{"turns": [{ASKED}, 1]}}', f'{{"turns": {ASKED}}}', '{"turns": [{"accept": []}]}']
)
def test_what_is_no_conversation_is_named_by_line(tmp_path: Path, line: str) -> None:
    path = lines(tmp_path, f'{{"turns": [{ASKED}]}}', line)
    with pytest.raises(WenjinError, match=r"labelled.jsonl:2: is not \{\"turns\""):
        read_conversations(path)
