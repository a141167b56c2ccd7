"""Bring a database to this version's schema, in one transaction; refuse what is newer or holds another market."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, select

from core.errors import SchemaMismatch, WrongMarket
from core.store.schema import desk


def check(connection: Connection) -> None:
    """Raise SchemaMismatch where the database is not of this version's schema; nothing is changed."""
    current = MigrationContext.configure(connection).get_current_revision()
    head = ScriptDirectory.from_config(_config(connection)).get_current_head()
    if current is None:
        raise SchemaMismatch("this is not a database of the desk: set DATABASE_URL to one that it has made")
    if current != head:
        raise SchemaMismatch(
            f"the database has schema {current}, this version reads {head}: start the desk once, which brings an older one "
            "up to date, or use the newer version that wrote it"
        )


def upgrade(connection: Connection, market: str, now_us: int) -> None:
    """Run the missing revisions and stamp a new database with `market`, within the connection's transaction.

    Raise SchemaMismatch for a database of a newer version, WrongMarket for one that holds another market.
    """
    config = _config(connection)
    current = MigrationContext.configure(connection).get_current_revision()
    known = {revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise SchemaMismatch(
            f"the database has schema {current}, which this version does not know: use the newer version that wrote it"
        )
    command.upgrade(config, "head")
    found = connection.scalar(select(desk.c.market))
    if found is None:
        connection.execute(insert(desk).values(id=1, market=market, created_us=now_us, watermark_us=0))
    elif found != market:
        raise WrongMarket(
            f"the database holds the {found} market, not the {market} one: real and simulated data never mix; "
            "set DATABASE_URL to another file"
        )


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
