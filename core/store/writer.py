"""The one writer: a thread that owns the write connection and does one unit of work after the other, each a transaction."""

import queue
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Any, NamedTuple, TypeVar

from loguru import logger
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from core.errors import StoreUnavailable
from core.store.engine import translated

T = TypeVar("T")


class _Unit(NamedTuple):
    work: Callable[[Connection], Any]
    done: "Future[Any]"


class Writer:
    """Give it work, get a future: the work runs in a transaction of its own, and the future tells of the commit.

    An exception of the work rolls its transaction back and comes out of the future; the driver's errors come as
    StoreError. Units run in the order in which they were submitted.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._units: queue.SimpleQueue[_Unit | None] = queue.SimpleQueue()
        self._lock = Lock()
        self._closed = False
        self._connection: Connection | None = None
        self._thread = Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Connection], T]) -> "Future[T]":
        """Queue `work`. Raise StoreUnavailable after close()."""
        done: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise StoreUnavailable("the store is closed: nothing more can be written")
            self._units.put(_Unit(work, done))
        return done

    def close(self) -> None:
        """Do what was submitted, then end. Calling it again does nothing."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._units.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (unit := self._units.get()) is not None:
            if unit.done.set_running_or_notify_cancel():
                self._do(unit)
        if self._connection is not None:
            self._connection.close()

    def _do(self, unit: _Unit) -> None:
        try:
            connection = self._connected()
            with connection.begin():
                result = unit.work(connection)
        except (DBAPIError, sqlite3.Error) as error:
            self._reconnect_next()
            unit.done.set_exception(translated(error, self._engine.url))
        except Exception as error:  # noqa: BLE001 - the thread must live on; the submitter gets the error
            unit.done.set_exception(error)
        else:
            unit.done.set_result(result)

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _reconnect_next(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.close()
        except DBAPIError as error:
            logger.warning("closing the write connection after an error failed: {}", error)
