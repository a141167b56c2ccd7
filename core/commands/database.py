"""The database that a command reads: the one of the market that SOURCE says."""

from collections.abc import Iterator
from contextlib import contextmanager

from core import sources
from core.config import Settings
from core.errors import DeskError
from core.store import Reader, Store, market_url
from core.store.location import exists


@contextmanager
def reading(settings: Settings) -> Iterator[Reader]:
    """A reader until the end of the block. Raise DeskError where there is no database, StoreError where it cannot be read."""
    url = market_url(settings.database_url, sources.market_name(settings))
    if not exists(url):
        raise DeskError(f"there is no database {url.database}: collect first, or set DATABASE_URL or SOURCE")
    reader = Store.read_only(url)
    try:
        yield reader
    finally:
        reader.close()


def located(settings: Settings) -> str:
    """The file that `reading` opens."""
    return str(market_url(settings.database_url, sources.market_name(settings)).database)
