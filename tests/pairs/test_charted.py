"""What is drawn around the bars: the traffic of each row's own bar, and what is to be known of single bars."""

from dataclasses import replace

import numpy as np

from core.market import MINUTE, BarFlag, Candles, Symbol
from core.pairs import Leg, PairSpec, draw
from core.pairs.charted import charted
from tests.trading import BTC, ETH, SCALE, START_US

N = 40


def bars(symbol: Symbol, rows: list[int]) -> Candles:
    """A bar of a trade of 1 at 100 + row in each minute of `rows`."""
    times = START_US + np.array(rows, dtype=np.int64) * MINUTE.us
    price = (100 + np.array(rows, dtype=np.int64)) * 10**SCALE.price
    one = np.full(len(rows), 10**SCALE.quantity, dtype=np.int64)
    zeros = np.zeros(len(rows), dtype=np.int64)
    return Candles(
        symbol, MINUTE, SCALE, START_US + N * MINUTE.us, times, price, price, price, price, one,
        price * one, one, zeros, zeros, zeros, zeros, zeros, zeros, zeros,
    )  # fmt: skip


def test_rows_have_the_traffic_of_their_own_bar_and_nothing_where_a_leg_has_none() -> None:
    y, x = bars(BTC, list(range(N))), bars(ETH, [row for row in range(N) if row % 5])
    spec = PairSpec(BTC, ETH, MINUTE, N * MINUTE.us, 5, align="fill", stale_limit=2)
    end_us = START_US + N * MINUTE.us
    found = charted(draw(spec, Leg.of(y), Leg.of(x), end_us), y, x)
    minutes = (found.drawn.series.times - START_US) // MINUTE.us
    np.testing.assert_allclose(found.notional_y, 100.0 + minutes)
    np.testing.assert_allclose(found.notional_x, np.where(minutes % 5, 100.0 + minutes, 0.0))
    assert found.marks == ()


def test_marks_say_of_each_leg_what_is_to_be_known() -> None:
    y, x = bars(BTC, list(range(N))), bars(ETH, list(range(N)))
    flags, revision = y.flags.copy(), y.revision.copy()
    flags[7], flags[9], revision[9] = BarFlag.GAP, BarFlag.PARTIAL | BarFlag.CHECKED, 2
    y = replace(y, flags=flags, revision=revision)
    spec = PairSpec(BTC, ETH, MINUTE, N * MINUTE.us, 5)
    found = charted(draw(spec, Leg.of(y), Leg.of(x), START_US + N * MINUTE.us), y, x)
    told = {((mark.time_us - START_US) // MINUTE.us, mark.symbol): mark.words for mark in found.marks}
    assert told == {
        (7, "BTCUSDT"): "trades of this bar are known to be missing",
        (9, "BTCUSDT"): "the desk's record begins inside this bar; amended by a late trade",
    }
