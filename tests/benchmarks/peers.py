"""What takes in the load, each in a process of its own: ``python -m tests.benchmarks.peers NAME PORT TRADES FOLDER``.

- ``desk``: the desk's whole collector, as ``Runtime`` builds it; ``desk-full`` with SQLite's synchronous=FULL
- ``original``: the usual design: websocket-client's WebSocketApp as found, ``json.loads`` in its callback, a list that a
  thread flushes each second, SQLAlchemy's ORM with ``add_all`` in batches of 400, SQLite as it comes
- ``receive``: WebSocketApp as found, storing nothing
- ``discard``: a socket that is read and nothing else, to know what the load can do
- ``quiet``: the desk's collector at a paced load, for so many seconds instead of trades

Prints when it ended, its CPU time from the connection on, and what the database takes.
"""

import json
import resource
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import websocket
from loguru import logger
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from core.config import Settings
from core.health import FeedState
from core.market import STORED_INTERVALS
from core.monitor import Change
from core.runtime import Runtime
from tests.benchmarks.market import LISTED

_POLL_SECONDS = 0.25
_NAMES = ",".join(listed.name for listed in LISTED)
_BATCH = 400
_QUIET_SECONDS = 3.0
_SETTLE_SECONDS = 4.0


def desk(port: int, count: int, folder: Path, synchronous: str = "NORMAL") -> dict[str, Any]:
    """The desk from its start until every trade is committed; then everything is checked."""
    runtime = Runtime.start(desk_settings(port, folder, synchronous))
    last = [0.0]

    def note(change: Change) -> None:
        if change.touched:
            last[0] = time.monotonic()

    runtime.monitor.bus.subscribe(note)
    wait_for(lambda: runtime.monitor.health().feed.state in (FeedState.WAITING, FeedState.LIVE))
    before = cpu_seconds()
    wait_for(lambda: sum(s.stored for s in runtime.monitor.health().symbols) >= count)
    spent = cpu_seconds() - before
    health = runtime.monitor.health()
    runtime.close()
    verify(folder / "desk.db", count)
    return {
        "ended": last[0],
        "cpu": spent,
        "bytes": folder_bytes(folder),
        "dropped": health.queue.dropped,
        "commits": health.store.flushes,
    }


def quiet(port: int, seconds: int, folder: Path) -> dict[str, Any]:
    """The desk left alone for `seconds`, once it has found its pace."""
    runtime = Runtime.start(desk_settings(port, folder))
    wait_for(lambda: runtime.monitor.health().feed.state in (FeedState.WAITING, FeedState.LIVE))
    time.sleep(_SETTLE_SECONDS)
    first, before, started = runtime.monitor.health(), cpu_seconds(), time.monotonic()
    time.sleep(seconds)
    spent, passed, last = cpu_seconds() - before, time.monotonic() - started, runtime.monitor.health()
    runtime.close()
    return {
        "cpu": spent,
        "seconds": passed,
        "trades": sum(symbol.stored for symbol in last.symbols) - sum(symbol.stored for symbol in first.symbols),
        "commits": last.store.flushes - first.store.flushes,
    }


def desk_settings(port: int, folder: Path, synchronous: str = "NORMAL") -> Settings:
    """The desk's defaults, listening to the load."""
    return Settings.load(
        source="binance",
        symbols=_NAMES,
        binance_ws_url=f"ws://127.0.0.1:{port}",
        binance_rest_url=f"http://127.0.0.1:{port}",
        binance_ws_fallback_url="",
        binance_rest_fallback_url="",
        database_url=f"sqlite:///{folder / 'desk.db'}",
        sqlite_synchronous=synchronous,
    )


