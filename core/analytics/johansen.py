"""How many relations tie several series together, whichever is put first: Johansen's test."""

import math
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from core.analytics import johansen_tables as tables
from core.analytics.mackinnon import CriticalValues
from core.analytics.series import checked
from core.analytics.tiles import all_pairs, checked_pairs
from core.errors import BadParameter, BadSeries, Degenerate, NotEnoughData
from core.market import Bools, Floats, Ints

#: What is taken out of the levels: nothing, their mean, their mean and a linear trend.
DetOrder = Literal[-1, 0, 1]
#: A column of which less than this share is its own is taken for a combination of those before it.
_LEAST_SHARE = 1e-11
#: What is no greater than this in values up to 1 is rounding.
_ROUNDING = 16.0 * float(np.finfo(np.float64).eps)
#: A column of which less than this share of the squares is its own is not told from rounding by sums of products.
_LEAST_PIVOT = 1e-6
_EXACT_PIVOT = 1e-3
#: Pairs that are worked on at a time.
_BATCH = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Johansen:
    """Of k series: `eigenvalues` are the squared canonical correlations of changes with levels, shape (k,), greatest first.

    Column i of `vectors`, shape (k, k), is the relation of eigenvalue i, of unit variance, its first weight positive. `trace[r]` is
    against at most r relations, `max_eigenvalue[r]` against r where there are r + 1; both reject above the critical values.
    `n` are the rows of the regression. With ``det_order`` 0 the tables are those of series that drift; of two walks without drift the
    trace is above its 5 % value in 11 % of cases, and above 18.2 in 5 % (`tests/analytics/test_johansen.py`).
    """

    eigenvalues: Floats
    vectors: Floats
    trace: Floats
    max_eigenvalue: Floats
    trace_critical: tuple[CriticalValues, ...]
    max_eigenvalue_critical: tuple[CriticalValues, ...]
    det_order: DetOrder
    lagged_differences: int
    n: int

    @property
    def hedge_ratios(self) -> tuple[float, ...] | None:
        """How much the first series moves with each other one in the strongest relation; None where it is not part of that."""
        first, *others = self.vectors[:, 0].tolist()
        found = tuple(-weight / first for weight in others) if first and math.isfinite(first) else ()
        return found if found and all(map(math.isfinite, found)) else None

    def rank(self, percent: Literal[1, 5, 10] = 5) -> int:
        """How many relations the trace statistic finds at this level, asking for one after the other."""
        if percent not in (1, 5, 10):
            raise BadParameter(f"no critical values are known at {percent} %: take 1, 5 or 10")
        known = [{1: row.one, 5: row.five, 10: row.ten}[percent] for row in self.trace_critical]
        return int(np.argmin(np.append(self.trace > known, False)))


def johansen(levels: npt.ArrayLike, det_order: DetOrder = 0, lagged_differences: int = 1) -> Johansen:
    """Johansen's trace and maximum-eigenvalue tests of `levels`, shape (n, k), a series a column, oldest first, k from 1 to 12.

    The changes are related to the levels before them, given `lagged_differences` changes before. The trend is taken out of all
    rows first, as LeSage's toolbox and statsmodels do; without lagged differences these take the level after the change in
    place of the one before, and differ. Raise NotEnoughData, BadSeries, BadParameter, and Degenerate where a series does not
    vary by itself. Johansen (1988), J. Economic Dynamics and Control 12; (1991), Econometrica 59.
    """
    series = _matrix(levels)
    k = len(series)
    if not 1 <= k <= len(tables.TRACE[0][0]):
        raise BadParameter(f"{k} series: the tables are for 1 to {len(tables.TRACE[0][0])}")
    design = _design(series, det_order, lagged_differences, k)
    factor = _triangle(design.columns)
    n, start = design.columns.shape[1], k * lagged_differences
    least = np.maximum(_LEAST_SHARE * np.sqrt((factor * factor).sum(axis=0)), _ROUNDING * n**0.5)
    short = np.abs(np.diagonal(factor)) <= least
    if short.any():
        raise Degenerate(
            f"series {int(short.argmax()) % k} is a combination of the others or of its past: leave it out"
        )
    level, cross, rest = (
        factor[start : start + k, start : start + k],
        factor[start : start + k, start + k :],
        factor[start + k :, start + k :],
    )
    left, ratio, _ = np.linalg.svd(np.linalg.solve(rest.T, cross.T).T)
    with np.errstate(over="ignore"):  # in units so small that a weight is no float
        vectors = np.ldexp(np.linalg.solve(level, left) * n**0.5, -design.exponents[:, None])
    likelihood = n * np.log1p(ratio**2)
    return Johansen(
        eigenvalues=ratio**2 / (1.0 + ratio**2),
        vectors=vectors * np.where(vectors[0] < 0, -1.0, 1.0),
        trace=np.cumsum(likelihood[::-1])[::-1],
        max_eigenvalue=likelihood,
        trace_critical=_critical(tables.TRACE[det_order], k),
        max_eigenvalue_critical=_critical(tables.MAX_EIGENVALUE[det_order], k),
        det_order=det_order,
        lagged_differences=lagged_differences,
        n=n,
    )


