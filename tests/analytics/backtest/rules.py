"""Markets with a known truth and a causal rule to trade them by, for the tests of the backtest."""

import numpy as np

from core.analytics import rolling
from core.analytics.backtest.costs import Costs
from core.analytics.backtest.run import Backtest, backtest
from core.analytics.backtest.signals import Levels
from core.market import Floats

FREE = Costs.same(0)


def walks(seed: int, rows: int, scale: float = 1e-3) -> tuple[Floats, Floats]:
    """Closes of two unrelated walks."""
    steps = scale * np.random.default_rng(seed).standard_normal((2, rows))
    y, x = 100 * np.exp(steps.cumsum(axis=1))
    return y, x


def tied(seed: int, rows: int, phi: float = 0.95, noise: float = 1e-3) -> tuple[Floats, Floats]:
    """Closes of a walk and of one that follows it, with an AR(1) spread."""
    random = np.random.default_rng(seed)
    x = 100 * np.exp(1e-3 * random.standard_normal(rows).cumsum())
    spread = noise * random.standard_normal(rows)
    for row in range(1, rows):
        spread[row] += phi * spread[row - 1]
    return 3 * x**0.8 * np.exp(spread), x


def rolling_rule(y: Floats, x: Floats, window: int = 60, levels: Levels | None = None, costs: Costs = FREE) -> Backtest:
    """The window's own least squares of the logs, and its residual in its own deviations, as known at each close."""
    fit = rolling.pair(np.log(y), np.log(x), window)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = fit.residual / fit.residual_std
    return backtest(y, x, z, fit.slope, levels or Levels(), costs)


def t_statistic(profits: Floats) -> float:
    """The mean over its standard error, of independent profits."""
    return float(profits.mean() / profits.std(ddof=1) * len(profits) ** 0.5)


def t_of_bars(found: Backtest) -> float:
    """The t statistic of the gross profit of each bar, 0 without trades."""
    profits = np.diff(found.gross)
    return t_statistic(profits) if profits.any() else 0.0


def t_honest(y: Floats, x: Floats, window: int = 60) -> float:
    return t_of_bars(rolling_rule(y, x, window, Levels(2.0, 0.0)))


def t_of_the_re_estimated_spread(y: Floats, x: Floats, window: int = 60) -> float:
    """The mistake: profit as position times the change of a residual whose hedge moves with the window."""
    side = np.sign(rolling_rule(y, x, window, Levels(2.0, 0.0)).quantity_y)
    residual = rolling.pair(np.log(y), np.log(x), window).residual
    return t_statistic((side[:-1] * np.diff(residual))[window:])


def t_of_the_whole_sample(y: Floats, x: Floats) -> float:
    """The mistake: a hedge, a mean and a deviation that were only known afterwards."""
    slope, intercept = np.polyfit(np.log(x), np.log(y), 1)
    spread = np.log(y) - intercept - slope * np.log(x)
    return t_of_bars(backtest(y, x, spread / spread.std(), slope, Levels(2.0, 0.0), FREE))


def long_check(runs: int = 1000, rows: int = 10_080) -> list[tuple[str, float, float]]:
    """(way of counting, mean t, share of t above 2) on unrelated walks: about 0 and 2.5 % of the honest one alone."""
    ways = {"honest": t_honest, "re-estimated": t_of_the_re_estimated_spread, "hindsight": t_of_the_whole_sample}
    found: dict[str, list[float]] = {name: [] for name in ways}
    for seed in range(runs):
        y, x = walks(seed, rows, 5e-4)
        for name, way in ways.items():
            found[name].append(way(y, x))
    return [(name, float(np.mean(t)), float(np.mean(np.array(t) > 2))) for name, t in found.items()]
