"""Unit-root and cointegration tests of every window of a series or a pair, as the single tests would find them.

Each window's sums of products come from sums over all windows at once; windows for which those have lost too many digits, or whose
choice of lags is within rounding, go by the single test.
"""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.analytics import mackinnon
from core.analytics.cointegration import engle_granger
from core.analytics.lags import Lags, Trend, greatest, penalty, terms
from core.analytics.regression import dickey_fuller
from core.analytics.rolling_roots import Regressions, roots
from core.analytics.rolling_spreads import spreads
from core.analytics.rolling_sums import Chunk, Clock, series_moments, series_sums
from core.analytics.series import checked, paired
from core.errors import AnalysisError, BadParameter, NotEnoughData
from core.market import Floats, Ints

#: First rows of windows that are worked on at a time.
_CHUNK = 1024


@dataclass(frozen=True, slots=True, eq=False)
class RollingAdf:
    """`adf` of the `window` rows up to each row, shape (n,) each.

    Rows that were not asked for have NaN, and -1 for lags: the first window - 1 and, with a step, all but every step-th counted
    back from the last. So have windows that the single test refuses, as they do not vary or are certain.
    """

    statistic: Floats
    p_value: Floats
    lags: Ints
    window: int
    trend: Trend


def rolling_adf(
    values: npt.ArrayLike,
    window: int,
    trend: Trend = "c",
    lags: Lags = "aic",
    max_lag: int | None = None,
    step: int = 1,
) -> RollingAdf:
    """The augmented Dickey-Fuller test of a series that is given, shape (n,), oldest first, in each window of `window` rows.

    `lags` and `max_lag` as in `stationarity.adf`, in each window anew. Raise NotEnoughData, BadSeries, BadParameter.
    """
    series = checked(values)
    clock = Clock(window, _most(window, step, lags, max_lag, trend))
    if len(series) < window:
        raise NotEnoughData(window, len(series))
    unit = np.ldexp(series, -int(np.frexp(np.abs(series).max())[1]))
    found = RollingAdf(
        np.full(len(series), np.nan), np.full(len(series), np.nan), np.full(len(series), -1), window, trend
    )
    powers, cost = clock.powers(terms(trend)), _cost(lags, clock)
    first = (len(series) - window) % step
    for start in range(first, len(series) - window + 1, max(step, _CHUNK // step * step)):
        part = unit[start : start + _CHUNK + window - 1]
        chunk = Chunk(part, clock, float(np.median(part)) if len(powers) else 0.0)
        asked = Regressions(series_sums(chunk), series_moments(chunk, len(powers)), powers).take(
            slice(None, None, step)
        )
        with np.errstate(all="ignore"):
            solved = roots(asked, cost)
        ends = slice(start + window - 1, start + window - 1 + chunk.count, step)
        found.statistic[ends], found.lags[ends] = solved.statistic, solved.lags
        for place in np.flatnonzero(~solved.sound):
            row = start + window - 1 + step * int(place)
            found.statistic[row], found.lags[row] = np.nan, -1
            with suppress(AnalysisError):
                single = dickey_fuller(series[row - window + 1 : row + 1], trend, lags, max_lag)
                found.statistic[row], found.lags[row] = single.statistic, single.lags
    known = ~np.isnan(found.statistic)
    found.p_value[known] = mackinnon.p_value(found.statistic[known], trend)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class RollingEngleGranger:
    """`engle_granger` of the `window` rows up to each row, shape (n,) each, with the hedge ratio of each window.

    Rows that were not asked for have NaN, and -1 for lags, as in `RollingAdf`.
    """

    statistic: Floats
    p_value: Floats
    lags: Ints
    hedge_ratio: Floats
    window: int
    trend: Trend


def rolling_engle_granger(
    y: npt.ArrayLike,
    x: npt.ArrayLike,
    window: int,
    trend: Trend = "c",
    lags: Lags = "aic",
    max_lag: int | None = None,
    step: int = 1,
) -> RollingEngleGranger:
    """Engle and Granger's test of y on x, shape (n,) each, oldest first, in each window of `window` rows with its own hedge.

    One after the other these are no independent tests: a pair without any tie is below 5 % in 5 % of its windows, and stays
    there for long when it is. Raise NotEnoughData, BadSeries, BadParameter.
    """
    ours, theirs = paired(y, x, 0)
    clock = Clock(window, _most(window, step, lags, max_lag, "n"))
    if len(ours) < window:
        raise NotEnoughData(window, len(ours))
    unit_y, unit_x = (np.ldexp(leg, -int(np.frexp(np.abs(leg).max())[1])) for leg in (ours, theirs))
    rate = int(np.frexp(np.abs(ours).max())[1]) - int(np.frexp(np.abs(theirs).max())[1])
    nothing = np.full(len(ours), np.nan)
    found = RollingEngleGranger(nothing.copy(), nothing.copy(), np.full(len(ours), -1), nothing.copy(), window, trend)
    columns, cost = terms(trend), _cost(lags, clock)
    first = (len(ours) - window) % step
    for start in range(first, len(ours) - window + 1, max(step, _CHUNK // step * step)):
        parts = (leg[start : start + _CHUNK + window - 1] for leg in (unit_y, unit_x))
        chunk_y, chunk_x = (Chunk(part, clock, float(np.median(part)) if columns else 0.0) for part in parts)
        ends = slice(start + window - 1, start + window - 1 + chunk_y.count, step)
        with np.errstate(all="ignore"):
            made = spreads(chunk_y, chunk_x, columns)
            every = slice(None, None, step)
            asked = Regressions(made.sums, np.empty((chunk_y.count, 0, clock.lags + 2)), clock.powers(0)).take(every)
            solved = roots(asked, cost)
            found.hedge_ratio[ends] = np.ldexp(made.hedge_ratio[every], rate)
        found.statistic[ends], found.lags[ends] = solved.statistic, solved.lags
        for place in np.flatnonzero(~(solved.sound & made.sound[every] & np.isfinite(found.hedge_ratio[ends]))):
            row = start + window - 1 + step * int(place)
            rows = slice(row - window + 1, row + 1)
            found.statistic[row], found.lags[row], found.hedge_ratio[row] = np.nan, -1, np.nan
            with suppress(AnalysisError):
                single = engle_granger(ours[rows], theirs[rows], trend, lags, max_lag)
                found.statistic[row], found.lags[row] = single.statistic, single.lags
                found.hedge_ratio[row] = single.hedge_ratio
    known = ~np.isnan(found.statistic)
    found.p_value[known] = mackinnon.p_value(found.statistic[known], trend, 2)
    return found


def _most(window: int, step: int, lags: Lags, max_lag: int | None, trend: Trend) -> int:
    for name, value in (("window", window), ("step", step)):
        if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 1:
            raise BadParameter(f"the {name} is {value!r}: expected a number of rows from 1")
    try:
        return greatest(lags, max_lag, window, trend)
    except NotEnoughData as short:
        raise BadParameter(f"a window of {window} rows is too short: the test needs {short.needed}") from short


def _cost(lags: Lags, clock: Clock) -> float | None:
    return penalty(lags, clock.sample) if isinstance(lags, str) else None
