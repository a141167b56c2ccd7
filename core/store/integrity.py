"""The soundness of the database file itself."""

import sqlite3
from threading import Lock

from core.store.reader import Reader

_DAMAGES = 100


class Examination:
    """SQLite's own check of its file, which reads all of it. Another thread may end it before its time."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._lock = Lock()
        self._running: sqlite3.Connection | None = None
        self._ended = False

    def damages(self, full: bool = False) -> tuple[str, ...]:
        """What is wrong with the file, at most a hundred lines; `full` compares every index with its table too.

        Raise StoreError where the file cannot be read, or where the examination was ended.
        """
        with self._reader.snapshot() as connection:
            with self._lock:
                driver = connection.connection.driver_connection
                assert isinstance(driver, sqlite3.Connection)
                self._running = None if self._ended else driver
            if self._running is None:
                return ()
            try:
                pragma = "integrity_check" if full else "quick_check"
                lines = connection.exec_driver_sql(f"PRAGMA {pragma}({_DAMAGES})").scalars().all()
            finally:
                with self._lock:
                    self._running = None
        return tuple(str(line) for line in lines if line != "ok")

    def end(self) -> None:
        """End it, whether it runs or has yet to begin."""
        with self._lock:
            self._ended = True
            if self._running is not None:
                self._running.interrupt()
