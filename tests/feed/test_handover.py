"""From one connection to the next without a hole: against venues that are told what to send on which, and when."""

import json
import queue
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.exchange.child import ExchangeProcess
from core.feed import connection, handover
from core.feed import stream as module
from core.feed.base import Observed
from core.feed.binance import BinanceSpot
from core.feed.handover import LATE_SECONDS, Overlap
from core.health import FeedState
from core.market import Symbol
from tests.feed.listening import Listening, trade
from tests.raw_venue import CLOSE, PING, PONG, Heard, Peer, RawVenue, server_frame
from tests.trading import BTC, ETH, PATIENCE, wait_until

Venues = Callable[..., RawVenue]
Listen = Callable[..., Listening]


class Stage:
    """A venue whose connections send what the test tells them to; `peer` waits for the next connection."""

    def __init__(self) -> None:
        self._peers: queue.Queue[Peer] = queue.Queue()
        self.heard: dict[int, list[Heard]] = {}

    def act(self, peer: Peer) -> None:
        peer.accept()
        heard = self.heard[id(peer)] = []
        self._peers.put(peer)
        while (frame := peer.hear()) is not None:
            heard.append(frame)

    def peer(self) -> Peer:
        return self._peers.get(timeout=PATIENCE)

    def heard_by(self, peer: Peer) -> list[Heard]:
        return self.heard[id(peer)]

    def left(self, peer: Peer) -> bool:
        """The desk has said goodbye on `peer`'s connection."""
        return any(frame.opcode == CLOSE for frame in self.heard_by(peer))


def say(peer: Peer, *numbers: int, symbol: str = "BTCUSDT") -> None:
    peer.say(*(trade(number, symbol) for number in numbers))


def begun(feed: Listening, stage: Stage, *numbers: int) -> Peer:
    """The first connection, after it delivered `numbers`."""
    old = stage.peer()
    say(old, *numbers)
    wait_until(lambda: feed.ids() == list(numbers))
    return old


def succeeded(feed: Listening, stage: Stage, why: str = "a test wants it") -> Peer:
    """The successor, once the reader reads it."""
    count = feed.journal.health().connections
    feed.reader.renew(feed.journal.connection, why)
    new = stage.peer()
    wait_until(lambda: feed.journal.health().connections > count)
    return new


def heard(stage: Stage, peer: Peer) -> None:
    """Wait until the reader has read what `peer` said: it answers pings in their order."""
    before = len(stage.heard_by(peer))
    peer.send(server_frame(b"", PING))
    wait_until(lambda: len(stage.heard_by(peer)) > before)


def noted(feed: Listening) -> list[str]:
    return [event.words for event in feed.journal.events() if event.kind == "handover"]


def test_the_old_one_is_left_once_a_trade_came_on_both(venue: Venues, listen: Listen) -> None:
    stage = Stage()
    feed = listen(venue(stage.act).url)
    old = begun(feed, stage, 1, 2)
    new = succeeded(feed, stage)
    say(old, 3)
    wait_until(lambda: feed.ids() == [1, 2, 3])
    say(new, 4, 5)
    heard(stage, new)
    assert feed.ids() == [1, 2, 3], "the successor's trades are held back"
    assert feed.journal.connection == 1
    say(old, 4, 5)
    wait_until(lambda: feed.ids() == [1, 2, 3, 4, 5, 4, 5])
    say(new, 6)
    wait_until(lambda: 6 in feed.ids())
    assert feed.connections() == [1, 1, 1, 1, 1, 2, 2, 2]
    wait_until(lambda: stage.left(old))
    health = feed.journal.health()
    assert (feed.journal.connection, health.connections, health.handovers) == (2, 2, 1)
    assert health.state is FeedState.LIVE
    assert noted(feed) == [
        "opening a successor of connection 1: a test wants it",
        "handed over to connection 2: 2 trades came on both",
    ]
    kinds = [event.kind for event in feed.journal.events()]
    assert kinds == ["connecting", "waiting", "live", "handover", "handover"]


