"""What a unit-root regression is asked: its deterministic trend, and how many lagged changes it has."""

import math
from typing import Literal, get_args

import numpy as np

from core.errors import BadParameter, NotEnoughData

#: Nothing; a constant; a constant and time; a constant, time and its square.
Trend = Literal["n", "c", "ct", "ctt"]
#: A number of lagged changes, or the information criterion that chooses it: Akaike's (1974) or Schwarz's (1978).
Lags = int | Literal["aic", "bic"]


def terms(trend: Trend) -> int:
    """How many columns the trend adds to a regression. Raise BadParameter where it is none."""
    if trend not in get_args(Trend):
        raise BadParameter(f"the trend is {trend!r}: take 'n', 'c', 'ct' or 'ctt'")
    return 0 if trend == "n" else len(trend)


def default_max(n: int, trend: Trend) -> int:
    """The greatest lag to try on a series of `n` rows: 12 (n / 100)^(1/4) rounded up, or what so few rows allow.

    At least one degree of freedom is left; statsmodels has the same limit, except that on an even number of rows up to 20
    without trend it tries a regression with none. Raise NotEnoughData where not even the regression without lags can be
    made, BadParameter. Schwert (1989), J. Business & Economic Statistics 7.
    """
    allowed = _allowed(n, terms(trend))
    if allowed < 0:
        raise NotEnoughData(_needed(0, terms(trend)), n)
    return min(math.ceil(12.0 * math.sqrt(math.sqrt(n / 100.0))), allowed)


def greatest(lags: Lags, max_lag: int | None, n: int, trend: Trend) -> int:
    """The number of lags itself, or the greatest that is tried, on a series of `n` rows.

    `max_lag` bounds the search; None is `default_max`. It has no bearing on a fixed number of lags. Raise NotEnoughData
    where so many lags leave no degree of freedom, BadParameter where they are no lags.
    """
    if lags not in ("aic", "bic") and not _is_count(lags):
        raise BadParameter(f"the lags are {lags!r}: take 'aic', 'bic' or a whole number from 0")
    if max_lag is not None and not _is_count(max_lag):
        raise BadParameter(f"the greatest lag is {max_lag!r}: take a whole number from 0, or None")
    wanted = max_lag if isinstance(lags, str) else lags
    if wanted is None:
        return default_max(n, trend)
    if wanted > _allowed(n, terms(trend)):
        raise NotEnoughData(_needed(wanted, terms(trend)), n)
    return int(wanted)


def penalty(lags: Lags, rows: int) -> float:
    """What one lag costs in the information criterion of a regression on so many rows; 0 for a fixed number of lags."""
    return {"aic": 2.0, "bic": float(math.log(rows))}.get(str(lags), 0.0)


def _allowed(n: int, columns: int) -> int:
    return min(n // 2 - columns - 1, (n - 3 - columns) // 2)


def _needed(lags: int, columns: int) -> int:
    return max(2 * (lags + columns + 1), 2 * lags + 3 + columns)


def _is_count(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and int(value) >= 0
