import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from service.database import UnusableDatabase, migrate, open_engine, writing
from service.tables import VERSION, metadata


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    engine = open_engine(database)
    yield engine
    engine.dispose()


def version(engine: Engine) -> Any:
    with engine.connect() as connection:
        return connection.scalar(text("SELECT version_num FROM alembic_version"))


def set_version(engine: Engine, value: str) -> None:
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :value"), {"value": value})


def test_the_migrations_make_the_tables_that_the_program_uses(engine: Engine) -> None:
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    assert version(engine) == VERSION


def test_the_version_of_the_program_is_that_of_the_newest_migration(repository: Path) -> None:
    config = Config(toml_file=repository / "pyproject.toml")
    assert ScriptDirectory.from_config(config).get_current_head() == VERSION


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    migrate(engine)
    with writing(engine) as connection:
        connection.execute(text("INSERT INTO keys (name, value) VALUES ('kept', :value)"), {"value": b"1"})
    migrate(engine)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM keys")) == 1


def test_a_database_of_a_newer_program_is_refused_and_left_alone(engine: Engine) -> None:
    migrate(engine)
    set_version(engine, "99")
    with pytest.raises(UnusableDatabase, match=r"has version 99, this program knows up to 1\. Run the newer program"):
        migrate(engine)
    assert version(engine) == "99"


def test_several_processes_may_migrate_at_once(database: str, engine: Engine, repository: Path) -> None:
    program = (
        "import sys, alembic.command; from service.database import migrate, open_engine;"
        "print('ready', flush=True); sys.stdin.readline(); migrate(open_engine(sys.argv[1])); print('done')"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, database],
            cwd=repository,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    assert [process.communicate(timeout=60) for process in processes] == [("done\n", "")] * 3
    assert version(engine) == VERSION


def test_alembic_by_hand_uses_the_setting(database: str, engine: Engine, repository: Path) -> None:
    def alembic(*arguments: str) -> str:
        command = [sys.executable, "-m", "alembic", *arguments]
        environment = {"WENJIN_DATABASE": database, "PATH": ""}
        done = subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    alembic("upgrade", "head")
    assert version(engine) == VERSION
    assert "No new upgrade operations detected." in alembic("check")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("journal.db", "is not a URL. Write sqlite:///FILE or postgresql://"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///file:x?uri=true", "names no file"),
        ("mysql://me:secret@host/db", "is neither SQLite nor PostgreSQL"),
        ("postgresql://me:secret@host:port/db", "is not a URL"),
    ],
)
def test_what_is_no_database_is_refused_without_its_password(url: str, said: str) -> None:
    with pytest.raises(UnusableDatabase, match=f"WENJIN_DATABASE: {said}") as refused:
        open_engine(url)
    assert "secret" not in str(refused.value)


def test_postgresql_without_its_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UnusableDatabase, match=r"pip install -c constraints.txt '.\[postgresql\]'"):
        open_engine("postgresql://me@host/db")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_has_its_usual_names(scheme: str) -> None:
    assert open_engine(f"{scheme}://me@host/db").url.drivername == "postgresql+psycopg"


def test_sqlite_waits_for_the_writer_and_readers_do_not(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'a b' / 'question log.db'}")
    migrate(engine)
    with engine.connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
    other = open_engine(str(engine.url))
    with writing(other):
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM questions")) == 0
        with pytest.raises(OperationalError, match="database is locked"), writing(engine, wait_seconds=0.01):
            pass


def test_a_transaction_that_fails_leaves_nothing(engine: Engine) -> None:
    migrate(engine)
    with pytest.raises(ZeroDivisionError), writing(engine) as connection:  # noqa: PT012
        connection.execute(text("INSERT INTO keys (name, value) VALUES ('half', :value)"), {"value": b"1"})
        raise ZeroDivisionError
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM keys")) == 0


def test_a_file_that_was_removed_is_noticed_and_made_anew(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'data' / 'journal.db'}")
    migrate(engine)
    (tmp_path / "data" / "journal.db").unlink()
    with pytest.raises(FileNotFoundError, match=r"journal\.db was removed or replaced"):
        migrate(engine)
    migrate(engine)
    assert version(engine) == VERSION
