"""A backtest in figures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analytics.backtest.costs import Costs
from core.analytics.backtest.report import drawdown, report, returns, score
from core.analytics.backtest.run import backtest
from core.analytics.backtest.signals import Levels
from core.errors import BadSeries

Y = np.array([100.0, 100, 100, 98, 100, 100, 100, 103, 101, 101, 101, 101])
Z = np.array([np.nan, 2, 2, 0, 0, 2, 2, 2, 0, 0, 0, 0])
X = np.full(12, 100.0)


def test_by_hand() -> None:
    found = backtest(Y, X, Z, 1.0, Levels(), Costs.same(10), price="level", capital=200.0)
    told = report(found)  # sold at 100, bought back at 100; sold at 100, bought back at 101
    assert told.trades == 2
    assert told.gross == pytest.approx(-1)
    assert told.fees == pytest.approx(0.801)
    assert told.net == pytest.approx(-1.801) == pytest.approx(float(found.net[-1]))
    assert told.spread == told.slippage == 0
    assert told.hit_rate == 0
    assert told.profit_factor == 0
    assert told.mean_trade == pytest.approx(-1.801 / 2)
    assert told.mean_bars == 2.5
    assert told.exposure == pytest.approx(5 / 10)
    earned = returns(found)
    assert len(earned) == 11  # z is known from row 1 on
    assert earned.sum() * 200 == pytest.approx(told.net)
    assert score(found) == pytest.approx(earned.mean() / earned.std())
    assert told.turnover == pytest.approx(801 / 200)
    assert told.break_even_bps == pytest.approx(-1e4 / 801)
    # the profit was 2 - 0.2 in row 3 at most, and -3 - 0.4 - 0.2 in row 7 at least
    assert told.drawdown.depth == pytest.approx(1.8 + 3.6)
    assert (told.drawdown.peak, told.drawdown.trough, told.drawdown.recovery) == (3, 7, None)
    assert told.drawdown.length == told.drawdown.longest == 8


def test_at_the_break_even_cost_nothing_is_left() -> None:
    random = np.random.default_rng(4)
    spread = np.sin(np.arange(600) / 9) * 0.01
    x = 50 * np.exp(0.001 * random.standard_normal(600).cumsum())
    y = x * np.exp(spread)
    rule = (y, x, spread / spread.std(), 1.0, Levels(1.2, 0.0))
    cost = report(backtest(*rule, Costs.same(0))).break_even_bps
    assert cost is not None
    assert cost > 10
    at_it = report(backtest(*rule, Costs.same(cost)))
    assert at_it.net == pytest.approx(0, abs=1e-12)
    assert at_it.gross > 0
    assert at_it.hit_rate is not None


def test_nothing_traded_is_none_not_zero() -> None:
    told = report(backtest(Y, X, np.zeros(12), 1.0, Levels(), Costs.same(10)))
    assert told.trades == 0
    assert told.net == 0
    assert (told.hit_rate, told.profit_factor, told.mean_trade, told.mean_bars) == (None,) * 4
    assert (told.break_even_bps, told.sharpe, told.probabilistic, told.deflated) == (None,) * 4
    assert score(backtest(Y, X, np.zeros(12), 1.0, Levels(), Costs.same(10))) == 0
    never = backtest(Y, X, np.full(12, np.nan), 1.0, Levels(), Costs.same(10))
    assert len(returns(never)) == 0
    assert report(never).exposure == 0


def test_more_tries_make_less_of_it() -> None:
    random = np.random.default_rng(6)
    z = random.standard_normal(500)
    y = 100 * np.exp(1e-3 * (random.standard_normal(500) - 0.1 * z).cumsum())
    found = backtest(y, np.full(500, 10.0), z, 1.0, Levels(1, 0), Costs.same(0))
    one, many = report(found), report(found, trials=200)
    assert one.deflated == one.probabilistic == many.probabilistic
    assert many.deflated is not None
    assert one.deflated is not None
    assert many.deflated < one.deflated
    assert many.trials == 200


@settings(derandomize=True, max_examples=200)
@given(st.lists(st.integers(-5, 5), min_size=1, max_size=40))
def test_drawdown_as_a_loop(changes: list[int]) -> None:
    profit = [0, *changes]
    found = drawdown(np.array(profit, dtype=np.float64))
    depth = longest = peak = 0
    for row, value in enumerate(profit):
        if profit[row - 1] < profit[peak] or value < profit[peak]:
            longest = max(longest, row - peak)
        if value >= profit[peak]:
            peak = row
        depth = max(depth, profit[peak] - value)
    assert (found.depth, found.longest) == (depth, longest)
    if depth:
        assert profit[found.peak] - profit[found.trough] == depth
        assert max(profit[: found.trough + 1]) == profit[found.peak]
        assert found.length == (len(profit) - 1 if found.recovery is None else found.recovery) - found.peak
        after = [row for row in range(found.trough, len(profit)) if profit[row] >= profit[found.peak]]
        assert found.recovery == (after[0] if after else None)


def test_drawdown_of_nothing() -> None:
    with pytest.raises(BadSeries):
        drawdown(np.empty(0))
    assert drawdown(np.arange(5.0)).depth == 0
