"""A rule studied: its legs add up, its steps are told, and each part is what the engine says by itself."""

import numpy as np
import pytest

from core.analytics.backtest.costs import Costs
from core.analytics.backtest.run import Backtest
from core.analytics.backtest.signals import Levels
from core.pairs import Leg, PairAnalysis, Unknown, analyze
from core.pairs.study import ENTRIES, EXITS, leg_profits, study
from core.pairs.trading import trade
from tests.pairs.conftest import end_us, spec

COSTS = Costs.same(2.0)
LEVELS = Levels(1.5, 0.0)


@pytest.fixture(scope="module")
def analysis(legs: tuple[Leg, Leg]) -> PairAnalysis:
    return analyze(spec(estimator="rolling_ols"), *legs, end_us(700))


def ran(analysis: PairAnalysis, rehedge: float | None = None) -> Backtest:
    found = trade(analysis, LEVELS, COSTS, rehedge=rehedge)
    assert not isinstance(found, Unknown)
    return found.backtest


@pytest.mark.parametrize("rehedge", [None, 0.0])
def test_the_legs_add_up_to_the_gross_profit(analysis: PairAnalysis, rehedge: float | None) -> None:
    found = ran(analysis, rehedge)
    assert found.trades
    by_leg = leg_profits(found, analysis.series.y, analysis.series.x)
    np.testing.assert_allclose(by_leg.y + by_leg.x, found.gross, rtol=0, atol=1e-12)
    assert abs(by_leg.y[-1]) > abs(found.gross[-1]) / 100


def test_a_study_is_told_step_by_step_and_has_all_parts(analysis: PairAnalysis) -> None:
    steps: list[float] = []
    found = study(analysis, LEVELS, COSTS, lambda share, _: steps.append(share), runs=20)
    assert steps == sorted(steps)
    assert 0.0 <= steps[0] < steps[-1] <= 1.0
    assert not any(isinstance(part, Unknown) for part in (found.walk, found.grid, found.placebo, found.audit))
    assert found.audit.is_causal
    assert found.placebo.runs == 20
    row, column = ENTRIES.index(1.5), EXITS.index(0.0)
    assert found.grid.net[row, column] == pytest.approx(ran(analysis).net[-1], abs=1e-12)


def test_whoever_is_told_a_step_may_end_it(analysis: PairAnalysis) -> None:
    class Enough(Exception):
        pass

    def step(share: float, _: str) -> None:
        if share > 0.3:
            raise Enough

    with pytest.raises(Enough):
        study(analysis, LEVELS, COSTS, step, runs=20)


def test_too_few_bars_say_so_for_each_part(legs: tuple[Leg, Leg]) -> None:
    y, x = (Leg(leg.name, leg.times[:12], leg.closes[:12], 12) for leg in legs)
    short = analyze(spec(window=3), y, x, int(y.times[-1]) + 60_000_000)
    found = study(short, LEVELS, COSTS, runs=20)
    assert isinstance(found.audit, Unknown) or isinstance(found.walk, Unknown)
