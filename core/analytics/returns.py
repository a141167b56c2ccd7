"""Changes from row to row, in the kind that a statistic asks for."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from core.analytics.series import checked
from core.errors import BadParameter, BadSeries
from core.market import Floats

Returns = Literal["log", "simple", "difference"]


def returns(values: npt.ArrayLike, kind: Returns = "log", name: str = "the series") -> Floats:
    """The changes from row to row, shape (n - 1,), n >= 2: of logs, relative to the row before, or plain.

    Raise BadSeries where log or simple returns are asked of values that are not above 0, BadParameter for another
    kind, and as `checked`.
    """
    levels = checked(values, 2, name)
    if kind == "difference":
        return np.diff(levels)
    if kind not in ("log", "simple"):
        raise BadParameter(f"returns of the kind {kind!r}: expected log, simple or difference")
    if levels.min() <= 0:
        raise BadSeries(
            f"{name} is {levels.min():g} in row {int(levels.argmin())}: {kind} returns need values above 0; "
            "take differences of a spread"
        )
    if kind == "log":
        return log_ratio(levels[1:], levels[:-1])
    return np.diff(levels) / levels[:-1]


def log_ratio(above: Floats, below: Floats | np.float64) -> Floats:
    """log(above / below) of values above 0, right to the last digits also where both are nearly the same."""
    with np.errstate(over="ignore"):
        change = (above - below) / below
    near = np.abs(change) < 0.5
    if near.all():
        return np.asarray(np.log1p(change), dtype=np.float64)
    whole = np.log(above) - np.log(below)
    return np.asarray(np.where(near, np.log1p(np.where(near, change, 0.0)), whole), dtype=np.float64)
