"""The database of the question log: opened by URL, brought to this program's version, read, and written
to in transactions.

SQLite or PostgreSQL; knows of tables only which version they have. The service migrates when it starts. By hand,
with the database that `WENJIN_DATABASE` names: `.venv/bin/alembic current`, `.venv/bin/alembic upgrade head`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError

from index.errors import WenjinError
from service.tables import VERSION

_FORMS = "Write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME, or leave it empty to keep no log."
_MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK = 0x77656E6A696E  # "wenjin": the advisory lock under which PostgreSQL is migrated
_WAIT_SECONDS = 2  # for a lock or a connection; then it counts as not to be had
_MIGRATION_SECONDS = 30  # to wait for somebody who migrates
_STATEMENT_SECONDS = 30  # for a statement on a server; then it counts as hanging


class UnusableDatabase(WenjinError):
    """`WENJIN_DATABASE` names nothing that this program can use, however long it waits."""


def open_engine(url: str) -> Engine:
    """An engine that has not connected yet. Raises `UnusableDatabase`, whose message holds no password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # a ValueError for the port
        raise UnusableDatabase(f"WENJIN_DATABASE: is not a URL. {_FORMS}") from error
    backend = parsed.get_backend_name()
    if backend in ("postgresql", "postgres"):
        return _open_postgresql(parsed)
    if backend == "sqlite" and parsed.database and not parsed.database.startswith((":memory:", "file:")):
        return _open_sqlite(parsed)
    cause = "names no file" if backend == "sqlite" else "is neither SQLite nor PostgreSQL"
    raise UnusableDatabase(f"WENJIN_DATABASE: {cause}. {_FORMS}")


def _open_postgresql(url: URL) -> Engine:
    patience = {"connect_timeout": _WAIT_SECONDS, "tcp_user_timeout": _WAIT_SECONDS * 1000}
    try:
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            connect_args=patience,
            pool_size=1,
            pool_pre_ping=True,  # a connection that the server has dropped is replaced before it is used
            hide_parameters=True,
        )
    except ImportError as error:
        raise UnusableDatabase(
            "WENJIN_DATABASE: PostgreSQL needs psycopg, which is not installed: "
            "pip install -c constraints.txt '.[postgresql]'"
        ) from error


def _open_sqlite(url: URL) -> Engine:
    engine = create_engine(
        url.set(drivername="sqlite"), connect_args={"timeout": _WAIT_SECONDS}, pool_size=1, hide_parameters=True
    )
    file = Path(str(url.database))

    @event.listens_for(engine, "do_connect")
    def make_folder(*_: Any) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # `writing` begins transactions, not the driver
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}")
        record.info["inode"] = os.stat(file).st_ino

    @event.listens_for(engine, "checkout")
    def look_after_the_file(_: Any, record: Any, __: Any) -> None:
        """A connection goes on writing to a file that was removed or replaced; what it writes would be lost."""
        if not file.exists() or os.stat(file).st_ino != record.info["inode"]:
            engine.dispose()
            raise FileNotFoundError(f"{file} was removed or replaced")

    return engine


@contextmanager
def writing(engine: Engine, wait_seconds: float = _WAIT_SECONDS) -> Iterator[Connection]:
    """A transaction that may write from its first statement on, committed at the end. It waits `wait_seconds` at most
    for those of others."""
    milliseconds = int(wait_seconds * 1000)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {milliseconds}")
            # Otherwise two that have both begun by reading could not both go on to write.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {milliseconds}")
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {_STATEMENT_SECONDS * 1000}")
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection to tables of this program's version. Raises `UnusableDatabase` when there are none; makes none."""
    place = engine.url.render_as_string()
    if engine.dialect.name == "sqlite" and not Path(str(engine.url.database)).is_file():
        raise UnusableDatabase(f"{place}: there is no question log here yet. Start the service once: python -m service")
    with engine.connect() as connection:
        if (version := _version(connection)) != VERSION:
            cause = f"has version {version}, this program reads {VERSION}"
            raise UnusableDatabase(f"{place}: {cause}. Start the service of the same program once: python -m service")
        yield connection


def migrate(engine: Engine) -> None:
    """Bring the tables to `VERSION`; any number of processes may do so at once.

    Raises `UnusableDatabase` when they are newer than this program, and what SQLAlchemy raises when they cannot be
    reached.
    """
    with engine.connect() as connection:
        if _version(connection) == VERSION:  # nearly always: Alembic need not even be loaded
            return
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    with writing(engine, _MIGRATION_SECONDS) as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")  # a large table takes its time
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        version = _version(connection)
        if version is not None and version not in known:
            raise UnusableDatabase(
                f"{engine.url.render_as_string()}: has version {version}, this program knows up to {VERSION}. "
                "Run the newer program, or name another database in WENJIN_DATABASE."
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version
