"""The exchange's klines are the venue's own, field by field."""

import csv
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

import pytest

from core.exchange.klines import Bar, Klines
from core.exchange.recorded import RecordedMarket, RecordedTape
from core.exchange.recording import Recording
from core.exchange.rows import kline_row
from core.market import DAY_US, HOUR_US, MINUTE_US


def _all(recording: Recording, symbol: str) -> RecordedTape:
    tape = RecordedTape(recording, symbol)
    tape.delivered = len(tape.block(0))
    return tape


@pytest.fixture
def small(small_recording: Recording) -> RecordedTape:
    return _all(small_recording, "AAAUSDT")


@pytest.mark.shared_data
def test_official_five_minutes(trade_recording: Recording, shared_file: Callable[[str], Path]) -> None:
    tape = _all(trade_recording, "BTCUSDT")
    klines = Klines(tape)
    with shared_file("binance_spot_BTCUSDT_5m_slice_official12col.csv").open() as file:
        official = {int(row[0]): row for row in csv.reader(file)}
    for open_ms in (1723161300000, 1723161600000):
        bar = klines.bar("5m", open_ms * 1000)
        assert bar is not None
        assert [str(value) for value in kline_row(tape.listing, bar, 1000)] == official[open_ms]


@pytest.mark.shared_data
def test_official_minutes(trade_recording: Recording, shared_file: Callable[[str], Path]) -> None:
    tape = _all(trade_recording, "BTCUSDT")
    klines = Klines(tape)
    with shared_file("binance_spot_BTCUSDT_1m_slice_20240808T2350-0010.csv").open() as file:
        official = {int(row["open_time"]): row for row in csv.DictReader(file)}
    first, beyond = 1723161300000, 1723161900000
    bars = list(klines.bars("1m", first * 1000, beyond * 1000))
    assert len(bars) == 10
    for bar in bars:
        row = official[bar.open_us // 1000]
        mine = [value / 1e8 for value in (bar.open, bar.high, bar.low, bar.close, bar.volume)]
        assert mine == [float(row[name]) for name in ("open", "high", "low", "close", "volume")]


@pytest.mark.shared_data
@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT"])
def test_seconds_add_up_to_minutes(trade_recording: Recording, symbol: str) -> None:
    klines = Klines(_all(trade_recording, symbol))
    seconds = klines.bars("1s", 0, 2**62)
    total = klines.total(0, DAY_US * 40_000)
    assert total is not None
    rows = list(_until(seconds, total.last_id))
    assert sum(bar.volume for bar in rows) == total.volume
    assert sum(bar.quote for bar in rows) == total.quote
    assert sum(bar.trades for bar in rows) == total.trades == total.last_id - total.first_id + 1
    for minute, run in groupby(rows, key=lambda bar: bar.open_us // MINUTE_US):
        whole = klines.bar("1m", minute * MINUTE_US)
        assert whole is not None
        assert whole.trades == sum(bar.trades for bar in run)


def _until(bars: Iterator[Bar], last_id: int) -> Iterator[Bar]:
    for bar in bars:
        yield bar
        if bar.last_id == last_id:
            return


def test_empty_intervals_are_flat(small: RecordedTape) -> None:
    start = 1_700_000_000_000_000
    bars = list(Klines(small).bars("1s", start, start + 6_000_000))
    assert [bar.trades for bar in bars] == [4, 1, 0, 0, 0, 2]
    assert bars[2][2:] == (99_98000000, 99_98000000, 99_98000000, 99_98000000, 0, 0, 0, 0, 0, -1, -1)


def test_bar_by_hand(small: RecordedTape) -> None:
    bar = Klines(small).bar("1s", 1_700_000_000_000_000)
    assert bar == Bar(
        1_700_000_000_000_000, 1_700_000_001_000_000, 100_00000000, 100_01000000, 99_99000000, 99_99000000, 3_75000000,
        (10000 * 100 + 10000 * 50 + 10001 * 25 + 9999 * 200) * 10**12, 4, 1_75000000,
        (10000 * 100 + 10000 * 50 + 10001 * 25) * 10**12, 1, 4,
    )  # fmt: skip


def test_no_bar_before_the_first_trade(small: RecordedTape) -> None:
    klines = Klines(small)
    assert klines.bar("1s", 1_699_999_999_000_000) is None
    assert next(klines.bars("1h", 0, 2**62)).open_us == 1_700_000_000_000_000 // HOUR_US * HOUR_US


def test_undelivered_trades_are_in_no_bar(small: RecordedTape) -> None:
    klines = Klines(small)
    small.delivered = 2
    bar = klines.bar("1m", 1_700_000_000_000_000 // MINUTE_US * MINUTE_US)
    assert bar is not None
    assert bar.trades == 2
    small.delivered = 10
    total = klines.total(0, 2**62)
    assert total is not None
    assert total.trades == 10


def test_remembered_bars_equal_fresh_ones(small_recording: Recording, play: Callable[[RecordedMarket], None]) -> None:
    market = RecordedMarket(small_recording, None, False)
    used = market.quoted["AAAUSDT"].klines
    play(market)
    for interval in ("1s", "1m", "3m", "1h", "1d", "1w", "1M"):
        once = list(used.bars(interval, 0, 1_700_000_200_000_000))
        assert once == list(used.bars(interval, 0, 1_700_000_200_000_000))
        assert sum(bar.trades for bar in once) == 10
