"""Bars against Binance's own, and against one slow trade at a time in decimals."""

import csv
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.candles import concatenate, from_trades, roll_up
from core.errors import OutOfRange
from core.feed.binance import BinanceSpot
from core.market import MINUTE, SECOND, BarFlag, BarSource, Candles, Interval, Scale, Trades
from tests.trading import BTC, SCALE, START_US, Deal, reference_bars, told, trades

quick = settings(deadline=None, derandomize=True, max_examples=60)

DEALS = st.builds(
    Deal,
    id=st.integers(0, 60),
    at=st.floats(-70, 200, allow_nan=False).map(lambda seconds: round(seconds, 3)),
    price=st.decimals(min_value="0.01", max_value="99999.99", places=2).map(str),
    quantity=st.decimals(min_value="0.00001", max_value="999.99999", places=5).map(str),
    maker=st.booleans(),
)


@pytest.fixture(scope="module")
def captured(spot_frames: tuple[list[bytes], list[int]]) -> Trades:
    """The capture's BTCUSDT trades."""
    frames, received = spot_frames
    observed = BinanceSpot().parse(frames, np.array(received)).observed
    found = next(seen.trades for seen in observed if seen.trades.symbol == BTC)
    exact = found.coarsened(SCALE)
    assert exact is not None
    return exact


@pytest.mark.shared_data
def test_minutes_equal_binances_own(captured: Trades, shared_data: Path) -> None:
    ours = told(from_trades(captured, MINUTE))
    with (shared_data / "binance_spot_BTCUSDT_1m_slice_20240808T2350-0010.csv").open() as file:
        theirs = {int(row["open_time"]) * 1000: row for row in csv.DictReader(file)}
    complete = [START_US + minute * MINUTE.us for minute in range(-5, 5)]
    for at in complete:
        bar, row = ours[at], theirs[at]
        assert [bar.open, bar.high, bar.low, bar.close, bar.volume] == [
            Decimal(row[name]) for name in ("open", "high", "low", "close", "volume")
        ]
    for at in (complete[0] - MINUTE.us, complete[-1] + MINUTE.us):  # partial in the capture, so they must differ
        assert ours[at].volume < Decimal(theirs[at]["volume"])


@pytest.mark.shared_data
@pytest.mark.parametrize("base", ["1s", "1m"])
def test_five_minutes_equal_binances_own_in_all_twelve_fields(captured: Trades, shared_data: Path, base: str) -> None:
    bars = roll_up(from_trades(captured, Interval.parse(base)), Interval.parse("5m"))
    ours = told(bars)
    with (shared_data / "binance_spot_BTCUSDT_5m_slice_official12col.csv").open() as file:
        theirs = {int(row[0]): row for row in csv.reader(file)}
    for open_ms in (1_723_161_300_000, 1_723_161_600_000):
        bar = ours[open_ms * 1000]
        row = [
            open_ms, bar.open, bar.high, bar.low, bar.close, bar.volume, open_ms + bars.interval.us // 1000 - 1,
            bar.quote_volume, bar.trade_count, bar.taker_buy_volume, bar.taker_buy_quote_volume, 0,
        ]  # fmt: skip
        assert row == [Decimal(field) for field in theirs[open_ms]]


