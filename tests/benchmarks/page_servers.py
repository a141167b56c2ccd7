"""The servers whose pages are measured: the desk over a simulated market, and the naive page over the same database."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.config import DEFAULT_SYMBOLS
from core.store import market_url
from tests.benchmarks.page import wait_for_server
from tests.desk_server import ROOT, DeskServer, free_port

_WAIT_SECONDS = 300.0
_PAIR = "/api/v1/pairs/ETHUSDT/BTCUSDT/series"
#: Of the lookback of a day: what the simulated market's history gives soon after the start.
_LEAST_BARS = 1300


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: its port, its process, and the page's topic of the stream, None where it has none."""

    name: str
    port: int
    process: int
    topic: str | None = None
    database: Path | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def both(folder: Path) -> Iterator[tuple[Served, Served]]:
    """The desk with its history, and the naive page beside it."""
    with ExitStack() as stack:
        desk = stack.enter_context(DeskServer(folder, {"SYMBOLS": DEFAULT_SYMBOLS, "SIMULATION_SEED": "1"}))
        served = ready(desk)
        assert served.database is not None
        yield served, stack.enter_context(_naive(served.database, folder))


def ready(desk: DeskServer, path: str = _PAIR, least: int = _LEAST_BARS) -> Served:
    """The desk once the pair of `path` has `least` bars. Raise RuntimeError where that takes too long."""
    wait_for_server(desk)
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        found = _asked(desk, path)
        if found.get("bars", 0) >= least:
            assert desk.process is not None
            database = Path(
                market_url(f"sqlite:///{desk.database}", desk.get("/api/v1/health")["market"]).database or ""
            )
            return Served("desk", desk.port, desk.process.pid, str(found["topic"]), database)
        time.sleep(0.5)
    raise RuntimeError(f"the pair has no {least} bars after {_WAIT_SECONDS:.0f} s:\n{desk.log()}")


def _asked(desk: DeskServer, path: str) -> dict[str, object]:
    try:
        return desk.get(path)
    except OSError:  # nothing of that pair yet
        return {}


@contextmanager
def _naive(database: Path, folder: Path) -> Iterator[Served]:
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "tests/benchmarks/naive.py", "--server.port", str(port)]
    with (folder / "naive.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "DATABASE": str(database)}, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        _wait(f"http://127.0.0.1:{port}/_stcore/health")
        yield Served("naive", port, process.pid)
    finally:
        process.terminate()
        process.wait()


def _wait(url: str) -> None:
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            urllib.request.urlopen(url, timeout=10).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
