import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from index.answerer import Answerer
from index.build import build_index
from index.reader import read_corpus
from scripts.gaps import main
from service.database import migrate, open_engine, writing
from service.message_ids import new_message_id
from service.records import Asked, Rated, write_questions, write_rating
from tests.conftest import ToyEncoder, write_toy_corpus

Captured = pytest.CaptureFixture[str]

NOW = datetime.now(UTC)
PET = "宠物用品可以寄到国外吗"
PETS = (PET, "宠物用品可以寄国外吗", "宠物用品能寄到国外吗")
BILL = "发票抬头和开票"  # asked back


class Log:
    """Writes what a service would have written."""

    def __init__(self, database: str) -> None:
        self.engine = open_engine(database)
        migrate(self.engine)

    def ask(self, question: str, status: str = "no_answer", id_: str = "points", days: float = 0, **said: Any) -> None:
        message_id, time = new_message_id(b"k"), NOW - timedelta(days=days)
        with writing(self.engine) as connection:
            asked = Asked(message_id, time, question, status, id_, 0.3, "v1", 1.0, said.pop("address", "203.0.113.7"))
            write_questions(connection, [asked])
            if said:
                write_rating(connection, Rated(message_id, time, **said))


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    """A file where the settings look for it."""
    log = Log(f"sqlite:///{tmp_path}/data/journal.db")
    yield log
    log.engine.dispose()


