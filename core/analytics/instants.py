"""What counts as a column of times: whole microseconds since 1970 UTC, oldest first."""

import numpy as np
import numpy.typing as npt

from core.errors import BadSeries
from core.market import Ints

#: Beyond this differences of times could leave 64 bits. It is the year 73,000.
FURTHEST_US = 2**61


def checked_times(times_us: npt.ArrayLike, rows: int | None = None, name: str = "the times") -> Ints:
    """`times_us` [us] as a contiguous column of shape (n,), never stepping back; ties are allowed.

    Raise BadSeries where they are no whole numbers in one dimension, step back, or are not `rows` many.
    """
    found = np.asarray(times_us)
    if found.ndim != 1 or (found.size and found.dtype.kind not in "iu"):
        raise BadSeries(
            f"{name} have the type {found.dtype} and the shape {found.shape}: expected whole microseconds, one a row"
        )
    if rows is not None and len(found) != rows:
        raise BadSeries(f"{name} have {len(found)} rows for {rows} values: expected one time for each")
    if len(found) and max(-int(found.min()), int(found.max())) > FURTHEST_US:
        raise BadSeries(f"{name} reach from {found.min()} to {found.max()}: expected microseconds since 1970")
    column = np.ascontiguousarray(found, dtype=np.int64)
    back = np.flatnonzero(column[1:] < column[:-1])
    if len(back):
        raise BadSeries(f"{name} step back in row {int(back[0]) + 1}: sort them, oldest first")
    return column


def ascending_times(times_us: npt.ArrayLike, rows: int | None = None, name: str = "the times") -> Ints:
    """`checked_times` without ties. Raise BadSeries also where a time comes twice."""
    column = checked_times(times_us, rows, name)
    twice = np.flatnonzero(column[1:] == column[:-1])
    if len(twice):
        raise BadSeries(
            f"{name} hold {int(column[twice[0]])} twice, in row {int(twice[0]) + 1}: expected one row a time"
        )
    return column
