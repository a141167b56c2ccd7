"""Hedge, spread and z-score of every bar, by the estimator and the z-score that the spec asks for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.analytics import hedge, robust, rolling, spread, weighted
from core.analytics.hedge import HedgeRatio
from core.analytics.johansen import johansen
from core.analytics.kalman import Kalman, kalman
from core.errors import BadParameter, Degenerate
from core.market import Bools, Floats
from core.pairs.provenance import Unknown, known
from core.pairs.spec import PairSpec


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """The hedge that each row's spread stands on, shape (n,) each, and the one that stands at the end.

    `error` is the slope's standard error where each row has one, else NaN. `filter` is the Kalman filter, where that was asked for.
    """

    slope: Floats
    intercept: Floats
    error: Floats
    ratio: HedgeRatio
    filter: Kalman | None = None

    def memory_bars(self) -> float:
        """After how many bars the filter has taken over a surprise. Raise BadParameter where the hedge is no filter's."""
        if self.filter is None:
            raise BadParameter(f"{self.ratio.estimator} has no memory of its own: it stands on its window or lookback")
        return self.filter.memory_bars


def hedged(spec: PairSpec, y: Floats, x: Floats, first: int) -> Path:
    """The hedge of `y` on `x`, prices or logs, shape (n,); a fixed one stands on the rows from `first` on.

    Raise NotEnoughData, BadSeries, Degenerate.
    """
    if spec.estimator == "rolling_ols":
        return _rolling(y, x, spec.window)
    if spec.estimator == "kalman":
        return _filtered(y, x, first)
    ratio = (
        _johansen(y[first:], x[first:])
        if spec.estimator == "johansen"
        else hedge.estimate(y[first:], x[first:], spec.estimator)
    )
    return Path(np.full(len(y), ratio.slope), np.full(len(y), ratio.intercept), np.full(len(y), np.nan), ratio)


def _rolling(y: Floats, x: Floats, window: int) -> Path:
    found = rolling.pair(y, x, window)
    ratio = replace(hedge.ols(y[-window:], x[-window:]), estimator="rolling_ols")
    return Path(found.slope, found.intercept, found.slope_error, ratio)


def _filtered(y: Floats, x: Floats, first: int) -> Path:
    """What is held at the end is what the filter knows after the last row; its fit is that of the innovations."""
    found = kalman(y, x)
    level, slope, _, _, variance, _ = found.state
    surprises, part = found.innovation[max(first, 2) :], y[max(first, 2) :]
    squares, total = float(surprises @ surprises), float(((part - part.mean()) ** 2).sum())
    error = float(np.sqrt(max(variance, 0.0)))
    ratio = HedgeRatio(
        estimator="kalman",
        slope=slope,
        intercept=found.filter.reference_y + level - slope * found.filter.reference_x,
        slope_error=error,
        intercept_error=None,
        low=slope - 1.959963984540054 * error,
        high=slope + 1.959963984540054 * error,
        r_squared=1.0 - squares / total if total > 0 else 0.0,
        residual_std=float(np.sqrt(squares / max(len(part) - 2, 1))),
        n=len(part),
    )
    return Path(found.slope, found.intercept, found.slope_error, ratio, found)


def _johansen(y: Floats, x: Floats) -> HedgeRatio:
    found = johansen(np.column_stack((y, x))).hedge_ratios
    if found is None:
        raise Degenerate("the strongest relation does not hold y: there is no hedge in it")
    return hedge.of_line(y, x, found[0], "johansen")


def spreads(spec: PairSpec, y: Floats, x: Floats, path: Path | Unknown) -> Floats:
    """The spread of each row, shape (n,), NaN where the row has no hedge. A ratio needs none."""
    if spec.spread == "ratio":
        return spread.ratio(y, x, spec.price)
    held = known(path)
    if held.filter is not None:
        return held.filter.innovation
    return spread.spread(y, x, held.slope, held.intercept)


def least_std(spec: PairSpec, y: Floats, x: Floats, path: Path | Unknown) -> float:
    """The deviation of the spread that is no more than rounding."""
    slope = 1.0 if spec.spread == "ratio" or isinstance(path, Unknown) else path.ratio.slope
    return spread.rounding(y, x, slope)


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """The z-score of each spread, and what it is measured from and in: z = (spread - centre) / scale, shape (n,) each.

    All are NaN before the window is full; z alone also where the window does not vary.
    """

    centre: Floats
    scale: Floats
    z: Floats


def zscores(spec: PairSpec, y: Floats, x: Floats, path: Path | Unknown, values: Floats) -> Scores:
    """The scores of each spread; rows without a spread have none, and no part in those of others.

    Raise NotEnoughData where no window is full.
    """
    held = known(path).filter if spec.z == "innovation" else None
    if held is not None:
        return Scores(0.0 * held.z, held.deviation, held.z)
    there = ~np.isnan(values)
    found = _BY_NAME[spec.z](values[there], spec.window, least_std(spec, y, x, path))
    return Scores(*(_at(there, column) for column in found))


def _at(there: Bools, column: Floats) -> Floats:
    whole = np.full(len(there), np.nan)
    whole[there] = column
    return whole


def _rolling_scores(values: Floats, window: int, least: float) -> tuple[Floats, Floats, Floats]:
    found = rolling.moments(values, window, least)
    return found.mean, found.std, found.z


def _prior_scores(values: Floats, window: int, least: float) -> tuple[Floats, Floats, Floats]:
    before = rolling.moments(values, window, least)
    centre, scale = (np.concatenate(([np.nan], column[:-1])) for column in (before.mean, before.std))
    return centre, scale, rolling.prior_zscore(values, window, least)


def _robust_scores(values: Floats, window: int, least: float) -> tuple[Floats, Floats, Floats]:
    found = robust.moments(values, window, least)
    return found.median, found.deviation, found.z


def _weighted_scores(values: Floats, window: int, least: float) -> tuple[Floats, Floats, Floats]:
    found = weighted.moments(values, window, least)
    return found.mean, found.std, found.z


_BY_NAME: Mapping[str, Callable[[Floats, int, float], tuple[Floats, Floats, Floats]]] = {
    "rolling": _rolling_scores,
    "prior": _prior_scores,
    "robust": _robust_scores,
    "ewm": _weighted_scores,
}
