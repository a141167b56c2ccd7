"""Many series at once, less their trend and at unit length: what the products of pairs are made of."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.market import Bools, Floats, Ints

#: The deterministic part of a cointegrating regression with an intercept: constant, and linear, and quadratic trend.
Trend = Literal["c", "ct", "ctt"]
#: A series whose deviations are of the size of this many roundings of its values does not vary.
_ROUNDINGS = 16


@dataclass(frozen=True, slots=True)
class Standardised:
    """`values`: shape (k, n), sum of squares 1 a row, all 0 where the series does not vary but for its trend.

    A series less its trend was ``values * length * 2**exponent``; the exponent keeps any unit from overflowing. `share` is
    how much of the sum of squares about the mean the trend leaves, 1 where the trend is a constant.
    """

    values: Floats
    length: Floats
    exponent: Ints
    share: Floats
    varies: Bools

    def ratio(self, y: Ints, other: "Standardised", x: Ints) -> Floats:
        """How much longer rows `y` of these are than rows `x` of the other: turns a slope of values into one of series."""
        exponent = self.exponent[y] - other.exponent[x]
        return np.asarray(np.ldexp(self.length[y] / other.length[x], exponent), dtype=np.float64)


def standardised(levels: Floats, trend: Trend) -> Standardised:
    """The residuals of the least-squares fit of each row of `levels`, shape (k, n), on the trend, at unit length.

    By the theorem of Frisch and Waugh (1933) regressing one such residual on another gives the slope and the residual of
    the regression with the trend in it.
    """
    largest = np.abs(levels).max(axis=1)
    exponent = np.frexp(largest)[1].astype(np.int64)
    values = np.ldexp(levels, -exponent[:, None])
    for _ in range(2):  # the second round takes away what rounding left
        values -= values.mean(axis=1, keepdims=True)
    whole = np.einsum("kt,kt->k", values, values)
    basis = _basis(levels.shape[1], trend)
    for _ in range(2 if basis.size else 0):
        values -= (values @ basis) @ basis.T
    left = np.einsum("kt,kt->k", values, values)
    length = np.sqrt(left)
    varies = length > _ROUNDINGS * np.finfo(np.float64).eps * np.sqrt(levels.shape[1])
    values /= np.where(varies, length, np.inf)[:, None]
    return Standardised(values, length, exponent, left / np.where(varies, whole, np.inf), varies)


def _basis(n: int, trend: Trend) -> Floats:
    """Orthonormal columns that span the trend's powers of time beyond the constant, shape (n, 0 to 2)."""
    time = np.linspace(-1.0, 1.0, n)
    powers = np.stack([np.ones(n), time, time * time], axis=1)[:, : len(trend)]
    return np.ascontiguousarray(np.linalg.qr(powers)[0][:, 1:])