def test_trades_go_on_while_the_successor_takes_long_to_open(venue: Venues, listen: Listen) -> None:
    stage, shake = Stage(), threading.Event()

    def slow(peer: Peer) -> None:
        assert shake.wait(PATIENCE)
        stage.act(peer)

    raw = venue(stage.act, slow)
    feed = listen(raw.url)
    old = begun(feed, stage, 1)
    feed.reader.renew(1)
    wait_until(lambda: raw.accepted == 2)
    for number in range(2, 10):
        say(old, number)
        wait_until(lambda number=number: number in feed.ids())
    feed.reader.renew(1)
    shake.set()
    new = stage.peer()
    wait_until(lambda: feed.journal.health().connections == 2)
    say(old, 10)
    say(new, 10, 11)
    wait_until(lambda: feed.ids() == [*range(1, 11), 10, 11])
    assert raw.accepted == 2, "one hand-over at a time"


def test_a_connection_that_gets_old_is_left_in_time(venue: Venues, listen: Listen) -> None:
    stage = Stage()
    feed = listen(venue(stage.act).url, renew=0.3)
    old = begun(feed, stage, 1)
    new = stage.peer()
    wait_until(lambda: feed.journal.health().connections == 2)
    say(old, 2)
    say(new, 2, 3)
    wait_until(lambda: 3 in feed.ids())
    assert "opening a successor of connection 1: it is 0:00:00 old" in noted(feed)


def test_every_symbol_of_the_old_one_has_to_come(venue: Venues, listen: Listen) -> None:
    stage = Stage()
    feed = listen(venue(stage.act).url, symbols=(BTC, ETH))
    old = begun(feed, stage, 1)
    new = succeeded(feed, stage)
    say(old, 7, symbol="ETHUSDT")
    say(old, 2)
    say(new, 2, 3)
    wait_until(lambda: feed.ids(BTC) == [1, 2])
    say(old, 3, 4)
    wait_until(lambda: feed.ids(BTC) == [1, 2, 3, 4])
    assert feed.journal.connection == 1, "nothing proves that the successor brings ETHUSDT"
    say(old, 8, symbol="ETHUSDT")
    say(new, 8, symbol="ETHUSDT")
    wait_until(lambda: (feed.ids(BTC), feed.ids(ETH)) == ([1, 2, 3, 4, 2, 3], [7, 8, 8]))
    assert noted(feed)[-1] == "handed over to connection 2: 3 trades came on both"


def test_what_cannot_be_proven_is_not_waited_for_for_ever(venue: Venues, listen: Listen) -> None:
    stage = Stage()
    feed = listen(venue(stage.act).url, symbols=(BTC, ETH), overlap=0.3)
    old = begun(feed, stage, 1)
    new = succeeded(feed, stage)
    say(old, 7, symbol="ETHUSDT")
    wait_until(lambda: feed.ids(ETH) == [7])
    say(new, 2)
    wait_until(lambda: feed.ids(BTC) == [1, 2])
    assert noted(feed)[-1] == "handed over to connection 2: 0 trades came on both, none of BTCUSDT, ETHUSDT"


def test_what_is_held_back_is_bounded(venue: Venues, listen: Listen) -> None:
    stage = Stage()
    feed = listen(venue(stage.act).url, held=3)
    old = begun(feed, stage, 1)
    new = succeeded(feed, stage)
    say(old, 2)
    wait_until(lambda: feed.ids() == [1, 2])
    say(new, 3, 4, 5)
    wait_until(lambda: feed.ids() == [1, 2, 3, 4, 5])
    assert feed.connections() == [1, 1, 2, 2, 2]


def test_a_half_open_connection_is_left_at_once(venue: Venues, listen: Listen) -> None:
    """It answers, it pings, and it brings no trade any more: no trade will ever come on both."""
    stage = Stage()
    feed = listen(venue(stage.act).url)
    old = begun(feed, stage, 1)
    new = succeeded(feed, stage)
    old.send(server_frame(b"1", PING))
    say(new, 5, 6)
    wait_until(lambda: feed.ids() == [1, 5, 6])
    assert noted(feed)[-1] == "handed over to connection 2: the old one brought nothing beside it"
    assert Heard(PONG, b"1") in stage.heard_by(old)