def verify(database: Path, count: int) -> None:
    """Every id once, no gap on record, and bars of both intervals that add up to the trades. Raise RuntimeError."""
    with sqlite3.connect(database) as connection:
        stored, spans = connection.execute(
            "SELECT sum(n), sum(span) FROM (SELECT count(*) AS n, max(trade_id) - min(trade_id) + 1 AS span FROM trades "
            "GROUP BY symbol_id)"
        ).fetchone()
        gaps = connection.execute("SELECT count(*) FROM gaps").fetchone()[0]
        volumes = connection.execute(
            "SELECT symbol_id, sum(abs(signed_quantity)) FROM trades GROUP BY symbol_id"
        ).fetchall()
        found: dict[str, Any] = {"stored": stored, "spans": spans, "gaps": gaps}
        expected: dict[str, Any] = {"stored": count, "spans": count, "gaps": 0}
        for interval in STORED_INTERVALS:
            rows = connection.execute(
                "SELECT symbol_id, sum(volume), sum(trade_count) FROM bars WHERE interval_s = ? GROUP BY symbol_id",
                (interval.us // 1_000_000,),
            ).fetchall()
            found[str(interval)] = [row[:2] for row in rows], sum(row[2] for row in rows)
            expected[str(interval)] = volumes, count
    if found != expected:
        raise RuntimeError(f"the database does not hold what was sent: found {found}, expected {expected}")


class _Base(DeclarativeBase):
    pass


class _Tick(_Base):
    __tablename__ = "ticks"
    id: Mapped[int] = mapped_column(primary_key=True)
    symbol: Mapped[str] = mapped_column(sa.String(20), index=True)
    timestamp: Mapped[datetime] = mapped_column(index=True)
    price: Mapped[float]
    quantity: Mapped[float]


def original(port: int, count: int, folder: Path) -> dict[str, Any]:
    """The usual design, until every trade is committed."""
    engine = sa.create_engine(f"sqlite:///{folder / 'ticks.db'}")
    _Base.metadata.create_all(engine)
    buffer: list[dict[str, Any]] = []
    complete = threading.Event()
    received = [0]

    def on_message(_app: websocket.WebSocketApp, text: str) -> None:
        data = json.loads(text)["data"]
        buffer.append(
            {
                "symbol": data["s"],
                "timestamp": datetime.fromtimestamp(data["T"] / 1e6, UTC).replace(tzinfo=None),
                "price": float(data["p"]),
                "quantity": float(data["q"]),
            }
        )
        received[0] += 1
        if received[0] == count:
            complete.set()

    listening = _listen(port, on_message)
    stored = 0
    while stored < count:
        complete.wait(1.0)
        taken, buffer[:] = buffer[:], []
        for at in range(0, len(taken), _BATCH):
            with Session(engine) as session:
                session.add_all([_Tick(**row) for row in taken[at : at + _BATCH]])
                session.commit()
        stored += len(taken)
    ended, spent = time.monotonic(), listening.cpu_seconds()
    listening.close()
    engine.dispose()
    return {"ended": ended, "cpu": spent, "bytes": folder_bytes(folder)}


def receive(port: int, count: int, _folder: Path) -> dict[str, Any]:
    """The library's callback and nothing behind it."""
    complete = threading.Event()
    received = [0]

    def on_message(_app: websocket.WebSocketApp, _text: str) -> None:
        received[0] += 1
        if received[0] == count:
            complete.set()

    listening = _listen(port, on_message)
    complete.wait()
    ended, spent = time.monotonic(), listening.cpu_seconds()
    listening.close()
    return {"ended": ended, "cpu": spent, "bytes": 0}


def discard(port: int, _count: int, _folder: Path) -> dict[str, Any]:
    """Bytes off the socket until none come."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nConnection: Upgrade\r\nSec-WebSocket-Key: none\r\n\r\n")
        before, ended = cpu_seconds(), 0.0
        connection.settimeout(_QUIET_SECONDS)
        with suppress(TimeoutError):
            while connection.recv(1 << 18):
                ended = time.monotonic()
        return {"ended": ended, "cpu": cpu_seconds() - before, "bytes": 0}


class _Listening:
    """A WebSocketApp running on its thread, and the CPU time since it connected."""

    def __init__(self, app: websocket.WebSocketApp, thread: threading.Thread) -> None:
        self._app, self._thread = app, thread
        self._before = cpu_seconds()

    def cpu_seconds(self) -> float:
        return cpu_seconds() - self._before

    def close(self) -> None:
        self._app.close()
        self._thread.join()


def _listen(port: int, on_message: Callable[[websocket.WebSocketApp, str], None]) -> _Listening:
    opened = threading.Event()
    url = f"ws://127.0.0.1:{port}/stream?streams=" + "/".join(f"{one.name.lower()}@trade" for one in LISTED)
    app = websocket.WebSocketApp(url, on_open=lambda _: opened.set(), on_message=on_message)
    thread = threading.Thread(target=app.run_forever, daemon=True)
    thread.start()
    opened.wait()
    return _Listening(app, thread)


def wait_for(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(_POLL_SECONDS)


def cpu_seconds() -> float:
    """User and system time of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def folder_bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir() if ".db" in file.name)


def main() -> None:
    name, port, count, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    logger.remove()
    if name.startswith("desk"):
        result = desk(port, count, folder, "FULL" if name == "desk-full" else "NORMAL")
    else:
        result = {"original": original, "receive": receive, "discard": discard, "quiet": quiet}[name](
            port, count, folder
        )
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
