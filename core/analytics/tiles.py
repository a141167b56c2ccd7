"""All pairs of many series cut into tiles, a block of series against a block: work that can be done anywhere.

A tile is a plain value that can be pickled, with all that its pairs need; memory is bounded by its size, not by the number of
series.
"""

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.analytics.lags import Lags, greatest, penalty
from core.analytics.standardised import Trend
from core.errors import BadParameter, BadSeries, NotEnoughData
from core.market import Floats, Ints

#: With fewer rows the tables of the test's distribution say nothing.
LEAST_ROWS = 30
#: Numbers in one block of series at most, and series.
_BLOCK_NUMBERS, _BLOCK_SERIES = 4_000_000, 64


@dataclass(frozen=True, slots=True)
class Question:
    """Which test: the trend in the cointegrating regression, and the lags in the test of its residual.

    Without an intercept nothing is screened: symbols have different units. Raise BadParameter.
    """

    trend: Trend = "c"
    lags: Lags = "aic"
    max_lag: int | None = None

    def __post_init__(self) -> None:
        if self.trend not in ("c", "ct", "ctt"):
            raise BadParameter(f"the trend {self.trend!r} cannot be screened: take 'c', 'ct' or 'ctt'")
        greatest(self.lags, self.max_lag, sys.maxsize, "n")

    def most(self, rows: int) -> int:
        """The greatest lag that is tried on so many rows. Raise NotEnoughData where they are too few for it."""
        if rows < LEAST_ROWS:
            raise NotEnoughData(LEAST_ROWS, rows, "rows")
        return greatest(self.lags, self.max_lag, rows, "n")

    def penalty(self, rows: int) -> float | None:
        """What a lag costs in the information criterion, None where the lag is fixed."""
        return penalty(self.lags, rows - 1 - self.most(rows)) if isinstance(self.lags, str) else None


@dataclass(frozen=True, slots=True)
class Tile:
    """Pairs of the series of one block with those of another; `second` is None where that is the same block.

    `rows` and `columns` are the pairs' places within the blocks, `places` their places among all pairs.
    """

    first: Floats  # (series, n)
    second: Floats | None
    rows: Ints
    columns: Ints
    places: Ints
    question: Question

    @property
    def other(self) -> Floats:
        return self.first if self.second is None else self.second


def tiles(levels: Floats, pairs: Ints, question: Question) -> Iterator[Tile]:
    """The tiles of `pairs`, shape (k, 2), of the rows of `levels`, shape (series, n). Each pair is in one tile."""
    series, n = levels.shape
    size = max(2, min(_BLOCK_SERIES, _BLOCK_NUMBERS // n))
    count = max(1, math.ceil(series / size))
    bounds = np.linspace(0, series, count + 1).astype(np.int64)
    block = np.searchsorted(bounds, pairs, side="right") - 1
    key = block[:, 0] * count + block[:, 1]
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    for places in np.split(order, starts[1:]):
        if not len(places):
            continue
        a, b = block[places[0]]
        first, second = levels[bounds[a] : bounds[a + 1]], levels[bounds[b] : bounds[b + 1]]
        rows, columns = pairs[places, 0] - bounds[a], pairs[places, 1] - bounds[b]
        yield Tile(first, None if a == b else second, rows, columns, places, question)


def all_pairs(series: int) -> Ints:
    """Every pair of different rows once, shape (series * (series - 1) / 2, 2), the lower row first."""
    return np.stack(np.triu_indices(series, 1), axis=1).astype(np.int64)


def matrix(levels: npt.ArrayLike) -> Floats:
    """`levels` as floats, shape (series, n). Raise BadSeries where they have another shape or are not all finite."""
    try:
        found = np.ascontiguousarray(levels, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise BadSeries(
            f"the series hold something that is no number ({error}): expected a matrix of numbers"
        ) from error
    if np.ndim(levels) != 2:
        raise BadSeries(f"the series have the shape {np.shape(levels)}: expected (series, rows)")
    bad = ~np.isfinite(found).all(axis=1)
    if bad.any():
        raise BadSeries(
            f"{int(bad.sum())} of {len(found)} series hold values that are not finite, the first is series {int(bad.argmax())}: "
            "leave them out, or fill them, before"
        )
    return found


def checked_pairs(pairs: npt.ArrayLike, series: int) -> Ints:
    """`pairs` as whole numbers, shape (k, 2). Raise BadParameter where one is not of two different rows of `series`."""
    found = np.asarray(pairs)
    if found.ndim != 2 or found.shape[1] != 2 or found.dtype.kind not in "iu":
        raise BadParameter(
            f"the pairs have the shape {found.shape} and type {found.dtype}: expected (pairs, 2) row numbers"
        )
    wrong = (found < 0).any(axis=1) | (found >= series).any(axis=1) | (found[:, 0] == found[:, 1])
    if wrong.any():
        raise BadParameter(f"the pair {found[wrong.argmax()].tolist()} is not of two different rows of {series}")
    return found.astype(np.int64)
