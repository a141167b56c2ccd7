"""What is known of one connection that is listened to."""

from collections.abc import Callable, Iterator

import pytest

from core.feed.binance import BinanceSpot
from core.feed.binance_usdm import BinanceUsdm
from core.feed.connection import Connection
from core.feed.link import Link, Patience, lifetime
from core.health import FeedState
from tests.feed.listening import stay, trade
from tests.raw_venue import RawVenue
from tests.trading import BTC, ETH, wait_until

PATIENCE = Patience(first_frame_seconds=10, silence_seconds=60)
TRADE = [trade(1).encode()]


@pytest.fixture
def link(venue: Callable[..., RawVenue]) -> Iterator[Link]:
    """Opened at 1000 s, to be left at 2000 s."""
    link = Link(Connection.open(venue(lambda peer: stay(peer.accept())).url), 7, "ws://a", (BTC,), 2000.0, 1000.0)
    yield link
    link.connection.close()


def pinged(link: Link, now: float) -> None:
    link.note(BinanceSpot(), [], 6, now)


def test_waiting_then_silent_then_live_then_silent(link: Link) -> None:
    assert link.judge(BinanceSpot(), PATIENCE, 1005.0) == (
        FeedState.WAITING,
        "connected to ws://a; waiting for the first trade",
    )
    assert link.judge(BinanceSpot(), PATIENCE, 1011.0)[0] is FeedState.SILENT
    link.note(BinanceSpot(), [b'{"result":null,"id":1}'], 30, 1012.0)
    assert "no trade has come" in link.judge(BinanceSpot(), PATIENCE, 1012.0)[1], "an answer is no trade"
    link.note(BinanceSpot(), TRADE, 200, 1020.0)
    assert link.judge(BinanceSpot(), PATIENCE, 1080.0) == (FeedState.LIVE, "trades arrive")
    pinged(link, 1081.0)
    assert link.judge(BinanceSpot(), PATIENCE, 1081.0) == (
        FeedState.SILENT,
        "the connection lives, but trades have stopped",
    )
    assert link.end is None


def test_one_that_brought_trades_is_not_left_for_silence(link: Link) -> None:
    link.note(BinanceSpot(), TRADE, 200, 1001.0)
    for now in range(1060, 9000, 60):
        pinged(link, now)
        assert link.judge(BinanceSpot(), PATIENCE, now)[0] in (FeedState.LIVE, FeedState.SILENT)
    assert link.end is None, "whether the market sleeps is for others to find out"


def test_one_that_never_brought_a_trade_is(link: Link) -> None:
    for now in range(1060, 1301, 60):
        pinged(link, now)
        link.judge(BinanceSpot(), PATIENCE, now)
        assert link.end is None
    pinged(link, 1301)
    link.judge(BinanceSpot(), PATIENCE, 1301)
    assert str(link.end) == "no trade for 301 s, pings only: trying a new connection"


def test_one_without_a_byte_is_dead(link: Link) -> None:
    link.note(BinanceSpot(), TRADE, 200, 1010.0)
    link.judge(BinanceSpot(), PATIENCE, 1070.0)
    assert link.end is None
    link.judge(BinanceSpot(), PATIENCE, 1071.0)
    assert str(link.end) == "not a byte, not even a ping, for 61 s: the connection is dead"
    assert link.read(0.0) == ([], 0)


def test_a_venue_that_pings_seldom_is_waited_for_longer(link: Link) -> None:
    link.note(BinanceUsdm(), TRADE, 200, 1010.0)
    link.judge(BinanceUsdm(), PATIENCE, 1010.0 + 9 * 60)
    assert link.end is None
    link.judge(BinanceUsdm(), PATIENCE, 1011.0 + 9 * 60)
    assert "not a byte, not even a ping, for 541 s" in str(link.end)


def test_age(link: Link) -> None:
    assert link.age(1999.0) == ""
    assert link.age(2000.0) == "it is 0:16:40 old"


def test_how_old_one_gets() -> None:
    day = 86_400.0
    assert lifetime(PATIENCE, BinanceSpot(), 0.0) == day - 600
    assert lifetime(PATIENCE, BinanceSpot(), 1.0) == day - 900
    assert lifetime(Patience(1, 1, renew_seconds=5.0), BinanceSpot(), 1.0) == 5.0


def test_a_venue_with_short_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BinanceSpot, "connection_seconds", 100.0)
    assert lifetime(PATIENCE, BinanceSpot(), 1.0) == 50.0


def test_what_it_listens_to(link: Link) -> None:
    spot, numbers = BinanceSpot(), iter(range(1, 10))
    wanted = (BTC, ETH)
    assert not link.listens_to(wanted, 1000.0)
    link.ask(spot, wanted, numbers.__next__, 1000.0)
    link.ask(spot, wanted, numbers.__next__, 1000.6)
    assert not link.listens_to(wanted, 1000.9), "the venue has had no time to answer"
    assert link.listens_to(wanted, 1001.0)
    assert next(numbers) == 2, "one message was enough"


def test_asking_one_that_is_gone(venue: Callable[..., RawVenue]) -> None:
    """What it brought before is read, and then there is its end."""
    raw = venue(lambda peer: (peer.accept().say(trade(1)), peer.reset())[1])
    link = Link(Connection.open(raw.url), 1, "ws://a", (BTC,), 2000.0, 1000.0)
    raw.close()

    def asked() -> bool:
        link.ask(BinanceSpot(), (BTC, ETH), lambda: 1, 1000.0)
        return link.end is not None

    wait_until(asked)
    assert link.read(0.0)[0] == TRADE
    assert "sending failed" in str(link.end)
    assert link.read(0.0) == ([], 0)
    link.connection.close()
