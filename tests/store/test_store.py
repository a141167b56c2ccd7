"""Seeded history beside the desk's own bars, and the watermark."""

import numpy as np

from core.candles import from_trades
from core.feed.klines import candles
from core.market import MINUTE, SECOND, BarSource, BarState, Candles, Interval, Scale
from core.store import Commit, Store
from tests.store.conftest import Put
from tests.trading import BTC, PATIENCE, SCALE, START_US, Deal, told

MS = START_US // 1000


def history(*minutes: int, scale: Scale = SCALE, price: str = "99.50000000") -> Candles:
    rows = [
        (MS + 60_000 * m, price, price, price, price, "2.00000000", MS + 60_000 * m + 59_999, "199.00000000", 7,
         "1.00000000", "99.50000000", "0")
        for m in minutes
    ]  # fmt: skip
    return candles(rows, BTC, MINUTE, scale)


def seed(store: Store, *parts: Candles) -> int:
    return store.seed(parts).result(PATIENCE)


def test_history_is_told_as_what_it_is(store: Store) -> None:
    assert seed(store, history(-3, -2)) == 2
    bars = store.reader.candles(BTC, MINUTE)
    assert bars.source.tolist() == [BarSource.SEEDED] * 2
    assert bars.states() == [BarState.CONFIRMED] * 2
    assert bars.prices().tolist() == [99.5, 99.5]
    assert bars.trade_count.tolist() == [7, 7]
    assert store.reader.watermark_us() == START_US - MINUTE.us
    assert store.reader.last(BTC) is None


def test_the_desks_own_bars_win(store: Store, put: Put) -> None:
    put(store, Deal(1, 1, "50.00"))
    own = told(store.reader.candles(BTC, MINUTE))
    assert seed(store, history(-1, 0)) == 1
    assert seed(store, history(-1, 0)) == 0
    found = told(store.reader.candles(BTC, MINUTE))
    assert found[START_US] == own[START_US]
    assert len(found) == 2


def test_trades_of_a_seeded_bar_are_kept_but_counted_once(store: Store, put: Put) -> None:
    seed(store, history(0))
    before = told(store.reader.candles(BTC, MINUTE))
    assert put(store, Deal(1, 1), Deal(2, 61)).new == 2
    after = told(store.reader.candles(BTC, MINUTE))
    assert after[START_US] == before[START_US]
    assert len(store.reader.trades_after(BTC, 0, 10)) == 2


def test_history_at_a_coarser_scale_than_the_trades(store: Store, put: Put) -> None:
    put(store, Deal(1, 1, "99.501"), scale=Scale(3, 6))
    assert seed(store, history(-1, scale=Scale(1, 0))) == 1
    bars = store.reader.candles(BTC, MINUTE)
    assert bars.prices().tolist() == [99.5, 99.501]
    assert bars.volumes().tolist() == [2.0, 1.0]
    assert bars.quote_volumes().tolist() == [199.0, 99.501]


def test_history_at_a_finer_scale_than_the_trades(store: Store, put: Put) -> None:
    put(store, Deal(1, 1, "99.5"), scale=Scale(1, 0))
    assert seed(store, history(-1, price="99.12500000", scale=Scale(3, 5))) == 1
    put(store, Deal(2, 2, "99.125", "0.00001"), scale=Scale(3, 5))
    assert store.reader.candles(BTC, MINUTE).prices().tolist() == [99.125, 99.125]
    assert store.reader.candles(BTC, SECOND).prices().tolist() == [99.5, 99.125]


def test_the_watermark_never_goes_back(store: Store, put: Put) -> None:
    put(store, Deal(1, 1), watermark=500)
    seed(store, history(-1))
    put(store, Deal(2, 2), watermark=400)
    assert store.reader.watermark_us() == START_US + 500_000_000


def test_the_watermark_alone(store: Store) -> None:
    assert store.append(Commit((), watermark_us=START_US)).result(PATIENCE) == {}
    assert store.reader.watermark_us() == START_US


def test_nothing_to_seed(store: Store) -> None:
    assert seed(store, history()) == 0
    assert seed(store) == 0


def test_own_bars_rolled_up_with_seeded_ones(store: Store, put: Put) -> None:
    seed(store, history(0, 1))
    put(store, Deal(1, 125, "101.00"), Deal(2, 130, "98.00"))
    (bar,) = told(store.reader.candles(BTC, Interval.parse("5m"))).values()
    assert (bar.open, bar.high, bar.low, bar.close) == (99.5, 101, 98, 98)
    assert bar.trade_count == 16
    assert np.array_equal(from_trades(store.reader.last_trades(BTC, 5), MINUTE).close, [9800])
