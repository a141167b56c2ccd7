"""The database file is examined after a run that did not end in order."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, make_url

from core.store import Commit, Store
from core.store.integrity import Examination
from core.workers.inspector import Inspector
from tests.trading import NOW_US, PATIENCE, Deal, trades

_PAGE = 4096


def _opened(url: URL) -> Store:
    return Store.open(url, "simulated", NOW_US)


@pytest.fixture
def left(tmp_path: Path) -> URL:
    """A database as a killed desk leaves it: with a write-ahead log."""
    url = make_url(f"sqlite:///{tmp_path / 'desk.db'}")
    store = _opened(url)
    store.append(Commit((trades([Deal(number, number) for number in range(1, 3000)]),))).result(PATIENCE)
    for suffix in ("", "-wal"):
        shutil.copy(f"{url.database}{suffix}", tmp_path / f"left.db{suffix}")
    store.close()
    return url.set(database=str(tmp_path / "left.db"))


@pytest.fixture
def damaged(left: URL) -> URL:
    """The same, with rows of trades that are not to be read any more."""
    connection = sqlite3.connect(str(left.database))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'trades'").fetchone()
    connection.execute("UPDATE desk SET watermark_us = watermark_us")
    connection.close()
    with Path(str(left.database)).open("r+b") as file:
        file.seek((root - 1) * _PAGE + 8)
        file.write(b"\xff" * 64)
    Path(f"{left.database}-wal").write_bytes(b"\0")
    return left


@pytest.fixture
def stores() -> Iterator[list[Store]]:
    opened: list[Store] = []
    yield opened
    for store in opened:
        store.close()


def _inspected(store: Store) -> Inspector:
    inspector = Inspector(store)
    inspector.start()
    if not store.ended_in_order:
        inspector._thread.join(PATIENCE)
    inspector.stop()
    return inspector


def test_a_sound_file_after_a_kill(left: URL, stores: list[Store]) -> None:
    stores.append(_opened(left))
    assert not stores[0].ended_in_order
    assert _inspected(stores[0]).damage == ""


def test_a_damaged_file_after_a_kill(damaged: URL, stores: list[Store]) -> None:
    stores.append(_opened(damaged))
    words = _inspected(stores[0]).damage
    assert str(damaged.database) in words
    assert "is damaged (" in words
    assert "restore a backup" in words


def test_what_ended_in_order_is_not_read_again(left: URL, stores: list[Store]) -> None:
    _opened(left).close()
    stores.append(_opened(left))
    assert stores[0].ended_in_order
    assert not _inspected(stores[0])._thread.is_alive()


def test_an_examination_that_was_ended_says_nothing(damaged: URL, stores: list[Store]) -> None:
    stores.append(_opened(damaged))
    examination = Examination(stores[0].reader)
    examination.end()
    assert examination.damages() == ()
