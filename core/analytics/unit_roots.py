"""Dickey-Fuller tests of many series at once from their sums of products, and which of them to leave to the exact route.

One Cholesky factor of each Gram matrix has the residual sums of squares of the regressions with 0 ... p lags in its last
column; the regression is then fitted again with the chosen lag on the rows that so few lags leave, as the single test does.
"""

from dataclasses import dataclass

import numpy as np

from core.analytics.gram import Sums, refit_matrix, search_matrix
from core.market import Bools, Floats, Ints

#: Bytes of Gram matrices that are worked on at a time: they stay in a processor's cache.
_BATCH_BYTES = 2_000_000
#: Where cancellation and the columns before it have left less than this share of a column, rounding shows in t beyond 1e-10.
_LEAST_SHARE = 1e-5
#: Information criteria closer than this, for each row of the sample, are told apart by the exact route alone.
_TIE = 1e-9


@dataclass(frozen=True, slots=True)
class UnitRoots:
    """A test a row, shape (k,): `sound` is False where rounding may show, and the statistic is NaN or not to be used."""

    statistic: Floats
    lags: Ints
    sound: Bools

    def view(self, rows: slice) -> "UnitRoots":
        return UnitRoots(self.statistic[rows], self.lags[rows], self.sound[rows])


def unit_roots(sums: Sums, rows: int, penalty: float | None, kept: Floats | None = None) -> UnitRoots:
    """The t of the level in de(t) on e(t-1), de(t-1) ... de(t-k), without constant, of each series of `rows` values.

    `penalty` is what a lag costs in the information criterion (2 for Akaike's, log of the sample for Schwarz's), k what it
    chooses from 0 to ``sums.lags``, all lags on the same sample; None fixes k at ``sums.lags``. `kept`, shape (k,), is what
    share of the terms that the sums were put together from is left in them: 1 where nothing was taken away.
    Dickey and Fuller (1979); Said and Dickey (1984).
    """
    count, width = len(sums.level), sums.lags + 2
    found = UnitRoots(np.full(count, np.nan), np.full(count, sums.lags), np.zeros(count, dtype=np.bool_))
    size = max(1, _BATCH_BYTES // (8 * width * width))
    for start in range(0, count, size):
        batch = slice(start, min(start + size, count))
        _solve(sums.take(batch), rows, penalty, kept[batch] if kept is not None else 1.0, found.view(batch))
    return found


def _solve(sums: Sums, rows: int, penalty: float | None, kept: Floats | float, found: UnitRoots) -> None:
    searched = search_matrix(sums)
    left = np.ones(len(searched))
    if penalty is not None:
        found.lags[:], left = _best_lags(searched, rows - 1 - sums.lags, penalty)
    for k in np.unique(found.lags):
        group = np.flatnonzero(found.lags == k)
        matrix = refit_matrix(searched[group], sums.head[group], int(k))
        found.statistic[group], least = _level_t(matrix, rows - 1 - int(k))
        left[group] = np.minimum(left[group], least)
    found.sound[:] = left * kept > _LEAST_SHARE


def _best_lags(matrix: Floats, sample: int, penalty: float) -> tuple[Ints, Floats]:
    """The lag of the least criterion, the fewest lags where two are equal; and as `_factor`, 0 where there is a doubt of it."""
    factor, share = _factor(matrix)
    squares = factor[:, 1:, -1] ** 2
    left = np.cumsum(squares[:, ::-1], axis=1)[:, ::-1]  # with k lags: all that they and the level do not explain
    criterion = sample * np.log(left) + penalty * np.arange(1, left.shape[1] + 1)
    best = np.argmin(criterion, axis=1)
    if criterion.shape[1] > 1:
        least = np.partition(criterion, 1, axis=1)[:, :2]
        share = np.where(least[:, 1] - least[:, 0] > _TIE * sample, share, 0.0)
    return best, share


def _level_t(matrix: Floats, sample: int) -> tuple[Floats, Floats]:
    """The t of the last but one column in the regression of the last on all others; and as `_factor`."""
    factor, share = _factor(matrix)
    freedom = sample - (matrix.shape[1] - 1)
    return factor[:, -2, -1] / factor[:, -1, -1] * freedom**0.5, share


def _factor(matrix: Floats) -> tuple[Floats, Floats]:
    """The upper Cholesky factors, and the least share of any column that those before it leave: identity and 0 where none."""
    try:
        factor: Floats = np.linalg.cholesky(matrix, upper=True).astype(np.float64, copy=False)
    except np.linalg.LinAlgError:
        return _factor_apart(matrix)
    squares = np.diagonal(factor, axis1=1, axis2=2) ** 2
    return factor, np.asarray((squares / np.diagonal(matrix, axis1=1, axis2=2)).min(axis=1), dtype=np.float64)


def _factor_apart(matrix: Floats) -> tuple[Floats, Floats]:
    """One that has no factor keeps its batch from having any: halve until it is alone."""
    if len(matrix) == 1:
        return np.eye(matrix.shape[1])[None], np.zeros(1)
    middle = len(matrix) // 2
    first, second = _factor(matrix[:middle]), _factor(matrix[middle:])
    return np.concatenate([first[0], second[0]]), np.concatenate([first[1], second[1]])
