"""Captures, small recordings and running exchanges for the tests of core.exchange."""

import gzip
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import websocket

from core.exchange.capture import read_capture
from core.exchange.child import ExchangeProcess, start
from core.exchange.hub import Hub
from core.exchange.load import load
from core.exchange.options import ExchangeOptions
from core.exchange.recorded import RecordedMarket
from core.exchange.recording import Recording

#: What a test waits for at most before it is taken for hung; nothing is measured by it.
PATIENCE = 30.0


@pytest.fixture(scope="session")
def shared_file(shared_data: Path) -> Callable[[str], Path]:
    return lambda name: shared_data / name


@pytest.fixture(scope="session")
def trade_capture(shared_file: Callable[[str], Path]) -> Path:
    return shared_file("binance_spot_trade_wire_20240808-09.txt.gz")


@pytest.fixture(scope="session")
def mixed_capture(shared_file: Callable[[str], Path]) -> Path:
    return shared_file("binance_spot_mixed_wire_first60s_20240809.txt.gz")


@pytest.fixture(scope="session")
def frames() -> Callable[[Path], list[str]]:
    """The frames of a capture, as text."""

    def read(path: Path) -> list[str]:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            return [line.rstrip("\n").split(" ", 1)[1] for line in lines]

    return read


@pytest.fixture(scope="session")
def trade_recording(trade_capture: Path) -> Recording:
    return load(trade_capture)


def small_lines() -> list[str]:
    """Ten trades of one symbol, two of them one sweep over two prices, with a hole of three seconds among them."""
    base = 1_700_000_000_000
    rows = [
        (1, "100.00", "1.0", 0, False), (2, "100.00", "0.5", 0, False), (3, "100.01", "0.25", 0, False),
        (4, "99.99", "2.0", 300, True), (5, "99.98", "1.0", 1200, True), (6, "100.05", "0.1", 5000, False),
        (7, "100.05", "0.2", 5000, False), (8, "100.04", "0.3", 61_000, True), (9, "100.03", "0.4", 61_500, True),
        (10, "100.02", "0.5", 125_000, False),
    ]  # fmt: skip
    return [
        f'{base}000000 {{"stream":"aaausdt@trade","data":{{"e":"trade","E":{base + at + 1},"s":"AAAUSDT","t":{i},'
        f'"p":"{price}000000","q":"{quantity}0000000","T":{base + at},"m":{str(maker).lower()},"M":true}}}}'.replace(
            f"{quantity}0000000", f"{float(quantity):.8f}"
        )
        for i, price, quantity, at, maker in rows
    ]


@pytest.fixture
def small_recording() -> Recording:
    return read_capture(small_lines(), "small")


@pytest.fixture
def small_file(tmp_path: Path) -> Path:
    path = tmp_path / "small.txt"
    path.write_text("\n".join(small_lines()) + "\n", encoding="utf-8")
    return path


async def _at_once() -> None:
    """Nobody reads, nobody is waited for."""


@pytest.fixture
def play() -> Callable[[RecordedMarket], None]:
    """Deliver all of a market to nobody."""
    import asyncio

    def run(market: RecordedMarket) -> None:
        market.subscribed("!miniTicker@arr")
        asyncio.run(market.run(Hub(), _at_once))

    return run


@pytest.fixture
def exchange() -> Iterator[Callable[..., ExchangeProcess]]:
    """Start exchanges that end with the test."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(start(ExchangeOptions(**options)))


@pytest.fixture(scope="module")
def simulated() -> Iterator[ExchangeProcess]:
    """One simulated exchange for all tests of a module."""
    with start(ExchangeOptions(seed=7, history_days=1)) as process:
        yield process


@pytest.fixture
def connect() -> Iterator[Callable[[str], websocket.WebSocket]]:
    """Open WebSockets that are closed with the test."""
    sockets: list[websocket.WebSocket] = []

    def open_(url: str) -> websocket.WebSocket:
        sockets.append(websocket.create_connection(url, timeout=PATIENCE))
        return sockets[-1]

    yield open_
    for socket in sockets:
        socket.shutdown()


@pytest.fixture
def get() -> Callable[..., Any]:
    """GET a URL: status, headers, parsed body."""

    def fetch(url: str, **headers: str) -> tuple[int, dict[str, str], Any]:
        request = urllib.request.Request(url, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, {k.lower(): v for k, v in answer.headers.items()}, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, {k.lower(): v for k, v in error.headers.items()}, json.loads(error.read())

    return fetch
