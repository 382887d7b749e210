import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from index.answerer import Answerer
from scripts.evaluate import converse, kinds_of_turns, main
from scripts.labelled import Conversation, Question
from tests.conftest import TOY_ENTRIES

Captured = pytest.CaptureFixture[str]


def write_lines(path: Path, records: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), "utf-8")
    return path


@pytest.fixture
def queries(tmp_path: Path) -> Path:
    """Every canonical question, a question with two answers, and two to decline."""
    records: list[dict[str, Any]] = [
        {"query": entry.question, "accept": [entry.id], "style": "canonical"} for entry in TOY_ENTRIES
    ]
    records.append({"query": "发票", "accept": ["invoice", "invoice-title"], "style": "plain"})
    records.append({"query": "今天天气怎么样", "accept": [], "kind": "far"})
    records.append({"query": "你是机器人吗", "accept": []})
    return write_lines(tmp_path / "queries.jsonl", records)


def figures(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text("utf-8")))


def test_queries_are_asked_and_measured(toy_index: Path, queries: Path, tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "figures.json"
    assert main(["--queries", str(queries), "--index", str(toy_index), "--json", str(out)]) == 0
    document = figures(out)
    assert document["figures"]["all"]["questions"] == {"in_scope": 9, "out_of_scope": 2}
    assert document["figures"]["all"]["top1"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert document["figures"]["all"]["refusal"]["value"] == 1.0
    assert set(document["figures"]) == {"all", "canonical", "plain", "far"}
    assert document["index"]["encoder"] == {"name": "toy", "revision": "1", "dimension": 64}
    printed = capsys.readouterr().out
    assert "9 questions in scope, 2 out of scope" in printed
    assert "top1         1.000  [1.000, 1.000]  first candidate right, of questions in scope" in printed
    assert [line.split()[:2] for line in printed.splitlines()[-4:]] == [
        ["all", "11"],
        ["canonical", "8"],
        ["far", "1"],
        ["plain", "1"],
    ]


def test_every_question_is_kept_with_what_came_of_it(toy_index: Path, queries: Path, tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    assert main(["--queries", str(queries), "--index", str(toy_index), "--json", str(out)]) == 0
    first, *_, both, weather, _ = figures(out)["questions"]
    assert first == {
        "query": "商品不满意怎么退货？",
        "accept": ["returns"],
        "style": "canonical",
        "status": "answered",
        "confidence": 1.0,
        "first": "returns",
        "rank": 1,
    }
    assert (both["accept"], both["rank"]) == (["invoice", "invoice-title"], 1)
    assert (weather["status"], weather["rank"], weather["style"]) == ("no_answer", None, "far")


def test_further_questions_are_all_out_of_scope(toy_index: Path, queries: Path, tmp_path: Path) -> None:
    more = write_lines(tmp_path / "more.jsonl", [{"query": "门店几点开门", "accept": ["returns"], "kind": "near"}])
    out = tmp_path / "figures.json"
    options = ["--queries", str(queries), "--out-of-scope", str(more), "--index", str(toy_index), "--json", str(out)]
    assert main(options) == 0
    assert figures(out)["figures"]["all"]["questions"] == {"in_scope": 9, "out_of_scope": 3}
    assert figures(out)["questions"][-1]["accept"] == []


def test_explain_shows_what_each_step_made_of_a_question(toy_index: Path, capsys: Captured) -> None:
    assert main(["--explain", "退款什么時候到账啊", "--index", str(toy_index)]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["question"], shown["normalised"]) == ("退款什么時候到账啊", "退款什么时候到账啊")
    assert shown["candidates"][0]["id"] == "refund"
    assert set(shown["candidates"][0]["signals"]) >= {"nearest", "line", "classifier"}


def test_explain_takes_an_id_for_its_question(toy_index: Path, capsys: Captured) -> None:
    assert main(["--explain", "points", "--index", str(toy_index)]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["question"], shown["status"]) == ("会员积分怎样使用？", "answered")


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """A bank of the toy entries, one phrasing of each held back for the test questions."""
    folder = tmp_path / "bank"
    folder.mkdir()
    faq, asked = [], []
    for entry in TOY_ENTRIES:
        held_back, *aliases = [line for line in entry.phrasings.strip().splitlines() if not line.startswith("# ")]
        faq.append({"id": entry.id, "question": entry.question, "answer": "", "aliases": aliases})
        asked.append({"query": held_back, "accept": [entry.id], "split": "test"})
        asked.append({"query": aliases[0], "accept": [entry.id], "split": "train"})
    asked.append({"query": "今天天气怎么样", "accept": [], "split": "test"})
    write_lines(folder / "faq.jsonl", faq)
    write_lines(folder / "queries.jsonl", asked)
    return folder


def test_a_bank_is_indexed_for_the_occasion_and_its_test_questions_asked(bank: Path, tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    assert main(["--bank", str(bank), "--json", str(out)]) == 0
    document = figures(out)
    assert document["figures"]["all"]["questions"] == {"in_scope": 8, "out_of_scope": 1}
    assert document["figures"]["all"]["top1"]["value"] > 0.5
    assert document["index"]["rows"]["entries"] == 8
    assert {path.name for path in tmp_path.iterdir()} == {"bank", "figures.json"}
    assert {path.name for path in bank.iterdir()} == {"faq.jsonl", "queries.jsonl"}


def test_another_split_of_a_bank_can_be_asked(bank: Path, tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    assert main(["--bank", str(bank), "--split", "train", "--json", str(out)]) == 0
    assert figures(out)["figures"]["all"]["questions"] == {"in_scope": 8, "out_of_scope": 0}
    assert figures(out)["figures"]["all"]["top1"]["value"] == 1.0


@pytest.mark.parametrize("line", ["{", "[]", '"q"', "{}", '{"accept": ["returns"]}', '{"query": "q", "accept": 1}'])
def test_a_line_that_is_no_question_is_named(toy_index: Path, tmp_path: Path, capsys: Captured, line: str) -> None:
    source = tmp_path / "queries.jsonl"
    source.write_text('{"query": "怎么退货", "accept": ["returns"]}\n' + line + "\n", "utf-8")
    assert main(["--queries", str(source), "--index", str(toy_index)]) == 1
    assert f"{source}:2: " in capsys.readouterr().err


@pytest.mark.parametrize("options", [["--queries", "nowhere.jsonl"], ["--bank", "nowhere"]])
def test_questions_that_are_not_there_are_said(toy_index: Path, capsys: Captured, options: list[str]) -> None:
    assert main([*options, "--index", str(toy_index)]) == 1
    printed = capsys.readouterr()
    assert "nowhere" in printed.err
    assert printed.err.count("\n") == 1


def test_lines_end_only_where_json_lines_do(toy_index: Path, tmp_path: Path) -> None:
    source = tmp_path / "queries.jsonl"
    source.write_text('{"query": "怎么\u2028退货", "accept": ["returns"]}\r\n\n', "utf-8")
    out = tmp_path / "figures.json"
    assert main(["--queries", str(source), "--index", str(toy_index), "--json", str(out)]) == 0
    assert figures(out)["figures"]["all"]["questions"] == {"in_scope": 1, "out_of_scope": 0}


def test_questions_that_are_not_utf_8_are_said(toy_index: Path, tmp_path: Path, capsys: Captured) -> None:
    source = tmp_path / "queries.jsonl"
    source.write_bytes('{"query": "退货"}'.encode("gb18030"))
    assert main(["--queries", str(source), "--index", str(toy_index)]) == 1
    assert f"{source}: is not UTF-8" in capsys.readouterr().err


def test_an_index_that_is_not_there_is_said(queries: Path, capsys: Captured) -> None:
    assert main(["--queries", str(queries)]) == 1
    assert "no index was built here" in capsys.readouterr().err


# Conversations

CONVERSATION = [
    {"query": "怎么开具电子发票？", "accept": ["invoice"], "style": "opening"},
    {"query": "那抬头写错了呢？", "accept": ["invoice-title"], "style": "follow-up"},
    {"query": "今天天气怎么样", "accept": []},
    {"query": "会员积分怎样使用？", "accept": ["points"]},
]


@pytest.fixture
def dialogues(tmp_path: Path) -> Path:
    lines = [
        {"turns": CONVERSATION, "split": "test"},
        {"turns": CONVERSATION[:2]},
        {"turns": CONVERSATION, "split": "train"},
    ]
    return write_lines(tmp_path / "dialogues.jsonl", lines)


def conversation(*turns: dict[str, Any]) -> Conversation:
    return Conversation(tuple(Question(t["query"], frozenset(t["accept"]), t.get("style", "")) for t in turns))


def test_conversations_are_played_and_measured(
    toy_index: Path, dialogues: Path, tmp_path: Path, capsys: Captured
) -> None:
    out = tmp_path / "figures.json"
    assert main(["--dialogues", str(dialogues), "--index", str(toy_index), "--json", str(out)]) == 0
    document = figures(out)
    assert document["figures"]["all"]["questions"] == {"in_scope": 5, "out_of_scope": 1}
    kinds = {"first turn", "later turn", "topic switch", "out of scope"}
    assert set(document["figures"]) == {"all", "opening", "follow-up"} | kinds
    assert document["figures"]["all"]["right"]["value"] == 1.0
    assert document["figures"]["all"]["kept"]["value"] == 1.0
    first, second, *_ = document["turns"]
    assert (first["query"], first["history"], first["status"]) == ("怎么开具电子发票？", None, "answered")
    assert second["history"]["carried_over"] == {"question": "怎么开具电子发票？", "id": "invoice"}
    assert "5 turns of 2 conversations in scope, 1 out of scope" in capsys.readouterr().out


def test_another_split_of_the_conversations_can_be_played(toy_index: Path, dialogues: Path, capsys: Captured) -> None:
    assert main(["--dialogues", str(dialogues), "--split", "train", "--index", str(toy_index)]) == 0
    assert "5 turns of 2 conversations in scope" in capsys.readouterr().out


def test_the_history_is_what_a_client_would_send(toy_answerer: Answerer) -> None:
    """What asked back has offered its candidates, so that the next turn can pick one of them."""
    vague: dict[str, Any] = {"query": "发票抬头和开票", "accept": []}
    _, (asked_back, picked) = converse([conversation(vague, {"query": "第二个", "accept": []})], toy_answerer)
    assert asked_back["status"] == "clarify"
    assert picked["first"] == toy_answerer.ask(vague["query"]).candidates[1].id
    assert picked["confidence"] == 1.0


def test_kinds_of_turns_are_told_apart() -> None:
    kinds = kinds_of_turns([conversation(*CONVERSATION), conversation(CONVERSATION[0], CONVERSATION[0])])
    assert {name: chosen.astype(int).tolist() for name, chosen in kinds.items()} == {
        "first turn": [1, 0, 0, 0, 1, 0],
        "later turn": [0, 1, 0, 1, 0, 1],
        "topic switch": [0, 1, 0, 1, 0, 0],
        "out of scope": [0, 0, 1, 0, 0, 0],
    }


@pytest.mark.parametrize(
    "line", ["[]", '{"turns": []}', '{"turns": 1}', '{"turns": [{}]}', '{"query": "q", "accept": []}']
)
def test_a_line_that_is_no_conversation_is_named(toy_index: Path, tmp_path: Path, capsys: Captured, line: str) -> None:
    source = tmp_path / "dialogues.jsonl"
    source.write_text(json.dumps({"turns": CONVERSATION}) + "\n" + line + "\n", "utf-8")
    assert main(["--dialogues", str(source), "--index", str(toy_index)]) == 1
    assert f"{source}:2: " in capsys.readouterr().err