@pytest.mark.parametrize("end", ["close frame", "cut"])
def test_the_old_one_ends_beside_its_successor(venue: Venues, listen: Listen, end: str) -> None:
    stage = Stage()
    feed = listen(venue(stage.act).url)
    old = begun(feed, stage, 1)
    new = succeeded(feed, stage)
    say(old, 2)
    wait_until(lambda: feed.ids() == [1, 2])
    say(new, 4)
    heard(stage, new)
    say(old, 3)
    if end == "cut":
        old.hang_up()
    else:
        old.send(server_frame(b"\x03\xe9bye", CLOSE))
    wait_until(lambda: feed.ids() == [1, 2, 3, 4])
    assert "handed over to connection 2, because connection 1 ended (" in noted(feed)[-1]
    assert not any(line.startswith("reconnecting") for line in feed.history())


def test_the_old_one_ends_while_its_successor_is_being_opened(venue: Venues, listen: Listen) -> None:
    stage, shake = Stage(), threading.Event()

    def slow(peer: Peer) -> None:
        assert shake.wait(PATIENCE)
        stage.act(peer)

    raw = venue(stage.act, slow)
    feed = listen(raw.url)
    old = begun(feed, stage, 1)
    feed.reader.renew(1)
    wait_until(lambda: raw.accepted == 2)
    say(old, 2)
    old.hang_up()
    feed.wait_for(FeedState.RECONNECTING)
    assert feed.journal.health().words.endswith("its successor is being opened")
    shake.set()
    new = stage.peer()
    say(new, 3)
    wait_until(lambda: feed.ids() == [1, 2, 3])
    assert noted(feed)[-1].endswith("it has not brought a trade yet")
    wait_until(lambda: feed.journal.state is FeedState.LIVE)
    assert (raw.accepted, feed.journal.health().connections) == (2, 2)


@pytest.mark.parametrize("fault", ["refuses", "hangs up"])
def test_the_old_one_goes_on_without_a_successor(venue: Venues, listen: Listen, fault: str) -> None:
    stage = Stage()
    feed = listen(
        venue(stage.act, lambda peer: peer.refuse(503) if fault == "refuses" else peer.accept(), stage.act).url
    )
    old = begun(feed, stage, 1)
    feed.reader.renew(1, "a test wants it")
    new = stage.peer()
    connections = 2 if fault == "refuses" else 3
    wait_until(lambda: feed.journal.health().connections == connections)
    assert noted(feed)[1].startswith("connection 1 goes on without a successor: ")
    assert "next try in" in noted(feed)[1]
    say(old, 2, 3)
    say(new, 3, 4)
    wait_until(lambda: 4 in feed.ids())
    assert feed.ids() == [1, 2, 3, 3, 4]
    assert feed.connections() == [1, 1, 1, connections, connections]
    assert feed.journal.health().handovers == 1


@pytest.mark.parametrize("silent", [True, False])
def test_a_successor_that_ends_before_its_time(venue: Venues, listen: Listen, silent: bool) -> None:
    """What it brought comes by the old one too, later, and in order; but not where the old one brings nothing."""
    stage, beside = Stage(), threading.Event()

    def short(peer: Peer) -> None:
        peer.accept()
        assert beside.wait(PATIENCE)
        say(peer, 3)

    feed = listen(venue(stage.act, short, stage.act).url)
    old = begun(feed, stage, 1)
    feed.reader.renew(1)
    wait_until(lambda: feed.journal.health().connections == 2)
    if not silent:
        say(old, 2)
        wait_until(lambda: feed.ids() == [1, 2])
    beside.set()
    if silent:
        wait_until(lambda: feed.ids() == [1, 3])
        return
    wait_until(lambda: any("without a successor" in words for words in noted(feed)))
    assert feed.ids() == [1, 2]


def test_a_refusal_of_the_successor_is_heeded(venue: Venues, listen: Listen) -> None:
    stage = Stage()
    raw = venue(stage.act, lambda peer: peer.refuse(429, "Retry-After: 600"))
    feed = listen(raw.url)
    old = begun(feed, stage, 1)
    feed.reader.renew(1)
    wait_until(lambda: any("HTTP 429; next try in 600 s" in words for words in noted(feed)))
    say(old, 2)
    old.hang_up()
    feed.wait_for(FeedState.RECONNECTING)
    words = feed.journal.health().words
    assert "cut without a close frame; next try in" in words
    assert int(words.split()[-2]) > 590, "the end of the other connection does not make the venue more patient"
    assert (feed.ids(), raw.accepted) == ([1, 2], 2)


