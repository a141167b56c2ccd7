"""Two legs on one grid of times: what is joined, filled or dropped is counted, nothing known before its time."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.analytics.instants import FURTHEST_US, ascending_times
from core.analytics.series import checked
from core.errors import BadParameter, BadSeries
from core.market import Floats, Ints

_NEVER = np.iinfo(np.int64).max

How = Literal["inner", "fill"]


@dataclass(frozen=True, slots=True, eq=False)
class Aligned:
    """Rows of both legs by open time [us], ascending, shape (n,) each; possibly none.

    `age_y` and `age_x` say how many intervals ago the value was the leg's own: 0 for its own bar. Of the intervals
    from the first bar of either leg to the last, `joined` have both legs' own bars, `filled` carry at least one leg's
    last value, `dropped` hold a bar of one leg that is left out, because the other has none that is fresh enough, and
    in `absent` neither leg had a bar and none was filled in. n = `joined` + `filled`.
    """

    times: Ints
    y: Floats
    x: Floats
    age_y: Ints
    age_x: Ints
    joined: int
    filled: int
    dropped: int
    absent: int

    def __len__(self) -> int:
        return len(self.times)


def align(
    times_y: npt.ArrayLike,
    values_y: npt.ArrayLike,
    times_x: npt.ArrayLike,
    values_x: npt.ArrayLike,
    step_us: int,
    stale_limit: int = 0,
    how: How = "inner",
) -> Aligned:
    """Two legs, each open times [us] and values of shape (bars,), on the grid of intervals of `step_us` [us].

    "inner": the intervals in which both legs have a bar. "fill": besides, those in which each leg has a value at most
    `stale_limit` intervals old; it is carried forward, never back. Rows up to a time depend on bars up to that time
    alone. Raise BadSeries where times are no ascending whole numbers, off the grid, or not one for each value;
    BadParameter.
    """
    if not 0 < step_us <= FURTHEST_US or stale_limit < 0 or how not in ("inner", "fill"):
        raise BadParameter(
            f"how {how!r}, step {step_us} us, limit {stale_limit}: expected inner or fill, a step above 0, no limit below 0"
        )
    y, x = checked(values_y, 0, "y"), checked(values_x, 0, "x")
    at_y, at_x = ascending_times(times_y, len(y), "the times of y"), ascending_times(times_x, len(x), "the times of x")
    own, place_y, place_x = _merged(at_y, at_x)
    _check_grid(own, step_us)
    limit = min(stale_limit, FURTHEST_US) if how == "fill" else 0
    grid, starts = _extended(own, step_us, limit)
    row_y, age_y = _last(at_y, starts[place_y], grid, step_us)
    row_x, age_x = _last(at_x, starts[place_x], grid, step_us)
    kept = (row_y >= 0) & (row_x >= 0) & (np.maximum(age_y, age_x) <= limit)
    joined = len(at_y) + len(at_x) - len(own)
    dropped = int(np.count_nonzero((np.minimum(age_y, age_x) == 0) & ~kept))
    intervals = int(own[-1] - own[0]) // step_us + 1 if len(own) else 0
    rows = int(np.count_nonzero(kept))
    return Aligned(
        times=grid[kept],
        y=y[row_y[kept]],
        x=x[row_x[kept]],
        age_y=age_y[kept],
        age_x=age_x[kept],
        joined=joined,
        filled=rows - joined,
        dropped=dropped,
        absent=intervals - rows - dropped,
    )


def _merged(at_y: Ints, at_x: Ints) -> tuple[Ints, Ints, Ints]:
    """All times of both legs, each once, and where among them each leg's are."""
    both = np.concatenate((at_y, at_x))
    order = np.argsort(both, kind="stable")
    times = both[order]
    new = np.append(True, times[1:] != times[:-1])[: len(times)]
    places = np.empty(len(both), dtype=np.int64)
    places[order] = np.cumsum(new) - 1
    return times[new], places[: len(at_y)], places[len(at_y) :]


def _check_grid(times: Ints, step_us: int) -> None:
    off = np.flatnonzero((times - times[:1]) % step_us)
    if len(off):
        raise BadSeries(
            f"{int(times[off[0]])} us and {int(times[0])} us are no whole number of {step_us} us apart: "
            "expected open times of one interval"
        )


def _extended(times: Ints, step_us: int, limit: int) -> tuple[Ints, Ints]:
    """`times` with, after each of them, up to `limit` intervals until the next one; and where they are in that."""
    until_next = np.diff(times, append=times[-1:] + step_us) // step_us
    rows = np.minimum(until_next, limit + 1)
    starts = np.cumsum(rows) - rows
    grid = np.repeat(times - starts * step_us, rows) + np.arange(int(rows.sum())) * step_us
    return grid, starts


def _last(times: Ints, places: Ints, grid: Ints, step_us: int) -> tuple[Ints, Ints]:
    """The last of a leg's rows at or before each time of the grid, -1 before the first, and its age in intervals.

    `times` are the leg's, `places` where these are in the grid. Before the first row an age is beyond every limit.
    """
    if not len(times):
        return np.full(len(grid), -1), np.full(len(grid), _NEVER)
    rows = np.repeat(np.arange(-1, len(times)), np.diff(places, prepend=0, append=len(grid)))
    ages = (grid - times[rows]) // step_us
    ages[: places[0]] = _NEVER
    return rows, ages
