"""A market in memory, a real server over it, and clients of both doors."""

import asyncio
import contextlib
import json
import logging
import socket
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, cast

import httpx
import numpy as np
import pytest
import uvicorn
import websocket
from loguru import logger
from starlette.applications import Starlette
from starlette.routing import Mount

from core import candles
from core.api import create_api
from core.config import Settings
from core.errors import StoreUnavailable
from core.health import (
    BudgetHealth,
    Difference,
    Event,
    FeedHealth,
    FeedState,
    Gap,
    GapState,
    Health,
    QueueHealth,
    Reconciliation,
    RepairHealth,
    StoreHealth,
    StoreState,
    SymbolHealth,
    SymbolState,
)
from core.market import SECOND_US, Candles, Interval, Scale, Symbol, Trade, Trades
from core.monitor import Change, Monitor
from core.store import Reader
from core.store.reader import LastTrade

#: What a test waits for at most before it is taken for hung; nothing is measured by it.
PATIENCE = 20.0
START_US = 1_723_161_600 * SECOND_US  # 2024-08-09T00:00:00Z
SCALE = Scale(2, 5)
BTC = Symbol("BTCUSDT")
ETH = Symbol("ETHUSDT")


@dataclass
class Market:
    """Trades in memory, answering as the store's reader and as the keeper of the counters."""

    final_us: int = START_US
    trades: dict[Symbol, list[Trade]] = field(default_factory=lambda: {BTC: [], ETH: []})
    reads: list[tuple[Symbol, Interval, int | None, int | None, int]] = field(default_factory=list)
    broken: str | None = None
    now_us: int = START_US + 90 * SECOND_US
    ledger: list[Gap] = field(default_factory=list)
    compared: dict[Symbol, Reconciliation] = field(default_factory=dict)
    differing: list[Difference] = field(default_factory=list)
    asked: list[Symbol] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()
        self.monitor = Monitor(cast(Reader, self), self)

    def trade(self, symbol: Symbol, seconds: float, price: int = 6_183_763, quantity: int = 1000) -> int:
        """Store a trade that was made `seconds` after the start; the answer is its time, us."""
        time_us = START_US + round(seconds * SECOND_US)
        known = self.trades[symbol]
        number = len(known) + 1
        known.append(Trade(symbol, number, number, number, price, quantity, time_us, time_us + 5000, False, SCALE))
        self.final_us = max(self.final_us, time_us)
        return time_us

    def commit(self, symbol: Symbol, *seconds: float) -> None:
        """Store trades and tell of it, as the writer does."""
        times = [self.trade(symbol, moment) for moment in seconds]
        self.monitor.bus.publish(Change(self.final_us, {symbol: min(times)}))

    def candles(
        self, symbol: Symbol, interval: Interval, start_us: int | None, end_us: int | None, limit: int
    ) -> Candles:
        assert self.gate.wait(PATIENCE)
        self.reads.append((symbol, interval, start_us, end_us, limit))
        if self.broken:
            raise StoreUnavailable(self.broken)
        known = self.trades[symbol] or [Trade(symbol, 0, 0, 0, 1, 1, -1, -1, False, SCALE)]  # outside of every range
        rows = np.array([trade[1:9] for trade in known], dtype=np.int64).T
        columns = Trades(
            symbol, SCALE, rows[0], rows[3], rows[4], rows[5], rows[6], rows[7].astype(bool), np.ones_like(rows[0])
        )
        bars = candles.from_trades(columns, interval, self.final_us)
        opens = bars.open_time_us
        bars = bars.take((opens >= (start_us or 0)) & (opens < (end_us or 2**62)))
        return bars.take(slice(0, limit) if start_us is not None else slice(max(0, len(bars) - limit), None))

    def legs(
        self, symbols: Collection[Symbol], interval: Interval, start_us: int | None, end_us: int | None, limit: int
    ) -> tuple[Candles, ...]:
        return tuple(self.candles(symbol, interval, start_us, end_us, limit) for symbol in symbols)

    def watermark_us(self) -> int:
        return self.final_us

    def last(self, symbol: Symbol) -> LastTrade | None:
        return None

    def gaps(self, symbol: Symbol | None, states: Collection[GapState] | None, limit: int) -> tuple[Gap, ...]:
        if self.broken:
            raise StoreUnavailable(self.broken)
        newest = sorted(self.ledger, key=lambda gap: -gap.to_us)
        found = [gap for gap in newest if symbol in (None, gap.symbol) and (states is None or gap.state in states)]
        return tuple(found[:limit])

    def reconciliation(self, symbol: Symbol, from_us: int) -> Reconciliation | None:
        self.asked.append(symbol)
        if self.broken:
            raise StoreUnavailable(self.broken)
        return self.compared.get(symbol)

    def differences(self, symbol: Symbol | None, limit: int) -> tuple[Difference, ...]:
        return tuple(each for each in self.differing if symbol in (None, each.symbol))[:limit]

    def last_trades(self, symbol: Symbol, limit: int) -> Trades:
        raise NotImplementedError

    def health(self) -> Health:
        return Health(
            market="binance",
            banner=None,
            started_us=START_US,
            now_us=self.now_us,
            watermark_us=self.final_us,
            feeds=(
                FeedHealth(
                    FeedState.LIVE,
                    START_US,
                    "wss://venue.test",
                    "receiving trades",
                    1,
                    2,
                    300,
                    START_US,
                    "Venue spot",
                    clock_offset_ms=-3.5,
                    clock_error_ms=20.0,
                    handovers=2,
                    symbols=(BTC, ETH),
                ),
            ),
            queue=QueueHealth(3, 1000, 0, 0.0, 7),
            store=StoreHealth(StoreState.OK, "writing", "data/desk.db", 4096, 2, 0),
            symbols=(self._symbol(BTC), self._symbol(ETH)),
            malformed=0,
            errors=0,
            events=(Event(START_US, "connected", "connected to wss://venue.test"),),
            repairs=(RepairHealth("Venue spot", "nothing to repair", 0, 0, 17, 4),),
            budgets=(BudgetHealth(40, 6000, None, "40 of 6,000 used"),),
        )

    def _symbol(self, symbol: Symbol) -> SymbolHealth:
        waiting = SymbolHealth(symbol, SymbolState.WAITING, "no trade yet")
        if not self.trades[symbol]:
            return waiting
        last = self.trades[symbol][-1]
        return replace(
            waiting,
            state=SymbolState.LIVE,
            words="trades arrive",
            scale=SCALE,
            last_trade_id=last.id,
            last_trade_us=last.trade_time_us,
            last_received_us=last.received_us,
            last_price=last.price,
            received=last.id,
            stored=last.id,
            lag_p50_ms=5.0,
            lag_p99_ms=5.0,
        )