def test_a_successor_that_is_not_served_here_is_opened_elsewhere(venue: Venues, listen: Listen) -> None:
    stage, elsewhere = Stage(), Stage()
    raw, other = venue(stage.act, lambda peer: peer.refuse(451)), venue(elsewhere.act)
    feed = listen(raw.url, other.url)
    old = begun(feed, stage, 1)
    feed.reader.renew(1)
    new = elsewhere.peer()
    wait_until(lambda: feed.journal.health().connections == 2)
    say(old, 2)
    say(new, 2, 3)
    wait_until(lambda: 3 in feed.ids())
    assert feed.journal.health().url == other.url
    assert feed.journal.state is FeedState.LIVE


def test_a_successor_that_brings_nothing_is_given_up(venue: Venues, listen: Listen) -> None:
    stage = Stage()
    feed = listen(venue(stage.act).url, first=0.2)
    old = begun(feed, stage, 1)
    deaf = succeeded(feed, stage)
    say(old, 2)
    wait_until(lambda: stage.left(deaf))
    assert any("it brought no trade for 0 s, and the old one did" in words for words in noted(feed))
    new = stage.peer()
    wait_until(lambda: feed.journal.health().connections == 3)
    say(old, 3)
    say(new, 3, 4)
    wait_until(lambda: 4 in feed.ids())
    assert feed.connections() == [1, 1, 1, 3, 3]


def test_where_nothing_is_traded_both_wait(venue: Venues, listen: Listen) -> None:
    """A market that sleeps says nothing against the successor."""
    stage = Stage()
    feed = listen(venue(stage.act).url, first=0.1)
    old = begun(feed, stage, 1)
    new = succeeded(feed, stage)
    waited = time.monotonic() + 0.5
    wait_until(lambda: time.monotonic() > waited)
    assert not stage.left(old)
    assert not stage.left(new)
    say(old, 2)
    wait_until(lambda: feed.ids() == [1, 2])
    say(new, 2)
    wait_until(lambda: feed.ids() == [1, 2, 2])


def test_pings_of_both_are_answered(venue: Venues, listen: Listen) -> None:
    stage = Stage()
    feed = listen(venue(stage.act).url)
    old = begun(feed, stage, 1)
    new = succeeded(feed, stage)
    for each, payload in ((old, b"old"), (new, b"new")):
        each.send(server_frame(payload, PING))
        wait_until(lambda each=each, payload=payload: stage.heard_by(each) == [Heard(PONG, payload)])


def test_subscriptions_reach_both(venue: Venues, listen: Listen) -> None:
    stage = Stage()
    feed = listen(venue(stage.act).url)
    old = begun(feed, stage, 1)
    new = succeeded(feed, stage)
    feed.reader.listen_to([BTC, ETH])
    for each in (old, new):
        wait_until(lambda each=each: stage.heard_by(each))
        assert json.loads(stage.heard_by(each)[0].payload)["params"] == ["ethusdt@trade"]


def test_subscriptions_change_while_the_successor_is_being_opened(venue: Venues, listen: Listen) -> None:
    stage, shake = Stage(), threading.Event()

    def slow(peer: Peer) -> None:
        assert shake.wait(PATIENCE)
        stage.act(peer)

    raw = venue(stage.act, slow)
    feed = listen(raw.url)
    old = begun(feed, stage, 1)
    feed.reader.renew(1)
    wait_until(lambda: raw.accepted == 2)
    feed.reader.listen_to([BTC, ETH])
    wait_until(lambda: stage.heard_by(old))
    shake.set()
    new = stage.peer()
    wait_until(lambda: stage.heard_by(new))
    assert json.loads(stage.heard_by(new)[0].payload)["params"] == ["ethusdt@trade"]


