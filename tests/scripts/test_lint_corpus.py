import json
from pathlib import Path

import pytest

from scripts.lint_corpus import SHOWN, main
from tests.conftest import write_toy_corpus

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A toy corpus where the settings look for it, mended until only phrasings are too few."""
    root = write_toy_corpus(tmp_path / "corpus")
    for path in root.glob("*/answer.md"):
        text = path.read_text("utf-8").replace("[@", " [@").replace(" **", "").replace("**", "")
        path.write_text(text + "\n另见 [@law2014rights; @shop2020terms]。\n", "utf-8")
    bib = root / "references.bib"
    bib.write_text(
        bib.read_text("utf-8").replace("publisher = {Law Press}", "publisher = {Law}, doi = {10.1/2}"), "utf-8"
    )
    return root


def test_a_corpus_without_errors_passes_and_may_have_warnings(corpus: Path, capsys: Captured) -> None:
    assert main(["--phrasings", "8"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("warnings [variety]\n  corpus/delivery-toy/questions.txt: nobody asks in the style ")
    assert "\nwarnings [stray]\n  index/built: nobody knows which phrasings lean to another entry" in printed
    assert printed.endswith("\n0 errors, 17 warnings\n")


def test_errors_are_told_with_place_cause_remedy_and_rule(corpus: Path, capsys: Captured) -> None:
    assert main([]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == (
        "corpus/delivery-toy/questions.txt: 8 phrasings. "
        "Write 50 or more, the way people type; the short and plain ones help most. [phrasings]"
    )
    assert lines[-1] == "8 errors, 17 warnings"


def test_one_entry_can_be_looked_at_alone(corpus: Path, capsys: Captured) -> None:
    assert main(["--entry", "invoice"]) == 1
    assert capsys.readouterr().out.endswith("\n1 errors, 2 warnings\n")
    assert main(["--entry", "invoice-title", "--phrasings", "8"]) == 0
    assert main(["--entry", "nobody"]) == 2


def test_json_holds_every_finding(corpus: Path, capsys: Captured) -> None:
    assert main(["--json"]) == 1
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [finding["severity"] for finding in findings].count("error") == 8
    assert findings[0] == {
        "severity": "error",
        "rule": "phrasings",
        "path": "corpus/delivery-toy/questions.txt",
        "line": None,
        "cause": "8 phrasings",
        "remedy": "Write 50 or more, the way people type; the short and plain ones help most",
    }


def test_warnings_are_cut_short_unless_all_are_asked_for(corpus: Path, capsys: Captured) -> None:
    for path in corpus.glob("*/answer.md"):
        path.write_text(path.read_text("utf-8") + "\n" + "字" * 3000 + "。\n", "utf-8")
    assert main(["--phrasings", "8"]) == 0
    assert f"  ... and {8 - SHOWN} more: --all shows them" in capsys.readouterr().out
    assert main(["--phrasings", "8", "--all"]) == 0
    assert "more: --all" not in capsys.readouterr().out


def test_nothing_to_read_and_a_wrong_command_are_told_apart_from_errors(tmp_path: Path, capsys: Captured) -> None:
    assert main([]) == 2
    assert capsys.readouterr().err == "corpus: is no folder of entries. Name one with --corpus.\n"
    with pytest.raises(SystemExit, match="2"):
        main(["--no-such-option"])
