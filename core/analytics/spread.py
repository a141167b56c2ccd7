"""What is left between two legs: the residual of a hedge, or their ratio; on prices or on logs."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from core.analytics.series import paired
from core.errors import BadSeries
from core.market import Floats

Price = Literal["log", "level"]
Form = Literal["residual", "ratio"]

#: The rounding of one operation on a double, in a leg of size 1; a spread has several of both legs.
_ROUNDING = 4.0 * float(np.finfo(np.float64).eps)


def levels(closes: npt.ArrayLike, price: Price, name: str = "the closes") -> Floats:
    """What hedge, spread and tests are computed on: the closes [quote currency], shape (n,), or their natural logs.

    Raise BadSeries where a close that a log is taken of is not above 0.
    """
    values = np.asarray(closes, dtype=np.float64)
    if price == "level":
        return values
    low = np.flatnonzero(~(values > 0))
    if len(low):
        raise BadSeries(f"{name} is {values[low[0]]:g} in row {int(low[0])}: there is no log of it; take price=level")
    return np.log(values)


def spread(y: npt.ArrayLike, x: npt.ArrayLike, slope: npt.ArrayLike, intercept: npt.ArrayLike) -> Floats:
    """``y - intercept - slope * x``, shape (n,), by one hedge or one for each row; NaN where the hedge is."""
    ours, theirs = paired(y, x, 0)
    return np.asarray(ours - (np.asarray(intercept) + np.asarray(slope) * theirs), dtype=np.float64)


def ratio(y: npt.ArrayLike, x: npt.ArrayLike, price: Price) -> Floats:
    """y / x of prices, log y - log x of logs, shape (n,). Raise BadSeries where a price x is 0."""
    ours, theirs = paired(y, x, 0)
    if price == "log":
        return ours - theirs
    if not theirs.all():
        raise BadSeries(f"x is 0 in row {int(np.argmin(theirs != 0))}: there is no ratio")
    return ours / theirs


def rounding(y: Floats, x: Floats, slope: float) -> float:
    """How much of a spread is no more than rounding of its legs; a spread that moves less does not move."""
    return _ROUNDING * float(np.abs(y).max(initial=0.0) + abs(slope) * np.abs(x).max(initial=0.0))


def formula(y: str, x: str, price: Price, form: Form) -> str:
    """The spread in words, for the axis of a chart."""
    if form == "ratio":
        return f"log {y} − log {x}" if price == "log" else f"{y} / {x}"
    return f"log {y} − α − β log {x}" if price == "log" else f"{y} − α − β {x}"
