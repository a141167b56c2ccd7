"""What unrelated walks would show: the figure that each statistic takes where there is nothing to find."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from core.analytics.null_tables import MARKETS, ROWS, WINDOWS
from core.errors import BadParameter, NotEnoughData

_Row = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Null:
    """Of unrelated walks seen through `window` bars, 5 % show less than `low`, half less than `median`, 5 % more than `high`.

    inf: a half-life without reversion. `unit` is that of the three numbers, `note` what they are of.
    """

    statistic: str
    window: int
    low: float
    median: float
    high: float
    unit: str
    note: str

    def words(self, value: float) -> str:
        """Where `value`, in `unit`, stands among them; nothing is known between the three."""
        if math.isnan(value):
            return "not defined"
        if value < self.low:
            return "below what 95 % of unrelated walks show"
        return "above what 95 % of unrelated walks show" if value > self.high else "as unrelated walks show"


@dataclass(frozen=True, slots=True)
class _Kind:
    unit: str
    note: str


_RESIDUAL = "of the residual of one walk's least squares on another"
_EXCURSION = "of the rolling z-score of a walk, in ten of its windows"
#: Every statistic of the tables.
KINDS: Mapping[str, _Kind] = {
    "half_life": _Kind("windows", f"AR(1) half-life {_RESIDUAL}, as a share of the window"),
    "half_life_autocovariance": _Kind("windows", f"half-life by autocovariances {_RESIDUAL}, as a share of the window"),
    "hurst": _Kind("", f"Hurst exponent {_RESIDUAL}"),
    "variance_ratio": _Kind("", f"variance ratio at 10 bars {_RESIDUAL}"),
    "correlation": _Kind("", "absolute correlation of the returns of two walks"),
    "level_correlation": _Kind("", "absolute correlation of the prices of two walks"),
    "r_squared": _Kind("", "R2 of one walk's least squares on another"),
    "cointegration_p": _Kind("", "Engle-Granger p of two walks, twice the smaller of both orders"),
    "cointegration_share": _Kind(
        "", "share of the 190 pairs of 20 walks whose Engle-Granger p is below 5 %, one order"
    ),
    "crossings": _Kind("", f"changes of sign {_RESIDUAL}"),
    "excursions": _Kind("per 1000 bars", f"excursions beyond 2 {_EXCURSION}"),
    "reverted": _Kind("", f"share of the excursions beyond 2 that are back at 0 within two windows, {_EXCURSION}"),
}


def expected(statistic: str, window: int) -> Null:
    """What `statistic` shows of unrelated walks in `window` bars; of a z-score, `window` is its own.

    None of it depends on the walks' volatility. Between tabled windows it is interpolated by the logarithm of the window; above
    the greatest it is that of the greatest, and the note says so. Raise BadParameter for a statistic that is not tabled, NotEnoughData for a
    window below the smallest.
    """
    kind = KINDS.get(statistic)
    if kind is None:
        raise BadParameter(f"there is no null of {statistic!r}: expected one of {', '.join(KINDS)}")
    tabled = [(size, row) for size, row in zip(WINDOWS, ROWS[statistic], strict=True) if row is not None]
    if window < tabled[0][0]:
        raise NotEnoughData(tabled[0][0], window, f"bars to know the null of {statistic}")
    low, median, high = _between(tabled, window)
    note = f"{kind.note}; {MARKETS:,} simulated"
    if window > tabled[-1][0]:
        note += f"; that of {tabled[-1][0]:,} bars, the longest that was simulated"
    return Null(statistic, window, low, median, high, kind.unit, note)


def _between(tabled: list[tuple[int, _Row]], window: int) -> _Row:
    place = next((i for i, (size, _) in enumerate(tabled) if size >= window), len(tabled) - 1)
    size, row = tabled[place]
    if size <= window:
        return row
    before, other = tabled[place - 1]
    share = math.log(window / before) / math.log(size / before)
    low, median, high = (
        (1 - share) * a + share * b if math.isfinite(a) and math.isfinite(b) else math.inf
        for a, b in zip(other, row, strict=True)
    )
    return low, median, high
