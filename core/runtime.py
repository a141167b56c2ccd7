"""The composition root: the only place that builds concrete objects, starts the threads and closes them in reverse.

One start, two doors. The server's lifespan starts the runtime and closes it; a page that runs without that lifespan
finds it, or starts it, through ``open_once``. The holder at the end of this module is the one exception to "no
module-level mutable name": it is what "once a process" means.
"""

import time
from threading import Lock
from typing import Self

from loguru import logger

from core import sources
from core.config import Settings
from core.errors import ConfigError
from core.feed.base import Venue
from core.feed.binance import BinanceSpot
from core.feed.binance_usdm import BinanceUsdm
from core.feed.stream import MOST_SYMBOLS, Patience
from core.market import Symbol
from core.monitor import Bus, Monitor
from core.store import Store, market_url
from core.workers.collector import Collector, Intake
from core.workers.line import Place


def clock_us() -> int:
    """This machine's time [us]."""
    return time.time_ns() // 1000


class Runtime:
    """Everything that runs: market, store, collector, and the monitor that front ends ask."""

    def __init__(
        self, settings: Settings, market: sources.Market, store: Store, collector: Collector, monitor: Monitor
    ) -> None:
        self.settings = settings
        self.monitor = monitor
        self._market = market
        self._store = store
        self._collector = collector
        self._lock = Lock()
        self._closed = False

    @classmethod
    def start(cls, settings: Settings) -> Self:
        """Open the market and the store and start collecting. Raise DeskError saying what to do."""
        symbols = parse_symbols(settings.symbols)
        market = sources.open_market(settings, symbols)
        try:
            store = Store.open(
                market_url(settings.database_url, market.name), market.stamp, clock_us(), settings.sqlite_synchronous
            )
        except BaseException:
            market.close()
            raise
        bus = Bus()
        try:
            collector = _collector(settings, market, store, symbols, bus)
            collector.start()
        except BaseException:
            store.close()
            market.close()
            raise
        logger.info("collecting {} symbols of the {} market into {}", len(symbols), market.name, store.url.database)
        return cls(settings, market, store, collector, Monitor(store.reader, collector, bus, market.name, store.writer))

    def close(self) -> None:
        """Store what was received and close everything. Calling it again does nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self.monitor.close()
        try:
            lost = self._collector.stop()
        finally:
            try:
                self._store.close()
            finally:
                self._market.close()
        if lost:
            logger.error("closed: {} trades were received and not stored; the next start finds the gap", lost)
        else:
            logger.info("closed: everything received was stored")


def parse_symbols(names: tuple[str, ...]) -> tuple[Symbol, ...]:
    """The symbols to collect, each once. Raise ConfigError where there are none, or too many, or another venue's."""
    symbols = tuple(dict.fromkeys(Symbol.parse(name) for name in names))
    if not symbols:
        raise ConfigError("SYMBOLS is empty: name at least one, such as BTCUSDT")
    for part in _by_venue(symbols):
        if len(part) > MOST_SYMBOLS:
            raise ConfigError(f"SYMBOLS names {len(part)} symbols of one market; a connection carries {MOST_SYMBOLS}")
    foreign = [str(symbol) for symbol in symbols if symbol.venue != "BINANCE"]
    if foreign:
        raise ConfigError(f"{', '.join(foreign)}: this version collects Binance's spot and USD-M markets only")
    return symbols


def _by_venue(symbols: tuple[Symbol, ...]) -> tuple[tuple[Symbol, ...], tuple[Symbol, ...]]:
    """Those of the spot market, and the perpetuals."""
    return tuple(s for s in symbols if not s.perpetual), tuple(s for s in symbols if s.perpetual)


def _places(market: sources.Market, symbols: tuple[Symbol, ...]) -> tuple[Place, ...]:
    """A new venue is one more row here."""
    spot, perpetuals = _by_venue(symbols)
    rows: tuple[tuple[Venue, sources.Address | None, tuple[Symbol, ...]], ...] = (
        (BinanceSpot(), market.spot, spot),
        (BinanceUsdm(), market.usdm, perpetuals),
    )
    return tuple(Place(venue, *address, own) for venue, address, own in rows if address is not None)


def _collector(
    settings: Settings, market: sources.Market, store: Store, symbols: tuple[Symbol, ...], bus: Bus
) -> Collector:
    return Collector(
        name=market.name,
        banner=market.banner,
        places=_places(market, symbols),
        store=store,
        bus=bus,
        clock_us=clock_us,
        intake=Intake(
            settings.queue_frames,
            settings.queue_block_seconds,
            settings.flush_seconds,
            Patience(settings.first_frame_seconds, settings.silence_seconds, settings.renew_seconds),
            settings.reconcile_seconds,
        ),
    )


class _Holder:
    """The process's runtime, if it has one."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.runtime: Runtime | None = None


_holder = _Holder()


def running() -> Runtime | None:
    """The process's runtime; None before its start and after its end."""
    return _holder.runtime


def open_once(settings: Settings) -> tuple[Runtime, bool]:
    """The process's runtime, started if there is none; and whether this call started it."""
    with _holder.lock:
        if _holder.runtime is not None:
            return _holder.runtime, False
        _holder.runtime = Runtime.start(settings)
        return _holder.runtime, True


def close_once() -> None:
    """Close the process's runtime, if there is one."""
    with _holder.lock:
        runtime, _holder.runtime = _holder.runtime, None
        if runtime is not None:
            runtime.close()
