"""Moments over all windows of a length in a few passes, where nothing that has left a window leaves a trace.

The series is cut into blocks of the window's length. Each block is summed up forward from its first value and backward from its
last; a window is the end of one block and the beginning of the next, and their means and products are merged. Nothing is ever
subtracted from a sum, and deviations are taken from a value that is in the window, so neither the level of a price nor a bad
tick costs digits. The idea of blocks is van Herk's (1992), for minima; the merging Chan, Golub and LeVeque's (1983), The
American Statistician 37.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.market import Floats

#: Rows that are worked on at once: their tables stay in the cache, and in the process once they are free.
_CHUNK = 16_384
#: With fewer blocks than this in a chunk, the one that is read twice costs more than is won.
_LEAST_BLOCKS = 8


def chunks(n: int, window: int) -> Iterator[tuple[int, int, int]]:
    """(begin, first, end) of each chunk of `n` rows: rows from `first` on are told by those from `begin` on, a block before.

    A row's window lies in its block and the one before, so its numbers are, to the last bit, those of all rows at once.
    """
    each = _CHUNK // window
    rows = each * window if each >= _LEAST_BLOCKS else max(n, 1)
    for first in range(0, n, rows):
        yield max(first - window, 0), first, min(first + rows, n)


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One series in blocks, shape (blocks, window), seen from one end of each.

    `anchor` is the value at that end, shape (blocks, 1); `mean` [as a deviation from the anchor] that of the values from
    the end to each place, and `step` the deviation of each value from the mean of those between it and the end.
    """

    anchor: Floats
    mean: Floats
    step: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """A series of `n` rows, cut: from the first value on, and from the last back (places in reverse)."""

    n: int
    window: int
    ahead: Side
    back: Side


def cut(values: Floats, window: int) -> Blocks:
    """`values`, shape (n,), n >= `window` >= 1; the last block is filled up with its last value, which is not used."""
    blocks = -(-len(values) // window)
    padded = np.empty(blocks * window)
    padded[: len(values)] = values
    padded[len(values) :] = values[-1]
    rows = padded.reshape(blocks, window)
    return Blocks(len(values), window, _side(rows), _side(rows[:, ::-1]))


def _side(rows: Floats) -> Side:
    anchor = rows[:, :1]
    deviation = rows - anchor
    mean = np.cumsum(deviation, axis=1)
    mean /= np.arange(1, rows.shape[1] + 1)
    step = deviation
    step[:, 1:] -= mean[:, :-1]
    return Side(anchor, mean, step)


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """Of one series: in each row's window, the mean as a deviation from `anchor`, shape (blocks, window) and (blocks, 1).

    `gap` is the mean of the beginning less that of the end of the block before, 0 where the window is one whole block.
    """

    anchor: Floats
    mean: Floats
    gap: Floats


def means(blocks: Blocks) -> Means:
    """The windows' means; rows before the first full window are made of nothing and to be left out."""
    ahead, back, window = blocks.ahead, blocks.back, blocks.window
    gap = ahead.mean.copy()
    gap[0] = 0.0
    gap[1:] += ahead.anchor[1:] - back.anchor[:-1]
    gap[1:, :-1] -= back.mean[:-1, -2::-1]  # the end from the place after the row's to the block's last
    gap[:, -1] = 0.0
    return Means(ahead.anchor, ahead.mean - gap * (_behind(window) / window), gap)


def products(one: Blocks, other: Blocks, gaps: tuple[Floats, Floats]) -> Floats:
    """The sum over each window of the products of both series' deviations from their means, shape (blocks, window)."""
    window = one.window
    places = np.arange(window)
    weight = places / (places + 1)
    merged = gaps[0] * gaps[1]
    merged *= (places + 1) * _behind(window) / window
    merged += _summed(one.ahead.step, other.ahead.step, weight)
    merged[1:, :-1] += _summed(one.back.step[:-1], other.back.step[:-1], weight)[:, -2::-1]
    return merged


def _summed(one: Floats, other: Floats, weight: Floats) -> Floats:
    """Welford's sums: each value adds its deviation from the mean so far, as far as it moves that mean."""
    found = one * other
    found *= weight
    return np.cumsum(found, axis=1, out=found)


def _behind(window: int) -> Floats:
    """How many of a row's window are in the block before, by place."""
    return np.arange(window - 1.0, -1.0, -1.0)


def rows(blocks: Blocks, table: Floats) -> Floats:
    """A table of the blocks as a row for each value, shape (n,), NaN before the first full window."""
    found = table.reshape(-1)[: blocks.n].copy()
    found[: blocks.window - 1] = np.nan
    return found
