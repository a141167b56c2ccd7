"""When a rule on a z-score is in the market: latches that come on at the entry and go off at the exit."""

import math
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt

from core.analytics.series import checked
from core.errors import BadParameter, BadSeries
from core.market import Bools, Floats, Ints

Direction = Literal["both", "long", "short"]
Reason = Literal["exit", "stop", "time", "end"]
REASONS: tuple[Reason, ...] = ("exit", "stop", "time", "end")
EXIT, STOP, TIME, END = range(4)
#: Prices, ratios and capital up to here, and prices down to its inverse, have products that are floats.
GREATEST = 1e75
_Value = TypeVar("_Value", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Levels:
    """Sell the spread where z is at `entry` or above until it is at `exit` or below; buy it where -z is.

    A negative `exit` waits until z is that far on the other side. Where z is at `stop` or beyond, or after `max_bars` rows, the
    position is closed, and its side stays closed until z has been at the exit. None: no stop, no limit of time. Raise BadParameter.
    """

    entry: float = 2.0
    exit: float = 0.5
    stop: float | None = None
    max_bars: int | None = None
    direction: Direction = "both"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.entry) and self.entry > 0):
            raise BadParameter(f"the entry is {self.entry}: expected a z-score above 0, such as 2")
        if not -self.entry < self.exit < self.entry:
            raise BadParameter(
                f"the exit is {self.exit}: expected between -{self.entry:g} and {self.entry:g}, the entry"
            )
        if self.stop is not None and not self.stop > self.entry:
            raise BadParameter(f"the stop is {self.stop}: expected above the entry, {self.entry:g}, or None")
        if self.max_bars is not None and self.max_bars < 1:
            raise BadParameter(f"max_bars is {self.max_bars}: expected at least 1, or None")
        if self.direction not in ("both", "long", "short"):
            raise BadParameter(f"the direction is {self.direction!r}: expected both, long or short")

    @property
    def sides(self) -> tuple[int, ...]:
        """1 buys the spread, -1 sells it."""
        return {"both": (1, -1), "long": (1,), "short": (-1,)}[self.direction]


@dataclass(frozen=True, slots=True, eq=False)
class Episodes:
    """When the rule wants to be in the market, shape (k,) each, by `start`.

    `side` is 1 where it has bought the spread, -1 where it has sold; `start` the row whose close decided to enter, `end` the one
    whose close decided to leave, `rows` where none did; `reason` an index of REASONS.
    """

    side: Ints
    start: Ints
    end: Ints
    reason: Ints
    rows: int


def rises(mask: Bools) -> Ints:
    """The rows in which `mask`, shape (n,), comes to hold."""
    edges = mask.copy()
    edges[1:] &= ~mask[:-1]
    return np.flatnonzero(edges)


def spans(on: Ints, off: Ints, rows: int) -> tuple[Ints, Ints]:
    """From when to when a latch is on: first rows and the rows that end them, `rows` where none does.

    `on` and `off` are ascending rows that switch it, each `rises` at the least; a row that switches it off may not be among `on`.
    """
    following = np.searchsorted(off, on)
    first = np.ones(len(on), dtype=np.bool_)
    first[1:] = following[1:] != following[:-1]
    return on[first], np.append(off, rows)[following[first]]


def latch(on: npt.ArrayLike, off: npt.ArrayLike) -> Bools:
    """Whether a latch is on after each row, shape (n,), from where it is switched `on` and `off`; off wins. Raise BadSeries."""
    up, down = np.asarray(on, dtype=np.bool_), np.asarray(off, dtype=np.bool_)
    if up.ndim != 1 or up.shape != down.shape:
        raise BadSeries(f"on has the shape {up.shape}, off {down.shape}: expected two masks of one length")
    starts, ends = spans(rises(up & ~down), rises(down), len(up))
    return painted(starts, ends, np.ones(len(starts), dtype=np.bool_), len(up))


def painted(starts: Ints, ends: Ints, values: npt.NDArray[_Value], rows: int) -> npt.NDArray[_Value]:
    """`values[i]` from `starts[i]` up to `ends[i]`, ascending stretches that do not overlap, 0 elsewhere; shape (rows,)."""
    bounds = np.zeros(2 * len(starts) + 2, dtype=np.int64)
    bounds[1:-1:2], bounds[2:-1:2], bounds[-1] = starts, ends, rows
    heights = np.zeros(2 * len(starts) + 1, dtype=values.dtype)
    heights[1::2] = values
    return np.repeat(heights, np.diff(bounds))


def scores(z: npt.ArrayLike, valid: Bools) -> Floats:
    """A z-score for each row, shape (n,), NaN where there is none or the row is not `valid`. Raise BadSeries."""
    found = np.asarray(z, dtype=np.float64)
    if found.shape != valid.shape:
        raise BadSeries(f"z has the shape {found.shape}: expected one value for each of {len(valid)} rows")
    return np.where(valid, found, np.nan)


def first_decision(scores: Floats, usable: Bools) -> int:
    """The first row in which a rule could decide, n where none."""
    known = np.flatnonzero(usable & ~np.isnan(scores))
    return int(known[0]) if len(known) else len(scores)


def ratios(hedge_ratio: npt.ArrayLike, rows: int) -> Floats:
    """One hedge ratio for each of `rows` rows, from one for all or one each; NaN where there is none. Raise BadSeries.

    A ratio beyond any sense, 1e75, is none.
    """
    found = np.asarray(hedge_ratio, dtype=np.float64)
    if found.ndim == 0:
        found = np.full(rows, checked(found[None], 1, "the hedge ratio")[0])
    if found.shape != (rows,):
        raise BadSeries(f"the hedge ratio has the shape {found.shape}: expected one, or one for each of {rows} rows")
    return np.where(np.abs(found) <= GREATEST, found, np.nan)


def episodes(z: Floats, levels: Levels, usable: Bools) -> Episodes:
    """The episodes of the rule on `z`, shape (n,); rows that are NaN decide nothing, and only `usable` ones enter."""
    parts = []
    for side in levels.sides:
        away = -side * z
        parts.append(
            side_episodes(
                side,
                rises((away >= levels.entry) & usable),
                rises(away <= levels.exit),
                None if levels.stop is None else np.flatnonzero(away >= levels.stop),
                levels.max_bars,
                len(z),
            )
        )
    return merged(parts)


def side_episodes(side: int, on: Ints, off: Ints, stops: Ints | None, max_bars: int | None, rows: int) -> Episodes:
    """The episodes of one side, from where z `rises` to beyond the entry and to the exit, and all rows beyond the stop."""
    starts, ends = spans(on, off, rows)
    reasons = np.where(ends < rows, EXIT, END)
    if stops is not None:
        stopped = np.append(stops, rows)[np.searchsorted(stops, starts)]
        reasons[stopped < ends] = STOP
        ends = np.minimum(ends, stopped)
    if max_bars is not None:
        reasons[starts + max_bars < ends] = TIME
        ends = np.minimum(ends, starts + max_bars)
    kept = ends > starts
    return Episodes(np.full(int(kept.sum()), side), starts[kept], ends[kept], reasons[kept], rows)


def merged(parts: list[Episodes]) -> Episodes:
    """The episodes of both sides in the order of their starts."""
    if len(parts) == 1:
        return parts[0]
    start = np.concatenate([part.start for part in parts])
    order = np.argsort(start)
    side, end, reason = (
        np.concatenate([getattr(part, name) for part in parts])[order] for name in ("side", "end", "reason")
    )
    return Episodes(side, start[order], end, reason, parts[0].rows)
