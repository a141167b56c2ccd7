"""Databases that cannot be used: each says what is wrong and what to do."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from core.errors import SchemaMismatch, StoreCorrupt, StoreUnavailable, WrongMarket
from core.market import MINUTE
from core.store import Store, engine, market_url
from tests.store.conftest import Put
from tests.trading import BTC, NOW_US, Deal

ROOT = Path(__file__).resolve().parents[2]
#: Opens a store as a user that file permissions bind; a first one elsewhere loads what the interpreter needs.
AS_ANYBODY = """
import json, os, sys
from core.errors import StoreError
from core.store import Store, market_url
where, elsewhere, what = sys.argv[1:]
Store.open(market_url(f"sqlite:///{elsewhere}/desk.db", "binance"), "binance", 0).close()
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
url = market_url(f"sqlite:///{where}", "binance")
try:
    store = Store.open(url, "binance", 0) if what == "open" else Store.read_only(url)
    store.close()
    print(json.dumps(["", ""]))
except StoreError as error:
    print(json.dumps([type(error).__name__, str(error)]))
"""


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user may enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def as_anybody(tmp_path: Path) -> Callable[..., tuple[str, str]]:
    """Open a database as an ordinary user: the error's name and words, empty where it went well."""
    if not hasattr(os, "getuid"):
        pytest.skip("this system has no users to switch to")

    def run(path: Path, what: str = "open") -> tuple[str, str]:
        done = subprocess.run(
            [sys.executable, "-c", AS_ANYBODY, str(path), str(tmp_path), what],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        name, words = json.loads(done.stdout)
        return name, words

    return run


def make(path: Path) -> None:
    Store.open(market_url(f"sqlite:///{path}", "binance"), "binance", NOW_US).close()


def test_an_unwritable_folder(public: Path, as_anybody: Callable[..., tuple[str, str]]) -> None:
    name, words = as_anybody(public / "desk.db")
    assert name == "StoreUnavailable"
    assert "unable to open" in words
    assert "check that the path is a writable file in a writable folder" in words


def test_a_folder_that_cannot_be_made(public: Path, as_anybody: Callable[..., tuple[str, str]]) -> None:
    name, words = as_anybody(public / "data" / "desk.db")
    assert name == "StoreUnavailable"
    assert f"the data folder {public / 'data'} cannot be made (Permission denied)" in words


def test_a_read_only_file(public: Path, as_anybody: Callable[..., tuple[str, str]]) -> None:
    make(public / "desk.db")
    (public / "desk.db").chmod(0o444)
    public.chmod(0o777)
    name, words = as_anybody(public / "desk.db")
    assert name == "StoreUnavailable"
    assert "readonly" in words
    assert "give this user write permission" in words


def test_a_file_that_may_not_be_read(public: Path, as_anybody: Callable[..., tuple[str, str]]) -> None:
    make(public / "desk.db")
    (public / "desk.db").chmod(0o000)
    for what in ("open", "read"):
        name, words = as_anybody(public / "desk.db", what)
        assert name == "StoreUnavailable"
        assert "unable to open" in words


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(StoreUnavailable, match=r"the data folder .* cannot be made"):
        make(tmp_path / "data" / "desk.db")


def test_a_folder_where_the_file_should_be(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="unable to open"):
        make(tmp_path)


@pytest.mark.parametrize("size", [4096, 100])
def test_a_file_that_is_no_database(tmp_path: Path, size: int) -> None:
    (tmp_path / "desk.db").write_bytes(b"not a database " * size)
    with pytest.raises(StoreCorrupt, match=r"desk\.db is damaged \(file is not a database\): move the file away"):
        make(tmp_path / "desk.db")
    with pytest.raises(StoreCorrupt):
        Store.read_only(market_url(f"sqlite:///{tmp_path / 'desk.db'}", "binance"))


def test_a_damaged_page(tmp_path: Path, open_store: Callable[..., Store], put: Put) -> None:
    store = open_store()
    put(store, *(Deal(i, at=i) for i in range(1, 2000)))
    with store.reader.snapshot() as connection:
        page = connection.scalar(text("SELECT rootpage FROM sqlite_schema WHERE name = 'bars'"))
    store.close()
    with (tmp_path / "desk.db").open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    damaged = open_store()
    with pytest.raises(StoreCorrupt, match="malformed"):
        damaged.reader.candles(BTC, MINUTE)
    with pytest.raises(StoreCorrupt, match="malformed"):
        put(damaged, Deal(5000, at=9999))


def test_another_market(tmp_path: Path, open_store: Callable[..., Store]) -> None:
    open_store("desk.db", "simulated").close()
    with pytest.raises(WrongMarket, match=r"holds the simulated market, not the binance one: .* never mix"):
        open_store("desk.db", "binance")
    open_store("desk.db", "simulated")


def test_a_newer_schema(tmp_path: Path, open_store: Callable[..., Store]) -> None:
    open_store().close()
    with closing(sqlite3.connect(tmp_path / "desk.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaMismatch, match="schema 9999, which this version does not know"):
        open_store()


def test_a_locked_database_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 1)
    with closing(sqlite3.connect(tmp_path / "desk.db", isolation_level=None)) as rival:
        rival.execute("BEGIN IMMEDIATE")
        rival.execute("CREATE TABLE t (x)")
        with pytest.raises(StoreUnavailable, match="locked"):
            make(tmp_path / "desk.db")


def test_a_failed_migration_leaves_nothing(tmp_path: Path) -> None:
    """The schema is made in one transaction: a foreign table in its way, and no table of the desk is there."""
    with closing(sqlite3.connect(tmp_path / "desk.db")) as connection, connection:
        connection.execute("CREATE TABLE gaps (x)")
    with pytest.raises(Exception, match="already exists"):
        make(tmp_path / "desk.db")
    with closing(sqlite3.connect(tmp_path / "desk.db")) as connection:
        assert [name for (name,) in connection.execute("SELECT name FROM sqlite_schema")] == ["gaps"]


def test_how_connections_are_set(store: Store) -> None:
    def pragmas(connection: object) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names]

    assert store.writer.submit(pragmas).result(30) == ["wal", 1, 1, engine.BUSY_TIMEOUT_MS]
    with store.reader.snapshot() as connection:
        assert connection.exec_driver_sql("PRAGMA query_only").scalar_one() == 1


def test_full_synchronous(tmp_path: Path) -> None:
    store = Store.open(market_url(f"sqlite:///{tmp_path / 'desk.db'}", "binance"), "binance", NOW_US, "FULL")
    assert store.writer.submit(lambda c: c.exec_driver_sql("PRAGMA synchronous").scalar_one()).result(30) == 2
    store.close()
