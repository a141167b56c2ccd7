"""Trades into the database with their bars: whatever the batches, the trades and bars are the same."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import StoreError
from core.feed.binance import BinanceSpot
from core.market import MINUTE, SECOND, BarFlag, BarState, Interval, Scale
from core.store import Commit, Store, Stored, market_url
from tests.store.conftest import Put
from tests.trading import BTC, ETH, NOW_US, PATIENCE, START_US, Deal, meant, reference_bars, said, told, trades

DEALS = st.builds(
    Deal,
    id=st.integers(1, 40),
    at=st.integers(-70_000, 200_000).map(lambda ms: ms / 1000),
    price=st.decimals(min_value="0.01", max_value="99999.99", places=2).map(str),
    quantity=st.decimals(min_value="0.00001", max_value="999.99999", places=5).map(str),
    maker=st.booleans(),
)
#: Each trade with the number of the batch that brings it; the same trade may come again in another.
BATCHES = st.lists(DEALS, min_size=1, max_size=20, unique_by=lambda deal: deal.id).flatmap(
    lambda deals: st.lists(st.lists(st.sampled_from(deals), max_size=6), max_size=5).map(
        lambda batches: (deals, [*batches, deals])
    )
)


@settings(deadline=None, derandomize=True, max_examples=25)
@given(BATCHES, st.permutations([0, 1, 2, 3, 4, 5]))
def test_any_partition_in_any_order_gives_the_same(
    put: Put, deals_and_batches: tuple[list[Deal], list[list[Deal]]], order: list[int]
) -> None:
    deals, batches = deals_and_batches
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(market_url(f"sqlite:///{folder}/desk.db", "binance"), "binance", NOW_US)
        try:
            seen: set[int] = set()
            for batch in (batches[i] for i in order if i < len(batches)):
                new = {deal.id for deal in batch} - seen
                stored = put(store, *batch)
                assert (stored.new, stored.duplicates) == (len(new), len({d.id for d in batch}) - len(new))
                times = [deal.time_us for deal in batch if deal.id in new]
                assert stored.touched_us == (min(times) if times else None)
                seen |= new
            assert said(store.reader.trades_after(BTC, 0, 100)) == meant(deals)
            for text in ("1s", "1m", "7s", "15m", "1w"):
                interval = Interval.parse(text)
                assert told(store.reader.candles(BTC, interval)) == reference_bars(deals, interval.us)
        finally:
            store.close()


@pytest.mark.shared_data
def test_the_capture_in_odd_batches(store: Store, put: Put, spot_frames: tuple[list[bytes], list[int]]) -> None:
    """Cut anywhere, every tenth batch twice and late: all 34,419 trades are there once, and as received."""
    frames, received = spot_frames
    venue, sizes = BinanceSpot(), [1, 777, 13, 4000, 250]
    batches, start = [], 0
    while start < len(frames):
        stop = start + sizes[len(batches) % len(sizes)]
        batches.append(slice(start, stop))
        start = stop
    late = batches.pop(4)
    for rows in [*batches, batches[7], late]:
        observed = venue.parse(frames[rows], np.array(received[rows])).observed
        parts = tuple(seen.trades.coarsened(Scale(2, 5)) for seen in observed)
        assert None not in parts
        store.append(Commit(parts, now_us=NOW_US)).result(PATIENCE)
    everything = venue.parse(frames, np.array(received)).observed
    assert sum(len(seen.trades) for seen in everything) == 34_419
    for seen in everything:
        found = store.reader.trades_after(seen.trades.symbol, 0, 50_000)
        expected = seen.trades.coarsened(Scale(2, 5))
        assert expected is not None
        for name in ("trade_id", "price", "quantity", "trade_time_us", "is_buyer_maker", "trade_count"):
            assert (getattr(found, name) == getattr(expected, name)).all(), name
        late = expected.received_us - found.received_us  # kept to the millisecond
        assert late.min() >= 0
        assert late.max() < 1000


def test_duplicates_change_nothing(store: Store, put: Put) -> None:
    deals = [Deal(i, at=i) for i in range(1, 6)]
    assert put(store, *deals) == Stored(5, 0, START_US + 1_000_000)
    before = told(store.reader.candles(BTC, MINUTE))
    assert put(store, *deals) == Stored(0, 5, None)
    assert put(store, Deal(3, at=99, price="1.00"), Deal(6, at=6)) == Stored(1, 1, START_US + 6_000_000)
    assert told(store.reader.candles(BTC, MINUTE)) == reference_bars([*deals, Deal(6, at=6)], MINUTE.us)
    assert before != told(store.reader.candles(BTC, MINUTE))


def test_symbols_do_not_mix(store: Store, put: Put) -> None:
    put(store, Deal(1, price="1.00"))
    put(store, Deal(1, price="2.00"), Deal(2, price="3.00"), symbol=ETH)
    assert said(store.reader.trades_after(BTC, 0, 10)) == meant([Deal(1, price="1.00")])
    assert store.reader.candles(ETH, MINUTE).trade_count.tolist() == [2]
    assert store.reader.symbols() == [BTC, ETH]


def test_a_late_trade_amends_only_what_the_watermark_had_passed(store: Store, put: Put) -> None:
    put(store, Deal(1, 0.1), Deal(2, 1.1), Deal(9, 61.0), watermark=1.5)
    put(store, Deal(3, 0.2), Deal(4, 1.2), watermark=2.5)
    seconds = store.reader.candles(BTC, SECOND)
    assert seconds.revision.tolist() == [1, 0, 0]
    assert seconds.states() == [BarState.AMENDED, BarState.CONFIRMED, BarState.FORMING]
    put(store, Deal(5, 0.3))
    assert store.reader.candles(BTC, SECOND).revision.tolist() == [2, 0, 0]
    minutes = store.reader.candles(BTC, MINUTE)
    assert minutes.revision.tolist() == [0, 0]
    assert minutes.states() == [BarState.FORMING, BarState.FORMING]


def test_the_watermark_of_the_batch_itself_amends_nothing(store: Store, put: Put) -> None:
    put(store, Deal(1, 0.1), Deal(2, 5), watermark=5)
    assert store.reader.candles(BTC, SECOND).revision.tolist() == [0, 0]
    assert store.reader.watermark_us() == START_US + 5_000_000


def test_a_late_trade_where_there_was_none_makes_an_amended_bar(store: Store, put: Put) -> None:
    put(store, Deal(1, 0), Deal(3, 9), watermark=9)
    put(store, Deal(2, 4))
    bars = store.reader.candles(BTC, SECOND)
    assert bars.states() == [BarState.CONFIRMED, BarState.AMENDED, BarState.FORMING]


def test_the_first_bar_is_partial_and_only_the_first(store: Store, put: Put) -> None:
    put(store, Deal(1, 0), Deal(2, 1), Deal(3, 60))
    put(store, Deal(4, 120))
    assert store.reader.candles(BTC, SECOND).flags.tolist() == [BarFlag.PARTIAL, 0, 0, 0]
    assert store.reader.candles(BTC, MINUTE).flags.tolist() == [BarFlag.PARTIAL, 0, 0]
    assert store.reader.candles(BTC, Interval.parse("2m")).flags.tolist() == [BarFlag.PARTIAL, 0]


def test_the_first_bar_is_that_of_the_first_id(store: Store, put: Put) -> None:
    put(store, Deal(1, 5), Deal(2, 0))
    assert store.reader.candles(BTC, SECOND).flags.tolist() == [0, BarFlag.PARTIAL]


def test_what_does_not_fit_is_refused_and_changes_nothing(store: Store, put: Put) -> None:
    """A sum out of 64 bits in the database is an error of a STRICT table, and never a float."""
    huge = trades([Deal(1)])
    huge.price[:], huge.quantity[:] = 1, 2**62
    store.append(Commit((huge,))).result(PATIENCE)
    before = told(store.reader.candles(BTC, SECOND))
    again = trades([Deal(2)])
    again.price[:], again.quantity[:] = 1, 2**62
    with pytest.raises(StoreError, match="REAL value in INTEGER column"):
        store.append(Commit((again,))).result(PATIENCE)
    assert told(store.reader.candles(BTC, SECOND)) == before
    assert len(store.reader.trades_after(BTC, 0, 10)) == 1
    assert put(store, Deal(3, at=90)).new == 1


def test_a_batch_is_there_wholly_or_not_at_all(store: Store, put: Put) -> None:
    huge = trades([Deal(1), Deal(2)], symbol=ETH)
    huge.quantity[:], huge.price[:] = 2**62, 1
    with pytest.raises(ValueError, match="does not fit 64 bits"):
        store.append(Commit((trades([Deal(1)]), huge), watermark_us=NOW_US)).result(PATIENCE)
    assert store.reader.symbols() == []
    assert store.reader.watermark_us() == 0
    assert put(store, Deal(1)) == Stored(1, 0, START_US)


def test_more_rows_than_one_statement_takes(store: Store, put: Put) -> None:
    deals = [Deal(i, at=i / 10) for i in range(1, 1002)]
    assert put(store, *deals).new == 1001
    assert put(store, *deals, Deal(1002, at=100.2)) == Stored(1, 1001, START_US + 100_200_000)
    assert told(store.reader.candles(BTC, SECOND)) == reference_bars([*deals, Deal(1002, at=100.2)], SECOND.us)


def test_a_store_goes_on_where_it_was_closed(open_store, put: Put, tmp_path: Path) -> None:
    first = open_store()
    put(first, Deal(1, 0.5), watermark=0.5)
    first.close()
    second = open_store()
    assert put(second, Deal(1, 0.5), Deal(2, 0.7)) == Stored(1, 1, START_US + 700_000)
    bars = second.reader.candles(BTC, SECOND)
    assert told(bars) == reference_bars([Deal(1, 0.5), Deal(2, 0.7)], SECOND.us)
    assert bars.flags.tolist() == [BarFlag.PARTIAL]
    assert second.reader.watermark_us() == START_US + 500_000
