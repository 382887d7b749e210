"""Questions, what people said of their answers, and the keys of both."""

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "questions",
        sa.Column("message_id", sa.String(40), primary_key=True),
        sa.Column("time", sa.DateTime, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("id", sa.Text),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("index_version", sa.Text, nullable=False),
        sa.Column("took_ms", sa.Float, nullable=False),
        sa.Column("client", sa.String(32)),
    )
    op.create_table(
        "feedback",
        sa.Column("message_id", sa.String(40), primary_key=True),
        sa.Column("time", sa.DateTime, nullable=False),
        sa.Column("rating", sa.String(4), nullable=False),
        sa.Column("reason", sa.String(20)),
        sa.Column("comment", sa.Text),
    )
    op.create_table(
        "keys",
        sa.Column("name", sa.String(20), primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    for name in ("keys", "feedback", "questions"):
        op.drop_table(name)
