"""Deviations from the mean that neither overflow nor underflow, whatever the unit of the series."""

from typing import NamedTuple

import numpy as np

from core.errors import Degenerate
from core.market import Floats


class Centred(NamedTuple):
    """A series about its mean, both in a `unit` that is a power of two: value = (mean + deviation) x unit."""

    deviations: Floats
    mean: float
    unit: float


def centred(values: Floats, name: str = "the series") -> Centred:
    """`values` about their mean, shape (n,), n >= 1, in the least power of two that keeps all of them within -2 and 2.

    Dividing by it is exact. Raise Degenerate where all values are the same.
    """
    if values.max() == values.min():
        raise Degenerate(f"{name} is {values[0]:g} in all {len(values)} rows: it has to vary")
    exponent = int(np.frexp(np.abs(values).max())[1]) - 1
    scaled = np.ldexp(values, -exponent)
    mean = float(scaled.mean())
    deviations = scaled - mean
    rest = float(deviations.mean())
    return Centred(deviations - rest, mean + rest, float(np.ldexp(1.0, exponent)))
