"""On unrelated walks a backtest must find nothing; the mistakes that find something are made here to show that it would show."""

import numpy as np
import pytest

from core.analytics import rolling
from core.analytics.backtest.costs import Costs
from core.analytics.backtest.report import report
from core.analytics.backtest.run import Backtest, backtest
from core.analytics.backtest.signals import Levels
from core.market import Floats
from tests.analytics.backtest.rules import (
    FREE,
    rolling_rule,
    t_of_bars,
    t_of_the_re_estimated_spread,
    t_of_the_whole_sample,
    t_statistic,
    walks,
)

RUNS, ROWS, WINDOW = 200, 2880, 60
LEVELS = Levels(2.0, 0.0)


@pytest.fixture(scope="module")
def markets() -> list[tuple[Floats, Floats]]:
    return [walks(seed, ROWS, 5e-4) for seed in range(RUNS)]


@pytest.fixture(scope="module")
def honest(markets: list[tuple[Floats, Floats]]) -> list[Backtest]:
    return [rolling_rule(y, x, WINDOW, LEVELS) for y, x in markets]


def test_holdings_frozen_at_the_entry_earn_nothing(honest: list[Backtest]) -> None:
    """Each market's t statistic is about standard normal: mean 0 with deviation 1."""
    found = np.array([t_of_bars(one) for one in honest])
    assert abs(found.mean()) < 4 / RUNS**0.5
    assert found.std() == pytest.approx(1, abs=0.2)
    assert (found > 2).mean() < 0.08


def test_marking_the_re_estimated_spread_would_earn_each_time(markets: list[tuple[Floats, Floats]]) -> None:
    found = np.array([t_of_the_re_estimated_spread(y, x, WINDOW) for y, x in markets])
    assert found.mean() > 4
    assert (found > 2).mean() > 0.99


def test_a_hedge_and_a_mean_of_the_whole_sample_would_earn(markets: list[tuple[Floats, Floats]]) -> None:
    found = np.array([t_of_the_whole_sample(y, x) for y, x in markets])
    assert found.mean() > 1.2
    assert (found > 2).mean() > 0.2


def test_winning_often_is_not_earning(honest: list[Backtest]) -> None:
    """Two thirds of the trades win on noise, because the losing ones are held for longer: no profit comes of it."""
    trades = [trade for one in honest for trade in one.trades]
    assert np.mean([trade.gross > 0 for trade in trades]) > 0.55
    assert abs(t_statistic(np.array([trade.gross for trade in trades]))) < 3


def test_costs_are_lost_in_full(markets: list[tuple[Floats, Floats]]) -> None:
    """What is lost on noise is what was paid."""
    gross, net, paid = [], [], []
    for y, x in markets[:60]:
        told = report(rolling_rule(y, x, WINDOW, LEVELS, Costs.same(4, half_spread_bps=1)))
        gross.append(told.gross)
        net.append(told.net)
        paid.append(told.fees + told.spread)
        assert told.turnover * 5e-4 == pytest.approx(paid[-1])
    assert np.mean(net) == pytest.approx(np.mean(gross) - np.mean(paid))
    assert t_statistic(np.array(net)) < -10


def test_a_fill_at_the_deciding_close_would_earn_the_bounce() -> None:
    """The mistake: a bouncing price bought at the very close that made it look cheap; one bar later it has bounced."""
    early, late = [], []
    for seed in range(40):
        y, x = walks(seed, 1440, 2e-4)
        bounce = 1e-3 * np.sign(np.random.default_rng([7, seed]).standard_normal(1440))
        seen = y * np.exp(bounce)
        z = rolling.zscore(np.log(seen) - np.log(x), WINDOW)
        late.append(float(backtest(seen, x, z, 1.0, Levels(1.5, 0), FREE).gross[-1]))
        shifted = np.append(z[1:], np.nan)  # as if each close had been known, and filled at, a row before
        early.append(float(backtest(seen, x, shifted, 1.0, Levels(1.5, 0), FREE).gross[-1]))
    assert t_statistic(np.array(early)) > 10
    assert abs(t_statistic(np.array(late))) < 3


def test_a_tied_pair_is_found(markets: list[tuple[Floats, Floats]]) -> None:
    """The power beside the size: the same rule on a spread that does revert."""
    random = np.random.default_rng(5)
    found = []
    for _, x in markets[:20]:
        spread = 5e-4 * random.standard_normal(ROWS)
        for row in range(1, ROWS):
            spread[row] += 0.9 * spread[row - 1]
        one = rolling_rule(x * np.exp(spread), x, 4 * WINDOW, LEVELS)
        found.append(t_of_bars(one))
    assert min(found) > 3
