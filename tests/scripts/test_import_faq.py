import csv
import io
import json
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.entries import Corpus, Entry
from index.reader import read_corpus
from scripts.import_faq import main

HEADER = ["id", "question", "answer", "aliases", "topics", "url"]


def write_csv(path: Path, rows: Sequence[Sequence[str]], *, delimiter: str = ",", encoding: str = "utf-8") -> Path:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def write_xlsx(path: Path, rows: Sequence[Sequence[object]], merged: Sequence[str] = ()) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for area in merged:
        book.active.merge_cells(area)
    book.save(path)
    return path


def take(source: Path, name: str, *options: str, code: int = 0) -> Corpus:
    """Import `source` beside itself and read the result back."""
    out = source.parent / name
    assert main([str(source), "--out", str(out), *options]) == code
    return read_corpus(out)


def refuse(source: Path, capsys: pytest.CaptureFixture[str], *options: str, out: str = "faq") -> str:
    """What is said when nothing can be imported."""
    before = sorted(source.parent.rglob("*"))
    assert main([str(source), "--out", str(source.parent / out), *options]) == 2
    assert sorted(source.parent.rglob("*")) == before
    return capsys.readouterr().err


def entry(corpus: Corpus) -> Entry:
    (only,) = corpus.entries
    return only


def phrasings(entry: Entry) -> list[str]:
    return [way.text for way in entry.phrasings]


# Tables


def test_a_table_becomes_a_folder_that_reads_back(tmp_path: Path) -> None:
    rows = [
        HEADER,
        ["ship", "When will it ship?", "Today.\n\n## Or else\n\nSoon.", "ship time|发货", "Orders", ""],
    ]
    found = entry(take(write_csv(tmp_path / "faq.csv", rows), "faq", "--reviewed", "2026-01-31"))
    assert (found.id, found.question, found.title) == ("ship", "When will it ship?", "When will it ship?")
    assert found.answer == "Today.\n\n## Or else\n\nSoon."
    assert phrasings(found) == ["ship time", "发货"]
    assert (found.topics, found.related, found.reviewed) == (("Orders",), (), date(2026, 1, 31))


def test_a_table_becomes_a_jsonl_file_that_keeps_the_link(tmp_path: Path) -> None:
    rows = [HEADER, ["ship", "When will it ship?", "Today.", "发货;;ship time", "Orders", "https://shop.example/ship"]]
    corpus = take(write_csv(tmp_path / "faq.csv", rows), "out.jsonl")
    assert entry(corpus).url == "https://shop.example/ship"
    assert phrasings(entry(corpus)) == ["发货", "ship time"]
    assert not corpus.warnings


@pytest.mark.parametrize(
    "header",
    [
        ["问题", "答案", "相似问", "标签"],
        ["标准问", "回答", "相似问法（用 | 分隔）", "分类"],
        ["Question*", " ANSWER ", "Similar questions", "Tags"],
        ["q", "a", "aliases_1", "Category"],
    ],
)
def test_usual_header_names_are_recognised(tmp_path: Path, header: list[str]) -> None:
    found = entry(take(write_csv(tmp_path / "faq.csv", [header, ["怎么退货？", "在订单页。", "退货", "售后"]]), "faq"))
    assert (found.question, found.answer) == ("怎么退货？", "在订单页。")
    assert (phrasings(found), found.topics) == (["退货"], ("售后",))


