"""Pair-synchronous bars: a plain walk over the merged trades, and a correlation that thin trading does not destroy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analytics import synchronous
from core.analytics.correlation import pearson
from core.analytics.leadlag import sampled_correlation
from core.errors import AnalysisError, BadParameter, BadSeries
from tests.analytics.reference_dynamics import trading

trades = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)), max_size=30).map(
    lambda ticks: (np.array(sorted(t for t, _ in ticks), dtype=np.int64), np.array([float(p) for _, p in ticks]))
)


def _plain(y, x, k: int, notional: float) -> list[tuple[float, ...]]:
    """(open, close, y, x, trades of y, of x), trade by trade; quantities are 1, so that notional is the sum of prices."""
    merged = sorted(
        [(t, 0, p) for t, p in zip(*y, strict=True)] + [(t, 1, p) for t, p in zip(*x, strict=True)], key=lambda m: m[0]
    )
    bars, current = [], []
    for row, trade in enumerate(merged):
        current.append(trade)
        last_at_this_time = row + 1 == len(merged) or merged[row + 1][0] > trade[0]
        legs = [[p for _, leg, p in current if leg == side] for side in (0, 1)]
        if last_at_this_time and all(len(leg) >= k or sum(leg) >= notional for leg in legs):
            bars.append((current[0][0], trade[0], legs[0][-1], legs[1][-1], len(legs[0]), len(legs[1])))
            current = []
    return bars


@given(trades, trades, st.integers(1, 4), st.sampled_from([None, 5.0, 12.0]))
def test_the_walk_over_the_trades(y, x, k: int, notional: float | None) -> None:
    ones = {} if notional is None else {"quantities_y": np.ones(len(y[0])), "quantities_x": np.ones(len(x[0]))}
    found = synchronous.bars(*y, *x, k=k, notional=notional, **ones)
    columns = (found.open_us, found.close_us, found.y, found.x, found.trades_y, found.trades_x)
    assert list(zip(*(c.tolist() for c in columns), strict=True)) == _plain(y, x, k, notional or np.inf)
    assert (np.minimum(found.age_y, found.age_x) == 0).all()


def test_no_leg_is_stale_so_correlation_survives_thin_trading() -> None:
    """True 0.80. Each leg trades in two of five seconds: 0.2 in forward-filled seconds, 0.5 and more in these bars."""
    ticks = trading(np.random.default_rng(1), 40_000, 1_000_000, 0.8, 0.4)
    filled = sampled_correlation(*ticks.columns(), 1_000_000).value
    by_k = [synchronous.bars(*ticks.columns(), k=k) for k in (1, 5, 20)]
    found = [pearson(np.diff(np.log(bars.y)), np.diff(np.log(bars.x))).value for bars in by_k]
    assert filled < 0.25
    assert found[0] > 0.5
    assert found[1] > 0.7
    assert found[2] == pytest.approx(0.8, abs=0.04)


@given(trades, trades, st.integers(1, 3), st.integers(0, 40))
def test_what_comes_later_changes_no_bar(y, x, k: int, cut: int) -> None:
    whole = synchronous.bars(*y, *x, k=k)
    early = [(times[times <= cut], prices[: int((times <= cut).sum())]) for times, prices in (y, x)]
    truncated = synchronous.bars(*early[0], *early[1], k=k)
    assert truncated.close_us.tolist() == whole.close_us[whole.close_us <= cut].tolist()
    assert truncated.y.tolist() == whole.y[: len(truncated)].tolist()


def test_without_trades_of_a_leg_there_are_no_bars() -> None:
    assert len(synchronous.bars([], [], [1, 2], [1.0, 2.0])) == 0
    assert len(synchronous.bars([1, 2], [1.0, 2.0], [1], [1.0], k=2)) == 0


def test_what_cannot_be_answered_says_so() -> None:
    good = ([1, 2], [1.0, 2.0])
    for k, notional in ((0, None), (1, 0.0), (1, -5.0), (1, float("nan"))):
        with pytest.raises(BadParameter, match="from 1"):
            synchronous.bars(*good, *good, k=k, notional=notional)
    with pytest.raises(BadParameter, match="quantities of y"):
        synchronous.bars(*good, *good, notional=5.0)
    with pytest.raises(BadSeries, match="1 quantities for 2 trades of x"):
        synchronous.bars(*good, *good, notional=5.0, quantities_y=[1, 1], quantities_x=[1])
    with pytest.raises(BadSeries, match="step back"):
        synchronous.bars([2, 1], [1.0, 2.0], *good)
    with pytest.raises(BadSeries, match="below 0"):
        synchronous.bars(*good, *good, notional=5.0, quantities_y=[1, -1], quantities_x=[1, 1])


def test_an_amount_lost_in_rounding_still_moves_on() -> None:
    times, prices = [1, 2, 3, 4], [1e20, 1.0, 1.0, 1e20]
    found = synchronous.bars(times, prices, times, prices, 5, 1e-3, [1] * 4, [1] * 4)
    assert found.close_us.tolist() == [1, 4]


@given(st.lists(st.tuples(st.integers(), st.floats()), max_size=8), st.integers(), st.floats())
def test_any_trades_give_an_answer_or_an_error(ticks, k: int, notional: float) -> None:
    times, prices = [t for t, _ in ticks], [p for _, p in ticks]
    try:
        found = synchronous.bars(times, prices, times, prices, k, notional, prices, prices)
    except AnalysisError:
        return
    assert len(found) <= len(ticks)
