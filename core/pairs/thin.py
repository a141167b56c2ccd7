"""Fewer rows than there are, for a screen that has fewer pixels: the extremes of each stretch stay."""

from collections.abc import Sequence

import numpy as np

from core.market import Floats, Ints


def thin(columns: Sequence[Floats], most: int) -> Ints:
    """Which rows to draw, ascending, shape (m,), m about `most` at the most: all of them, or of each stretch of rows both extremes of each column.

    The columns have one length; NaN is no extreme. The first and the last row are always drawn.
    """
    n = len(columns[0])
    if n <= most:
        return np.arange(n)
    stretches = max(most // (2 * len(columns)), 1)
    edges = np.linspace(0, n, stretches + 1).astype(np.int64)[:-1]
    rows = [np.array([0, n - 1])]
    for column in columns:
        rows.extend(_extremes(column, edges, sign) for sign in (1.0, -1.0))
    return np.unique(np.concatenate(rows))


def _extremes(column: Floats, edges: Ints, sign: float) -> Ints:
    """The first row of each stretch that has its greatest value, times `sign`; none of a stretch without values."""
    values = np.where(np.isnan(column), -np.inf, sign * column)
    greatest = np.maximum.reduceat(values, edges)
    of = np.repeat(np.arange(len(edges)), np.diff(edges, append=len(column)))
    reached = np.flatnonzero((values == greatest[of]) & np.isfinite(values))
    return reached[np.unique(of[reached], return_index=True)[1]]


def means(values: Floats, rows: Ints) -> Floats:
    """The mean of `values` over the rows after each drawn one's predecessor up to itself, shape (m,)."""
    totals = np.concatenate(([0.0], np.cumsum(values)))
    ends = rows + 1
    starts = np.concatenate(([rows[0] if len(rows) else 0], ends[:-1]))
    return (totals[ends] - totals[starts]) / np.maximum(ends - starts, 1)
