"""The Dickey-Fuller regression of one long series from sums of products: a few passes instead of a factorisation of all rows.

The sums of each column with the changes of all lags come from one matrix product of blocks of rows (`with_lags`); the products of
two lagged changes run along the diagonals: <d(t-a-1), d(t-c-1)> is <d(t-a), d(t-c)> plus one product at the first edge of the
sample less one at the last.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from core.market import Floats

#: Rows of a block in `with_lags`.
_BLOCK = 32
#: A column of which less than this share of the squares is its own is not told from rounding well enough.
_LEAST_PIVOT = 1e-5
#: What is no greater than this in values up to 1 is rounding.
ROUNDING = 16.0 * float(np.finfo(np.float64).eps)
#: Information criteria closer than this are not told apart.
_TIE = 1e-6


def unit_root(
    change: Floats, before: Floats, trend: Floats, most: int, penalty: float | None
) -> tuple[float, int] | None:
    """The t of the level and the number of lags, as `regression.dickey_fuller` has them; None where rounding might show.

    `change` and `before`: shape (rows,), of a series between -1 and 1, `trend`: shape (terms, rows). `penalty` is what a lag
    costs in the information criterion, None where `most` is the number of lags itself.
    """
    terms = len(trend)
    matrix = gram(change, before, trend, most)
    lags, least = most, (len(change) - most) * ROUNDING**2
    if penalty is not None:
        factor = _factor(matrix, least)
        if factor is None:
            return None
        left = np.cumsum(factor[-1, terms:][::-1] ** 2)[::-1][1:]
        criterion = (len(change) - most) * np.log(left) + penalty * np.arange(most + 1)
        lags = int(np.argmin(criterion))
        if most and np.diff(np.partition(criterion, 1)[:2])[0] < _TIE:
            return None
    order = [*range(terms), *range(terms + 1, terms + 1 + lags), terms, matrix.shape[0] - 1]
    refit = matrix[np.ix_(order, order)]
    if most > lags:
        past = sliding_window_view(change[:most], lags + 1)[:, ::-1]
        rows = np.column_stack((trend[:, lags:most].T, past[:, 1:], before[lags:most], past[:, 0]))
        refit = refit + rows.T @ rows
    factor = _factor(refit, least)
    if factor is None:
        return None
    freedom = len(change) - lags - terms - 1 - lags
    return float(factor[-1, -2] / factor[-1, -1] * freedom**0.5), lags


def gram(change: Floats, before: Floats, trend: Floats, lags: int) -> Floats:
    """The sums of products over the rows from `lags` on: columns trend, level, lag 1 ... lag `lags`, change."""
    terms, size = len(trend), len(trend) + lags + 2
    columns = np.concatenate((trend[:, lags:], before[None, lags:], change[None, lags:]))
    outer = columns @ columns.T
    lagged = with_lags(columns, change, lags)
    matrix = np.empty((size, size))
    head, tail = change[:lags][::-1], change[::-1][:lags]
    row = lagged[-1]  # of lag a with the lags a, a + 1, ...
    for a in range(lags):
        row = row[:-1] + head[a] * head[a:] - tail[a] * tail[a:]
        matrix[terms + 1 + a, terms + 1 + a : -1] = row
    matrix[: terms + 1, : terms + 1] = outer[:-1, :-1]
    matrix[: terms + 1, terms + 1 : -1] = lagged[:-1, 1:]
    matrix[: terms + 1, -1] = outer[:-1, -1]
    matrix[terms + 1 : -1, -1] = lagged[-1, 1:]
    matrix[-1, -1] = outer[-1, -1]
    upper = np.triu(matrix)
    return upper + np.triu(upper, 1).T


def with_lags(columns: Floats, change: Floats, lags: int) -> Floats:
    """The sums of columns(t) change(t - c) for c = 0 ... `lags`, shape (columns, lags + 1).

    `columns`: shape (columns, rows), `change` with `lags` more rows before those. Rows go in blocks: one matrix product
    multiplies each row of a block with all of its past, and the sums of one lag lie along a diagonal.
    """
    count, rows = columns.shape
    blocks = -(-rows // _BLOCK)
    padded = np.zeros((count, blocks * _BLOCK))
    padded[:, :rows] = columns
    past = np.zeros(blocks * _BLOCK + lags)
    past[: len(change)] = change
    width = _BLOCK + lags
    windows = np.ascontiguousarray(sliding_window_view(past, width)[::_BLOCK])
    found = padded.reshape(count, blocks, _BLOCK).transpose(0, 2, 1) @ windows
    plane, row, item = found.strides
    diagonals = as_strided(found, (count, _BLOCK, lags + 1), (plane, row + item, item), writeable=False)
    return np.ascontiguousarray(diagonals.sum(axis=1)[:, ::-1])


def _factor(matrix: Floats, least: float) -> Floats | None:
    """The lower Cholesky factor, or None where there is none that is well determined, each column's own squares above `least`."""
    try:
        factor = np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
    sound = np.diagonal(factor) ** 2 > np.maximum(_LEAST_PIVOT * np.diagonal(matrix), least)
    return factor if sound.all() else None
