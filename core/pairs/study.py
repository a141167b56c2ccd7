"""Whether a rule on a pair's z-score is to be believed: walked forward, at other levels, on markets without a tie, and audited."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.analytics import hedge, rolling, spread
from core.analytics.backtest.audit import Audit
from core.analytics.backtest.costs import Costs
from core.analytics.backtest.grid import Grid, grid
from core.analytics.backtest.placebo import Placebo, percentile
from core.analytics.backtest.report import score
from core.analytics.backtest.run import Backtest, backtest
from core.analytics.backtest.signals import Levels
from core.analytics.backtest.walkforward import WalkForward, walk_forward
from core.market import Floats
from core.pairs.answer import PairAnalysis
from core.pairs.provenance import Unknown, told
from core.pairs.trading import audit, held

#: Levels of the grid, in z-scores.
ENTRIES = tuple(np.round(np.arange(1.0, 3.55, 0.25), 2).tolist())
EXITS = tuple(np.round(np.arange(-0.5, 1.55, 0.25), 2).tolist())
#: Markets without a tie.
RUNS = 200
#: A hedge is fitted on so many parts of the lookback and traded on the one after them.
_PARTS = 8
_FITTED_PARTS = 2

Step = Callable[[float, str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """What the rule comes to where it could not know better. What cannot be told is an Unknown."""

    walk: WalkForward | Unknown
    grid: Grid | Unknown
    placebo: Placebo | Unknown
    audit: Audit | Unknown


@dataclass(frozen=True, slots=True, eq=False)
class LegProfits:
    """The gross profit of each leg up to each close [quote currency], shape (n,); both add up to the backtest's."""

    y: Floats
    x: Floats


def leg_profits(found: Backtest, y: Floats, x: Floats) -> LegProfits:
    """What was held of each leg after a close, times how its price moved to the next, added up."""

    def of(quantity: Floats, prices: Floats) -> Floats:
        return np.concatenate(([0.0], np.cumsum(quantity[:-1] * np.diff(prices))))

    return LegProfits(of(found.quantity_y, y), of(found.quantity_x, x))


def study(
    analysis: PairAnalysis, levels: Levels, costs: Costs, step: Step = lambda *_: None, runs: int = RUNS
) -> Study:
    """All of it; `step` is told how far it is, from 0 to 1, and may raise to end it."""
    step(0.0, "walking forward")
    walk = told(lambda: walked(analysis, levels, costs))
    step(0.1, "other levels")
    cells = told(lambda: gridded(analysis, levels, costs))
    step(0.2, f"{runs} markets without a tie")
    chance = told(lambda: placebo(analysis, levels, costs, runs, step))
    step(0.9, "looking for knowledge of the future")
    return Study(walk, cells, chance, audit(analysis))


def walked(analysis: PairAnalysis, levels: Levels, costs: Costs) -> WalkForward:
    """Fitted on two eighths of the lookback by least squares and traded on the next one, with the spec's own window."""
    series, spec = analysis.series, analysis.spec
    part = len(series) // _PARTS

    def fit(y: Floats, x: Floats) -> tuple[float, float]:
        found = hedge.ols(y, x)
        return found.slope, found.intercept

    window = spec.window if spec.window < _FITTED_PARTS * part else None
    return walk_forward(
        series.y, series.x, fit, levels, costs, _FITTED_PARTS * part, part, window=window, price=spec.price
    )


def gridded(analysis: PairAnalysis, levels: Levels, costs: Costs) -> Grid:
    """The rule at every entry and exit of the grid, by the analysis' z-score and hedge."""
    series = analysis.series
    return grid(
        series.y, series.x, series.z, held(analysis), ENTRIES, EXITS, costs, stop=levels.stop, max_bars=levels.max_bars,
        direction=levels.direction, price=analysis.spec.price,
    )  # fmt: skip


def placebo(
    analysis: PairAnalysis, levels: Levels, costs: Costs, runs: int = RUNS, step: Step = lambda *_: None
) -> Placebo:
    """The same rule, by a hedge and a z-score that know the past alone, on shuffled blocks of both legs' returns."""
    window, price = analysis.spec.window, analysis.spec.price
    done = 0

    def rule(y: Floats, x: Floats) -> float:
        nonlocal done
        done += 1
        step(0.2 + 0.7 * min(done / (runs + 1), 1.0), f"market {done:,} of {runs:,} without a tie")
        fit = rolling.pair(spread.levels(y, price), spread.levels(x, price), window)
        z = np.full(len(y), np.nan)
        known = ~np.isnan(fit.residual)
        z[known] = rolling.zscore(fit.residual[known], window)
        return score(backtest(y, x, z, fit.slope, levels, costs, price=price))

    return percentile(rule, analysis.series.y, analysis.series.x, runs=runs)