def test_a_successor_has_to_be_asked_for_every_symbol_first(
    venue: Venues, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SYMBOLS_IN_URL", 1)
    stage = Stage()
    feed = listen(venue(stage.act).url, symbols=(BTC, ETH))
    old = begun(feed, stage, 1)
    new = succeeded(feed, stage)
    wait_until(lambda: stage.heard_by(new))
    asked = time.monotonic()
    say(old, 2)
    say(new, 2)
    wait_until(lambda: feed.journal.connection == 2)
    assert time.monotonic() - asked > LATE_SECONDS / 2, "what was asked for by a message comes later"


def test_stopping_amid_a_hand_over(venue: Venues, listen: Listen) -> None:
    stage = Stage()
    feed = listen(venue(stage.act).url)
    old = begun(feed, stage, 1)
    new = succeeded(feed, stage)
    say(old, 2)
    wait_until(lambda: feed.ids() == [1, 2])
    say(new, 4, 5)
    heard(stage, new)
    feed.reader.stop()
    assert feed.ids() == [1, 2, 4, 5], "what was held back had been read"
    wait_until(lambda: stage.left(old) and stage.left(new))
    assert feed.journal.health().frames == 4


@pytest.mark.parametrize("first", [True, False])
def test_stopping_while_a_connection_is_being_opened(venue: Venues, listen: Listen, first: bool) -> None:
    stage, shake, seen = Stage(), threading.Event(), threading.Event()

    def slow(peer: Peer) -> None:
        assert shake.wait(PATIENCE)
        peer.accept().hear_out()
        seen.set()

    raw = venue(slow) if first else venue(stage.act, slow)
    feed = listen(raw.url)
    if not first:
        begun(feed, stage, 1)
        feed.reader.renew(1)
    wait_until(lambda: raw.accepted == (1 if first else 2))
    feed.reader.stop()
    assert feed.journal.state is FeedState.STOPPED
    shake.set()
    assert seen.wait(PATIENCE), "a connection that comes too late is closed"


def test_a_notice_of_a_connection_that_is_gone_concerns_nobody(venue: Venues, listen: Listen) -> None:
    stage = Stage()
    raw = venue(stage.act)
    feed = listen(raw.url)
    old = begun(feed, stage, 1)
    new = succeeded(feed, stage)
    feed.reader.renew(1)
    feed.reader.renew(2)  # the number of the successor, which is not the current one yet
    say(old, 2)
    say(new, 2)
    wait_until(lambda: feed.journal.connection == 2)
    feed.reader.renew(1)
    say(new, 3, 4)
    wait_until(lambda: 4 in feed.ids())
    longest_delay = time.monotonic() + 0.7
    wait_until(lambda: time.monotonic() > longest_delay)
    assert raw.accepted == 2
    feed.reader.renew(2)
    wait_until(lambda: raw.accepted == 3)


def test_the_old_one_is_read_to_the_last_before_it_is_left(
    venue: Venues, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage()
    feed = listen(venue(stage.act).url, held=1)
    old = begun(feed, stage, 1)
    new = succeeded(feed, stage)
    monkeypatch.setattr(connection, "_DRAIN_READS", 1000)
    monkeypatch.setattr(connection, "_READ_BYTES", 64)  # far less than waits on the old one when the switch is due
    say(old, *range(2, 60))
    say(new, 60)
    wait_until(lambda: 60 in feed.ids())
    assert feed.ids() == list(range(1, 61))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_no_hole_whatever_comes_first_where(data: st.DataObject) -> None:
    """Every trade is on the old connection until its end, and on the successor from its opening on."""
    tape = data.draw(st.lists(st.sampled_from([BTC, ETH]), min_size=4, max_size=30), "symbols of the trades")
    opened = data.draw(st.integers(1, len(tape)), "trades made when the successor was opened")
    ended = data.draw(st.one_of(st.none(), st.integers(opened, len(tape))), "trades made when the old one ended")
    came = data.draw(st.integers(1, opened), "trades that came on the old one by then")
    numbers = [tape[: at + 1].count(symbol) for at, symbol in enumerate(tape)]
    texts = [trade(number, symbol.name) for number, symbol in zip(numbers, tape, strict=True)]
    stop = len(tape) if ended is None else ended
    stage = Stage()
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(module, "_POLL_SECONDS", 0.02)
        patch.setattr(handover, "LATE_SECONDS", 3600.0)  # on a machine that stops for a second, nothing is late
        raw = RawVenue(stage.act)
        stack.callback(raw.close)
        feed = Listening(raw.url, symbols=(BTC, ETH), overlap=3600)
        stack.callback(feed.reader.stop)
        old = stage.peer()
        old.say(*texts[:came])
        wait_until(lambda: len(feed.ids()) == came)
        new = succeeded(feed, stage)
        sides = [[old, came, stop], [new, opened, len(tape)]]
        while any(at < end for _, at, end in sides):
            side = data.draw(st.sampled_from([side for side in sides if side[1] < side[2]]), "who is next")
            count = data.draw(st.integers(1, side[2] - side[1]), "how many")
            with suppress(OSError):  # the desk may have left the old one
                side[0].say(*texts[side[1] : side[1] + count])
            side[1] += count
        if ended is not None:
            old.hang_up()
        last = {symbol: tape.count(symbol) for symbol in tape}
        wait_until(lambda: all(number in feed.ids(symbol) for symbol, number in last.items()))
        if ended is not None:
            wait_until(lambda: feed.journal.connection == 2)
        feed.reader.stop()
        for symbol, number in last.items():
            assert list(dict.fromkeys(feed.ids(symbol))) == list(range(1, number + 1))
        assert feed.connections() == sorted(feed.connections())
        assert not any(line.startswith("reconnecting") for line in feed.history())


def seen(symbol: Symbol, *numbers: int) -> list[Observed]:
    frames = [trade(number, symbol.name).encode() for number in numbers]
    return list(BinanceSpot().parse(frames, np.zeros(len(frames), np.int64)).observed)


def test_an_overlap_counts_and_proves() -> None:
    overlap = Overlap()
    assert (overlap.both, overlap.open_symbols(0.0), overlap.old_first, overlap.new_first) == (0, [], None, None)
    overlap.old(seen(BTC, 1, 2), 1.0)
    overlap.new(seen(BTC, 3, 4), 2.0)
    assert (overlap.both, overlap.open_symbols(2.0)) == (0, [BTC])
    overlap.old(seen(BTC, 3), 3.0)
    overlap.old(seen(BTC, 3), 3.0)
    assert (overlap.both, overlap.open_symbols(3.0)) == (1, [])
    assert (overlap.old_first, overlap.new_first) == (1.0, 2.0)
    overlap.old(seen(ETH, 1), 4.0)
    assert overlap.open_symbols(1e9) == [ETH], "the successor does not bring it"


def test_a_symbol_that_only_the_successor_brings_is_waited_for_a_while() -> None:
    overlap = Overlap()
    overlap.new(seen(ETH, 1), 10.0)
    overlap.new(seen(ETH, 2), 10.0 + LATE_SECONDS)
    assert overlap.open_symbols(10.0 + LATE_SECONDS / 2) == [ETH]
    assert overlap.open_symbols(10.0 + LATE_SECONDS) == []


ids = st.lists(st.integers(0, 8), max_size=6)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([BTC, ETH]), ids), max_size=10))
def test_an_overlap_is_what_sets_say_it_is(steps: list[tuple[bool, Symbol, list[int]]]) -> None:
    overlap = Overlap()
    came: dict[bool, set[tuple[Symbol, int]]] = {True: set(), False: set()}
    for old, symbol, numbers in steps:
        (overlap.old if old else overlap.new)(seen(symbol, *numbers) if numbers else [], 0.0)
        came[old] |= {(symbol, number) for number in numbers}
    both = came[True] & came[False]
    assert overlap.both == len(both)
    assert set(overlap.open_symbols(0.0)) == {s for s, _ in came[True] | came[False]} - {s for s, _ in both}


def test_the_built_in_exchange_is_left_again_and_again(
    exchange: Callable[..., ExchangeProcess], listen: Listen
) -> None:
    process = exchange(symbols=("BTCUSDT", "ETHUSDT"), history_days=1, ping_seconds=0.2, pong_seconds=10.0)
    feed = listen(process.ws_url, symbols=(BTC, ETH), renew=0.3)
    wait_until(lambda: feed.journal.health().handovers >= 3)
    feed.reader.stop()
    for symbol in (BTC, ETH):
        first = list(dict.fromkeys(feed.ids(symbol)))
        assert first == list(range(first[0], first[-1] + 1))
    assert not any(line.startswith("reconnecting") for line in feed.history())
    assert all("came on both" in words for words in noted(feed) if words.startswith("handed"))
