"""Volatility of prices: realised, Parkinson, Garman-Klass; per bar, and per year by a factor that is said."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.analytics.returns import log_ratio
from core.analytics.series import checked
from core.errors import BadParameter, BadSeries, NotEnoughData
from core.market import DAY_US, Floats

Estimator = Literal["realised", "standard", "parkinson", "garman_klass"]
_LOG_2 = math.log(2)


@dataclass(frozen=True, slots=True)
class Volatility:
    """The standard deviation of log returns over one bar, from `n` returns or bars."""

    per_bar: float
    estimator: Estimator
    n: int

    def annualised(self, bars_per_year: float) -> float:
        """The same over a year of so many bars, as if returns were unrelated. Raise BadParameter."""
        if not (math.isfinite(bars_per_year) and bars_per_year > 0):
            raise BadParameter(f"{bars_per_year} bars a year: expected a number above 0, such as 525600 minutes")
        return self.per_bar * math.sqrt(bars_per_year)


def bars_per_year(interval_us: int, days: float = 365.0) -> float:
    """How many bars of `interval_us` [us] a year of `days` trading days has; crypto trades on all 365."""
    if interval_us <= 0 or not (math.isfinite(days) and days > 0):
        raise BadParameter(f"bars of {interval_us} us in a year of {days} days: expected both above 0")
    return days * DAY_US / interval_us


def realised(close: npt.ArrayLike) -> Volatility:
    """The root mean square of log returns of `close` [quote currency], shape (n,), n >= 2; the mean is taken as 0.

    Raise NotEnoughData, BadSeries. Andersen and Bollerslev (1998), International Economic Review 39.
    """
    changes = _changes(close, 2)
    return Volatility(math.sqrt(float(changes @ changes) / len(changes)), "realised", len(changes))


def standard(close: npt.ArrayLike) -> Volatility:
    """The standard deviation of log returns of `close`, shape (n,), n >= 3, ddof 1. Raise as `realised`."""
    changes = _changes(close, 3)
    return Volatility(float(changes.std(ddof=1)), "standard", len(changes))


def parkinson(high: npt.ArrayLike, low: npt.ArrayLike) -> Volatility:
    """The volatility inside the bars from their ranges, shape (n,) each, n >= 1.

    Five times as efficient as `realised` if prices moved on continuously inside the bar. With few trades a bar it is
    too low, and what happens between a close and the next open is not in it. Raise NotEnoughData, BadSeries where a
    low is above its high. Parkinson (1980), J. Business 53.
    """
    return _from_variances(parkinson_variances(high, low), "parkinson")


def garman_klass(open: npt.ArrayLike, high: npt.ArrayLike, low: npt.ArrayLike, close: npt.ArrayLike) -> Volatility:
    """The volatility inside the bars from open, high, low and close, shape (n,) each, n >= 1.

    Seven times as efficient as `realised`, and limited as `parkinson` is. Raise NotEnoughData, BadSeries where high
    and low do not enclose open and close. Garman and Klass (1980), J. Business 53, eq. 20.
    """
    return _from_variances(garman_klass_variances(open, high, low, close), "garman_klass")


def parkinson_variances(high: npt.ArrayLike, low: npt.ArrayLike) -> Floats:
    """Each bar's variance of the log price by its range, shape (n,). Raise as `parkinson`."""
    top, bottom = _prices(high, "high"), _prices(low, "low")
    _enclosed(bottom, top, "low", "high")
    return log_ratio(top, bottom) ** 2 / (4 * _LOG_2)


def garman_klass_variances(
    open: npt.ArrayLike, high: npt.ArrayLike, low: npt.ArrayLike, close: npt.ArrayLike
) -> Floats:
    """Each bar's variance of the log price by Garman and Klass, shape (n,), never below 0. Raise as `garman_klass`."""
    first, top = _prices(open, "open"), _prices(high, "high")
    bottom, last = _prices(low, "low"), _prices(close, "close")
    for leg, name in ((first, "open"), (last, "close")):
        _enclosed(bottom, leg, "low", name)
        _enclosed(leg, top, name, "high")
    return log_ratio(top, bottom) ** 2 / 2 - (2 * _LOG_2 - 1) * log_ratio(last, first) ** 2


def _from_variances(variances: Floats, estimator: Estimator) -> Volatility:
    return Volatility(math.sqrt(float(variances.mean())), estimator, len(variances))


def _changes(close: npt.ArrayLike, least: int) -> Floats:
    prices = _prices(close, "close", least)
    return log_ratio(prices[1:], prices[:-1])


def _prices(values: npt.ArrayLike, name: str, least: int = 1) -> Floats:
    found = checked(values, 0, name)
    if len(found) < least:
        raise NotEnoughData(least, len(found), f"rows of {name}")
    if found.min() <= 0:
        raise BadSeries(f"{name} is {found.min():g} in row {int(found.argmin())}: expected prices above 0")
    return found


def _enclosed(lower: Floats, upper: Floats, lower_name: str, upper_name: str) -> None:
    if len(lower) != len(upper):
        raise BadSeries(f"{lower_name} has {len(lower)} rows and {upper_name} {len(upper)}: expected one length")
    wrong = np.flatnonzero(lower > upper)
    if len(wrong):
        row = int(wrong[0])
        raise BadSeries(f"{lower_name} {lower[row]:g} is above {upper_name} {upper[row]:g} in row {row}: not a bar")
