"""Many symbols on one grid of times: who is in, which rows, and what was filled or left out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.analytics.instants import ascending_times
from core.analytics.series import checked
from core.errors import BadParameter, BadSeries, NotEnoughData
from core.market import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Closes of symbols, shape (symbols, n), at `times` [us], shape (n,), ascending, one interval apart or more.

    `kept` are the places of the symbols given; of those left out, `left_out` has the place and why. `filled` counts, for each
    kept symbol, the rows that carry its last close forward. Of `intervals` from the first time to the last, `dropped` are not
    rows, because a symbol has no close that is fresh enough.
    """

    times: Ints
    closes: Floats
    kept: tuple[int, ...]
    left_out: tuple[tuple[int, str], ...]
    filled: Ints
    intervals: int

    @property
    def dropped(self) -> int:
        return self.intervals - len(self.times)


def panel(
    times: Sequence[Ints],
    closes: Sequence[Floats],
    step_us: int,
    start_us: int,
    end_us: int,
    stale_limit: int = 0,
    least_share: float = 0.9,
) -> Panel:
    """The symbols that have a close, at most `stale_limit` intervals old, in `least_share` of the intervals from start to end [us].

    A row is an interval in which all of them have one. `times` and `closes` hold a column for each symbol, open times [us] and values,
    shape (bars,); bars before `start_us` may be filled from. Nothing is carried back. Raise BadSeries where a column is no such, or
    off the grid; NotEnoughData where no two symbols are left; BadParameter.
    """
    if step_us <= 0 or stale_limit < 0 or not 0 < least_share <= 1 or start_us >= end_us:
        raise BadParameter(
            f"step {step_us} us, limit {stale_limit}, share {least_share}, from {start_us} to {end_us}: expected a step above 0, "
            "no limit below 0, a share above 0 up to 1, and a start before the end"
        )
    grid = np.arange(start_us, end_us, step_us, dtype=np.int64)
    values = np.full((len(times), len(grid)), np.nan)
    own = np.zeros((len(times), len(grid)), dtype=np.bool_)
    for place, (column, prices) in enumerate(zip(times, closes, strict=True)):
        at, known = ascending_times(column, len(prices), f"the times of symbol {place}"), checked(prices, 0)
        if len(at) and (off := (at - start_us) % step_us).any():
            raise BadSeries(
                f"symbol {place} has a bar {int(off[off > 0][0])} us off the grid of {step_us} us: expected one interval"
            )
        row = np.searchsorted(at, grid, side="right") - 1
        found = row >= 0
        age = (
            np.where(found, (grid - at[np.maximum(row, 0)]) // step_us, stale_limit + 1)
            if len(at)
            else np.full(len(grid), stale_limit + 1)
        )
        fresh = age <= stale_limit
        values[place, fresh] = known[row[fresh]]
        own[place] = age == 0
    there = ~np.isnan(values)
    shares = there.mean(axis=1)
    kept = np.flatnonzero(shares >= least_share)
    left_out = tuple(
        (int(place), f"has a close in {shares[place]:.1%} of the intervals; asked was {least_share:.0%}")
        for place in np.flatnonzero(shares < least_share)
    )
    if len(kept) < 2:
        raise NotEnoughData(2, len(kept), f"symbols with a close in {least_share:.0%} of the {len(grid):,} intervals")
    rows = there[kept].all(axis=0)
    return Panel(
        times=grid[rows],
        closes=np.ascontiguousarray(values[kept][:, rows]),
        kept=tuple(kept.tolist()),
        left_out=left_out,
        filled=np.asarray((~own[kept][:, rows]).sum(axis=1), dtype=np.int64),
        intervals=len(grid),
    )