class Server(uvicorn.Server):
    """The API as the desk mounts it, on a port of its own, in a thread."""

    def __init__(self, market: Market, settings: Settings) -> None:
        app = Starlette(routes=[Mount("/api", app=create_api(market.monitor, settings))])
        super().__init__(uvicorn.Config(app, log_config=None, lifespan="off"))
        self.ready = threading.Event()
        self.loop: asyncio.AbstractEventLoop | None = None

    async def main_loop(self) -> None:
        await self.stopped.wait()  # uvicorn's own looks ten times a second whether it should end

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.loop = asyncio.get_running_loop()
        self.stopped = asyncio.Event()
        self.ready.set()

    def stop(self) -> None:
        assert self.loop is not None
        self.loop.call_soon_threadsafe(self.stopped.set)

    def channels(self) -> list[str]:
        """The names of the tasks of topics."""
        assert self.loop is not None
        tasks = asyncio.run_coroutine_threadsafe(_task_names(), self.loop)
        return sorted(name for name in tasks.result(PATIENCE) if name == "health" or name.startswith("bars:"))


async def _task_names() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks()]


class Client:
    """A client of the stream."""

    def __init__(self, url: str, **options: Any) -> None:
        self.socket = websocket.create_connection(url, timeout=PATIENCE, **options)

    def send(self, text: str | dict[str, Any]) -> None:
        self.socket.send(text if isinstance(text, str) else json.dumps(text))

    def receive(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.socket.recv())
        return message

    def subscribe(self, *topics: str, **more: Any) -> dict[str, Any]:
        """Subscribe; the answer is the acknowledgement."""
        self.send({"op": "subscribe", "id": 1, "topics": list(topics), **more})
        return self.receive()


@dataclass
class Desk:
    """A running server and the way to it."""

    market: Market
    server: Server
    port: int
    clients: list[Client] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **options: Any) -> httpx.Response:
        return httpx.get(f"{self.origin}/api/v1{path}", timeout=PATIENCE, **options)

    def connect(self, **options: Any) -> Client:
        client = Client(f"ws://127.0.0.1:{self.port}/api/v1/stream", **options)
        self.clients.append(client)
        return client


@pytest.fixture
def market() -> Market:
    return Market()


class Lines(logging.Handler):
    """What the server and the desk log from WARNING on."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Every warning and error that is logged; a test takes out what it expects, and nothing may be left."""
    handler = Lines()
    number = logger.add(lambda line: handler.lines.append(str(line)), level="WARNING")
    logging.getLogger().addHandler(handler)
    yield handler.lines
    logging.getLogger().removeHandler(handler)
    logger.remove(number)
    assert handler.lines == []


@pytest.fixture
def desk(market: Market, logged: list[str]) -> Iterator[Desk]:
    with run(market) as desk:
        yield desk


@pytest.fixture
def serve() -> Callable[..., contextlib.AbstractContextManager[Desk]]:
    return run


@contextlib.contextmanager
def run(market: Market, **settings: Any) -> Iterator[Desk]:
    """A server over `market` until the end of the block."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = Server(market, Settings(_env_file=None, **settings))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    assert server.ready.wait(PATIENCE)
    desk = Desk(market, server, listening.getsockname()[1])
    try:
        yield desk
    finally:
        server.stop()
        thread.join(PATIENCE)
        for client in desk.clients:
            client.socket.shutdown()
        listening.close()
        assert not thread.is_alive(), "the server did not end"