def test_columns_can_be_named(tmp_path: Path) -> None:
    rows = [["Frage", "Antwort", "question"], ["Wie lange?", "Drei Tage.", "internal"]]
    found = entry(
        take(
            write_csv(tmp_path / "faq.csv", rows),
            "faq",
            *("--question-column", "Frage", "--answer-column", "Antwort", "--aliases-column", "question"),
        )
    )
    assert (found.question, found.answer, phrasings(found)) == ("Wie lange?", "Drei Tage.", ["internal"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encoding_and_delimiter_are_found_out(tmp_path: Path, encoding: str, delimiter: str) -> None:
    rows = [["问题", "答案", "相似问"], ["怎么退货，要钱吗；多少？", "不要, 真的; 不要\t哦", "退货运费;;运费"]]
    found = entry(take(write_csv(tmp_path / "f.csv", rows, delimiter=delimiter, encoding=encoding), "faq"))
    assert (found.question, found.answer) == ("怎么退货，要钱吗；多少？", "不要, 真的; 不要\t哦")
    assert phrasings(found) == ["退货运费", "运费"]


def test_bytes_of_no_known_encoding_are_refused_with_their_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "faq.csv"
    source.write_bytes(b"question,answer\nq,\xff\xff\n")
    said = refuse(source, capsys)
    assert "neither UTF-8 nor GB18030 (byte 18)" in said
    assert "Save it as UTF-8" in said


@pytest.mark.parametrize("aliases", ["one\ntwo", "one|two", "one；two", "one;;two", " one |;; \n two|one"])
def test_aliases_are_split(tmp_path: Path, aliases: str) -> None:
    rows = [["question", "answer", "aliases"], ["Which?", "This; that.", aliases]]
    assert phrasings(entry(take(write_csv(tmp_path / "faq.csv", rows), "faq"))) == ["one", "two"]


def test_a_workbook_gives_what_the_table_gives(tmp_path: Path) -> None:
    rows = [
        ["编号", "问题", "答案", "相似问"],
        [7.0, "几天到？", 3, "多久\n何时"],
        [None] * 4,
        ["b", "贵吗？", "不。", None],
    ]
    corpus = take(write_xlsx(tmp_path / "faq.xlsx", rows), "faq")
    assert [(e.id, e.question, e.answer, phrasings(e)) for e in corpus.entries] == [
        ("7", "几天到？", "3", ["多久", "何时"]),
        ("b", "贵吗？", "不。", []),
    ]


def test_the_sheet_can_be_named_and_another_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Read me"
    page = book.create_sheet("FAQ")
    for row in (["question", "answer"], ["Which?", "This."]):
        page.append(row)
    book.save(tmp_path / "faq.xlsx")
    assert entry(take(tmp_path / "faq.xlsx", "faq", "--sheet", "FAQ")).question == "Which?"
    assert "has no sheet 'Fqa'. There are: Read me, FAQ" in refuse(
        tmp_path / "faq.xlsx", capsys, "--sheet", "Fqa", out="b"
    )


def test_merged_answers_belong_to_every_row_they_cover(tmp_path: Path) -> None:
    rows = [["question", "answer"], ["How long?", "Three days."], ["How many days?", None], ["How much?", "Nothing."]]
    corpus = take(write_xlsx(tmp_path / "faq.xlsx", rows, ["B2:B3"]), "faq.jsonl")
    assert [e.answer for e in corpus.entries] == ["Three days.", "Three days.", "Nothing."]


def test_a_header_merged_away_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [["question", "answer", None], ["How long?", "Three days.", "说明"]]
    take(write_xlsx(tmp_path / "faq.xlsx", rows, ["B1:C1"]), "faq")  # merging takes C1's text but not C2's
    assert "row 1: warning: column C has no header and is not read; merged: B1:C1. Unmerge" in capsys.readouterr().out
    needed = write_xlsx(tmp_path / "b.xlsx", [["question", None], ["How long?", "Three days."]], ["A1:B1"])
    assert "Merged cells hide headers: A1:B1; unmerge them." in refuse(needed, capsys, out="b")


def test_rows_above_the_header_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [["Our FAQ of 2026", ""], ["question", "answer"], ["How long?", "Three days."]]
    assert len(take(write_csv(tmp_path / "faq.csv", rows), "faq").entries) == 1
    assert "row 1: warning: stands above the header" in capsys.readouterr().out


def test_a_table_without_a_header_is_refused_with_what_its_first_row_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refuse(write_csv(tmp_path / "faq.csv", [["How long?", "Three days."]]), capsys)
    assert "'How long?', 'Three days.'" in said
    assert "--question-column" in said


def test_json_lines_are_read_with_lists_of_aliases(tmp_path: Path) -> None:
    source = tmp_path / "faq.jsonl"
    record = {"问题": "几天到？", "答案": "三天。", "相似问": ["多久", "何时|哪天"], "编号": 12, "extra": {"a": 1}}
    source.write_text(json.dumps(record) + "\n\n", "utf-8")
    found = entry(take(source, "faq"))
    assert (found.id, found.question, phrasings(found)) == ("12", "几天到？", ["多久", "何时", "哪天"])


@pytest.mark.parametrize("line", ["[]", "{", '{"question": ["a"], "answer": "b"}', "[" * 100_000, "1" * 5000])
def test_a_line_that_is_no_record_of_texts_is_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    source = tmp_path / "faq.jsonl"
    source.write_text(line + '\n{"question": "Which?", "answer": "This."}\n', "utf-8")
    assert len(take(source, "faq", code=1).entries) == 1
    assert "line 1: passed over: is no JSON object of texts" in capsys.readouterr().out


# Markdown


def imported(tmp_path: Path, text: str, code: int = 0) -> list[tuple[str, str]]:
    source = tmp_path / "faq.md"
    source.write_text(text, "utf-8")
    return [(entry.question, entry.answer) for entry in take(source, "out.jsonl", code=code).entries]


def test_headings_ask_and_the_text_below_answers(tmp_path: Path) -> None:
    text = "# FAQ\n\n## How long? ##\n\nThree days.\n\n### Abroad\n\nTen.\n\n---\n\n## **Returns**\nFree.\n# Us\nWe."
    assert imported(tmp_path, text) == [("How long?", "Three days.\n\n### Abroad\n\nTen."), ("Returns", "Free.")]


def test_a_section_names_the_topic_of_the_questions_below_it(tmp_path: Path) -> None:
    source = tmp_path / "faq.md"
    source.write_text(
        "## 配送\n\n### 几天到？\n\n三天。\n\n### 运费\n\n免费。\n\n## 退货\n\n介绍。\n\n### 能退吗？\n\n能。", "utf-8"
    )
    corpus = take(source, "faq.jsonl")
    assert [(e.question, e.answer, e.topics) for e in corpus.entries] == [
        ("几天到？", "三天。", ("配送",)),
        ("运费", "免费。", ("配送",)),
        ("能退吗？", "能。", ("退货",)),
    ]


def test_headings_inside_code_are_code(tmp_path: Path) -> None:
    text = "## How?\n\n~~~~sh\n## not a question\n```\n~~~\n~~~~\n\n## Why?\n\nSo.\n"
    assert imported(tmp_path, text) == [("How?", "~~~~sh\n## not a question\n```\n~~~\n~~~~"), ("Why?", "So.")]


@pytest.mark.parametrize(
    "text",
    [
        "**Q:** How long?  \n**A:** Three days.\n\nTen abroad.\n\n**Q:** Is it free? **A:** Yes.\n",
        "Q: How long?\nA: Three days.\n\nTen abroad.\n\nQ: Is it free?\nA: Yes.\n",
        "Q1：How long?\nA1：Three days.\n\nTen abroad.\n\n---\n\nQ2：Is it free? A2：Yes.",
        "- **Q: How long?**\nA: Three days.\n\nTen abroad.\n\n## More\n\n- **Q: Is it free?**\nA: Yes.",
        "## Q: How long?\nA: Three days.\n\nTen abroad.\n\n## Q: Is it free?\n**A:** Yes.",
    ],
)
def test_pairs_of_question_and_answer_are_read(tmp_path: Path, text: str) -> None:
    assert imported(tmp_path, text) == [("How long?", "Three days.\n\nTen abroad."), ("Is it free?", "Yes.")]


def test_chinese_pairs_are_read_within_a_line(tmp_path: Path) -> None:
    assert imported(tmp_path, "问：几天到？答：三天。\n\n**问题 2**：贵吗？\n**回答**：不。") == [
        ("几天到？", "三天。"),
        ("贵吗？", "不。"),
    ]


def test_a_heading_that_only_contains_a_mark_is_left_whole(tmp_path: Path) -> None:
    assert imported(tmp_path, "## FAQ: the rules?\n\nPlan A: none.\n") == [("FAQ: the rules?", "Plan A: none.")]


# What is wrong with rows


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (["", "", "An answer.", "", "", ""], "row 3: passed over: the question is empty. Write it"),
        (["", " \n", "", "an alias", "", ""], "row 3: passed over: the question is empty"),
        (["", "…？！", "An answer.", "", "", ""], "the question '…？！' holds no letter or digit. Correct it."),
        (["", "How  LONG", "Five.", "", "", ""], "the question 'How LONG' is also that of first. Merge the two rows."),
        (["first", "How much?", "Nothing.", "", "", ""], "id first stands above already. Give the row an id"),
        (["", "#REF!", "Nothing.", "", "", ""], "the question is the formula error #REF!. Mend"),
        (["", "How much?", "#N/A", "", "", ""], "the answer is the formula error #N/A. Mend"),
        (["", "多" * 1001, "Nothing.", "", "", ""], "the question has 1,001 characters, more than 1,000. Shorten it."),
        (["", "How much?", "少" * 100_001, "", "", ""], "the answer has 100,001 characters, more than 100,000"),
        (["", "How much?", "", "", "", ""], "the answer is empty. Write it, or import into a .jsonl file"),
        (["", "How much?", "1", "", "", "", "000"], "row 3: passed over: has more cells than the header's 6. Put"),
    ],
)
def test_a_row_that_cannot_be_taken_is_passed_over_with_cause_and_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], row: list[str], said: str
) -> None:
    rows = [HEADER, ["first", "How long?", "Three days.", "", "", ""], row, ["last", "Which?", "This.", "", "", ""]]
    corpus = take(write_csv(tmp_path / "faq.csv", rows), "faq", code=1)
    assert [e.id for e in corpus.entries] == ["first", "last"]
    report = [line for line in capsys.readouterr().out.splitlines() if line.startswith("row")]
    assert len(report) == 1
    assert "row 3: passed over: " in report[0]
    assert said in report[0]