@pytest.fixture
def any_log(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    """A log in each kind of database in turn, named by the setting."""
    monkeypatch.setenv("WENJIN_DATABASE", database)
    log = Log(database)
    yield log
    log.engine.dispose()


@pytest.fixture(autouse=True)
def _index(toy_index: Path, tmp_path: Path) -> None:
    shutil.copytree(toy_index, tmp_path / "index" / "built")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A corpus where the settings look for it, in a repository of its own."""
    git(tmp_path, "init", "-q")
    return write_toy_corpus(tmp_path / "corpus")


def git(folder: Path, *arguments: str, stdin: str = "") -> str:
    command = ["git", "-c", "core.autocrlf=false", *arguments]
    done = subprocess.run(command, cwd=folder, input=stdin.encode(), capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.fixture
def groups(capsys: Captured) -> Callable[..., list[dict[str, Any]]]:
    def run(*arguments: str) -> list[dict[str, Any]]:
        assert main([*arguments, "--json"]) == 0
        return list(json.loads(capsys.readouterr().out)["groups"])

    return run


Groups = Callable[..., list[dict[str, Any]]]


def asked(groups: list[dict[str, Any]]) -> list[list[str]]:
    return [[question["question"] for question in group["questions"]] for group in groups]


# What is a gap


def test_questions_of_one_meaning_are_one_group_and_the_largest_comes_first(log: Log, groups: Groups) -> None:
    log.ask(BILL, "clarify", "invoice")
    for question in (*PETS, PET, PET):
        log.ask(question)
    assert asked(groups()) == [[PET, *sorted(PETS[1:])], [BILL]]


def test_a_group_tells_all_about_its_questions(any_log: Log, groups: Groups, toy_answerer: Answerer) -> None:
    any_log.ask(PET, days=2)
    any_log.ask(PET, "clarify", address="203.0.113.8")
    any_log.ask(PET + "？", "clarify", rating="down", reason="none_of_these", comment="都\n不是\x1b[31m")
    [group] = groups()
    nearest = toy_answerer.ask(PET).candidates[0]
    assert group.pop("group").startswith("g")
    assert group.pop("last") == NOW.replace(tzinfo=None).isoformat() + "Z"
    assert group == {
        "count": 3,
        "unanswered": 1,
        "asked_back": 1,
        "disliked": 1,
        "clients": 3,  # two of today, and one of another day
        "nearest": {"id": nearest.id, "question": nearest.question, "confidence": nearest.confidence},
        "reasons": {"none_of_these": 1},
        "comments": ["都 不是[31m"],
        "questions": [{"question": PET, "count": 3}],
    }


def test_what_was_answered_liked_or_too_long_ago_is_no_gap(any_log: Log, groups: Groups) -> None:
    any_log.ask(PET, "answered")
    any_log.ask(PET, "answered", rating="up")
    any_log.ask(PET, "clarify", rating="up")  # one of the candidates was right
    assert groups() == []
    any_log.ask(PET, days=10)
    assert groups("--since", "9d") == []
    assert groups("--since", (NOW - timedelta(days=9)).date().isoformat()) == []
    assert asked(groups("--since", "11d")) == [[PET]]
    assert groups("--min-count", "2") == []


def test_what_the_index_answers_today_is_closed_unless_that_answer_was_disliked(log: Log, groups: Groups) -> None:
    log.ask("退货流程", "no_answer")
    log.ask("配送时间", "answered", "points", rating="down")  # another entry answers it by now
    assert groups() == []
    log.ask("保修政策", "answered", "warranty", rating="down", reason="outdated")
    [group] = groups()
    assert (asked([group]), group["nearest"]["id"]) == ([["保修政策"]], "warranty")


def test_what_the_corpus_declines_word_for_word_is_no_gap(log: Log, groups: Groups) -> None:
    log.ask("今天天气怎么样？")
    assert groups() == []


def test_hostile_questions_stay_data_and_leave_the_terminal_alone(any_log: Log, capsys: Captured) -> None:
    for question in (
        "\x1b[2J\x07擦掉屏幕\r\n第二行\u202e",
        "'); DROP TABLE questions; --",
        "# 标题 <script>",
        "？？",
        "\x07",
    ):
        any_log.ask(question)
    assert main([]) == 0
    printed = capsys.readouterr().out
    assert "[2J擦掉屏幕 第二行" in printed
    assert "  标题 <script>\n" in printed
    assert not {c for c in printed if not c.isprintable()} - {"\n"}


def test_the_table_has_a_line_for_each_group(log: Log, capsys: Captured) -> None:
    for question in PETS:
        log.ask(question)
    log.ask(BILL, "clarify", "invoice")
    log.ask("退货流程")
    assert main([]) == 0
    printed = capsys.readouterr()
    head, first, second = printed.out.splitlines()
    assert head.split() == [
        "group",
        "asked",
        "unanswered",
        "asked",
        "back",
        "disliked",
        "nearest",
        "confidence",
        "questions",
    ]
    assert first.split()[1:5] == ["3", "3", "0", "0"]
    assert first.endswith(" | ".join([sorted(PETS)[0], *sorted(PETS)[1:]]))
    assert second.split()[1:5] == ["1", "0", "1", "0"]
    assert "1 more wordings are answered, or declined on purpose, today" in printed.err


def test_an_empty_log_is_an_empty_table(log: Log, capsys: Captured) -> None:
    assert main([]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


# The patch


def names(groups: list[dict[str, Any]]) -> list[str]:
    return [group["group"] for group in groups]


def test_a_patch_puts_each_group_where_the_person_wants_it(
    log: Log, groups: Groups, corpus: Path, tmp_path: Path, capsys: Captured
) -> None:
    for question in (*PETS, PET):
        log.ask(question)
    log.ask(BILL, "clarify", "invoice")
    pets, bill = names(groups())
    assert main(["--patch", "--accept", f"{pets}=delivery", "--decline", bill]) == 0
    patch = capsys.readouterr().out
    git(tmp_path, "apply", "--check", stdin=patch)
    git(tmp_path, "apply", stdin=patch)
    read = read_corpus(corpus)
    delivery = next(entry for entry in read.entries if entry.id == "delivery")
    assert [w.text for w in delivery.phrasings if w.style == "logged"] == [PET, *sorted(PETS[1:])]
    assert [w.text for w in read.out_of_scope if w.style == "logged"] == [BILL]


def test_after_patch_and_build_the_gaps_are_closed(
    log: Log, groups: Groups, corpus: Path, tmp_path: Path, capsys: Captured
) -> None:
    for question in PETS:
        log.ask(question)
    log.ask(BILL, "clarify", "invoice")
    pets, bill = names(groups())
    assert main(["--patch", "--accept", f"{pets}=delivery", "--decline", bill]) == 0
    git(tmp_path, "apply", stdin=capsys.readouterr().out)
    build_index(read_corpus(corpus), ToyEncoder(), tmp_path / "index" / "built")
    assert groups() == []


@pytest.mark.parametrize("folder", ["corpus", "a b/c", "问 津"])
@pytest.mark.parametrize(
    "content",
    [
        "",
        "只有一行",
        "一\n二\n",
        "一\n二\n三\n四\n五",
        "一\r\n二\r\n三\r\n四\r\n",
        "一\r\n二",
        "\ufeff一\n\n\n",
        "# logged\n一\n",
    ],
    ids=["empty", "unended", "short", "unended-long", "crlf", "crlf-unended", "bom", "again"],
)
def test_a_patch_applies_to_a_file_of_any_form(
    log: Log, groups: Groups, corpus: Path, tmp_path: Path, capsys: Captured, folder: str, content: str
) -> None:
    place = tmp_path / folder
    if place != corpus:
        place.parent.mkdir(exist_ok=True)
        corpus.rename(place)
    file = place / "points-toy" / "questions.txt"
    file.write_bytes(content.encode())
    log.ask(PET)
    [name] = names(groups())
    assert main(["--patch", "--accept", f"{name}=points", "--corpus", str(place)]) == 0
    git(tmp_path, "apply", stdin=capsys.readouterr().out)
    end = "\r\n" if "\r\n" in content else "\n"
    heading = "" if "# logged" in content else f"# logged{end}"
    gap = "" if not content or content.endswith("\n") else end
    assert file.read_bytes().decode() == f"{content}{gap}{heading}{PET}{end}"


def test_a_list_of_questions_to_decline_is_begun_where_there_is_none(
    log: Log, groups: Groups, corpus: Path, tmp_path: Path, capsys: Captured
) -> None:
    (corpus / "out_of_scope.txt").unlink()
    log.ask(PET)
    assert main(["--patch", "--decline", *names(groups())]) == 0
    git(tmp_path, "apply", stdin=capsys.readouterr().out)
    assert (corpus / "out_of_scope.txt").read_text("utf-8") == f"# logged\n{PET}\n"


def test_a_phrasing_that_the_corpus_holds_already_is_passed_over(
    log: Log, groups: Groups, corpus: Path, capsys: Captured
) -> None:
    with (corpus / "points-toy" / "questions.txt").open("a", encoding="utf-8") as file:
        file.write(PET + "\n")
    log.ask(PET)
    [name] = names(groups())
    assert main(["--patch", "--accept", f"{name}=delivery"]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert f"passed over: '{PET}' stands in points already" in printed.err


def test_an_entry_gets_ten_phrasings_of_a_group_at_most(
    log: Log, groups: Groups, corpus: Path, capsys: Captured
) -> None:
    for number in range(12):
        log.ask(f"{PET}{number}")
    [name] = names(groups())
    assert main(["--patch", "--accept", f"{name}=delivery"]) == 0
    assert capsys.readouterr().out.count(f"\n+{PET}") == 10


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (["--accept", "g000000=points"], "g000000: is no group of these questions (any more). There are: g"),
        (["--accept", "{}=nobody"], "corpus: there is no entry nobody."),
        (["--accept", "{}"], "corpus: there is no entry ."),
        (["--accept", "{}=points", "--decline", "{}"], ": is named twice. There are: g"),
        (["--decline", "{}", "--corpus", "faq.jsonl"], "faq.jsonl: is not a folder of entries"),
    ],
)
def test_a_wrong_choice_makes_no_patch(
    log: Log, groups: Groups, corpus: Path, capsys: Captured, choice: list[str], said: str
) -> None:
    log.ask(PET)
    [name] = names(groups())
    assert main(["--patch", *(part.format(name) for part in choice)]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err


@pytest.mark.parametrize(
    "arguments",
    [["--patch"], ["--accept", "g=q"], ["--json", "--decline", "g"], ["--json", "--patch"], ["--since", "yesterday"]],
)
def test_options_that_make_no_sense_are_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(arguments)
    assert refused.value.code == 2


# A log that cannot be read


@pytest.mark.parametrize(
    ("database", "said"),
    [
        ("", "WENJIN_DATABASE: is empty, so no log is kept."),
        ("nowhere", "WENJIN_DATABASE: is not a URL."),
        ("sqlite:///nothing/here.db", "sqlite:///nothing/here.db: there is no question log here yet."),
        ("postgresql://me:secret@/db?host=/nonexistent", "the question log cannot be read: "),
    ],
)
def test_a_log_that_cannot_be_read_is_said(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch, database: str, said: str
) -> None:
    monkeypatch.setenv("WENJIN_DATABASE", database)
    assert main([]) == 1
    error = capsys.readouterr().err
    assert error.startswith(said)
    assert "secret" not in error
    assert not (tmp_path / "nothing").exists()


def test_a_log_of_another_version_is_said_and_left_alone(any_log: Log, capsys: Captured) -> None:
    with writing(any_log.engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '99'")
    assert main([]) == 1
    assert "has version 99, this program reads 1. Start the service of the same program once" in capsys.readouterr().err
