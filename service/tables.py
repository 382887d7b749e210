"""What the question log consists of, in SQLite and PostgreSQL alike. Knows no connection.

A change here needs a new file in `migrations/versions`, a new `VERSION`, and never an edit of an old file:
`.venv/bin/alembic revision --autogenerate --rev-id 2 -m "what changes"` writes a draft. Tests compare the tables that
the migrations make with these.
"""

from sqlalchemy import Column, DateTime, Float, LargeBinary, MetaData, String, Table, Text

VERSION = "1"
"""The newest revision in `migrations/versions`."""

metadata = MetaData()

questions = Table(
    "questions",
    metadata,
    Column("message_id", String(40), primary_key=True),  # sorts by time, see `message_ids`
    Column("time", DateTime, nullable=False),  # UTC
    Column("question", Text, nullable=False),
    Column("status", String(10), nullable=False),
    Column("id", Text),  # of the first candidate: the answer when there was one, else what came nearest
    Column("confidence", Float, nullable=False),  # that this candidate answers the question
    Column("index_version", Text, nullable=False),
    Column("took_ms", Float, nullable=False),
    Column("client", String(32)),  # the same for one address and one day, and nothing else
)

feedback = Table(
    "feedback",
    metadata,
    # No foreign key: what people say of an answer may be written before the question is.
    Column("message_id", String(40), primary_key=True),
    Column("time", DateTime, nullable=False),  # UTC
    Column("rating", String(4), nullable=False),
    Column("reason", String(20)),
    Column("comment", Text),
)

keys = Table(
    "keys",
    metadata,
    # `message` signs message ids; `client 2026-11-27` blurs the addresses of a day, and goes when the day is over.
    Column("name", String(20), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
