"""Dickey-Fuller regressions of many windows at once from their sums of products, with the trend in each."""

from dataclasses import dataclass

import numpy as np

from core.analytics.gram import Sums, search_matrix
from core.analytics.products import ROUNDING
from core.market import Bools, Floats, Ints

#: Bytes of matrices that are worked on at a time: they stay in a processor's cache.
_BATCH_BYTES = 2_000_000
#: A column of which less than this share of the squares is its own is not told from rounding well enough.
_LEAST_PIVOT = 1e-5
#: Information criteria closer than this are told apart by the single test alone.
_TIE = 1e-6


@dataclass(frozen=True, slots=True)
class Regressions:
    """What the regressions of m windows are made of: `sums` of the series, `moments` of the trend with the level, lag 1 ... lag p and
    change, shape (m, terms, p + 2), and the trend itself in each row of a window but the last, shape (terms, window - 1). The series is
    between -1 and 1.
    """

    sums: Sums
    moments: Floats
    trend: Floats

    def take(self, rows: Ints | slice) -> "Regressions":
        return Regressions(self.sums.take(rows), self.moments[rows], self.trend)


@dataclass(frozen=True, slots=True)
class Roots:
    """A window a row, shape (m,): where `sound` is False rounding may show, and the statistic is not to be used."""

    statistic: Floats
    lags: Ints
    sound: Bools


def roots(asked: Regressions, penalty: float | None) -> Roots:
    """The t of the level, and the lags that the least information criterion chooses where each costs `penalty`; None fixes them."""
    count, width = len(asked.sums.level), asked.sums.lags + 2 + len(asked.trend)
    found = Roots(np.full(count, np.nan), np.full(count, asked.sums.lags), np.zeros(count, dtype=np.bool_))
    size = max(1, _BATCH_BYTES // (8 * width * width))
    for start in range(0, count, size):
        part = slice(start, start + size)
        _solve(asked.take(part), penalty, Roots(found.statistic[part], found.lags[part], found.sound[part]))
    return found


def _solve(asked: Regressions, penalty: float | None, found: Roots) -> None:
    searched, terms, most = _matrices(asked), len(asked.trend), asked.sums.lags
    rounding = (asked.trend.shape[1] - most) * ROUNDING**2
    found.sound[:] = True
    if penalty is not None and most:
        factor, found.sound[:] = _factors(searched, rounding)
        left = np.cumsum((factor[:, terms:, -1] ** 2)[:, ::-1], axis=1)[:, ::-1][:, 1:]
        criterion = (asked.trend.shape[1] - most) * np.log(left) + penalty * np.arange(most + 1)
        found.lags[:] = np.argmin(criterion, axis=1)
        least = np.partition(criterion, 1, axis=1)
        found.sound[:] &= least[:, 1] - least[:, 0] > _TIE
    for k in np.unique(found.lags).tolist():
        group = np.flatnonzero(found.lags == k)
        order = np.array([*range(terms), *range(terms + 1, terms + 1 + k), terms, terms + most + 1])
        matrix = searched[group[:, None, None], np.minimum.outer(order, order), np.maximum.outer(order, order)]
        if k < most:
            rows = _rows(asked, group, k)
            matrix += np.matmul(rows.transpose(0, 2, 1), rows)
        factor, sound = _factors(matrix, rounding)
        freedom = asked.trend.shape[1] - k - (terms + 1 + k)
        found.statistic[group] = factor[:, -2, -1] / factor[:, -1, -1] * freedom**0.5
        found.sound[group] &= sound


def _matrices(asked: Regressions) -> Floats:
    """The sums of products over the rows that all lags share: trend, level, lag 1 ... lag p, change; the upper triangle."""
    terms, width = len(asked.trend), asked.sums.lags + 2 + len(asked.trend)
    inner = search_matrix(asked.sums)
    if not terms:
        return inner
    matrix = np.zeros((len(inner), width, width))
    powers = asked.trend[:, asked.sums.lags :]
    matrix[:, :terms, :terms] = powers @ powers.T
    matrix[:, :terms, terms:] = asked.moments
    matrix[:, terms:, terms:] = inner
    return matrix


def _rows(asked: Regressions, group: Ints, lags: int) -> Floats:
    """The rows more that only `lags` lags leave, columns trend, lag 1 ... lag k, level, change, shape (group, p - k, terms + k + 2)."""
    head = asked.sums.head[group]
    change, most, terms = np.diff(head, axis=1), asked.sums.lags, len(asked.trend)
    rows = np.empty((len(group), most - lags, terms + lags + 2))
    rows[:, :, :terms] = asked.trend[:, lags:most].T
    for lag in range(1, lags + 1):
        rows[:, :, terms + lag - 1] = change[:, lags - lag : most - lag]
    rows[:, :, -2] = head[:, lags:most]
    rows[:, :, -1] = change[:, lags:]
    return rows


def _factors(matrices: Floats, least: float) -> tuple[Floats, Bools]:
    """The upper Cholesky factors, ones where there is none, and which are well determined, each column's own squares above `least`."""
    try:
        factor = np.asarray(np.linalg.cholesky(matrices, upper=True), dtype=np.float64)
    except np.linalg.LinAlgError:
        if len(matrices) == 1:
            return np.ones_like(matrices), np.zeros(1, dtype=np.bool_)
        middle = len(matrices) // 2  # one that has none keeps all others from theirs: halve until it is alone
        parts = _factors(matrices[:middle], least), _factors(matrices[middle:], least)
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
    pivots = np.diagonal(factor, axis1=1, axis2=2) ** 2
    sound = pivots > np.maximum(_LEAST_PIVOT * np.diagonal(matrices, axis1=1, axis2=2), least)
    return factor, np.asarray(sound.all(axis=1), dtype=np.bool_)
