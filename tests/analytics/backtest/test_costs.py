"""What trading costs, and from where on it pays."""

import math

import numpy as np
import pytest

from core.analytics.backtest.costs import Costs, LegCosts, break_even, charges
from core.analytics.backtest.run import backtest
from core.analytics.backtest.signals import Levels
from core.errors import BadParameter

LEG = LegCosts(taker_bps=5, maker_bps=-1, half_spread_bps=2, slippage_bps=0.5)


def test_a_maker_pays_its_fee_alone() -> None:
    found = charges(np.array([1000.0, 1000.0]), np.array([True, False]), LEG)
    np.testing.assert_allclose(found.fees, [0.5, -0.1])
    np.testing.assert_allclose(found.spread, [0.2, 0])
    np.testing.assert_allclose(found.slippage, [0.05, 0])
    np.testing.assert_allclose(found.total, [0.75, -0.1])
    assert LEG.total_bps("taker") == 7.5
    assert LEG.total_bps("maker") == -1


def test_stops_and_the_last_row_take() -> None:
    y = x = np.full(8, 10.0)
    costs = Costs(LegCosts(100), LegCosts(100), entry="maker", exit="maker")
    stopped = backtest(y, x, [2, 3, 3, 3, 0, 0, 0, 0], 1.0, Levels(stop=2.5), costs).trades[0]
    assert (stopped.reason, stopped.fees) == ("stop", pytest.approx(0.01))
    assert backtest(y, x, [2, 2, 0, 0, 0, 0, 0, 0], 1.0, Levels(), costs).trades[0].fees == 0
    timed = backtest(y, x, [2] * 8, 1.0, Levels(max_bars=2), costs).trades[0]
    assert (timed.reason, timed.fees) == ("time", pytest.approx(0.01))
    last = backtest(y, x, [2] * 8, 1.0, Levels(), costs).trades[0]
    assert (last.reason, last.fees) == ("end", pytest.approx(0.01))


def test_break_even_by_hand() -> None:
    """Four sides of 5 bp, of legs of equal value: 20 bp of y; half of z comes back within a half-life."""
    found = break_even(Costs.same(5), deviation=0.001, half_life=60, hedge_ratio=1.0)
    assert found.cost == pytest.approx(0.002)
    assert found.z == pytest.approx(0.002 / (0.001 * 0.5))
    assert found.horizon == 60
    assert "assumed costs" in found.words
    longer = break_even(Costs.same(5), 0.001, 60, 1.0, horizon=120)
    assert longer.z == pytest.approx(0.002 / (0.001 * 0.75))
    level = break_even(Costs.same(5), 10.0, 60, 2.0, "level", (1000.0, 500.0))
    assert level.cost == pytest.approx(4 * 5e-4 * 1000)
    assert break_even(Costs.same(-1), 0.001, 60, 1.0).z == 0


@pytest.mark.parametrize("half_life", [math.inf, math.nan, 0.0])
def test_no_reversion_never_pays(half_life: float) -> None:
    found = break_even(Costs.same(5), 0.001, half_life, 1.0)
    assert found.z is None
    assert "no reversion" in found.words


def test_at_the_break_even_the_costs_are_earned() -> None:
    """A trade from the break-even z to where the expectation has it after a half-life nets about nothing."""
    costs, deviation, ratio = Costs.same(4, half_spread_bps=1), 0.002, 0.8
    z = break_even(costs, deviation, 30, ratio).z
    assert z is not None
    spread = deviation * np.array([z, z, z, z / 2, z / 2])
    x = np.full(5, 100.0)
    y = x**ratio * np.exp(spread)
    found = backtest(y, x, [z, z, 0, 0, 0], ratio, Levels(z, 0.0), costs)
    gross = found.trades[0].gross
    assert gross == pytest.approx(gross - found.trades[0].net, rel=5e-3)


@pytest.mark.parametrize(
    "call",
    [
        lambda: LegCosts(math.nan),
        lambda: LegCosts(5, half_spread_bps=-1),
        lambda: LegCosts(5, slippage_bps=-1),
        lambda: Costs(LEG, LEG, entry="free"),  # type: ignore[arg-type]
        lambda: break_even(Costs.same(5), 0.0, 60, 1.0),
        lambda: break_even(Costs.same(5), 1.0, 60, math.nan),
        lambda: break_even(Costs.same(5), 1.0, 60, 1.0, horizon=0),
        lambda: break_even(Costs.same(5), 1.0, 60, 1.0, "level"),
    ],
)
def test_what_cannot_be_is_refused(call: object) -> None:
    with pytest.raises(BadParameter):
        call()  # type: ignore[operator]
