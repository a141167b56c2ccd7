"""Kept bars are the store's own, whatever was written between two questions, in whatever order."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import StoreUnavailable
from core.market import CANDLE_COLUMNS, MINUTE, MINUTE_US, Candles, Interval
from core.monitor import Bus, Change
from core.monitor.bars import KeptBars
from core.store import Store, market_url
from tests.store.conftest import Put
from tests.trading import BTC, ETH, START_US, Deal

SECONDS = 900
INTERVALS = (Interval.parse("7s"), MINUTE, Interval.parse("5m"))


class Counted:
    """The store's reader, counting the bars that it is asked for."""

    def __init__(self, store: Store) -> None:
        self._reader = store.reader
        self.rows = 0

    def legs(self, *asked: object) -> tuple[Candles, ...]:
        legs = self._reader.legs(*asked)  # type: ignore[arg-type]
        self.rows += sum(map(len, legs))
        return legs


def same(one: Candles, other: Candles) -> bool:
    return one.symbol == other.symbol and all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in CANDLE_COLUMNS
    )


batches = st.lists(
    st.tuples(
        st.sampled_from((BTC, ETH)),
        st.lists(st.integers(0, SECONDS - 1), min_size=1, max_size=5),
        st.sampled_from(INTERVALS),
        st.integers(0, SECONDS // 2),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=25)
@given(batches)
def test_kept_bars_are_the_stores(tmp_path_factory: pytest.TempPathFactory, put: Put, batches: list) -> None:
    folder = tmp_path_factory.mktemp("kept")
    store = Store.open(market_url(f"sqlite:///{folder}/desk.db", "binance"), "binance", START_US)
    try:
        bus, next_id, newest = Bus(), 1, 0
        kept = KeptBars(store.reader, bus)
        for symbol, seconds, interval, from_s in batches:
            deals = [Deal(next_id + i, at=at, price=f"{100 + at % 7}.00") for i, at in enumerate(seconds)]
            next_id += len(deals)
            newest = max(newest, *seconds)
            put(store, *deals, symbol=symbol, watermark=newest)
            bus.publish(Change(store.reader.watermark_us(), {symbol: START_US + min(seconds) * 1_000_000}))
            end_us = interval.floor(store.reader.watermark_us())
            start_us = START_US + from_s * 1_000_000
            rows = max((end_us - start_us) // interval.us + 2, 1)
            if start_us < end_us:
                asked = ((BTC, ETH), interval, start_us, end_us)
                found = kept.legs(*asked)
                assert all(map(same, found, store.reader.legs(*asked, rows)))
    finally:
        store.close()


def test_a_closed_bar_is_all_that_is_read(store: Store, put: Put) -> None:
    reader, bus = Counted(store), Bus()
    kept = KeptBars(reader, bus)  # type: ignore[arg-type]
    for symbol in (BTC, ETH):
        put(store, *(Deal(i, at=60 * i) for i in range(1, 61)), symbol=symbol, watermark=3600)
    asked = ((BTC, ETH), MINUTE, START_US, START_US + 60 * MINUTE_US)
    kept.legs(*asked)
    before = reader.rows
    put(store, Deal(61, at=3601), watermark=3661)
    bus.publish(Change(START_US + 61 * MINUTE_US, {BTC: START_US + 60 * MINUTE_US + 1_000_000}))
    (btc, eth) = kept.legs((BTC, ETH), MINUTE, START_US + MINUTE_US, START_US + 61 * MINUTE_US)
    assert (len(btc), len(eth)) == (60, 60)
    assert reader.rows - before <= 3


class Busy:
    """The store's reader, with something that happens after its snapshot, once."""

    def __init__(self, store: Store) -> None:
        self._reader = store.reader
        self.afterwards: list[Callable[[], None]] = []

    def legs(self, *asked: object) -> tuple[Candles, ...]:
        legs = self._reader.legs(*asked)  # type: ignore[arg-type]
        while self.afterwards:
            self.afterwards.pop()()
        return legs


def test_what_changes_while_bars_are_read_is_read_the_next_time(store: Store, put: Put) -> None:
    reader, bus = Busy(store), Bus()
    kept = KeptBars(reader, bus)  # type: ignore[arg-type]
    put(store, *(Deal(10 + i, at=60 * i) for i in range(1, 61)), symbol=BTC, watermark=3600)
    asked = ((BTC,), MINUTE, START_US, START_US + 60 * MINUTE_US)

    def late() -> None:
        put(store, Deal(9, at=30, price="999.00"), symbol=BTC, watermark=3600)
        bus.publish(Change(START_US + 60 * MINUTE_US, {BTC: START_US + 30_000_000}))

    reader.afterwards.append(late)
    (before,) = kept.legs(*asked)
    (after,) = kept.legs(*asked)
    assert (len(before), len(after)) == (59, 60)
    assert all(map(same, (after,), store.reader.legs(*asked, 100)))


def test_a_reading_that_fails_forgets_nothing(store: Store, put: Put) -> None:
    reader, bus = Busy(store), Bus()
    kept = KeptBars(reader, bus)  # type: ignore[arg-type]
    put(store, *(Deal(10 + i, at=60 * i) for i in range(1, 61)), symbol=BTC, watermark=3600)
    asked = ((BTC,), MINUTE, START_US, START_US + 60 * MINUTE_US)
    kept.legs(*asked)
    put(store, Deal(9, at=30, price="999.00"), symbol=BTC, watermark=3600)
    bus.publish(Change(START_US + 60 * MINUTE_US, {BTC: START_US + 30_000_000}))

    def broken() -> None:
        raise StoreUnavailable("the disk is gone")

    reader.afterwards.append(broken)
    with pytest.raises(StoreUnavailable):
        kept.legs(*asked)
    assert all(map(same, kept.legs(*asked), store.reader.legs(*asked, 100)))