def test_an_empty_answer_is_a_warning_where_the_format_allows_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [["question", "answer"], ["How long?", ""]]
    assert entry(take(write_csv(tmp_path / "faq.csv", rows), "faq.jsonl")).answer == ""
    assert "row 2: warning: the answer is empty" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "expected"), [("../../etc", "etc"), ("FAQ 12/a", "FAQ-12-a"), ("-x", "x"), ("a" * 101, "a" * 90)]
)
def test_an_id_that_is_not_allowed_is_derived_anew_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: str, expected: str
) -> None:
    rows = [HEADER, [given, "How long?", "Three days.", "", "", ""]]
    assert entry(take(write_csv(tmp_path / "faq.csv", rows), "faq")).id == expected
    assert re.search(
        rf"row 2: warning: the id '.*' is not allowed and becomes {expected}\. Use", capsys.readouterr().out
    )


def test_a_derived_id_gives_way_to_one_that_a_later_row_has(tmp_path: Path) -> None:
    rows = [["id", "question", "answer"], ["a/b", "One?", "1"], ["A.B", "Two?", "2"], ["a-b", "Three?", "3"]]
    corpus = take(write_csv(tmp_path / "faq.csv", rows), "faq.jsonl")
    assert [e.id for e in corpus.entries] == ["a-b-2", "A-B-3", "a-b"]


