"""The revisions lead to the tables that the code expects."""

import re
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text

from core.store import Store
from core.store.schema import metadata
from tests.trading import NOW_US


def test_the_revisions_make_the_schema_of_the_code(store: Store) -> None:
    with store.reader.snapshot() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_the_tables_are_made_the_same_way(store: Store, tmp_path: Path) -> None:
    """STRICT, WITHOUT ROWID and checks are not compared by Alembic: here the statements are."""

    def statements(connection: object) -> dict[str, str]:
        rows = connection.execute(text("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"))
        return {name: re.sub(r"\s+", " ", sql) for name, sql in rows if name != "alembic_version"}

    plain = create_engine(f"sqlite:///{tmp_path / 'plain.db'}")
    with plain.begin() as connection:
        metadata.create_all(connection)
        expected = statements(connection)
    plain.dispose()
    with store.reader.snapshot() as connection:
        assert statements(connection) == expected
    assert all("STRICT" in sql or "INDEX" in sql for sql in expected.values())


def test_the_stamp(open_store) -> None:
    for _ in range(2):  # opening again changes nothing
        store = open_store("desk.db", "simulated")
        with store.reader.snapshot() as connection:
            assert connection.execute(text("SELECT * FROM desk")).fetchall() == [(1, "simulated", NOW_US, 0)]
        store.close()
