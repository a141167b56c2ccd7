"""The Dickey-Fuller regression of one series, with the lag that an information criterion chooses, from one factorisation.

The change y(t) - y(t-1) is regressed on a trend, the level y(t-1) and changes before. With the columns in the order trend,
level, lag 1 ... lag p, change, one triangular factor holds the residual sums of squares of all lags at once: with k lags it is
the sum of the squares in the last column from row k on. The regression is fitted again with the lag chosen on the p - k rows
more that it then has, by adding those rows to the factor.

The factor is of Householder's QR, or for a long series of Cholesky from the sums of products (`products`), which is many
times as fast, and left for QR wherever rounding might show.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from core.analytics import products
from core.analytics.lags import Lags, Trend, greatest, penalty, terms
from core.analytics.products import ROUNDING
from core.errors import Degenerate, NotEnoughData
from core.market import Floats

#: From so many rows on sums of products are the faster way.
_LONG = 700
#: A column of which less than this share is its own is taken for a combination of those before it.
_LEAST_SHARE = 1e-11
#: What is said of a series that leaves nothing to test.
_FLAT = "the series is its trend to rounding: it has to vary by itself"
_CERTAIN = "each change follows from the rows before it to rounding: there is no noise to test against"


@dataclass(frozen=True, slots=True)
class UnitRoot:
    """The t of the level with `lags` lags, from a regression of `n` rows."""

    statistic: float
    lags: int
    n: int


class Design(NamedTuple):
    """A series as the regression's columns see it, in a unit that keeps all of its values within -1 and 1.

    Row i is of time t = i + 1; the first rows are there only for lags. `before` is the level y(t-1), less a constant where the
    regression has one, `trend` its powers of time.
    """

    change: Floats  # (rows,)
    before: Floats  # (rows,)
    trend: Floats  # (terms, rows)

    def rows(self, lags: int, start: int, end: int | None = None) -> Floats:
        """Rows `start` to `end` with the columns trend, level, lag 1 ... lag `lags`, change."""
        found = sliding_window_view(self.change[start - lags : end], lags + 1)[:, ::-1]
        return np.column_stack((self.trend[:, start:end].T, self.before[start:end], found[:, 1:], found[:, :1]))


def dickey_fuller(values: Floats, trend: Trend, lags: Lags, max_lag: int | None) -> UnitRoot:
    """The regression of finite `values`, shape (n,), with `lags` lags or those that the criterion chooses up to `max_lag`.

    All lags are compared on the rows that the greatest leaves; of two equal ones the smaller is taken. t is with the
    regression's degrees of freedom. Dickey and Fuller (1979), J. American Statistical Association 74; Said and Dickey (1984),
    Biometrika 71. Raise NotEnoughData, BadParameter, and Degenerate where the series does not vary but for the trend, or its
    past explains it without error.
    """
    most = greatest(lags, max_lag, len(values), trend)
    design = _design(values, trend)
    if len(values) >= _LONG:
        found = products.unit_root(
            design.change, design.before, design.trend, most, _criterion(lags, len(values), most)
        )
        if found is not None:
            return UnitRoot(found[0], found[1], len(design.change) - found[1])
    return _by_rotations(design, most, lags)


def _criterion(lags: Lags, n: int, most: int) -> float | None:
    """What a lag costs, None where there is none to be chosen."""
    return penalty(lags, n - 1 - most) if isinstance(lags, str) else None


def _design(values: Floats, trend: Trend) -> Design:
    if len(values) < 2:
        raise NotEnoughData(2, len(values))
    exponent = int(np.frexp(np.abs(values).max())[1])
    unit = np.ldexp(values, -exponent)
    if np.ptp(unit) <= ROUNDING:
        raise Degenerate(f"the series is {values[0]:g} in all {len(values)} rows, to rounding: it has to vary")
    columns = terms(trend)
    level = unit[:-1] - unit.mean() if columns else unit[:-1]
    time = np.linspace(-1.0, 1.0, len(level))
    powers = np.stack([time**power for power in range(columns)]) if columns else np.empty((0, len(level)))
    return Design(np.diff(unit), level, powers)


def _by_rotations(design: Design, most: int, lags: Lags) -> UnitRoot:
    """By Householder's QR. Raise Degenerate."""
    columns = len(design.trend)
    factor = _upper(design.rows(most, most))
    least = np.maximum(
        _LEAST_SHARE * np.sqrt((factor * factor).sum(axis=0)), ROUNDING * math.sqrt(len(design.change) - most)
    )
    own = np.abs(np.diagonal(factor)) > least
    if not own[: columns + 1].all():
        raise Degenerate(_FLAT)
    usable = int(np.argmin(np.append(own[columns + 1 : -1], False)))  # lags before the first that adds nothing
    if not isinstance(lags, str) and usable < most:
        raise Degenerate(
            f"the change {usable + 1} rows before is a combination of those after it: take fewer lags than {most}"
        )
    if not own[-1]:
        raise Degenerate(_CERTAIN)
    chosen = usable
    if isinstance(lags, str):
        left = np.cumsum(factor[columns:, -1][::-1] ** 2)[::-1][1 : usable + 2]
        rows = len(design.change) - most
        chosen = int(np.argmin(rows * np.log(left) + penalty(lags, rows) * np.arange(usable + 1)))
    return UnitRoot(_refitted(design, factor, most, chosen), chosen, len(design.change) - chosen)


def _refitted(design: Design, factor: Floats, most: int, lags: int) -> float:
    """t with `lags` lags on all rows that these leave: those of `factor`, and those that more lags had cost."""
    columns = len(design.trend)
    level = columns
    order = [*range(columns), *range(columns + 1, columns + 1 + lags), level, -1]
    rows = [factor[:, order]]
    if most > lags:
        more = design.rows(lags, lags, most)
        rows.append(more[:, order])
    end = _upper(np.concatenate(rows))
    freedom = len(design.change) - lags - columns - 1 - lags
    return float(math.copysign(1.0, end[-2, -2]) * end[-2, -1] / abs(end[-1, -1]) * math.sqrt(freedom))


def _upper(rows: Floats) -> Floats:
    """The triangular factor of Householder's QR."""
    return np.asarray(np.linalg.qr(rows, mode="r"), dtype=np.float64)
