"""The reading thread against venues that misbehave, and against the built-in exchange."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.exchange.child import ExchangeProcess
from core.feed import stream as module
from core.feed.base import ControlKind
from core.feed.binance import BinanceSpot
from core.feed.buffer import Received
from core.health import FeedState
from core.market import Symbol
from tests.feed.listening import Listening, says, stay, trade
from tests.raw_venue import PING, PONG, TEXT, Heard, Peer, RawVenue, server_frame
from tests.trading import BTC, ETH, PATIENCE, wait_until

Venues = Callable[..., RawVenue]


def test_trades_and_a_clean_end(venue: Venues, listen: Callable[..., Listening]) -> None:
    raw = venue(says(1, 2, 3))
    feed = listen(raw.url, symbols=(BTC, ETH))
    wait_until(lambda: feed.ids() == [1, 2, 3])
    feed.wait_for(FeedState.LIVE)
    feed.reader.stop()
    feed.reader.stop()
    assert feed.journal.state is FeedState.STOPPED
    assert feed.buffer.put(Received(0, 1, [b"x"])), "the buffer is shared: who owns it closes it"
    raw.close()
    assert raw.targets == ["/stream?streams=btcusdt@trade/ethusdt@trade&timeUnit=MICROSECOND"]
    kinds = [event.kind for event in feed.journal.events()]
    assert kinds == ["connecting", "waiting", "live", "stopped"]
    health = feed.journal.health()
    assert (health.frames, health.connections, health.url) == (3, 1, raw.url)


@pytest.mark.parametrize("end", ["close frame", "end", "reset", "masked frame"])
def test_whatever_ends_a_connection_there_is_a_next(venue: Venues, listen: Callable[..., Listening], end: str) -> None:
    read = threading.Event()

    def first(peer: Peer) -> None:
        peer.accept().say(trade(1))
        if end == "reset":
            assert read.wait(PATIENCE)
            peer.reset()
        elif end == "close frame":
            peer.send(server_frame(trade(2)) + server_frame(b"\x03\xe9bye", 0x8))
        elif end == "masked frame":
            peer.send(bytes((0x81, 0x81)) + b"maskx")
            stay(peer)

    raw = venue(first, says(3))
    feed = listen(raw.url)
    wait_until(lambda: 1 in feed.ids())
    read.set()
    wait_until(lambda: 3 in feed.ids())
    assert feed.ids() == ([1, 2, 3] if end == "close frame" else [1, 3])
    assert feed.connections()[-1] == 2
    assert feed.connections()[0] == 1
    words = {"close frame": "closed by the venue: 1001 bye", "end": "cut without a close frame", "reset": "broke",
             "masked frame": "masked"}[end]  # fmt: skip
    assert any(line.startswith("reconnecting: ") and words in line and "next try in" in line for line in feed.history())


def test_not_served_here_turns_to_the_other_address(venue: Venues, listen: Callable[..., Listening]) -> None:
    blocked, other = venue(lambda peer: peer.refuse(451)), venue(says(1))
    feed = listen(blocked.url, other.url)
    wait_until(lambda: feed.ids() == [1])
    assert blocked.connections == 1
    assert any(line.startswith("blocked: ") and f"trying {other.url}" in line for line in feed.history())
    assert not any(line.startswith("reconnecting") for line in feed.history())


def test_served_nowhere_is_a_state_that_says_what_to_do(venue: Venues, listen: Callable[..., Listening]) -> None:
    raws = [venue(lambda peer: peer.refuse(451)) for _ in range(2)]
    feed = listen(raws[0].url, raws[1].url)
    wait_until(lambda: feed.journal.state is FeedState.BLOCKED)
    assert "use the *.binance.vision hosts, or another network; next try in 300 s" in feed.journal.health().words
    assert [raw.connections for raw in raws] == [1, 1]


def test_a_refusal_is_heeded(venue: Venues, listen: Callable[..., Listening]) -> None:
    raw = venue(lambda peer: peer.refuse(429, "Retry-After: 600"))
    feed = listen(raw.url)
    feed.wait_for(FeedState.RECONNECTING)
    assert feed.journal.health().words.endswith("HTTP 429; next try in 600 s")
    feed.reader.stop()
    assert raw.connections == 1


def test_a_busy_venue_is_tried_again(venue: Venues, listen: Callable[..., Listening]) -> None:
    raw = venue(lambda peer: peer.refuse(503), says(1))
    feed = listen(raw.url)
    wait_until(lambda: feed.ids() == [1])
    assert any("HTTP 503; next try in" in line for line in feed.history())


def test_no_first_frame_is_a_state_of_its_own(venue: Venues, listen: Callable[..., Listening]) -> None:
    wake = threading.Event()

    def act(peer: Peer) -> None:
        peer.accept().say('{"result":null,"id":1}', '{"stream":"btcusdt@bookTicker","data":{"u":1,"s":"BTCUSDT"}}')
        assert wake.wait(PATIENCE)
        peer.say(trade(1))
        stay(peer)

    feed = listen(venue(act).url, first=0.05)
    wait_until(lambda: feed.journal.state is FeedState.SILENT)
    assert "no trade has come: check the symbols and the address" in feed.journal.health().words
    wake.set()
    wait_until(lambda: feed.journal.state is FeedState.LIVE)


def test_trades_that_stop_are_told_while_the_connection_lives(venue: Venues, listen: Callable[..., Listening]) -> None:
    done = threading.Event()

    def act(peer: Peer) -> None:
        peer.accept().say(trade(1))
        while not done.wait(0.02):
            peer.send(server_frame(b"1", PING))
        stay(peer)

    raw = venue(act)
    feed = listen(raw.url, silence=0.5)
    wait_until(lambda: feed.journal.state is FeedState.SILENT)
    assert feed.journal.health().words == "the connection lives, but trades have stopped"
    done.set()


def test_a_dead_connection_is_left(venue: Venues, listen: Callable[..., Listening]) -> None:
    def dead(peer: Peer) -> None:
        peer.accept()
        stay(peer)

    feed = listen(venue(dead, says(1)).url, silence=0.1)
    wait_until(lambda: 1 in feed.ids())
    assert any("not a byte, not even a ping" in line for line in feed.history())


def test_pings_are_answered_while_trades_flow(venue: Venues, listen: Callable[..., Listening]) -> None:
    heard: list[Heard | None] = []

    def act(peer: Peer) -> None:
        peer.accept()
        for number in range(1, 50):
            peer.say(trade(number))
        peer.send(server_frame(b"1723161600123", PING))
        heard.append(peer.hear())
        stay(peer)

    feed = listen(venue(act).url)
    wait_until(lambda: heard)
    assert heard == [Heard(PONG, b"1723161600123")]
    wait_until(lambda: feed.ids() == list(range(1, 50)))


def test_subscriptions_change_on_the_living_connection(
    venue: Venues, listen: Callable[..., Listening], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BinanceSpot, "pace_seconds", 0.0)
    heard: list[Heard | None] = []
    enough = threading.Event()

    def act(peer: Peer) -> None:
        peer.accept().say(trade(1))
        heard.append(peer.hear())
        heard.extend(peer.hear() for _ in range(2))
        enough.set()
        stay(peer)

    feed = listen(venue(act).url, symbols=(BTC,))
    wait_until(lambda: feed.ids() == [1])
    feed.reader.listen_to([BTC, ETH])
    wait_until(lambda: heard)
    feed.reader.listen_to([ETH, Symbol("XRPUSDT")])
    assert enough.wait(PATIENCE)
    requests = [json.loads(frame.payload) for frame in heard if frame is not None]
    assert [(r["method"], r["params"]) for r in requests] == [
        ("SUBSCRIBE", ["ethusdt@trade"]),
        ("SUBSCRIBE", ["xrpusdt@trade"]),
        ("UNSUBSCRIBE", ["btcusdt@trade"]),
    ]
    assert len({r["id"] for r in requests}) == 3
    assert feed.journal.health().connections == 1


def test_messages_to_the_venue_keep_their_distance(
    venue: Venues, listen: Callable[..., Listening], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BinanceSpot, "pace_seconds", 3600.0)
    heard: list[int] = []
    enough = threading.Event()

    def act(peer: Peer) -> None:
        peer.accept().say(trade(1))
        first = peer.hear()
        assert first is not None
        heard.append(first.opcode)
        for number in range(5):  # the reader comes round every time, and goes on waiting with the second message
            peer.send(server_frame(str(number), PING))
            frame = peer.hear()
            assert frame is not None
            heard.append(frame.opcode)
        enough.set()
        stay(peer)

    feed = listen(venue(act).url, symbols=(BTC,))
    wait_until(lambda: feed.ids() == [1])
    feed.reader.listen_to([ETH])
    assert enough.wait(PATIENCE)
    assert heard == [TEXT, *[PONG] * 5]


def test_what_is_listened_to_outlives_the_connection(venue: Venues, listen: Callable[..., Listening]) -> None:
    cut = threading.Event()

    def first(peer: Peer) -> None:
        peer.accept().say(trade(1))
        assert cut.wait(PATIENCE)

    raw = venue(first, says(2))
    feed = listen(raw.url)
    wait_until(lambda: feed.ids() == [1])
    feed.reader.listen_to([ETH])
    cut.set()
    wait_until(lambda: 2 in feed.ids())
    feed.reader.stop()
    raw.close()
    assert raw.targets[-1] == "/stream?streams=ethusdt@trade&timeUnit=MICROSECOND"


def test_more_symbols_than_an_address_holds(
    venue: Venues, listen: Callable[..., Listening], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SYMBOLS_IN_URL", 2)
    heard: list[Heard | None] = []

    def act(peer: Peer) -> None:
        heard.append(peer.accept().hear())
        stay(peer)

    raw = venue(act)
    feed = listen(raw.url, symbols=tuple(Symbol(f"S{i}USDT") for i in range(5)))
    wait_until(lambda: heard)
    feed.reader.stop()
    raw.close()
    assert raw.targets == ["/stream?streams=s0usdt@trade/s1usdt@trade&timeUnit=MICROSECOND"]
    assert heard[0] is not None
    assert json.loads(heard[0].payload)["params"] == ["s2usdt@trade", "s3usdt@trade", "s4usdt@trade"]


def test_a_new_connection_on_request(venue: Venues, listen: Callable[..., Listening]) -> None:
    feed = listen(venue(says(1), says(2)).url)
    wait_until(lambda: feed.ids() == [1])
    feed.reader.renew(7)  # a notice of another connection concerns nobody
    feed.reader.renew(1)
    wait_until(lambda: feed.ids() == [1, 2])
    assert feed.connections() == [1, 2]
    assert not any(line.startswith("reconnecting") for line in feed.history())


def test_stopping_loses_nothing_that_was_read(venue: Venues, listen: Callable[..., Listening]) -> None:
    """The reader has ended when the last read is in the buffer, so that whoever closes it then loses nothing."""
    stop = threading.Event()

    def act(peer: Peer) -> None:
        peer.accept()
        number = 0
        while not stop.is_set():
            number += 1
            peer.say(*[trade(number)] * 50)
        stay(peer)

    feed = listen(venue(act).url)
    wait_until(lambda: len(feed.frames()) > 500)
    taken: list[Received] = []

    def drain() -> None:
        while not feed.buffer.drained:
            taken.extend(feed.buffer.take(1, 0.01))

    draining = threading.Thread(target=drain)
    draining.start()
    feed.reader.stop()
    feed.buffer.close()
    stop.set()
    draining.join(PATIENCE)
    assert feed.buffer.health().depth == 0
    assert len(feed.frames()) + sum(len(item.frames) for item in taken) == feed.journal.health().frames


def test_nobody_there_and_no_address(listen: Callable[..., Listening]) -> None:
    feed = listen("ws://127.0.0.1:1")
    feed.wait_for(FeedState.RECONNECTING)
    assert "no connection to 127.0.0.1:1" in feed.journal.health().words
    feed = listen("", "")
    feed.wait_for(FeedState.RECONNECTING)
    assert "no address to listen to: set BINANCE_WS_URL" in feed.journal.health().words


@pytest.mark.shared_data
def test_the_built_in_exchange_plays_a_capture(
    exchange: Callable[..., ExchangeProcess],
    listen: Callable[..., Listening],
    small_capture: Path,
    spot_frames: tuple[list[bytes], list[int]],
) -> None:
    process = exchange(replay=small_capture, speed="max", once=True)
    feed = listen(process.ws_url, symbols=(BTC, ETH))
    expected = BinanceSpot().parse(spot_frames[0][:3000], np.zeros(3000, np.int64)).observed
    wait_until(lambda: len(feed.frames()) >= 3000)
    assert sorted(feed.ids()) == sorted(i for seen in expected for i in seen.trades.trade_id.tolist())
    assert process.wait(PATIENCE) == 0
    wait_until(lambda: any("closed by the venue: 1000" in line for line in feed.history()))


def test_the_built_in_exchange_live(exchange: Callable[..., ExchangeProcess], listen: Callable[..., Listening]) -> None:
    """Pings all the time, live subscriptions, and a stream of a name that does not exist: acknowledged and silent."""
    process = exchange(symbols=("BTCUSDT", "ETHUSDT"), history_days=1, ping_seconds=0.2, pong_seconds=10.0)
    feed = listen(process.ws_url, symbols=(BTC,))
    wait_until(lambda: feed.ids())
    feed.reader.listen_to([BTC, ETH, Symbol("NOSUCHUSDT")])
    wait_until(lambda: any(b'"ETHUSDT"' in frame for frame in feed.frames()))
    frames = feed.frames()
    messages = BinanceSpot().parse(frames, np.zeros(len(frames), np.int64))
    assert [control.kind for control in messages.controls] == [ControlKind.ACKNOWLEDGED]
    assert messages.malformed == ()
    btc = next(seen.trades.trade_id for seen in messages.observed if seen.trades.symbol == BTC)
    assert (np.diff(btc) == 1).all()
    assert (feed.journal.state, feed.journal.health().connections) == (FeedState.LIVE, 1)


def test_a_symbol_in_upper_case_is_asked_for_in_lower(
    exchange: Callable[..., ExchangeProcess], listen: Callable[..., Listening]
) -> None:
    process = exchange(symbols=("BTCUSDT",), history_days=1)
    lower = listen(process.ws_url, symbols=(Symbol.parse("btcUSDT"),))
    unknown = listen(process.ws_url, symbols=(Symbol("NOSUCHUSDT"),), first=0.05)
    wait_until(lambda: lower.ids())
    wait_until(lambda: unknown.journal.state is FeedState.SILENT)
    assert unknown.frames() == []
