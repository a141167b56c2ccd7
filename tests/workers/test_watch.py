"""A stream is believed to be sound only where the venue has nothing that it did not bring."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from core.feed.binance import BinanceSpot
from core.health import FeedState, GapState
from core.store import Store
from core.workers import meters, watch
from core.workers.watch import Watch
from tests.scripted_rest import Asked, Says, ScriptedRest
from tests.trading import BTC, ETH, PATIENCE, START_US, Deal, wait_until
from tests.workers.conftest import Ingesting, rest_client


class Venue:
    """A venue that has trades up to `newest`, and whose clock stands at START_US."""

    def __init__(self) -> None:
        self.newest = {"BTCUSDT": 0, "ETHUSDT": 0}
        self.down = False
        self.unknown: set[str] = set()

    def __call__(self, asked: Asked) -> Says:
        if self.down:
            return Says(503, {"code": -1000, "msg": "down"})
        if asked.path.endswith("/time"):
            return Says(200, {"serverTime": START_US // 1000})
        if any(name in asked.params.get("symbols", "") for name in self.unknown):
            return Says(400, {"code": -1121, "msg": "Invalid symbol."})
        rows = [
            {"symbol": name, "firstId": 0, "lastId": last, "count": last}
            for name, last in self.newest.items() if name in asked.params["symbols"]
        ]  # fmt: skip
        return Says(200, rows)


class Watching:
    """A watch over an ingest worker, in a hurry."""

    def __init__(self, store: Store, venue: Venue, stack: ExitStack) -> None:
        self.rest = stack.enter_context(ScriptedRest(venue))
        self.ingesting = Ingesting(store).start()
        stack.callback(self.ingesting.finish, 0.0)
        self.renewed: list[tuple[int, str]] = []
        self.gaps = 0
        self.watch = Watch(
            rest_client(self.rest.url), BinanceSpot(), [BTC, ETH], self.ingesting.worker, self.ingesting.journal,
            Ingesting.clock, lambda *asked: self.renewed.append(asked), self._gap,
        )  # fmt: skip
        stack.callback(self.watch.stop)

    def _gap(self) -> None:
        self.gaps += 1

    def connect(self) -> None:
        self.ingesting.journal.connected("wss://venue.test")
        self.ingesting.journal.enter(FeedState.LIVE, "trades arrive")

    def tickers(self) -> int:
        return self.rest.paths().count("24hr")


@pytest.fixture
def watching(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Venue], Watching]]:
    monkeypatch.setattr(watch, "_TICK_SECONDS", 0.01)
    monkeypatch.setattr(watch, "_SETTLED_SECONDS", 0.05)
    monkeypatch.setattr(watch, "_ON_ITS_WAY_SECONDS", 0.05)
    monkeypatch.setattr(meters, "_PATIENCE_UNKNOWN_SECONDS", 0.3)
    with ExitStack() as stack:
        yield lambda venue: Watching(store, venue, stack)


def test_what_was_made_while_nobody_listened_is_a_gap_at_once(watching, store: Store) -> None:
    """A symbol that does not trade again for hours shows no hole on the stream: the venue is asked at the start."""
    venue = Venue()
    venue.newest = {"BTCUSDT": 15, "ETHUSDT": 0}
    work = watching(venue)
    work.ingesting.deals(Deal(10))
    work.ingesting.wait_stored(1)
    work.connect()
    work.watch.start()
    wait_until(lambda: work.gaps)
    (gap,) = store.reader.gaps()
    assert (gap.symbol, gap.first_id, gap.last_id, gap.state) == (BTC, 11, 15, GapState.OPEN)
    assert gap.cause == "made while the desk was not connected"
    assert work.renewed == [], "the connection is not to blame"


def test_a_connection_that_does_not_bring_what_there_is_is_renewed(watching, store: Store) -> None:
    venue = Venue()
    venue.newest = {"BTCUSDT": 10, "ETHUSDT": 5}
    work = watching(venue)
    work.connect()
    work.watch.start()
    work.ingesting.deals(Deal(10))
    work.ingesting.wait_stored(1)
    wait_until(lambda: work.tickers() >= 1)
    assert store.reader.gaps() == ()
    wait_until(lambda: work.tickers() >= 2)
    venue.newest["BTCUSDT"] = 12
    wait_until(lambda: work.renewed)
    assert work.renewed[0] == (1, "the venue has trades that this connection does not bring")
    (gap,) = store.reader.gaps()
    assert (gap.first_id, gap.last_id, gap.cause) == (11, 12, "not delivered by a connection that lives")


def test_a_quiet_symbol_is_left_alone(watching, store: Store) -> None:
    venue = Venue()
    venue.newest = {"BTCUSDT": 10, "ETHUSDT": 0}
    work = watching(venue)
    work.connect()
    work.ingesting.deals(Deal(10))
    work.ingesting.wait_stored(1)
    work.watch.start()
    wait_until(lambda: work.tickers() >= 3)
    assert (work.renewed, store.reader.gaps()) == ([], ())


def test_what_is_on_its_way_is_no_gap(watching, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_ON_ITS_WAY_SECONDS", 0.5)
    venue = Venue()
    venue.newest = {"BTCUSDT": 11, "ETHUSDT": 0}
    work = watching(venue)
    work.connect()
    work.ingesting.deals(Deal(10))
    work.ingesting.wait_stored(1)
    work.watch.start()
    wait_until(lambda: work.tickers() >= 1)
    work.ingesting.deals(Deal(11))
    work.ingesting.wait_stored(2)
    wait_until(lambda: work.tickers() >= 3)
    assert (work.renewed, store.reader.gaps()) == ([], ())


def test_where_nothing_comes_and_nobody_can_be_asked_a_second_connection_is_tried(watching) -> None:
    venue = Venue()
    venue.down = True
    work = watching(venue)
    work.connect()
    work.watch.start()
    wait_until(lambda: work.renewed)
    assert "the venue cannot be asked why" in work.renewed[0][1]
    assert any("the venue cannot be asked" in words for words in work.ingesting.notes("watch"))


def test_a_connection_that_is_down_is_not_judged(watching) -> None:
    work = watching(Venue())
    work.ingesting.journal.connected("wss://venue.test")
    work.ingesting.journal.enter(FeedState.RECONNECTING, "cut")
    work.watch.start()
    wait_until(lambda: work.rest.paths().count("time") >= 1)
    wait_until(lambda: work.watch.clock.now_us() is not None)
    assert (work.tickers(), work.renewed) == (0, [])


def test_falling_behind_is_a_state(watching) -> None:
    """By the venue's clock, which stands at START_US when it is asked, whatever this machine's says."""
    work = watching(Venue())
    work.connect()
    work.watch.start()
    wait_until(lambda: work.watch.clock.now_us() is not None)
    work.ingesting.deals(Deal(1, at=-20.0))
    wait_until(lambda: work.ingesting.journal.health().state is FeedState.BEHIND)
    assert "after they were made" in work.ingesting.journal.health().words
    behind = work.watch.behind_ms()
    assert behind is not None
    assert 19_000 < behind < 60_000
    work.ingesting.deals(Deal(2, at=60.0))
    wait_until(lambda: work.ingesting.journal.health().state is FeedState.LIVE)


def test_a_symbol_that_the_venue_does_not_know_any_more_hides_no_other(watching, store: Store) -> None:
    venue = Venue()
    venue.newest = {"BTCUSDT": 15, "ETHUSDT": 0}
    venue.unknown = {"ETHUSDT"}
    work = watching(venue)
    work.ingesting.deals(Deal(10))
    work.ingesting.deals(Deal(1), symbol=ETH)
    work.ingesting.wait_stored(1)
    work.ingesting.wait_stored(1, ETH)
    work.connect()
    work.watch.start()
    wait_until(lambda: store.reader.gaps())
    (gap,) = store.reader.gaps()
    assert (gap.symbol, gap.first_id, gap.last_id) == (BTC, 11, 15)
    assert work.tickers() < 20, "and it is not asked for again at every look"


def test_a_symbol_that_is_not_listed_is_not_asked_about(watching) -> None:
    venue = Venue()
    work = watching(venue)
    work.ingesting.worker.unlisted(ETH)
    work.connect()
    work.watch.start()
    wait_until(lambda: work.tickers() >= 2)
    assert all("ETHUSDT" not in asked.params.get("symbols", "") for asked in work.rest.asked)


def test_what_waits_in_the_queue_was_delivered(watching, store: Store) -> None:
    """The database stands still while trades arrive: the connection is not to blame, and nothing is missing."""
    venue = Venue()
    venue.newest = {"BTCUSDT": 10, "ETHUSDT": 0}
    work = watching(venue)
    work.connect()
    work.ingesting.deals(Deal(10))
    work.ingesting.wait_stored(1)
    held = threading.Event()
    store.writer.submit(lambda _: held.wait(PATIENCE))
    work.ingesting.deals(Deal(11))
    wait_until(lambda: work.ingesting.buffer.health().depth == 0)
    work.ingesting.deals(Deal(12))
    venue.newest["BTCUSDT"] = 12
    work.watch.start()
    wait_until(lambda: work.tickers() >= 1)
    wait_until(lambda: any(doubt.received is not None for doubt in work.watch._doubts.values()))
    held.set()
    work.ingesting.wait_stored(3)
    wait_until(lambda: not work.watch._doubts)
    assert (work.renewed, store.reader.gaps()) == ([], ())


def test_a_symbol_that_never_brings_its_first_trade_is_noticed(watching, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_UNHEARD_SECONDS", 0.05)
    venue = Venue()
    venue.newest = {"BTCUSDT": 5, "ETHUSDT": 0}
    work = watching(venue)
    work.connect()
    work.watch.start()
    wait_until(lambda: work.tickers() >= 2)
    assert work.renewed == []
    venue.newest["BTCUSDT"] = 500
    wait_until(lambda: work.renewed)
    assert work.renewed[0][1] == "the venue has trades that this connection does not bring"
