"""Where Alembic gets its connection: from the service that is starting, or, run by hand, from `WENJIN_DATABASE`."""

from alembic import context
from sqlalchemy import Connection

from service.database import open_engine, writing
from service.tables import metadata


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    from service.settings import Settings  # brings much with it, which whoever gives a connection does not need

    with writing(open_engine(Settings().database)) as own:
        migrate(own)