@pytest.mark.shared_data
def test_buckets_are_by_trade_time_not_by_arrival(captured: Trades) -> None:
    """The capture's clock runs 1.27 s behind, so that bars by arrival would be others."""
    by_arrival = (captured.received_us // MINUTE.us).tolist()
    by_trade = (captured.trade_time_us // MINUTE.us).tolist()
    assert by_arrival != by_trade
    bars = from_trades(captured, MINUTE)
    assert bars.trade_count.tolist() == np.unique(by_trade, return_counts=True)[1].tolist()


@quick
@given(st.lists(DEALS, max_size=25), st.sampled_from(["1s", "7s", "1m", "15m", "1w"]))
def test_bars_are_the_slow_reference(deals: list[Deal], interval: str) -> None:
    length = Interval.parse(interval)
    assert told(from_trades(trades(deals), length)) == reference_bars(deals, length.us)


@quick
@given(st.lists(DEALS, max_size=25), st.sampled_from(["7s", "59s", "1m", "90s", "15m", "1w"]))
def test_rolling_up_is_direct_aggregation(deals: list[Deal], interval: str) -> None:
    length = Interval.parse(interval)
    direct = from_trades(trades(deals), length)
    rolled = roll_up(from_trades(trades(deals), SECOND), length)
    assert told(rolled) == told(direct)
    assert roll_up(direct, length) is direct
    if length.us % MINUTE.us == 0:
        assert told(roll_up(from_trades(trades(deals), MINUTE), length)) == told(direct)


def test_empty_in_empty_out() -> None:
    nothing = from_trades(trades([]), SECOND)
    assert len(nothing) == len(roll_up(nothing, MINUTE)) == 0


def test_open_and_close_are_by_id_where_times_step_back() -> None:
    deals = [Deal(1, 0.9, "1.00"), Deal(2, 0.1, "2.00"), Deal(3, 1.5, "3.00"), Deal(4, 0.5, "4.00")]
    bars = told(from_trades(trades(deals), SECOND))
    first = bars[START_US]
    assert (first.open, first.close, first.first_trade_id, first.last_trade_id) == (1, 4, 1, 4)
    minute = told(roll_up(from_trades(trades(deals), SECOND), MINUTE))[START_US]
    assert (minute.open, minute.close, minute.trade_count) == (1, 4, 4)


def test_flags_sources_and_revisions_of_longer_bars() -> None:
    bars = from_trades(trades([Deal(1, 0), Deal(2, 1), Deal(3, 61)]), SECOND)
    bars.flags[0], bars.flags[1] = BarFlag.PARTIAL, BarFlag.GAP
    bars.source[1] = BarSource.SEEDED
    bars.revision[:] = (1, 2, 0)
    rolled = roll_up(bars, MINUTE)
    assert rolled.flags.tolist() == [BarFlag.PARTIAL | BarFlag.GAP, BarFlag.NONE]
    assert rolled.source.tolist() == [BarSource.SEEDED, BarSource.OWN]
    assert rolled.revision.tolist() == [3, 0]


def test_parts_put_together() -> None:
    bars = from_trades(trades([Deal(i, at=i) for i in range(5)]), SECOND)
    assert told(concatenate([bars.take(slice(0, 2)), bars.take(slice(2, 5))])) == told(bars)


def big(*quantities: int) -> Trades:
    """Trades at price 1 whose volumes are `quantities`, in one second."""
    base = trades([Deal(i) for i in range(len(quantities))], Scale(2, 5))
    base.quantity[:] = quantities
    base.price[:] = 1
    return base


def test_sums_up_to_the_last_bit_of_64() -> None:
    assert from_trades(big(2**62, 2**62 - 1), SECOND).volume.tolist() == [2**63 - 1]
    with pytest.raises(OutOfRange, match="does not fit 64 bits"):
        from_trades(big(2**62, 2**62), SECOND)


def test_products_up_to_the_last_bit_of_64() -> None:
    found = big(2**62 - 1)
    found.price[:] = 2
    assert from_trades(found, SECOND).quote_volume.tolist() == [2**63 - 2]
    found.price[:] = 3
    with pytest.raises(OutOfRange, match="does not fit 64 bits"):
        from_trades(found, SECOND)


def test_rolled_sums_out_of_64_bits_are_refused() -> None:
    halves: list[Candles] = []
    for second in (0, 1):
        part = trades([Deal(second, at=second)])
        part.quantity[:], part.price[:] = 2**62, 1
        halves.append(from_trades(part, SECOND))
    with pytest.raises(OutOfRange):
        roll_up(concatenate(halves), MINUTE)
