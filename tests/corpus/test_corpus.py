"""The corpus as it ships: complete, cited, runnable, and kept apart from what it is measured with."""

import ast
import json
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from index.entries import Corpus
from index.text import HAN, key, normalise

FOLDER = Path(__file__).parents[2] / "corpus"
QUESTIONS = (Path(__file__).parent / "questions.txt").read_text("utf-8").splitlines()
FIGURES = sorted(FOLDER.glob("*/*.svg"))
IMAGE = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<name>[^)]+)\)")
SNIPPETS = [
    pytest.param(code, id=f"{path.parent.name}:{number}")
    for path in sorted(FOLDER.glob("*/answer.md"))
    for number, code in enumerate(
        re.findall(r"^```python\n(.*?)^```$", path.read_text("utf-8"), re.DOTALL | re.MULTILINE), 1
    )
]


def test_it_reads_without_warnings(corpus: Corpus) -> None:
    assert corpus.warnings == ()


def test_it_holds_the_canonical_questions_word_for_word(corpus: Corpus) -> None:
    assert [f"{entry.id}\t{entry.question}" for entry in corpus.entries] == QUESTIONS
    assert [entry.id for entry in corpus.entries] == [f"q{number:02}" for number in range(1, 77)]


def test_follow_ups_are_learned_from_sixty_dialogues_and_measured_on_others(corpus: Corpus) -> None:
    lines = [json.loads(line) for line in (FOLDER / "dialogues.jsonl").read_text("utf-8").splitlines()]
    assert Counter(line["split"] for line in lines).keys() == {"train", "test"}
    assert len(corpus.dialogues) == sum(line["split"] == "train" for line in lines) >= 60
    assert len(lines) - len(corpus.dialogues) >= 30
    styles = {turn.style for turns in corpus.dialogues for turn in turns}
    assert styles == {"opening", "follow-up", "switch", "return", "correction", "out-of-scope", "chat"}
    said = [json.dumps([turn["query"] for turn in line["turns"]]) for line in lines]
    assert len(set(said)) == len(said)


def test_every_entry_can_be_asked_in_fifty_ways_of_which_twelve_are_plain(corpus: Corpus) -> None:
    counts = {entry.id: Counter(way.style for way in entry.phrasings) for entry in corpus.entries}
    assert {id_: count for id_, count in counts.items() if count.total() < 50 or count["plain"] < 12} == {}


def test_every_entry_is_asked_in_english_traditional_and_typing_errors_too(corpus: Corpus) -> None:
    styles = {
        "formal",
        "colloquial",
        "keyword",
        "indirect",
        "scenario",
        "english",
        "mixed",
        "typo",
        "traditional",
        "interview",
    }
    lacking = {entry.id: styles - {way.style for way in entry.phrasings} for entry in corpus.entries}
    assert {id_: missing for id_, missing in lacking.items() if missing} == {}


def test_every_answer_is_at_length_and_names_its_sources(corpus: Corpus) -> None:
    for entry in corpus.entries:
        assert len(re.findall(f"[{HAN}]", entry.answer)) >= 150, entry.id
        assert len(set(re.findall(r"@([\w:-]+)", " ".join(re.findall(r"\[(@[^\]]+)\]", entry.answer))))) >= 2, entry.id


def test_every_answer_begins_with_prose_and_its_headings_with_two_hashes(corpus: Corpus) -> None:
    for entry in corpus.entries:
        prose = re.sub(r"^```.*?^```$", "", entry.answer, flags=re.DOTALL | re.MULTILINE)
        assert re.match(rf"[{HAN}\w*“《$]", entry.answer), entry.id
        levels = [1, *(len(hashes) for hashes in re.findall(r"^(#+) ", prose, re.MULTILINE))]
        assert all(2 <= after <= before + 1 for before, after in pairwise(levels)), entry.id


def test_every_work_says_where_it_appeared_and_where_it_is(corpus: Corpus) -> None:
    assert [work.key for work in corpus.references.values() if not (work.venue and work.url and work.year)] == []


def test_every_work_is_cited(corpus: Corpus) -> None:
    cited = {name for entry in corpus.entries for name in re.findall(r"@([\w:-]+)", entry.answer)}
    assert sorted(set(corpus.references) - cited) == []


def test_nothing_is_asked_twice_whether_to_answer_to_decline_or_to_calibrate(corpus: Corpus) -> None:
    bank = (FOLDER / "out_of_scope.txt").read_text("utf-8").splitlines()
    texts = [way.text for entry in corpus.entries for way in entry.ways_of_asking]
    texts += [line for line in bank if line.strip() and not line.startswith("# ")]
    texts += [question.text for question in corpus.calibration]
    counts = Counter(key(normalised) or normalised for normalised in map(normalise, texts))
    assert [text for text, count in counts.items() if count > 1] == []


def test_calibration_asks_for_every_entry(corpus: Corpus) -> None:
    accepted = Counter(id_ for question in corpus.calibration for id_ in question.accept)
    assert [entry.id for entry in corpus.entries if accepted[entry.id] < 5] == []


@pytest.mark.parametrize("code", SNIPPETS)
def test_python_in_an_answer_runs_by_itself_and_checks_its_claim(code: str) -> None:
    tree = ast.parse(code)
    assert any(isinstance(node, ast.Assert) for node in ast.walk(tree))
    exec(compile(tree, "<answer>", "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize("path", FIGURES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_figure_is_small_and_brings_nothing_from_elsewhere(path: Path) -> None:
    assert path.stat().st_size <= 150 * 1024
    source = path.read_text("utf-8")
    assert "<!DOCTYPE" not in source
    assert not re.search(r"@import|url\((?!#)", source)
    for element in ElementTree.fromstring(source).iter():
        assert element.tag.startswith("{http://www.w3.org/2000/svg}")
        assert element.tag.partition("}")[2] not in ("script", "foreignObject", "image", "iframe", "a")
        for name, value in element.items():
            assert not name.startswith("on")
            assert not name.endswith(("href", "src")) or value.startswith("#")


def test_every_figure_is_shown_with_a_description_of_what_is_to_be_seen(corpus: Corpus) -> None:
    alts = {
        (entry.id, image["name"]): image["alt"] for entry in corpus.entries for image in IMAGE.finditer(entry.answer)
    }
    assert alts.keys() == {(path.parent.name.partition("-")[0], path.name) for path in FIGURES}
    assert [place for place, alt in alts.items() if len(alt.strip()) < 10] == []
