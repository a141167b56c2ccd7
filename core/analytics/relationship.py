"""Does a pair still hold together: cointegration in each part of the lookback, and whether the hedge has moved since."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.analytics.autoregression import autoregression
from core.analytics.centre import centred
from core.analytics.cointegration import both_orders
from core.analytics.hedge import HedgeRatio, ols
from core.analytics.lags import Lags, Trend
from core.analytics.series import paired
from core.analytics.spread import spread
from core.errors import AnalysisError, BadParameter, NotEnoughData

Verdict = Literal["holds", "doubtful", "broken", "none"]
#: Rows of a part that a test can say something of.
_LEAST_ROWS = 60
#: So many of its own errors apart two hedges are told apart.
_APART = 3.0
_LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Relationship:
    """A verdict on a pair with its `reasons`, from `parts` of `rows` rows each, oldest first.

    `p_values` are the parts' tests of both orders (1 where a leg does not vary), and of them `passed` are below 5 %: of unrelated legs 5 % of the
    parts are. `drift` is how far the last part's hedge is from that of all rows before it, in errors of their difference; the errors
    allow for residuals that hang together, by their first autocorrelation. None where it cannot be told.

    Where half of the parts before the last one passed, the pair "holds" if the last one does too and the hedge has moved by no more
    than three errors, else it is "broken". Where they did not, it is "doubtful" if the last one passes, else there is "none".
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    p_values: tuple[float, ...]
    drift: float | None
    rows: int

    @property
    def parts(self) -> int:
        return len(self.p_values)

    @property
    def passed(self) -> int:
        return sum(p < _LEVEL for p in self.p_values)


def relationship(
    y: npt.ArrayLike, x: npt.ArrayLike, parts: int = 4, trend: Trend = "c", lags: Lags = "aic"
) -> Relationship:
    """How y and x, shape (n,) each, n >= 60 `parts`, oldest first, in levels or logs, held together in each of `parts` parts.

    Raise NotEnoughData, BadSeries, Degenerate where a leg does not vary, BadParameter where `parts` is not a number from 2.
    """
    if isinstance(parts, bool) or parts < 2:
        raise BadParameter(f"{parts!r} parts: expected a number from 2")
    ours, theirs = paired(y, x, 0)
    rows = len(ours) // parts
    if rows < _LEAST_ROWS:
        raise NotEnoughData(_LEAST_ROWS * parts, len(ours))
    for leg, name in ((ours, "y"), (theirs, "x")):
        centred(leg, name)  # refuses a constant, in its own words
    start = len(ours) - rows * parts
    cuts = [slice(start + part * rows, start + (part + 1) * rows) for part in range(parts)]
    p_values = tuple(_p_value(ours[cut], theirs[cut], trend, lags) for cut in cuts)
    before = slice(start, len(ours) - rows)
    drift = _drift((ours[before], theirs[before]), (ours[cuts[-1]], theirs[cuts[-1]]))
    return _judged(p_values, drift, rows)


def _p_value(y: npt.ArrayLike, x: npt.ArrayLike, trend: Trend, lags: Lags) -> float:
    try:
        return both_orders(y, x, trend, lags).p_value
    except AnalysisError:
        return 1.0


def _drift(before: tuple[npt.ArrayLike, npt.ArrayLike], last: tuple[npt.ArrayLike, npt.ArrayLike]) -> float | None:
    try:
        one, other = (_fitted(*legs) for legs in (before, last))
    except AnalysisError:
        return None
    return abs(other[0].slope - one[0].slope) / math.hypot(one[1], other[1])


def _fitted(y: npt.ArrayLike, x: npt.ArrayLike) -> tuple[HedgeRatio, float]:
    """The hedge, and its error were the residuals an AR(1): so many of them say no more than one."""
    found = ols(y, x)
    residual = centred(spread(y, x, found.slope, found.intercept), "the residual").deviations
    phi = min(max(autoregression(residual - residual.mean()).phi, 0.0), 1.0 - 1.0 / len(residual))
    return found, float(found.slope_error or np.nan) * math.sqrt((1.0 + phi) / (1.0 - phi))


def _judged(p_values: tuple[float, ...], drift: float | None, rows: int) -> Relationship:
    *earlier, last = (p < _LEVEL for p in p_values)
    held, now = 2 * sum(earlier) >= len(earlier), last
    moved = drift is not None and drift > _APART
    reasons = [
        f"cointegrated in {sum(earlier) + now} of {len(p_values)} parts of {rows:,} bars; unrelated legs are in about one of twenty",
        f"the last part's p is {p_values[-1]:.3f}",
    ]
    if drift is not None:
        reasons.append(f"its hedge is {drift:.1f} errors from that of the bars before")
    if held:
        verdict: Verdict = "holds" if now and not moved else "broken"
    else:
        verdict = "doubtful" if now else "none"
    return Relationship(verdict, tuple(reasons), p_values, drift, rows)
