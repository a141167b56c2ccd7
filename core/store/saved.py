"""What users save, kept as text under a kind and a name."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update

from core.store.reader import Reader
from core.store.schema import documents
from core.store.writer import Writer

T = TypeVar("T")
#: A disk that hangs is told to whoever saves, and does not hold his page for ever.
_SECONDS = 10.0
_KEPT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Document:
    """One saved text: `version` says how `body` is to be read, `created_us` and `updated_us` [us] when it was first and last written."""

    kind: str
    name: str
    body: str
    version: int
    created_us: int = 0
    updated_us: int = 0


class Documents:
    """Reads and writes documents. Any thread may ask; raise StoreError where the database fails.

    What was read is kept until something is written here, and for some seconds at the most: another process may write too.
    """

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader = reader
        self._writer = writer
        self._lock = Lock()
        self._changes = 0
        self._known: dict[str, tuple[float, tuple[Document, ...]]] = {}

    def all(self, kind: str) -> tuple[Document, ...]:
        """Every document of a kind, by name."""
        now = time.monotonic()
        with self._lock:
            read, rows = self._known.get(kind, (-_KEPT_SECONDS, ()))
            changes = self._changes
        if now - read < _KEPT_SECONDS:
            return rows
        with self._reader.snapshot() as connection:
            rows = _rows(connection, kind)
        with self._lock:
            if changes == self._changes:  # else they may be those of before
                self._known[kind] = now, rows
        return rows

    def change(self, work: Callable[["Shelf"], T]) -> T:
        """Do `work` in one transaction, and wait for it: nobody else writes between what it reads and what it puts.

        Raise what `work` raises, and then nothing is changed; TimeoutError where the database does not answer.
        """
        try:
            return self._writer.submit(lambda connection: work(Shelf(connection))).result(_SECONDS)
        finally:
            with self._lock:
                self._changes += 1
                self._known.clear()


class Shelf:
    """The documents inside a transaction that may change them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self, kind: str) -> tuple[Document, ...]:
        """Every document of a kind, by name."""
        return _rows(self._connection, kind)

    def get(self, kind: str, name: str) -> Document | None:
        return next((each for each in self.all(kind) if each.name == name), None)

    def put(self, document: Document, now_us: int) -> None:
        """Write `document` at `now_us` in place of what is there under its name; the first writing's time stays."""
        values = {"body": document.body, "version": document.version, "updated_us": now_us}
        if not self._connection.execute(update(documents).where(_at(document)).values(**values)).rowcount:
            names = {"kind": document.kind, "name": document.name, "created_us": now_us}
            self._connection.execute(insert(documents).values(**names, **values))

    def rename(self, document: Document, name: str) -> None:
        self._connection.execute(update(documents).where(_at(document)).values(name=name))

    def delete(self, document: Document) -> None:
        self._connection.execute(delete(documents).where(_at(document)))


def _at(document: Document) -> ColumnElement[bool]:
    return and_(documents.c.kind == document.kind, documents.c.name == document.name)


def _rows(connection: Connection, kind: str) -> tuple[Document, ...]:
    rows = connection.execute(select(documents).where(documents.c.kind == kind).order_by(documents.c.name))
    return tuple(Document(*row) for row in rows)
