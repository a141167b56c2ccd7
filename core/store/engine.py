"""Connections: explicit transactions, write-ahead log, and the driver's errors in the desk's words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, QueuePool

from core.errors import StoreCorrupt, StoreError, StoreUnavailable

#: How long a statement waits for another process's write [ms].
BUSY_TIMEOUT_MS = 5_000

_CORRUPT = ("file is not a database", "malformed", "corrupt")
_REMEDIES = {
    "locked": "another program holds it for long: close that program, or set DATABASE_URL to another file",
    "busy": "another program holds it for long: close that program, or set DATABASE_URL to another file",
    "readonly": "it cannot be written: give this user write permission on the file and its folder",
    "unable to open": "it cannot be opened: check that the path is a writable file in a writable folder",
    "full": "the disk is full: make room, and the desk goes on by itself",
    "disk I/O": "the disk reports an error: check the disk, its room and its permissions",
}


def writer_engine(url: URL, synchronous: str) -> Engine:
    """The engine of the one write connection: each transaction takes the write lock when it begins."""
    return _engine(url, "BEGIN IMMEDIATE", synchronous, writable=True)


def reader_engine(url: URL) -> Engine:
    """The engine of the readers: each transaction is one snapshot, and none can write."""
    return _engine(url, "BEGIN", "NORMAL", writable=False)


def _engine(url: URL, begin: str, synchronous: str, writable: bool) -> Engine:
    # As many readers as ask: one that waited in a queue would fail for a reason that is none of the database's.
    pool: dict[str, Any] = {"poolclass": NullPool} if writable else {"poolclass": QueuePool, "max_overflow": -1}
    engine = create_engine(
        url,
        **pool,
        # The driver would open a transaction for some statements and not for others; ours are explicit.
        connect_args={"isolation_level": None, "check_same_thread": False, "cached_statements": 64},
    )

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        if writable:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA journal_size_limit = 67108864")
        else:
            connection.execute("PRAGMA query_only = ON")

    @event.listens_for(engine, "begin")
    def open_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


@contextmanager
def desk_errors(url: URL) -> Iterator[None]:
    """Turn the driver's errors into StoreCorrupt or StoreUnavailable, saying what to do."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        raise translated(error, url) from error


def translated(error: Exception, url: URL) -> StoreError:
    """The desk's exception for a driver's `error` on the database at `url`."""
    words = str(getattr(error, "orig", None) or error)
    if any(sign in words for sign in _CORRUPT):
        return StoreCorrupt(
            f"the database {url.database} is damaged ({words}): move the file away and start again, or restore a backup"
        )
    remedy = next((do for sign, do in _REMEDIES.items() if sign in words), None)
    if remedy is None:
        return StoreError(f"the database {url.database} refused a statement: {words}")
    return StoreUnavailable(f"the database {url.database} is not available ({words}): {remedy}")