def test_ids_made_from_questions_outlast_a_change_of_order(tmp_path: Path) -> None:
    rows = [["几天到？", "三天。"], ["贵吗？", "不。"], ["能退吗？", "能。"]]
    some = take(write_csv(tmp_path / "a.csv", [["问题", "答案"], *rows]), "a")
    others = take(write_csv(tmp_path / "b.csv", [["问题", "答案"], *reversed(rows)]), "b")
    assert {e.question: e.id for e in some.entries} == {e.question: e.id for e in others.entries}


def test_an_alias_that_another_row_asks_is_left_out_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [["id", "question", "answer", "aliases"], ["a", "One?", "1", "two|uno|UNO"], ["b", "Two?", "2", "Uno|???"]]
    corpus = take(write_csv(tmp_path / "faq.csv", rows), "faq")
    assert [phrasings(e) for e in corpus.entries] == [["uno"], []]
    out = capsys.readouterr().out
    assert "row 2: warning: the alias 'two' belongs to b and is left out" in out
    assert "row 3: warning: the alias 'Uno' belongs to a and is left out" in out
    assert "row 3: warning: the alias '???' is no question and is left out" in out


def test_quotes_that_do_not_match_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "faq.csv"
    source.write_text('question,answer\nHow long?,Three.\nHow much?,"Nothing.\nWhich?,This.\n', "utf-8")
    assert len(take(source, "faq").entries) == 2
    assert "row 3: warning: its quotes do not match" in capsys.readouterr().out


