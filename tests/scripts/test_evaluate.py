import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scripts.evaluate import METRICS, Results, main, measure
from tests.conftest import TOY_ENTRIES

Captured = pytest.CaptureFixture[str]

# in scope, rank of the right one, confidence, what was done
HAND_MADE = [
    (True, 1, 0.9, "answered"),
    (True, 1, 0.8, "answered"),
    (True, 2, 0.7, "answered"),
    (True, 1, 0.6, "clarify"),
    (True, 3, 0.5, "clarify"),
    (True, 4, 0.4, "clarify"),
    (True, math.inf, 0.1, "no_answer"),
    (True, 1, 0.2, "no_answer"),
    (False, math.inf, 0.75, "answered"),
    (False, math.inf, 0.3, "clarify"),
    (False, math.inf, 0.2, "no_answer"),
    (False, math.inf, 0.0, "no_answer"),
]
EXPECTED = {
    "top1": 4 / 8,
    "top3": 6 / 8,
    "mrr": (1 + 1 + 1 / 2 + 1 + 1 / 3 + 1 / 4 + 0 + 1) / 8,
    # of the 32 pairs, those in which the one in scope has more confidence, ties half:
    "auroc": (4 + 4 + 3 + 3 + 3 + 3 + 1 + 1.5) / 32,
    "precision": 2 / 4,
    "coverage": 2 / 8,
    "helped": 4 / 8,
    "refusal": 3 / 4,
    "declined": 2 / 4,
    "accuracy": (3 + 2) / 12,
}


def results(rows: Sequence[tuple[bool, float, float, str]]) -> Results:
    return Results(
        in_scope=np.array([row[0] for row in rows], bool),
        rank=np.array([row[1] for row in rows], float),
        confidence=np.array([row[2] for row in rows], float),
        answered=np.array([row[3] == "answered" for row in rows], bool),
        declined=np.array([row[3] == "no_answer" for row in rows], bool),
    )


@pytest.mark.parametrize("name", EXPECTED)
def test_a_metric_is_what_its_meaning_says(name: str) -> None:
    assert METRICS[name][1](results(HAND_MADE)) == pytest.approx(EXPECTED[name])


def test_calibration_is_the_mean_gap_of_ten_equal_bins() -> None:
    sure, unsure = [(True, 1, 0.9, "answered")] * 10, [(False, math.inf, 0.3, "clarify")] * 10
    assert METRICS["calibration"][1](results(sure + unsure)) == pytest.approx((0.1 + 0.3) / 2)


def test_every_metric_has_a_hand_made_check() -> None:
    assert set(METRICS) == {*EXPECTED, "calibration"}


def test_a_figure_lies_within_its_interval() -> None:
    figures = measure(results(HAND_MADE * 5))
    assert figures["questions"] == {"in_scope": 40, "out_of_scope": 20}
    for name, expected in EXPECTED.items():
        figure = figures[name]
        assert figure["value"] == pytest.approx(expected, abs=5e-5)
        assert figure["low"] <= figure["value"] <= figure["high"]
        assert 0 < figure["high"] - figure["low"] < 0.6


def test_the_interval_is_that_of_the_binomial() -> None:
    """At 300 of 400, mean of the percentile bootstrap within 0.01 of the normal approximation."""
    rows = [(True, 1, 0.9, "answered")] * 300 + [(True, 2, 0.9, "answered")] * 100
    figure = measure(results(rows))["top1"]
    half = 1.96 * math.sqrt(0.75 * 0.25 / 400)
    assert figure["low"] == pytest.approx(0.75 - half, abs=0.01)
    assert figure["high"] == pytest.approx(0.75 + half, abs=0.01)


@pytest.mark.parametrize("rows", [HAND_MADE[:8], HAND_MADE[8:], []], ids=["in scope", "out of scope", "none"])
def test_what_cannot_be_measured_is_left_out(rows: list[tuple[bool, float, float, str]]) -> None:
    figures = measure(results(rows))
    assert {"in_scope": bool, "out_of_scope": bool}.keys() == figures["questions"].keys()
    in_scope, out_of_scope = figures["questions"]["in_scope"], figures["questions"]["out_of_scope"]
    assert ("top1" in figures, "refusal" in figures) == (in_scope > 0, out_of_scope > 0)
    assert "auroc" not in figures
    assert not any(math.isnan(number) for figure in figures.values() for number in figure.values())


# The command


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
