"""What a statistic accepts: finite numbers in one dimension, enough of them, and two of the same length."""

import numpy as np
import numpy.typing as npt

from core.errors import BadSeries, NotEnoughData
from core.market import Floats


def checked(values: npt.ArrayLike, least: int = 1, name: str = "the series") -> Floats:
    """`values` as a contiguous array of floats, shape (n,), n >= `least`.

    Raise BadSeries where it has another shape or holds NaN or infinity, NotEnoughData where it is too short.
    """
    try:
        found = np.ascontiguousarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise BadSeries(f"{name} holds something that is no number ({error}): expected an array of numbers") from error
    if np.ndim(values) != 1:
        raise BadSeries(f"{name} has the shape {np.shape(values)}: expected one dimension")
    bad = ~np.isfinite(found)
    if bad.any():
        raise BadSeries(
            f"{name} has {int(bad.sum())} values that are not finite, the first in row {int(bad.argmax())}: "
            "leave those rows out, or fill them, before"
        )
    if len(found) < least:
        raise NotEnoughData(least, len(found))
    return found


def paired(y: npt.ArrayLike, x: npt.ArrayLike, least: int = 2) -> tuple[Floats, Floats]:
    """Two series of the same length, shape (n,) each, n >= `least`. Raise as `checked` does, BadSeries where lengths differ."""
    first, second = checked(y, 0, "y"), checked(x, 0, "x")
    if len(first) != len(second):
        raise BadSeries(f"y has {len(first)} rows and x has {len(second)}: expected two aligned series of one length")
    if len(first) < least:
        raise NotEnoughData(least, len(first))
    return first, second