def test_a_formula_that_was_never_calculated_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [["question", "answer"], ["How long?", '="Three "&"days"'], ["How much?", "Nothing."]]
    assert entry(take(write_xlsx(tmp_path / "faq.xlsx", rows), "faq", code=1)).question == "How much?"
    assert "row 2: passed over: the answer is the formula error #CALC!" in capsys.readouterr().out


def test_a_link_that_is_none_or_has_no_place_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [HEADER, ["a", "One?", "1", "", "", "javascript:alert(1)"]]
    source = write_csv(tmp_path / "faq.csv", rows)
    assert entry(take(source, "faq.jsonl")).url is None
    assert "the link 'javascript:alert(1)' is left out" in capsys.readouterr().out
    take(source, "faq")
    assert "entries of a folder have none. Import into a .jsonl file" in capsys.readouterr().out


def test_figures_become_links_in_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [["question", "answer"], ["How?", "Look: ![the map](https://shop.example/map.png) ![](../../etc/passwd)"]]
    found = entry(take(write_csv(tmp_path / "faq.csv", rows), "faq"))
    assert found.answer == "Look: [the map](https://shop.example/map.png) [../../etc/passwd](../../etc/passwd)"
    assert "figures become links: 'https://shop.example/map.png', '../../etc/passwd'" in capsys.readouterr().out


def test_a_figure_inside_code_is_code(tmp_path: Path) -> None:
    answer = "Write `![text](file.svg)` or\n\n```\n![text](file.svg)\n```"
    rows = [["question", "answer"], ["How?", answer]]
    assert entry(take(write_csv(tmp_path / "faq.csv", rows), "faq")).answer == answer


def test_topics_beyond_the_third_are_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [["question", "answer", "tags"], ["How?", "So.", "a, b；a、c|d\ne"]]
    assert entry(take(write_csv(tmp_path / "faq.csv", rows), "faq")).topics == ("a", "b", "c")
    assert "row 2: warning: has more than 3 topics; left out: 'd', 'e'. Put" in capsys.readouterr().out


def test_what_looks_like_a_citation_stays_text(tmp_path: Path) -> None:
    rows = [["question", "answer"], ["Who?", "Ask [@support] or `[@ops]`."]]
    assert entry(take(write_csv(tmp_path / "a.csv", rows), "a")).answer.startswith("Ask [\\@support] or ")
    assert entry(take(write_csv(tmp_path / "b.csv", rows), "b.jsonl")).answer == "Ask [@support] or `[@ops]`."


# Hostile text


