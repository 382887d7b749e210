"""Reading a corpus: what comes out of both formats, and how each breach of `corpus/README.md` is reported."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from index.entries import CheckedQuestion, Corpus, Entry, Phrasing, Reference
from index.errors import CorpusError, Problem
from index.reader import read_corpus

FRONT = {
    "id": "loss",
    "question": "损失函数重要吗？",
    "title": "损失函数",
    "topics": "[训练, 目标]",
    "related": "[]",
    "reviewed": "2026-11-23",
}
BODY = "重要[@smith2020loss, §2]。\n\n## 为什么\n\n它定义目标。\n"
QUESTIONS = "# plain\n损失函数的作用\n\n# english\nDo losses matter?\n"
BIB = "@book{smith2020loss, author = {Smith, Ann}, title = {Losses}, year = {2020}, publisher = {Press}}\n"


def answer_md(body: str = BODY, **changes: str | None) -> str:
    """An `answer.md`; a field changed to None is left out."""
    fields = {name: value for name, value in (FRONT | changes).items() if value is not None}
    return "---\n" + "".join(f"{name}: {value}\n" for name, value in fields.items()) + f"---\n{body}"


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def folder(root: Path, files: dict[str, str | bytes] | None = None) -> Path:
    """A folder corpus of the entries `loss` and `adam`, with the given files added or replaced."""
    adam = answer_md("自适应步长。", id="adam", question="什么是 Adam？", title="Adam", related="[loss]")
    return write(
        root,
        {
            "loss/answer.md": answer_md(),
            "loss/questions.txt": QUESTIONS,
            "adam-optimiser/answer.md": adam,
            "adam-optimiser/questions.txt": "Adam 原理\n",
            "references.bib": BIB,
        }
        | (files or {}),
    )


def jsonl(path: Path, *records: object) -> Path:
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), "utf-8")
    return path


def problems(path: Path) -> list[Problem]:
    with pytest.raises(CorpusError) as caught:
        read_corpus(path)
    assert str(caught.value) == "\n".join(map(str, caught.value.problems))
    assert all(problem.remedy for problem in caught.value.problems)
    return caught.value.problems


def the_problem(path: Path) -> Problem:
    (problem,) = problems(path)
    return problem


# What is read


def test_a_folder_is_read_whole(tmp_path: Path) -> None:
    corpus = read_corpus(folder(tmp_path))
    assert [entry.id for entry in corpus.entries] == ["adam", "loss"]
    assert corpus.entries[1] == Entry(
        id="loss",
        question="损失函数重要吗？",
        answer=BODY.strip(),
        phrasings=(Phrasing("损失函数的作用", "plain"), Phrasing("Do losses matter?", "english")),
        title="损失函数",
        topics=("训练", "目标"),
        related=(),
        reviewed=date(2026, 11, 23),
    )
    assert corpus.entries[0].related == ("loss",)
    assert corpus.references == {
        "smith2020loss": Reference("smith2020loss", "Losses", ("Ann Smith",), 2020, "Press", None)
    }
    assert (corpus.out_of_scope, corpus.calibration, corpus.warnings) == ((), (), ())


def test_a_jsonl_file_and_a_folder_give_the_same_entry(tmp_path: Path) -> None:
    files = {
        "loss/questions.txt": "损失函数的作用\nDo losses matter?\n",
        "loss/answer.md": answer_md(title=FRONT["question"]),
    }
    from_folder = read_corpus(folder(tmp_path / "corpus", files)).entries[1]
    record = {
        "id": "loss",
        "question": f" {FRONT['question']}",
        "answer": f"\n{BODY}",
        "aliases": ["损失函数的作用 ", "Do losses matter?"],
        "topics": ["训练", "目标"],
    }
    (from_jsonl,) = read_corpus(jsonl(tmp_path / "faq.jsonl", record)).entries
    assert from_jsonl == replace(from_folder, reviewed=None)


def test_a_jsonl_line_may_bring_a_url_and_leave_out_what_is_optional(tmp_path: Path) -> None:
    bare = {"id": "a", "question": "甲？", "answer": "答"}
    entries = read_corpus(
        jsonl(tmp_path / "faq.jsonl", bare, bare | {"id": "b", "question": "乙？", "url": "https://x.org/b"})
    )
    assert entries.entries == (
        Entry("a", "甲？", "答", title="甲？"),
        Entry("b", "乙？", "答", title="乙？", url="https://x.org/b"),
    )


def test_the_canonical_question_comes_first_among_the_ways_of_asking(tmp_path: Path) -> None:
    loss = read_corpus(folder(tmp_path)).entries[1]
    assert loss.ways_of_asking == (Phrasing("损失函数重要吗？", "canonical"), *loss.phrasings)


def test_byte_order_marks_and_windows_line_ends_change_nothing(tmp_path: Path) -> None:
    as_windows = {
        name: b"\xef\xbb\xbf" + content.replace("\n", "\r\n").encode()
        for name, content in {
            "loss/answer.md": answer_md(),
            "loss/questions.txt": QUESTIONS,
            "references.bib": BIB,
        }.items()
    }
    unix, windows = read_corpus(folder(tmp_path / "a")), read_corpus(folder(tmp_path / "b", as_windows))
    assert (unix.entries, unix.references) == (windows.entries, windows.references)


def test_a_jsonl_file_may_have_windows_line_ends_and_empty_lines(tmp_path: Path) -> None:
    path = tmp_path / "faq.jsonl"
    path.write_bytes('\ufeff{"id": "a", "question": "甲？", "answer": "一\\n二"}\r\n\r\n'.encode())
    assert read_corpus(path).entries == (Entry("a", "甲？", "一\n二", title="甲？"),)


def test_questions_to_decline_keep_their_kind_and_come_once_each(tmp_path: Path) -> None:
    bank = "# far\n今天天气怎么样\n今天天气怎么样？\n# gibberish\n？？？\n"
    corpus = read_corpus(folder(tmp_path, {"out_of_scope.txt": bank}))
    assert corpus.out_of_scope == (Phrasing("今天天气怎么样", "far"), Phrasing("？？？", "gibberish"))
    cause = "'今天天气怎么样？' repeats another line and is passed over"
    assert corpus.warnings == (Problem(tmp_path / "out_of_scope.txt", 3, cause, "Remove it"),)


def test_a_question_to_decline_that_an_entry_asks_is_passed_over_with_a_warning(tmp_path: Path) -> None:
    corpus = read_corpus(folder(tmp_path, {"out_of_scope.txt": "do LOSSES matter\n今天天气怎么样\n"}))
    assert corpus.out_of_scope == (Phrasing("今天天气怎么样"),)
    assert [str(warning) for warning in corpus.warnings] == [
        f"{tmp_path / 'out_of_scope.txt'}:1: 'do LOSSES matter' is asked by loss and is passed over. "
        "Remove it here or there."
    ]


def test_calibration_lines_hold_every_entry_that_answers(tmp_path: Path) -> None:
    first = '{"query": "选哪个优化器", "accept": ["adam", "loss"], "style": "plain"}'
    second = '{"query": "Adam 呢", "accept": ["adam"]}'
    corpus = read_corpus(folder(tmp_path, {"calibration.jsonl": f"{first}\n\n{second}\n"}))
    assert corpus.calibration == (
        CheckedQuestion("选哪个优化器", frozenset({"adam", "loss"}), "plain"),
        CheckedQuestion("Adam 呢", frozenset({"adam"})),
    )


def test_dialogues_are_read_and_those_held_out_are_left_alone(tmp_path: Path) -> None:
    turns = '[{"query": "选哪个优化器", "accept": ["adam"], "style": "opening"}, {"query": "谢谢", "accept": []}]'
    held_out = f'{{"turns": {turns}, "split": "test"}}'
    corpus = read_corpus(folder(tmp_path, {"dialogues.jsonl": f'{{"turns": {turns}}}\n{held_out}\n'}))
    choice, thanks = (
        CheckedQuestion("选哪个优化器", frozenset({"adam"}), "opening"),
        CheckedQuestion("谢谢", frozenset()),
    )
    assert corpus.dialogues == ((choice, thanks),)


def test_a_calibration_line_that_copies_a_phrasing_is_passed_over_with_a_warning(tmp_path: Path) -> None:
    line = '{"query": "ADAM原理？", "accept": ["adam"]}\n{"query": "Adam 呢", "accept": ["adam"]}'
    corpus = read_corpus(folder(tmp_path, {"calibration.jsonl": line}))
    assert corpus.calibration == (CheckedQuestion("Adam 呢", frozenset({"adam"})),)
    cause = "'ADAM原理？' is asked by adam and is passed over"
    remedy = "Remove it, or the phrasing that it copies"
    assert corpus.warnings == (Problem(tmp_path / "calibration.jsonl", 1, cause, remedy),)


def test_a_phrasing_that_repeats_one_of_its_own_entry_is_passed_over_with_a_warning(tmp_path: Path) -> None:
    root = folder(tmp_path, {"adam-optimiser/questions.txt": "Adam 原理\nAdam的原理\nＡｄａｍ原理！\n"})
    corpus = read_corpus(root)
    assert [way.text for way in corpus.entries[0].phrasings] == ["Adam 原理", "Adam的原理"]
    where = root / "adam-optimiser" / "questions.txt"
    cause = "'Ａｄａｍ原理！' repeats another phrasing and is passed over"
    assert corpus.warnings == (Problem(where, 3, cause, "Remove it"),)


def test_a_style_may_have_any_name(tmp_path: Path) -> None:
    corpus = read_corpus(folder(tmp_path, {"adam-optimiser/questions.txt": "# canonical\nAdam 原理\n"}))
    assert corpus.entries[0].phrasings == (Phrasing("Adam 原理", "canonical"),)


def test_fields_of_a_jsonl_line_that_mean_nothing_here_are_named_in_a_warning(tmp_path: Path) -> None:
    record = {"id": "a", "question": "甲？", "answer": "", "source": "x", "author": "y"}
    path = jsonl(tmp_path / "faq.jsonl", record)
    assert [(warning.path, warning.cause) for warning in read_corpus(path).warnings] == [
        (path, "1 of 1 entries have no answer"),
        (path, "fields passed over: 'author', 'source'"),
    ]


def test_code_may_hold_what_would_be_a_figure_or_a_citation_elsewhere(tmp_path: Path) -> None:
    body = "答。\n\n```md\n![](none.svg) [@nobody]\n```\n`![](none.svg)` 与 `[@nobody]`\n"
    corpus = read_corpus(folder(tmp_path, {"loss/answer.md": answer_md(body)}))
    assert corpus.entries[1].answer == body.strip()


def test_the_figures_that_an_answer_shows_come_with_it(tmp_path: Path) -> None:
    body = "答。\n\n![曲线](curve.svg)\n\n![曲线，又一次](./curve.svg)\n"
    files = {"loss/answer.md": answer_md(body), "loss/curve.svg": "<svg/>\n", "loss/unused.svg": "<svg/>"}
    assert read_corpus(folder(tmp_path, files)).entries[1].figures == {
        "curve.svg": "<svg/>\n",
        "./curve.svg": "<svg/>\n",
    }


def test_hidden_folders_and_other_files_are_passed_over(tmp_path: Path) -> None:
    root = folder(tmp_path, {".git/config": "x", "README.md": "x", "loss/notes.md": "x"})
    assert len(read_corpus(root).entries) == 2


# What is refused


@pytest.mark.parametrize(
    ("changes", "line", "cause"),
    [
        ({"id": None}, 1, "id: Field required"),
        ({"question": None}, 1, "question: Field required"),
        ({"title": None}, 1, "title: Field required"),
        ({"topics": None}, 1, "topics: Field required"),
        ({"related": None}, 1, "related: Field required"),
        ({"reviewed": None}, 1, "reviewed: Field required"),
        ({"author": "Ann"}, 8, "author: Extra inputs are not permitted"),
        ({"id": "../loss"}, 2, "id: String should match pattern"),
        ({"id": "7"}, 2, "id: Input should be a valid string"),
        ({"question": '" "'}, 3, "question: String should have at least 1 character"),
        ({"topics": "[]"}, 5, "topics: List should have at least 1 item"),
        ({"topics": "[a, b, c, d]"}, 5, "topics: List should have at most 3 items"),
        ({"topics": "训练"}, 5, "topics: Input should be a valid list"),
        ({"related": "[q 1]"}, 6, "related.0: String should match pattern"),
        ({"reviewed": "yesterday"}, 7, "reviewed: Input should be a valid date"),
        ({"reviewed": "2026-02-30"}, 1, "not YAML: day is out of range"),
        ({"reviewed": "!!bool perhaps"}, 1, "not YAML"),
        ({"question": "为什么: 因为"}, 3, "not YAML: mapping values are not allowed here"),
        ({"topics": "[训练"}, 6, "not YAML"),
        ({"title": '"\\ud800"'}, 4, "title: Input should be a valid string"),
        ({"title": "\x07"}, 1, "not YAML"),
    ],
)
def test_front_matter_out_of_order_is_named_by_line_and_field(
    tmp_path: Path, changes: dict[str, str | None], line: int, cause: str
) -> None:
    problem = the_problem(folder(tmp_path, {"loss/answer.md": answer_md(**changes)}))
    assert (problem.path, problem.line) == (tmp_path / "loss" / "answer.md", line)
    assert cause in problem.cause


@pytest.mark.parametrize("text", ["", "答案", "# 标题\n\n---\n\n正文", "---\nid: loss\n", "\n---\nid: loss\n---\n答"])
def test_an_answer_without_front_matter_is_refused(tmp_path: Path, text: str) -> None:
    problem = the_problem(folder(tmp_path, {"loss/answer.md": text}))
    assert (problem.path, problem.line, problem.cause) == (tmp_path / "loss" / "answer.md", 1, "has no front matter")


@pytest.mark.parametrize(
    ("body", "line", "cause"),
    [
        ("", 9, "the answer is empty"),
        (" \n\n", 9, "the answer is empty"),
        ("一\n二[@jones1999lost]\n", 10, "cites jones1999lost, which references.bib does not hold"),
        ("\n\n一[@smith2020loss; @jones1999lost]\n", 11, "cites jones1999lost, which references.bib does not hold"),
        ("一[@smith2020loss §2]\n", 9, "cites @smith2020loss §2, which references.bib does not hold"),
        ("一\n\n![曲线](curve.svg)\n", 11, "figure curve.svg is not an .svg file in the entry's folder"),
        (
            "![曲线](../adam-optimiser/a.svg)\n",
            9,
            "figure ../adam-optimiser/a.svg is not an .svg file in the entry's folder",
        ),
        ("![曲线](https://x.org/a.svg)\n", 9, "figure https://x.org/a.svg is not an .svg file in the entry's folder"),
        (f"![曲线]({'x' * 300}.svg)\n", 9, f"figure {'x' * 300}.svg is not an .svg file in the entry's folder"),
        ("![曲线](questions.txt)\n", 9, "figure questions.txt is not an .svg file in the entry's folder"),
        ("![ ](here.svg)\n", 9, "figure here.svg has no text"),
    ],
)
def test_a_body_that_does_not_hold_together_is_named_by_line(tmp_path: Path, body: str, line: int, cause: str) -> None:
    files = {"loss/answer.md": answer_md(body), "loss/here.svg": "<svg/>", "adam-optimiser/a.svg": "<svg/>"}
    problem = the_problem(folder(tmp_path, files))
    assert (problem.path, problem.line, problem.cause) == (tmp_path / "loss" / "answer.md", line, cause)


def test_an_id_that_does_not_begin_its_folder_is_refused(tmp_path: Path) -> None:
    problem = problems(folder(tmp_path, {"loss/answer.md": answer_md(id="los")}))[0]
    assert (problem.line, problem.cause) == (2, "id los stands in folder loss")


def test_a_duplicate_id_is_refused_with_both_places(tmp_path: Path) -> None:
    files = {"loss-again/answer.md": answer_md(question="又一个问题？"), "loss-again/questions.txt": ""}
    problem = the_problem(folder(tmp_path, files))
    assert (problem.path, problem.line) == (tmp_path / "loss-again" / "answer.md", 2)
    assert problem.cause == "id loss is also that of loss"


@pytest.mark.parametrize("other", ["nobody", "loss"])
def test_a_related_entry_must_be_another_one(tmp_path: Path, other: str) -> None:
    problem = the_problem(folder(tmp_path, {"loss/answer.md": answer_md(related=f"[adam, {other}]")}))
    assert (problem.path, problem.line) == (tmp_path / "loss" / "answer.md", 6)
    assert problem.cause == f"related names {other}, which is no other entry"


@pytest.mark.parametrize(
    ("files", "where"),
    [
        ({"loss/questions.txt": "# plain\nＡｄａｍ 原理?\n"}, "loss/questions.txt:2"),
        ({"loss/answer.md": answer_md(question="adam原理")}, "loss/answer.md:3"),
    ],
)
def test_a_question_of_two_entries_is_refused_where_it_stands(
    tmp_path: Path, files: dict[str, str | bytes], where: str
) -> None:
    problem = the_problem(folder(tmp_path, files))
    assert f"{problem.path.relative_to(tmp_path).as_posix()}:{problem.line}" == where
    assert problem.cause.endswith("is asked by both adam and loss")


def test_a_phrasing_without_a_letter_is_refused(tmp_path: Path) -> None:
    problem = the_problem(folder(tmp_path, {"loss/questions.txt": "一\n？！\n"}))
    assert (problem.path.name, problem.line) == ("questions.txt", 2)
    assert "holds no letter or digit" in problem.cause


@pytest.mark.parametrize("name", ["loss/answer.md", "loss/questions.txt"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    folder(tmp_path)
    (tmp_path / name).unlink()
    problem = problems(tmp_path)[0]
    assert (problem.path, problem.cause) == (tmp_path / name, f"cannot be read: {os.strerror(2)}")


@pytest.mark.parametrize(
    "name",
    [
        "loss/answer.md",
        "loss/questions.txt",
        "references.bib",
        "out_of_scope.txt",
        "calibration.jsonl",
        "dialogues.jsonl",
    ],
)
def test_a_file_that_is_not_utf8_is_named_with_the_line(tmp_path: Path, name: str) -> None:
    problem = problems(folder(tmp_path, {name: "# 一\n二\n".encode() + "三".encode("gbk")}))[0]
    assert (problem.path, problem.line, problem.cause) == (tmp_path / name, 3, "is not UTF-8")


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ('{"query": "问", "accept": ["nobody", "loss"]}', "accepts nobody, which is no entry"),
        ('{"query": "问", "accept": []}', "accept: List should have at least 1 item"),
        ('{"query": " ", "accept": ["loss"]}', "query: String should have at least 1 character"),
        ('{"question": "问", "accept": ["loss"], "query": "问"}', "question: Extra inputs are not permitted"),
        ("query: 问", "is no JSON object"),
    ],
)
def test_a_calibration_line_out_of_order_is_named_by_line(tmp_path: Path, line: str, cause: str) -> None:
    good = '{"query": "Adam 呢", "accept": ["adam"]}'
    problem = the_problem(folder(tmp_path, {"calibration.jsonl": f"{good}\n{line}\n"}))
    assert (problem.path, problem.line) == (tmp_path / "calibration.jsonl", 2)
    assert cause in problem.cause


TURN = '{"query": "问", "accept": ["loss"]}'


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (f'{{"turns": [{TURN}]}}', "turns: List should have at least 2 items"),
        (f'{{"turns": [{TURN}, {{"query": "那", "accept": ["nobody"]}}]}}', "accepts nobody, which is no entry"),
        (f'{{"turns": [{TURN}, {{"query": "那"}}]}}', "turns.1.accept: Field required"),
        (f'{{"turns": [{TURN}, {TURN}], "split": "dev"}}', "split: Input should be 'train' or 'test'"),
        (f'{{"turns": [{TURN}, {{"query": "那", "accept": ["nobody"]}}], "split": "test"}}', "accepts nobody"),
        (TURN, "turns: Field required"),
    ],
)
def test_a_dialogue_out_of_order_is_named_by_line(tmp_path: Path, line: str, cause: str) -> None:
    problem = problems(folder(tmp_path, {"dialogues.jsonl": f'{{"turns": [{TURN}, {TURN}]}}\n{line}\n'}))[0]
    assert (problem.path, problem.line) == (tmp_path / "dialogues.jsonl", 2)
    assert cause in problem.cause


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("not JSON", "is no JSON object"),
        ("[1]", "is no JSON object: not an object"),
        ("[" * 100_000, "is no JSON object"),
        ('{"id": "b", "answer": ""}', "question: Field required"),
        ('{"id": "b", "question": "问"}', "answer: Field required"),
        ('{"id": "b c", "question": "问", "answer": ""}', "id: String should match pattern"),
        ('{"id": 7, "question": "问", "answer": ""}', "id: Input should be a valid string"),
        ('{"id": "b", "question": "\\ud800", "answer": ""}', "question: Input should be a valid string"),
        ('{"id": "b", "question": "问", "answer": "\\ud800"}', "answer: Input should be a valid string"),
        ('{"id": "b", "question": "问", "answer": "", "aliases": ["？"]}', "'？' holds no letter or digit"),
        ('{"id": "b", "question": "甲！", "answer": ""}', "'甲！' is asked by both a and b"),
        (
            '{"id": "b", "question": "问", "answer": "", "url": "javascript:alert(1)"}',
            "url: String should match pattern",
        ),
        ('{"id": "a", "question": "问", "answer": ""}', "id a is also that of line 1"),
    ],
)
def test_a_jsonl_line_out_of_order_is_named_by_line(tmp_path: Path, line: str, cause: str) -> None:
    path = tmp_path / "faq.jsonl"
    path.write_text(f'{{"id": "a", "question": "甲？", "answer": "答"}}\n\n{line}\n', "utf-8")
    problem = the_problem(path)
    assert (problem.path, problem.line) == (path, 3)
    assert cause in problem.cause


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    files = {
        "loss/answer.md": answer_md("一[@nobody]\n![](none.svg)", related="[nothing]"),
        "adam-optimiser/questions.txt": "损失函数的作用\n",
        "third/answer.md": "no front matter",
        "references.bib": "@book{smith2020loss, title = {Losses}, year = {2020}}\n",
        "calibration.jsonl": "x\n",
    }
    causes = sorted(problem.cause.partition(":")[0] for problem in problems(folder(tmp_path, files)))
    assert causes == [
        "'损失函数的作用' is asked by both adam and loss",
        "cites nobody, which references.bib does not hold",
        "figure none.svg has no text",
        "figure none.svg is not an .svg file in the entry's folder",
        "has no front matter",
        "is no JSON object",
        "related names nothing, which is no other entry",
        "smith2020loss has no author",
    ]


def test_a_problem_is_told_as_place_cause_and_remedy(tmp_path: Path) -> None:
    problem = the_problem(folder(tmp_path, {"loss/answer.md": answer_md("一[@nobody]")}))
    place, cause = tmp_path / "loss" / "answer.md", "cites nobody, which references.bib does not hold"
    assert str(problem) == f"{place}:9: {cause}. Add the work to references.bib or correct the key."


def test_an_entry_that_cannot_be_read_is_not_called_missing_elsewhere(tmp_path: Path) -> None:
    calibration = '{"query": "问", "accept": ["loss"]}'
    files = {"loss/answer.md": "no front matter", "calibration.jsonl": calibration}
    assert the_problem(folder(tmp_path, files)).cause == "has no front matter"


def test_a_path_that_is_no_corpus_is_refused(tmp_path: Path) -> None:
    assert the_problem(tmp_path / "none").cause == "no such corpus"


@pytest.mark.parametrize("name", ["empty", "empty.jsonl"])
def test_a_corpus_without_entries_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.touch() if path.suffix else path.mkdir()
    assert the_problem(path).cause == "holds no entry"


# The digest


@pytest.mark.parametrize(
    "name",
    [
        "loss/answer.md",
        "loss/questions.txt",
        "loss/curve.svg",
        "references.bib",
        "out_of_scope.txt",
        "calibration.jsonl",
        "dialogues.jsonl",
    ],
)
def test_the_digest_changes_with_a_byte_of_any_file(tmp_path: Path, name: str) -> None:
    files = {"loss/answer.md": answer_md("![曲线](curve.svg)"), "loss/curve.svg": "<svg/>"}
    root = folder(tmp_path, {"out_of_scope.txt": "天气\n", "calibration.jsonl": "\n", "dialogues.jsonl": "\n"} | files)
    before = read_corpus(root).digest
    with (root / name).open("ab") as file:
        file.write(b"\n")
    assert read_corpus(root).digest != before


def test_the_digest_changes_when_text_moves_between_files(tmp_path: Path) -> None:
    one = folder(tmp_path / "a", {"loss/questions.txt": "一\n二\n", "adam-optimiser/questions.txt": "三\n"})
    two = folder(tmp_path / "b", {"loss/questions.txt": "一\n", "adam-optimiser/questions.txt": "二\n三\n"})
    assert read_corpus(one).digest != read_corpus(two).digest


def test_the_digest_is_that_of_the_content_and_not_of_the_place(tmp_path: Path) -> None:
    assert read_corpus(folder(tmp_path / "a")).digest == read_corpus(folder(tmp_path / "b")).digest


def test_the_digest_of_a_jsonl_file_changes_with_a_byte(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "faq.jsonl", {"id": "a", "question": "甲？", "answer": "答"})
    before = read_corpus(path).digest
    path.write_text(path.read_text("utf-8").replace("答", "复"), "utf-8")
    assert read_corpus(path).digest != before


# Any text at all

Reader = Callable[[str, str], Corpus | None]


@pytest.fixture(scope="module")
def read_with(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """Replaces one file of a good corpus and reads it: the corpus, or None when it was refused with reasons."""
    root = folder(tmp_path_factory.mktemp("any"))
    good = {name: (root / name).read_bytes() for name in ("loss/answer.md", "loss/questions.txt", "references.bib")}

    def read(name: str, text: str) -> Corpus | None:
        write(root, good | {name: text})
        try:
            return read_corpus(root / name if name.endswith(".jsonl") else root)
        except CorpusError as error:
            str(error).encode()
            if not error.problems:
                raise
            return None

    return read


def pieces(*parts: str) -> st.SearchStrategy[str]:
    """Text put together from what means something in a format, and from anything else that UTF-8 can hold."""
    anything = st.text(st.characters(codec="utf-8"), max_size=6)
    return st.lists(st.sampled_from(parts) | anything, max_size=12).map("".join)


ANY_TEXT = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@ANY_TEXT
@given(
    pieces(
        "---\n",
        "id: loss\n",
        "question: ",
        "topics: [a]\n",
        "- ",
        "\n",
        "&a ",
        "*a",
        "!!int ",
        '"\\u',
        "{",
        "}",
        "[@",
        "](",
        "![x",
        "`",
    )
)
@example("---\n" + "- " * 3000 + "\n---\nx")
@example("---\n{<<: *a}\n---\nx")
@example('---\na: !!int ""\n---\nx')
@example('---\na: "\\UFFFFFFFF"\n---\nx')
@example("---\nid: 2026-99-99\n---\nx")
@example("---\nid: &a [*a]\n---\nx")
def test_any_answer_md_is_read_or_refused(read_with: Reader, text: str) -> None:
    corpus = read_with("loss/answer.md", text)
    assert corpus is None or len(corpus.entries) == 2


@ANY_TEXT
@given(pieces("[@smith2020loss]", "[@", "]", "](", "![x](", "here.svg", ")", "`", "```\n", "\n", "\x00", "/", "#", " "))
def test_any_body_is_read_or_refused(read_with: Reader, body: str) -> None:
    corpus = read_with("loss/answer.md", answer_md(body))
    assert corpus is None or corpus.entries[1].answer == body.replace("\r\n", "\n").strip()


@ANY_TEXT
@given(pieces("# ", "#", "plain", "\n", "\r\n", " ", "Adam 原理", "？"))
def test_any_questions_txt_is_read_or_refused(read_with: Reader, text: str) -> None:
    corpus = read_with("loss/questions.txt", text)
    assert corpus is None or all(way.text == way.text.strip() != "" for way in corpus.entries[1].phrasings)


@ANY_TEXT
@given(
    pieces(
        "@misc{",
        "@string{",
        "@comment",
        "smith2020loss,",
        "author = {",
        "title",
        " = ",
        '"',
        "{",
        "}",
        ",",
        "and ",
        "\\'",
        "#",
        "\n",
        "%",
    )
)
def test_any_bibliography_is_read_or_refused(read_with: Reader, text: str) -> None:
    corpus = read_with("references.bib", text)
    assert corpus is None or "smith2020loss" in corpus.references


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None, exclude_categories=()), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
RECORDS = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["a", "b"]) | JSON,
        "question": st.sampled_from(["甲？", "乙？"]) | JSON,
        "answer": st.just("答") | JSON,
    },
    optional={"aliases": JSON, "topics": JSON, "url": JSON, "other": JSON},
)


@ANY_TEXT
@given(
    st.lists(
        RECORDS.map(json.dumps) | JSON.map(json.dumps) | pieces('{"id":', "}", "[", "NaN", "1e999", "\n"), max_size=4
    ).map("\n".join)
)
@example('{"id":' + "1" * 5000 + "}")
def test_any_jsonl_is_read_or_refused(read_with: Reader, text: str) -> None:
    corpus = read_with("faq.jsonl", text)
    assert corpus is None or all(entry.question for entry in corpus.entries)
    for entry in corpus.entries if corpus else ():
        json.dumps(
            [entry.question, entry.answer, *entry.topics, *(way.text for way in entry.phrasings)], ensure_ascii=False
        ).encode()
