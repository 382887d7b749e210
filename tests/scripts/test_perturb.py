import json
import random
from pathlib import Path

import pytest

from scripts.perturb import KINDS, main, perturb

QUESTION = {"query": "LSTM 和 GRU 的网络有什么区别？", "accept": ["q39"], "style": "plain"}


def spoilt(kind: str, text: str = str(QUESTION["query"])) -> str:
    return KINDS[kind](text, random.Random(1))


def test_the_same_seed_spoils_the_same_places() -> None:
    assert list(perturb([QUESTION], 3)) == list(perturb([QUESTION], 3))
    assert list(perturb([QUESTION], 3)) != list(perturb([QUESTION], 4))


def test_every_kind_keeps_what_is_accepted() -> None:
    records = list(perturb([QUESTION, {"query": "天气", "accept": []}]))
    assert {record["style"] for record in records} >= {"original", *KINDS}
    assert {tuple(record["accept"]) for record in records} == {("q39",), ()}


def test_a_kind_that_leaves_questions_alone_is_measured_against_those_it_changes() -> None:
    records = list(perturb([QUESTION, {"query": "卷积", "accept": []}]))
    assert [r["query"] for r in records if r["style"] == "key, before"] == [QUESTION["query"]]
    assert not [r for r in records if r["style"] == "doubled, before"]


@pytest.mark.parametrize(
    ("kind", "text", "result"),
    [
        ("pinyin", "LSTM的网络", "LSTM de wang luo"),
        ("pinyin-joined", "LSTM的网络", "LSTM dewangluo"),
        ("traditional", "网络的信息", "網路的資訊"),
        ("full-width", "BN 公式", "ＢＮ\u3000公式"),
    ],
)
def test_kinds_without_chance(kind: str, text: str, result: str) -> None:
    assert spoilt(kind, text) == result


def test_slips_change_one_place() -> None:
    text = str(QUESTION["query"])
    assert len(spoilt("dropped")) == len(text) - 1
    assert len(spoilt("doubled")) == len(text) + 1
    assert sum(a != b for a, b in zip(text, spoilt("key"), strict=True)) == 1
    assert sum(a != b for a, b in zip(text, spoilt("homophone-char"), strict=True)) == 1
    assert len(spoilt("homophone")) == len(text)
    assert spoilt("homophone") != text
    assert text in spoilt("polite")
    assert spoilt("key", "卷积") == "卷积"


def test_the_command_writes_what_evaluate_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(json.dumps(QUESTION) + "\n", "utf-8")
    assert main(["--queries", str(source), "--out", str(out)]) == 0
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert lines[0] == {"query": QUESTION["query"], "accept": ["q39"], "style": "original"}
    assert f"{len(lines)} questions made of 1" in capsys.readouterr().out


def test_bad_input_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text("{}\n", "utf-8")
    assert main(["--queries", str(source), "--out", str(tmp_path / "out.jsonl")]) == 1
    assert str(source) in capsys.readouterr().err
