"""The one writer: order, transactions, errors and the end."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from core.errors import StoreError, StoreUnavailable
from core.store import Store, Stored, engine
from tests.store.conftest import Put
from tests.trading import BTC, PATIENCE, Deal


def enter(number: int) -> Callable[[Connection], int]:
    def work(connection: Connection) -> int:
        connection.execute(
            text("INSERT INTO symbols (symbol_id, symbol) VALUES (:n, :s)"), {"n": number, "s": f"S{number}"}
        )
        return number

    return work


def entered(store: Store) -> list[str]:
    return [str(symbol) for symbol in store.reader.symbols()]


def test_units_run_in_order_and_each_is_a_transaction(store: Store) -> None:
    futures = [store.writer.submit(enter(i)) for i in range(1, 30)]
    assert [future.result(PATIENCE) for future in futures] == list(range(1, 30))
    assert entered(store) == [f"S{i}" for i in range(1, 30)]


def test_a_failed_unit_is_rolled_back_and_the_writer_lives_on(store: Store) -> None:
    def fail(connection: Connection) -> None:
        enter(1)(connection)
        raise KeyError("the work's own")

    with pytest.raises(KeyError, match="the work's own"):
        store.writer.submit(fail).result(PATIENCE)
    assert store.writer.submit(enter(2)).result(PATIENCE) == 2
    assert entered(store) == ["S2"]


def test_a_refused_statement_is_rolled_back_and_the_writer_lives_on(store: Store) -> None:
    def twice(connection: Connection) -> None:
        enter(1)(connection)
        enter(1)(connection)

    with pytest.raises(StoreError, match="UNIQUE constraint failed"):
        store.writer.submit(twice).result(PATIENCE)
    assert store.writer.submit(enter(2)).result(PATIENCE) == 2
    assert entered(store) == ["S2"]


def test_closing_does_what_was_submitted(open_store: Callable[..., Store]) -> None:
    store = open_store()
    entered_first, leave = threading.Event(), threading.Event()

    def hold(connection: Connection) -> None:
        entered_first.set()
        assert leave.wait(PATIENCE)

    first = store.writer.submit(hold)
    assert entered_first.wait(PATIENCE)
    waiting = [store.writer.submit(enter(i)) for i in range(1, 50)]
    closing_thread = threading.Thread(target=store.close)
    closing_thread.start()
    leave.set()
    closing_thread.join(PATIENCE)
    assert not closing_thread.is_alive()
    assert first.done()
    assert [future.result(0) for future in waiting] == list(range(1, 50))
    assert entered(open_store()) == [f"S{i}" for i in range(1, 50)]


def test_after_closing_nothing_is_taken(store: Store) -> None:
    store.close()
    store.close()
    with pytest.raises(StoreUnavailable, match="closed: nothing more can be written"):
        store.writer.submit(enter(1))


def test_a_cancelled_unit_is_not_done(store: Store) -> None:
    entered_first, leave = threading.Event(), threading.Event()

    def hold(connection: Connection) -> None:
        entered_first.set()
        assert leave.wait(PATIENCE)

    store.writer.submit(hold)
    assert entered_first.wait(PATIENCE)
    cancelled = store.writer.submit(enter(1))
    assert cancelled.cancel()
    leave.set()
    store.writer.submit(enter(2)).result(PATIENCE)
    assert entered(store) == ["S2"]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks are not waited for."""
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 1)


@pytest.fixture
def rival(impatient: None, store: Store, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A connection of another program to the same database."""
    with closing(sqlite3.connect(tmp_path / "desk.db", isolation_level=None)) as connection:
        yield connection


def test_a_locked_database_says_so_and_takes_writes_again(rival: sqlite3.Connection, store: Store, put: Put) -> None:
    rival.execute("BEGIN IMMEDIATE")
    with pytest.raises(
        StoreUnavailable, match=r"desk\.db is not available \(database is locked\): another program holds it"
    ):
        put(store, Deal(1))
    assert store.reader.last(BTC) is None
    rival.execute("ROLLBACK")
    assert put(store, Deal(1)).new == 1


def test_what_the_rival_wrote_while_it_held_the_lock_is_seen(
    rival: sqlite3.Connection, store: Store, open_store: Callable[..., Store], put: Put
) -> None:
    """The write connection is renewed after an error; what it remembers must not outlive the old one."""
    other = open_store()
    put(store, Deal(1))
    rival.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable):
        put(store, Deal(2))
    rival.execute("ROLLBACK")
    assert put(other, Deal(2)).new == 1
    assert put(store, Deal(2), Deal(3)) == Stored(1, 1, Deal(3).time_us)


def test_a_second_writer_waits_for_the_first(store: Store, open_store: Callable[..., Store]) -> None:
    """Two desks on one file take turns: BEGIN IMMEDIATE and the busy timeout do it."""
    other = open_store()
    mine = [store.writer.submit(enter(i)) for i in range(1, 60, 2)]
    theirs = [other.writer.submit(enter(i)) for i in range(2, 60, 2)]
    assert all(future.result(PATIENCE) for future in mine + theirs)
    assert len(entered(store)) == 59
