"""The store: the only package that knows SQL. SQLite in WAL mode, one writer, many readers, exact numbers."""

from core.store.batch import Stored
from core.store.gaps import GapRecord
from core.store.location import market_url
from core.store.reader import LastTrade, Reader
from core.store.saved import Document, Documents, Shelf
from core.store.store import Commit, Store
from core.store.writer import Writer

__all__ = [
    "Commit",
    "Document",
    "Documents",
    "GapRecord",
    "LastTrade",
    "Reader",
    "Shelf",
    "Store",
    "Stored",
    "Writer",
    "market_url",
]