HOSTILE = [
    "---\nid: evil\n---",
    "yes",
    "[a, b]: {c: *d} # e",
    "!!python/object/apply:os.system ['true']",
    "=cmd|'/c calc'!A1",
    "@SUM(1+1)",
    "../../etc/passwd",
    "C:\\con\\..\\nul",
    "# a heading",
    "q\0\x1b[31m\x7f\x9bred\u202e",
    "'\"\\\n\t\"'",
    "2026-11-23",
    "\ufeffbom\u2028line\x85next\u200b",
    "😀 𠀀 \ue000",
    "<script>alert(1)</script>",
    "```\n~~~",
    "a;b;c;d;e",
    "[@]",
    "![](x)![@a](b)!![c](d)[@e; `@f`]",
    "![a](" + "b" * 300 + ")",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", ["faq", "faq.jsonl"])
def test_hostile_text_comes_through_as_text(tmp_path: Path, name: str, text: str) -> None:
    rows = [HEADER, [text, "x " + text, "y " + text, text, text, text]]
    found = entry(take(write_csv(tmp_path / "source.csv", rows), name))
    assert re.sub(r"\W", "", found.question) == "x" + re.sub(r"\W", "", text)
    assert {way.style for way in found.phrasings} <= {""}
    assert {path.name for path in tmp_path.iterdir()} == {"source.csv", name}
    if name == "faq.jsonl":
        assert found.answer.split() == "".join(c for c in "y " + text if c not in "\0\x1b\x7f\x9b").split()


def test_an_alias_that_looks_like_a_style_is_an_alias(tmp_path: Path) -> None:
    rows = [["question", "answer", "aliases"], ["Which?", "This.", "# plain|# # two|plain text"]]
    found = entry(take(write_csv(tmp_path / "faq.csv", rows), "faq"))
    assert [(way.text, way.style) for way in found.phrasings] == [("#plain", ""), ("## two", ""), ("plain text", "")]


@given(
    st.lists(
        st.tuples(*[st.text(max_size=30) | st.sampled_from(HOSTILE)] * len(HEADER)).filter(lambda row: any(row)),
        min_size=1,
        max_size=4,
    ),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_whatever_the_rows_hold_the_result_reads_back_or_is_not_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]], single: bool
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    source = folder / "source.jsonl"
    source.write_text("".join(json.dumps(dict(zip(HEADER, row, strict=True))) + "\n" for row in rows), "utf-8")
    out = folder / ("out.jsonl" if single else "out")
    code = main([str(source), "--out", str(out)])
    assert {path.name for path in folder.iterdir()} == {"source.jsonl", out.name} - ({out.name} if code == 2 else set())
    if code < 2:
        entries = read_corpus(out).entries
        assert len(entries) == len(rows) if code == 0 else 0 < len(entries) < len(rows)


# Writing


def test_a_dry_run_writes_nothing_and_says_what_it_would(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_csv(tmp_path / "faq.csv", [HEADER, ["a", "How long?", "3", "days|time", "", ""], [""] * 5 + ["x"]])
    assert main([str(source), "--out", str(tmp_path / "deep" / "faq"), "--dry-run"]) == 1
    assert list(tmp_path.iterdir()) == [source]
    out = capsys.readouterr().out
    assert f"{tmp_path / 'deep' / 'faq' / 'a'}: a: How long? (2 other ways of asking)" in out
    assert "row 3: passed over: the question is empty" in out
    assert "would hold 1 entries with 2 other ways of asking; 1 rows passed over, 0 warnings" in out


@pytest.mark.parametrize("name", ["faq", "faq.jsonl", "link"])
def test_what_is_there_already_is_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (tmp_path / "faq").mkdir()
    (tmp_path / "faq.jsonl").write_text("mine", "utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    source = write_csv(tmp_path / "faq.csv", [["question", "answer"], ["How long?", "Three days."]])
    assert "is there already" in refuse(source, capsys, out=name)
    assert (tmp_path / "faq.jsonl").read_text("utf-8") == "mine"


def test_a_place_that_cannot_be_written_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    source = write_csv(tmp_path / "faq.csv", [["question", "answer"], ["How long?", "Three days."]])
    assert "Nothing was written." in refuse(source, capsys, out="file/faq")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("faq.xlsx", b"PK\3\4 not a workbook", "is no XLSX workbook"),
        ("faq.docx", b"", "is of no kind known here"),
        ("faq.csv", b"", "reads: nothing"),
        ("faq.csv", b"question,answer\n,\n", "holds no question"),
        ("faq.md", b"Only prose.\n", "holds no question"),
        ("faq.jsonl", b"", "holds no question"),
    ],
)
def test_a_source_with_nothing_to_read_gives_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert said in refuse(tmp_path / name, capsys)


def test_a_source_that_is_not_there_gives_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no such file" in refuse(tmp_path / "faq.xlsx", capsys)
