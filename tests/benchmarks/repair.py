"""What continuity costs, how fast a hole is filled, and whether the live stream notices."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import NamedTuple

import numpy as np
import requests
from sqlalchemy import make_url

from core.continuity import Sequence, advance
from core.exchange import ExchangeOptions
from core.exchange.child import ExchangeProcess, start
from core.feed.binance import BinanceSpot
from core.feed.stream import Patience
from core.health import GapState
from core.market import Symbol
from core.monitor import Bus, Change
from core.store import Commit, Store
from core.workers.collector import Collector, Intake
from core.workers.line import Place
from tests.benchmarks.report import Options, Table, median, percentile, spread

_SYMBOL = Symbol("BTCUSDT")
#: The venue's whole budget spent on historicalTrades: 6000 / 25 requests of 1000 trades a minute.
_CEILING = 240_000 / 60
_UNMETERED = 10**9


class _Unmetered(BinanceSpot):
    """The spot market without a limit, to see what the desk can do."""

    weight_per_minute = _UNMETERED


class _Run(NamedTuple):
    """What came of one run: trades fetched, in which time, and the latencies of live trades meanwhile [ms]."""

    repaired: int
    seconds: float
    latencies: list[float]


def run(options: Options) -> list[Table]:
    hole, seconds = (50_000, 10) if options.quick else (1_000_000, 60)
    with start(ExchangeOptions(symbols=(_SYMBOL.name,), history_days=1, weight_per_minute=_UNMETERED)) as exchange:
        calm = _play(exchange, BinanceSpot(), 0, seconds, options)
        metered = _play(exchange, BinanceSpot(), hole, seconds, options)
        free = _play(exchange, _Unmetered(), hole, 600, options)
    return [_continuity(options), _repair(hole, metered, free), _latency(calm, metered, free)]


def _continuity(options: Options) -> Table:
    """The proof that nothing is missing, for each trade, beside the plain way to do it."""
    rounds, batch, batches = (3, 1000, 50) if options.quick else (7, 1000, 500)
    ids = [np.arange(n * batch + 1, (n + 1) * batch + 1) for n in range(batches)]
    ways: dict[str, Callable[[], object]] = {
        "the desk, in batches of 1,000": lambda: _desk(ids),
        "one id at a time": lambda: _plain(ids),
    }
    costs: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            costs[name].append(1e9 * (time.perf_counter() - started) / (batch * batches))
    table = Table(f"Continuity by id (medians of {rounds} interleaved rounds)", ("", "ns a trade", "range"))
    table.rows += [[name, median(values), spread(values)] for name, values in costs.items()]
    return table


def _desk(batches: list[np.ndarray]) -> Sequence | None:
    known = None
    for ids in batches:
        known = advance(known, ids).sequence
    return known


def _plain(batches: list[np.ndarray]) -> int:
    last, holes = 0, []
    for ids in batches:
        for each in ids.tolist():
            if each > last + 1 and last:
                holes.append((last + 1, each - 1))
            last = max(last, each)
    return last


def _repair(hole: int, metered: _Run, free: _Run) -> Table:
    table = Table(
        f"Repair by id of a hole of {hole:,} trades, exchange and desk on the same cores",
        ("", "trades", "seconds", "trades/s", "% of the ceiling"),
    )
    for name, found in (("within the venue's budget, of which half is for repair", metered), ("without a limit", free)):
        rate = found.repaired / found.seconds
        table.rows.append([name, found.repaired, found.seconds, rate, 100 * rate / _CEILING])
    table.notes.append(
        f"The ceiling is the venue's whole budget spent on historicalTrades: {_CEILING:,.0f} trades/s. A budget is of a clock "
        "minute: what is measured over part of one may be more than half of it."
    )
    return table


def _latency(calm: _Run, metered: _Run, free: _Run) -> Table:
    table = Table("Live trades meanwhile: made to committed [ms]", ("", "commits", "p50", "p95", "p99", "worst"))
    for name, found in (
        ("nothing to repair", calm),
        ("repair within the budget", metered),
        ("repair without a limit", free),
    ):
        told = found.latencies
        table.rows.append([name, len(told), *(percentile(told, p) for p in (50, 95, 99)), max(told)])
    return table


def _play(exchange: ExchangeProcess, venue: BinanceSpot, hole: int, seconds: float, options: Options) -> _Run:
    """Collect live, with a hole of so many trades before it; until that is filled, or for `seconds`."""
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        store = Store.open(make_url(f"sqlite:///{Path(folder) / 'desk.db'}"), "binance", _now_us())
        try:
            if hole:
                _begin(exchange, store, hole)
            return _collect(exchange, venue, store, hole, seconds)
        finally:
            store.close()


def _collect(exchange: ExchangeProcess, venue: BinanceSpot, store: Store, hole: int, seconds: float) -> _Run:
    bus, ended = Bus(), Event()
    intake = Intake(200_000, 5.0, 0.1, Patience(20.0, 60.0), reconcile_seconds=0.0)
    place = Place(venue, (exchange.ws_url,), (exchange.rest_url,), (_SYMBOL,))
    collector = Collector("binance", None, [place], store, bus, _now_us, intake)
    watch = _LatencyWatch(collector)
    bus.subscribe(watch)
    collector.start()
    try:
        while not collector.health().symbols[0].received:
            ended.wait(0.05)
        started = time.monotonic()
        while time.monotonic() - started < seconds and not (hole and _closed(store)):
            ended.wait(0.1)
        passed = time.monotonic() - started
        repaired = collector.health().repairs[0].repaired
    finally:
        collector.stop()
    return _Run(repaired, passed, watch.latencies)


class _LatencyWatch:
    """How long after it was made the newest trade of each commit was in the database [ms]."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._last: int | None = None
        self.latencies: list[float] = []

    def __call__(self, change: Change) -> None:
        now = _now_us()
        (health,) = self._collector.health().symbols
        if health.received and health.last_trade_id != self._last and health.last_trade_us is not None:
            self._last = health.last_trade_id
            self.latencies.append((now - health.last_trade_us) / 1000)


def _begin(exchange: ExchangeProcess, store: Store, hole: int) -> None:
    """Store the one trade after which so many are missing."""
    venue = BinanceSpot()
    ((symbols, request),) = venue.newest_requests([_SYMBOL])
    newest = venue.read_newest(_get(exchange, request.path, request.params), symbols)[_SYMBOL]
    page = venue.page_request(_SYMBOL, newest - hole)
    rows = venue.read_page(_get(exchange, page.path, {**page.params, "limit": "1"}), _SYMBOL, _now_us())
    store.append(Commit((rows,), now_us=_now_us())).result()


def _closed(store: Store) -> bool:
    gaps = store.reader.gaps()
    return bool(gaps) and all(gap.state is GapState.CLOSED for gap in gaps)


def _get(exchange: ExchangeProcess, path: str, params: object) -> bytes:
    return requests.get(exchange.rest_url + path, params=params, timeout=60).content  # type: ignore[arg-type]


def _now_us() -> int:
    return time.time_ns() // 1000