@dataclass(frozen=True, slots=True, eq=False)
class PairTraces:
    """Johansen's statistics of each of m pairs: `pairs` of rows of the series, `eigenvalues` and `trace`, shape (m, 2) each.

    `trace[:, 0]` is against no relation, `trace[:, 1]` against at most one; both reject above `trace_critical`. NaN where a
    series does not vary by itself. `n` are the rows of the regression.
    """

    pairs: Ints
    eigenvalues: Floats
    trace: Floats
    trace_critical: tuple[CriticalValues, ...]
    n: int


def batch_trace(
    levels: npt.ArrayLike, pairs: npt.ArrayLike | None = None, det_order: DetOrder = 0, lagged_differences: int = 1
) -> PairTraces:
    """`johansen` of each of `pairs`, shape (m, 2), of the rows of `levels`, shape (series, n); of all pairs where None.

    The products of all columns with all others are one matrix product; the eigenvalues of two series have a closed form.
    Pairs whose sums of products have lost too many digits go by `johansen`. Raise NotEnoughData, BadSeries, BadParameter.
    """
    series = _matrix(np.transpose(levels))
    chosen = all_pairs(len(series)) if pairs is None else checked_pairs(pairs, len(series))
    columns = _design(series, det_order, lagged_differences, 2).columns
    length = np.sqrt(np.einsum("ct,ct->c", columns, columns))
    columns /= np.where(length > 0, length, 1.0)[:, None]
    quiet = length <= _ROUNDING * (columns.shape[1] / _LEAST_PIVOT) ** 0.5  # what is its own may be rounding
    products, ratios = columns @ columns.T, np.full((len(chosen), 2), np.nan)
    blocks = np.repeat(np.arange(lagged_differences + 2) * len(series), 2)
    for start in range(0, len(chosen), _BATCH):
        part = slice(start, start + _BATCH)
        places = blocks + np.tile(chosen[part], lagged_differences + 2)
        ratios[part] = _pair_ratios(products[places[:, :, None], places[:, None, :]])
    ratios[quiet.reshape(-1, len(series)).any(axis=0)[chosen].any(axis=1)] = np.nan
    eigenvalues = ratios / (1.0 + ratios)
    for place in np.flatnonzero(np.isnan(ratios[:, 0])):
        with suppress(Degenerate):
            eigenvalues[place] = johansen(series[chosen[place]].T, det_order, lagged_differences).eigenvalues
    likelihood = -columns.shape[1] * np.log1p(-eigenvalues)
    trace = np.stack([likelihood.sum(axis=1), likelihood[:, 1]], axis=1)
    return PairTraces(chosen, eigenvalues, trace, _critical(tables.TRACE[det_order], 2), columns.shape[1])


