"""Where each market's data live: real and made-up data never share a database."""

import shutil
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from core.errors import ConfigError, StoreUnavailable

REAL_MARKET = "binance"


def market_url(database_url: str, market: str) -> URL:
    """The database of `market`: `database_url` itself for the real one, ``<name>.<market>.db`` beside it for others.

    Raise ConfigError where the URL is none or names a database that the desk cannot use.
    """
    try:
        url = make_url(database_url)
    except ArgumentError:
        raise ConfigError(
            f"DATABASE_URL={database_url!r} is not a database URL: expected such as sqlite:///data/desk.db"
        ) from None
    if url.get_backend_name() != "sqlite":
        raise ConfigError(
            f"DATABASE_URL names a {url.get_backend_name()} database; this version stores in SQLite only: "
            "use such as sqlite:///data/desk.db"
        )
    if not url.database or ":memory:" in url.database or url.query.get("mode") == "memory":
        raise ConfigError(
            "DATABASE_URL names an in-memory database, which readers and writer cannot share: name a file"
        )
    if market == REAL_MARKET:
        return url
    path = Path(url.database)
    return url.set(database=str(path.with_name(f"{path.stem}.{market}{path.suffix or '.db'}")))


def exists(url: URL) -> bool:
    """Whether there is a database at `url` already."""
    return url.database is not None and Path(url.database).exists()


def ended_in_order(url: URL) -> bool:
    """Whether whoever wrote last closed the database: SQLite then takes its write-ahead log away."""
    log = Path(f"{url.database}-wal")
    return not log.exists() or log.stat().st_size == 0


def prepare_folder(url: URL) -> None:
    """Make the folder of the database file. Raise StoreUnavailable where that cannot be."""
    folder = Path(url.database or "").resolve().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(
            f"the data folder {folder} cannot be made ({error.strerror}): make it writable, or set DATABASE_URL to another place"
        ) from error


def size_bytes(url: URL) -> int | None:
    """What the database takes on disk with its write-ahead log [bytes]; None where it cannot be read."""
    files = (Path(f"{url.database}{suffix}") for suffix in ("", "-wal", "-shm"))
    try:
        return sum(file.stat().st_size for file in files if file.exists())
    except OSError:
        return None


def free_bytes(url: URL) -> int | None:
    """What is free where the database lies [bytes]; None where it cannot be read."""
    try:
        return shutil.disk_usage(Path(url.database or "").resolve().parent).free
    except OSError:
        return None
