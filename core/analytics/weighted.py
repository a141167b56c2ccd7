"""Exponentially weighted mean, deviation and z-score: old rows fade, none drops out."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.analytics.rolling import LEAST_STD, check_size
from core.analytics.series import checked
from core.errors import BadParameter
from core.market import Floats

_ROUNDING = 1e-12
#: Rows that are weighted by one matrix product.
_STRIDE = 64


@dataclass(frozen=True, slots=True, eq=False)
class Weighted:
    """Of each row, shape (n,): mean and standard deviation of all rows up to it, a row weighing half of one `half_life` later.

    The deviation is that of reliability weights, as pandas' ``ewm(adjust=True).std(bias=False)``. `z` is the z-score of the row's
    own value. `std` is NaN in row 0 and `z` before row `half_life`, and NaN where the rows do not vary.
    """

    mean: Floats
    std: Floats
    z: Floats
    half_life: float


def moments(values: npt.ArrayLike, half_life: float, least_std: float = 0.0) -> Weighted:
    """The weighted moments of `values`, shape (n,), oldest first. Raise BadSeries, BadParameter where `half_life` [rows] is not above 0."""
    series = checked(values, 0)
    check_size(series)
    fade = faded(half_life)
    anchor = series[0] if len(series) else 0.0
    deviation = series - anchor
    weights = -np.expm1(np.log(fade) * np.arange(1, len(series) + 1)) / (1.0 - fade)
    offset = _accumulated(deviation, fade) / weights
    before = np.append(0.0, offset[:-1])
    step = deviation - before
    moved = np.append(0.0, fade * weights[:-1] / weights[1:])[: len(series)]
    squares = _accumulated(step * step * moved, fade)
    spare = weights - -np.expm1(2 * np.log(fade) * np.arange(1, len(series) + 1)) / (1.0 - fade * fade) / weights
    with np.errstate(divide="ignore", invalid="ignore"):
        std = np.sqrt(squares / spare)
    std[:1] = np.nan
    mean = anchor + offset
    known = std > np.maximum(_ROUNDING * np.abs(mean), max(least_std, LEAST_STD))
    known[: math.ceil(half_life)] = False
    z = np.divide(deviation - offset, std, out=np.full(len(series), np.nan), where=known)
    return Weighted(mean, std, z, half_life)


def faded(half_life: float) -> float:
    """What is left of a row's weight one row later. Raise BadParameter where `half_life` [rows] is not above 0."""
    if not (math.isfinite(half_life) and half_life > 0):
        raise BadParameter(f"the half-life is {half_life} rows: expected a number above 0")
    return float(0.5 ** (1.0 / half_life))


def _accumulated(values: Floats, fade: float) -> Floats:
    """``total[t] = fade * total[t - 1] + values[t]``: inside strides at once, from stride to stride one after the other."""
    n = len(values)
    padded = np.zeros(-(-n // _STRIDE) * _STRIDE)
    padded[:n] = values
    ages = np.subtract.outer(np.arange(_STRIDE), np.arange(_STRIDE))
    within = padded.reshape(-1, _STRIDE) @ np.where(ages >= 0, fade ** np.maximum(ages, 0), 0.0).T
    carried, last = np.empty(len(within)), 0.0
    whole = fade**_STRIDE
    for stride, end in enumerate(within[:, -1].tolist()):
        carried[stride] = last
        last = last * whole + end
    within += carried[:, None] * fade ** np.arange(1, _STRIDE + 1)
    return np.asarray(within.reshape(-1)[:n], dtype=np.float64)


class Fading:
    """The same moments, one value at a time. Raise BadParameter where `half_life` [rows] is not above 0."""

    def __init__(self, half_life: float) -> None:
        self._fade = faded(half_life)
        self._half_life = half_life
        self._state = _Faded(0, 0.0, 0.0, 0.0, 0.0, 0.0)

    def push(self, value: float, least_std: float = 0.0) -> float:
        """Take the next value; its z-score, NaN where `moments` has none."""
        self._state, z = self._next(value, least_std)
        return z

    def peek(self, value: float, least_std: float = 0.0) -> float:
        """What `push` would answer; nothing is taken."""
        return self._next(value, least_std)[1]

    def _next(self, value: float, least_std: float) -> "tuple[_Faded, float]":
        rows, anchor, weight, squared, mean, squares = self._state
        if not rows:
            anchor = value
        fade = self._fade
        total = fade * weight + 1.0
        step = value - anchor - mean
        mean += step / total
        squares = fade * squares + step * step * fade * weight / total
        squared = fade * fade * squared + 1.0
        after = _Faded(rows + 1, anchor, total, squared, mean, squares)
        spare = total - squared / total
        if rows < max(1, math.ceil(self._half_life)) or spare <= 0:
            return after, math.nan
        std = math.sqrt(squares / spare)
        deviation = value - anchor - mean
        varies = max(_ROUNDING * abs(anchor + mean), least_std, LEAST_STD) < std < math.inf
        return after, deviation / std if varies else math.nan


class _Faded(NamedTuple):
    rows: int
    anchor: float
    weight: float
    squared_weight: float
    mean: float
    squares: float