def _pair_ratios(matrices: Floats) -> Floats:
    """eigenvalue / (1 - eigenvalue) of pairs, shape (m, 2), from their products, columns as in `_Design`; NaN if unsound."""
    found = np.full((len(matrices), 2), np.nan)
    factor, sound = _factors(matrices, _LEAST_PIVOT)
    cross, rest = factor[sound, -2:, -4:-2], factor[sound, -2:, -2:]
    first = cross[:, 0] / rest[:, 0, :1]  # rest is triangular: solve for the rows one after the other
    second = (cross[:, 1] - rest[:, 1, :1] * first) / rest[:, 1, 1:]
    a, b, c = ((p * q).sum(axis=1) for p, q in ((first, first), (first, second), (second, second)))
    greater = (a + c) / 2 + np.hypot((a - c) / 2, b)
    determinant = (first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) ** 2
    found[sound] = np.stack([greater, determinant / np.where(greater > 0, greater, 1.0)], axis=1)
    return found


def _factors(matrices: Floats, least: float) -> tuple[Floats, Bools]:
    """The lower Cholesky factors, and which are well determined. Those without one are left out, halving the batch."""
    try:
        factor = np.asarray(np.linalg.cholesky(matrices), dtype=np.float64)
    except np.linalg.LinAlgError:
        if len(matrices) == 1:
            return np.zeros_like(matrices), np.zeros(1, dtype=np.bool_)
        middle = len(matrices) // 2
        parts = _factors(matrices[:middle], least), _factors(matrices[middle:], least)
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
    pivots = np.diagonal(factor, axis1=1, axis2=2) ** 2
    return factor, np.asarray((pivots > least).all(axis=1), dtype=np.bool_)


class _Design(NamedTuple):
    """The columns of all series: changes 1 ... p rows before, level before, change, shape (k (p + 2), n), in units of 2**exponent."""

    columns: Floats
    exponents: Ints


def _design(series: Floats, det_order: DetOrder, lagged: int, together: int) -> _Design:
    """The columns of `series`, shape (k, rows), of which `together` are regressed on one another."""
    if det_order not in (-1, 0, 1):
        raise BadParameter(f"the order of the trend is {det_order!r}: take -1 for none, 0 for a constant, 1 for a line")
    if not isinstance(lagged, (int, np.integer)) or isinstance(lagged, bool) or lagged < 0:
        raise BadParameter(f"{lagged!r} lagged differences: expected a whole number from 0")
    needed = lagged + 2 + together * (lagged + 2) + det_order
    if series.shape[1] < needed:
        raise NotEnoughData(needed, series.shape[1])
    exponents = np.frexp(np.abs(series).max(axis=1, initial=0.0))[1].astype(np.int64)
    level = np.ldexp(series, -exponents[:, None])
    if det_order >= 0:
        level -= level.mean(axis=1, keepdims=True)
    if det_order == 1:
        time = np.linspace(-1.0, 1.0, level.shape[1])
        time /= np.sqrt(time @ time)
        for _ in range(2):
            level -= (level @ time)[:, None] * time
    change = np.diff(level, axis=1)
    rows = change.shape[1]
    past = [change[:, lagged - lag : rows - lag] for lag in range(1, lagged + 1)]
    columns = np.concatenate([*past, level[:, lagged:-1], change[:, lagged:]])
    if det_order >= 0:
        for _ in range(2):
            columns -= columns.mean(axis=1, keepdims=True)
    return _Design(columns, exponents)


def _triangle(columns: Floats) -> Floats:
    """The triangular factor of the columns, shape (columns, n): from their products where that is exact enough, or by QR."""
    length = np.sqrt(np.einsum("ct,ct->c", columns, columns))
    if length.all():
        factor, sound = _factors(((columns @ columns.T) / length / length[:, None])[None], _EXACT_PIVOT)
        if sound[0]:
            return np.asarray(factor[0].T * length, dtype=np.float64)
    return np.asarray(np.linalg.qr(columns.T, mode="r"), dtype=np.float64)


def _matrix(levels: npt.ArrayLike) -> Floats:
    """The columns as rows, shape (k, n)."""
    if np.ndim(levels) != 2:
        raise BadSeries(f"the levels have the shape {np.shape(levels)}: expected (rows, series)")
    columns = np.transpose(levels)
    return (
        np.stack([checked(column, 0, f"series {i}") for i, column in enumerate(columns)])
        if len(columns)
        else np.empty((0, 0))
    )


def _critical(table: tuple[tuple[float, ...], ...], k: int) -> tuple[CriticalValues, ...]:
    return tuple(CriticalValues(*(row[k - 1 - rank] for row in table)) for rank in range(k))
