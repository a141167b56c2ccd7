"""A recording begins when asked for, shows nothing of its future, and may be moved to now."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from core.exchange.recorded import RecordedMarket
from core.exchange.recording import Recording
from core.exchange.tape import aggregates

_START = 1_700_000_000_001_000
Play = Callable[[RecordedMarket], None]


def test_before_the_start_the_clock_stands(small_recording: Recording) -> None:
    market = RecordedMarket(small_recording, 1.0, False)
    assert market.now_us() == _START
    assert market.quoted["AAAUSDT"].tape.newest(10) == []


def test_everything_is_delivered(small_recording: Recording, play: Play) -> None:
    market = RecordedMarket(small_recording, None, False)
    play(market)
    assert [trade.id for trade in market.quoted["AAAUSDT"].tape.newest(100)] == list(range(1, 11))
    assert (market.emitted["AAAUSDT"], market.last_ids["AAAUSDT"]) == (10, 10)
    assert market.now_us() == 1_700_000_125_001_000


def test_the_future_is_hidden(small_recording: Recording) -> None:
    tape = RecordedMarket(small_recording, None, False).tapes["AAAUSDT"]
    tape.delivered = 4
    assert [trade.id for trade in tape.since("id", 3)] == [3, 4]
    assert [trade.id for trade in tape.since("time_us", 0)] == [1, 2, 3, 4]
    last = tape.last()
    assert last is not None
    assert last.id == 4


def test_shifted_to_now(small_recording: Recording, play: Play) -> None:
    now_us = 1_800_000_000_000_500
    market = RecordedMarket(small_recording, None, True, lambda: now_us)
    assert market.now_us() == now_us
    play(market)
    trades = market.quoted["AAAUSDT"].tape.newest(100)
    assert trades[0].event_us // 1000 == now_us // 1000
    assert trades[-1].time_us - trades[0].time_us == 125_000_000


@pytest.mark.parametrize("stream", ["aaausdt@trade", "aaausdt@kline_1m", "!miniTicker@arr"])
def test_market_streams_start_it(small_recording: Recording, stream: str) -> None:
    market = RecordedMarket(small_recording, None, False)
    market.subscribed(stream)
    assert market._begin.is_set()


@pytest.mark.parametrize("stream", ["AAAUSDT@trade", "nosuch@trade"])
def test_other_streams_do_not(small_recording: Recording, stream: str) -> None:
    market = RecordedMarket(small_recording, None, False)
    market.subscribed(stream)
    assert not market._begin.is_set()


@pytest.mark.shared_data
def test_aggregates_tile_the_capture(trade_recording: Recording) -> None:
    for symbol, block in trade_recording.blocks.items():
        tape = RecordedMarket(trade_recording, None, False).tapes[symbol]
        tape.delivered = len(block)
        found = list(aggregates(tape.since("id", 0)))
        assert [a.id for a in found] == list(range(1, len(found) + 1))
        assert all(before.last_id + 1 == after.first_id for before, after in pairwise(found))
        assert sum(a.quantity for a in found) == int(block.quantity.sum())
        newest = list(aggregates(tape.backward()))
        assert newest[::-1] == found
