"""Collecting as a whole, from the built-in exchange and from venues that misbehave, into a store."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from core.exchange.child import ExchangeProcess
from core.feed.binance import BinanceSpot
from core.feed.stream import Patience
from core.health import FeedState, StoreState, SymbolState
from core.market import MINUTE, SECOND, BarSource, Symbol
from core.monitor import Bus, Monitor
from core.store import Store
from core.workers.collector import Collector, Intake
from core.workers.line import Place
from tests.raw_venue import Peer, RawVenue
from tests.trading import BTC, ETH, START_US, Deal, wait_until
from tests.workers.conftest import frame

NOSUCH = Symbol("NOSUCHUSDT")


@pytest.fixture
def collect(store: Store) -> Iterator[Callable[..., Collector]]:
    """Start collectors into `store` that are stopped with the test."""
    with ExitStack() as stack:

        def start(
            ws: str, rest: str, *symbols: Symbol, first_frame: float = 60, reconcile_seconds: float = 0.0
        ) -> Collector:
            collector = Collector(
                "binance", None, [Place(BinanceSpot(), (ws,), (rest,), symbols)], store, Bus(),
                lambda: time.time_ns() // 1000, Intake(10_000, 1.0, 0.02, Patience(first_frame, 60.0), reconcile_seconds),
            )  # fmt: skip
            collector.start()
            stack.callback(collector.stop)
            return collector

        yield start


def state(collector: Collector, symbol: Symbol) -> SymbolState:
    return next(s.state for s in collector.health().symbols if s.symbol == symbol)


def test_a_simulated_market(
    exchange: Callable[..., ExchangeProcess], collect: Callable[..., Collector], store: Store
) -> None:
    process = exchange(symbols=("BTCUSDT", "ETHUSDT"), history_days=1)
    collector = collect(process.ws_url, process.rest_url, BTC, ETH, NOSUCH)
    wait_until(lambda: state(collector, BTC) is SymbolState.LIVE and state(collector, ETH) is SymbolState.LIVE)
    wait_until(lambda: any("bars of history" in event.words for event in collector.events()))
    health = collector.health()
    assert health.collecting
    assert health.feed.state is FeedState.LIVE
    assert health.store.state is StoreState.OK
    assert health.market == "binance"
    assert health.store.size_bytes
    assert state(collector, NOSUCH) is SymbolState.UNKNOWN
    assert any("does not list NOSUCHUSDT: check the names" in event.words for event in health.events)
    minutes = store.reader.candles(BTC, MINUTE, limit=5000)
    assert minutes.source[0] == BarSource.SEEDED
    assert len(minutes) > 1000
    assert len(store.reader.candles(BTC, SECOND, limit=5000)) > 100
    monitor = Monitor(store.reader, collector)
    change = monitor.day_change(BTC)
    assert change is not None
    assert 20 < change.hours <= 24.1
    collector.stop()
    after = collector.health()
    assert after.feed.state is FeedState.STOPPED
    for each in after.symbols[:2]:
        last = store.reader.last(each.symbol)
        assert last is not None
        assert (each.missing, each.duplicates, each.rejected) == (0, 0, 0)
        assert each.stored == each.received == last.sequence.last - last.sequence.first + 1
        assert each.last_trade_id == last.sequence.last
    assert (after.malformed, after.errors) == (0, 0)


def test_seeded_minutes_equal_those_of_the_trades(
    exchange: Callable[..., ExchangeProcess], collect: Callable[..., Collector], store: Store
) -> None:
    """Where the venue's history ends and the desk's own trades begin, no bar is both."""
    process = exchange(symbols=("BTCUSDT",), history_days=1)
    collector = collect(process.ws_url, process.rest_url, BTC)
    wait_until(lambda: any("bars of history" in event.words for event in collector.events()))
    wait_until(lambda: state(collector, BTC) is SymbolState.LIVE)
    collector.stop()
    bars = store.reader.candles(BTC, SECOND, limit=5000)
    seeded, own = bars.take(bars.source == BarSource.SEEDED), bars.take(bars.source == BarSource.OWN)
    last = store.reader.last(BTC)
    assert last is not None
    first_trade = store.reader.trades_after(BTC, last.sequence.first - 1, 1)
    assert seeded.open_time_us[-1] + SECOND.us <= first_trade.trade_time_us[0]
    assert int(own.trade_count.sum()) == last.sequence.last - last.sequence.first + 1


@pytest.fixture
def raw() -> Iterator[Callable[..., RawVenue]]:
    with ExitStack() as stack:

        def start(*acts: Callable[[Peer], None]) -> RawVenue:
            venue = RawVenue(*acts)
            stack.callback(venue.close)
            return venue

        yield start


def trading(peer: Peer) -> None:
    peer.accept().say(frame(Deal(1, 0)), frame(Deal(2, 1)))
    peer.hear_out()


def test_without_rest_it_collects_all_the_same(
    raw: Callable[..., RawVenue], collect: Callable[..., Collector], store: Store
) -> None:
    rest = raw(lambda peer: peer.refuse(503, body="busy"))
    collector = collect(raw(trading).url, f"http://{rest.host}", BTC)
    wait_until(lambda: state(collector, BTC) is not SymbolState.WAITING)
    wait_until(lambda: collector.health().symbols[0].stored == 2)
    assert any(
        "symbols could not be checked: " in event.words and "HTTP 503" in event.words for event in collector.events()
    )
    assert store.reader.scale(BTC).quote == 0, "learned from the data: 100 and 1"


def test_an_answer_that_is_not_binances_is_told(
    raw: Callable[..., RawVenue], collect: Callable[..., Collector]
) -> None:
    rest = raw(lambda peer: peer.refuse(200, body="<html>log in</html>"))
    collector = collect(raw(trading).url, f"http://{rest.host}", BTC)
    wait_until(lambda: collector.health().symbols[0].stored == 2)
    assert any("not what the protocol says" in event.words for event in collector.events())


def test_history_that_fails_is_told_and_collecting_goes_on(
    raw: Callable[..., RawVenue], collect: Callable[..., Collector]
) -> None:
    info = json.dumps({"symbols": [{"symbol": "BTCUSDT", "filters": [
        {"filterType": "PRICE_FILTER", "tickSize": "0.01"}, {"filterType": "LOT_SIZE", "stepSize": "0.00001"}]}]})  # fmt: skip
    rest = raw(
        lambda peer: peer.refuse(200, body=f'{{"serverTime":{START_US // 1000}}}'),
        lambda peer: peer.refuse(200, body=info),
        lambda peer: peer.refuse(500, body="broken"),
    )
    collector = collect(raw(trading).url, f"http://{rest.host}", BTC)
    wait_until(lambda: any("no history of BTCUSDT yet" in event.words for event in collector.events()))
    wait_until(lambda: collector.health().symbols[0].stored == 2)
    assert collector.health().symbols[0].scale == (2, 5)


def test_a_shutdown_notice_brings_a_new_connection(
    raw: Callable[..., RawVenue], collect: Callable[..., Collector], store: Store
) -> None:
    def first(peer: Peer) -> None:
        peer.accept().say(frame(Deal(1, 0)), '{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}}')
        peer.hear_out()

    def second(peer: Peer) -> None:
        peer.accept().say(frame(Deal(4, 1)))
        peer.hear_out()

    collector = collect(raw(first, second).url, "http://127.0.0.1:1", BTC)
    wait_until(lambda: collector.health().symbols[0].stored == 2)
    health = collector.health()
    assert (health.feed.connections, health.symbols[0].missing) == (2, 2)
    assert store.reader.last(BTC).sequence.holes == ((2, 3),)


def test_a_refused_subscription_is_in_the_history(
    raw: Callable[..., RawVenue], collect: Callable[..., Collector]
) -> None:
    def act(peer: Peer) -> None:
        peer.accept().say('{"error":{"code":2,"msg":"Invalid request: invalid stream"},"id":1}')
        peer.hear_out()

    collector = collect(raw(act).url, "http://127.0.0.1:1", BTC, first_frame=0.1)
    wait_until(lambda: any("refused: 2 Invalid request" in event.words for event in collector.events()))
    wait_until(lambda: collector.health().feed.state is FeedState.SILENT)
    assert not collector.health().collecting
    assert collector.health().watermark_us is None
