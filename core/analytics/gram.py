"""The Gram matrices of the Dickey-Fuller regressions of many spreads, without ever making the spreads.

A spread is e = y - b x, so its sums of products are those of the symbols combined: E = Y - b (YX + XY) + b^2 X. The
products of all symbols at all lags come from a few short Fourier transforms (`across`); then

- the products of two lagged differences lie along the diagonals: <de(t-a-1), de(t-c-1)> is <de(t-a), de(t-c)> plus one
  product at the first edge of the sample less one at the last;
- the products of the level with lagged differences run on in the same way: <e(t-1), de(t-c-1)> is <e(t-1), de(t-c)> plus
  <de(t), de(t-c)> and the edges.

So only one row of each matrix, and the first and last values of each series, have to be known (`Sums`).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from core.market import Floats, Ints

#: So few lags are multiplied out one by one.
_DIRECT = 8

Complexes = npt.NDArray[np.complex128]


@dataclass(frozen=True, slots=True)
class Sums:
    """What a Dickey-Fuller regression with up to `lags` lags needs to know of each of k series e(0) ... e(n-1).

    Sums run over t = lags + 1 ... n - 1, the sample that all shorter regressions share; de(t) = e(t) - e(t-1).
    """

    level: Floats  # (k,) sum of e(t-1)^2
    mixed: Floats  # (k,) sum of e(t-1) de(t)
    products: Floats  # (k, lags + 1) sum of de(t) de(t-c) for c = 0 ... lags
    head: Floats  # (k, lags + 1) the first values, e(0) ... e(lags)
    tail: Floats  # (k, lags + 1) the last values, e(n-1-lags) ... e(n-1)

    @property
    def lags(self) -> int:
        return int(self.products.shape[1]) - 1

    def take(self, rows: Ints | slice) -> "Sums":
        return Sums(self.level[rows], self.mixed[rows], self.products[rows], self.head[rows], self.tail[rows])


@dataclass(frozen=True, slots=True)
class CrossSums:
    """The sums of products of each series u of one block with each series v of another, both ways added.

    So ``level`` is the sum of 2 u(t-1) v(t-1), ``mixed`` of u(t-1) dv(t) + v(t-1) du(t), ``products`` of
    du(t) dv(t-c) + dv(t) du(t-c); the first two have shape (first, second), the last (first, second, lags + 1).
    """

    level: Floats
    mixed: Floats
    products: Floats


def across(first: Floats, second: Floats, lags: int) -> CrossSums:
    """The products of all series of `first`, shape (first, n), with all of `second`, shape (second, n)."""
    level = 2.0 * (first[:, lags:-1] @ second[:, lags:-1].T)
    d_first, d_second = np.diff(first, axis=1), np.diff(second, axis=1)
    mixed = first[:, lags:-1] @ d_second[:, lags:].T + d_first[:, lags:] @ second[:, lags:-1].T
    products = _lagged(d_first, d_second, lags)
    turned = products if first is second else _lagged(d_second, d_first, lags)
    return CrossSums(level, mixed, products + turned.transpose(1, 0, 2))


def own(levels: Floats, lags: int) -> Sums:
    """The sums of each of the series `levels`, shape (k, n)."""
    before, change = levels[:, lags:-1], np.diff(levels, axis=1)
    return Sums(
        np.einsum("kt,kt->k", before, before),
        np.einsum("kt,kt->k", before, change[:, lags:]),
        _lagged_own(change, lags),
        levels[:, : lags + 1].copy(),
        levels[:, -lags - 1 :].copy(),
    )


def spreads(y: Sums, x: Sums, cross: CrossSums, pairs: tuple[Ints, Ints], slopes: Floats) -> Sums:
    """The sums of the spreads y - slope x, one a pair, from those of the rows of `y` and `x`.

    `cross` holds the products pair by pair: its arrays have the pairs in place of the first two dimensions.
    """
    rows, columns = pairs
    b, square = slopes, slopes * slopes
    wide, wide_square = b[:, None], square[:, None]
    return Sums(
        y.level[rows] - b * cross.level + square * x.level[columns],
        y.mixed[rows] - b * cross.mixed + square * x.mixed[columns],
        y.products[rows] - wide * cross.products + wide_square * x.products[columns],
        y.head[rows] - wide * x.head[columns],
        y.tail[rows] - wide * x.tail[columns],
    )


def search_matrix(sums: Sums) -> Floats:
    """The Gram matrices over the shared sample, columns (level, lag 1 ... lag p, change), shape (k, p + 2, p + 2).

    Only the upper triangle is filled, the rest is zero.
    """
    p = sums.lags
    matrix = np.zeros((len(sums.level), p + 2, p + 2))
    head, tail = _edges(sums)
    row = sums.products.copy()  # of lag c with lags c, c + 1, ..., beginning with the change itself, lag 0
    matrix[:, 1:-1, -1] = row[:, 1:]
    matrix[:, -1, -1] = row[:, 0]
    for c in range(p):
        row = row[:, :-1] + head[:, c, None] * head[:, c:] - tail[:, c, None] * tail[:, c:]
        matrix[:, c + 1, c + 1 : -1] = row
    levels = _level_products(sums, head, tail)
    matrix[:, 0, 0] = sums.level
    matrix[:, 0, -1] = levels[:, 0]
    matrix[:, 0, 1:-1] = levels[:, 1:]
    return matrix


def refit_matrix(searched: Floats, head: Floats, lags: int) -> Floats:
    """The Gram matrices with `lags` lags over all rows that so few leave: (lag 1 ... lag k, level, change), (m, k + 2, k + 2).

    `searched` are those of `search_matrix`, shape (m, p + 2, p + 2), `head` the first values of the series, shape
    (m, p + 1): they give the p - k rows more. Only the upper triangle is filled.
    """
    k, p = lags, searched.shape[1] - 2
    matrix = np.zeros((len(searched), k + 2, k + 2))
    matrix[:, :k, :k] = searched[:, 1 : k + 1, 1 : k + 1]
    matrix[:, :k, k] = searched[:, 0, 1 : k + 1]
    matrix[:, :k, k + 1] = searched[:, 1 : k + 1, -1]
    matrix[:, k, k] = searched[:, 0, 0]
    matrix[:, k, k + 1] = searched[:, 0, -1]
    matrix[:, k + 1, k + 1] = searched[:, -1, -1]
    if p > k:
        more = _rows(head, k)
        matrix += np.matmul(more.transpose(0, 2, 1), more)
    return matrix


def _rows(head: Floats, lags: int) -> Floats:
    """The regression's rows t = lags + 1 ... p, columns (lag 1 ... lag k, level, change), shape (m, p - k, k + 2)."""
    change = np.diff(head, axis=1)  # change[:, t - 1] is de(t)
    times = np.arange(lags + 1, head.shape[1])
    rows = np.empty((len(head), len(times), lags + 2))
    for lag in range(1, lags + 1):
        rows[:, :, lag - 1] = change[:, times - 1 - lag]
    rows[:, :, lags] = head[:, times - 1]
    rows[:, :, lags + 1] = change[:, times - 1]
    return rows


def _edges(sums: Sums) -> tuple[Floats, Floats]:
    """The changes de(p), ..., de(1) and de(n-1), ..., de(n-p), shape (k, p) each: what enters and leaves, lag by lag."""
    return np.diff(sums.head, axis=1)[:, ::-1], np.diff(sums.tail, axis=1)[:, ::-1]


def _level_products(sums: Sums, head: Floats, tail: Floats) -> Floats:
    """The sums of e(t-1) de(t-c) for c = 0 ... p, shape (k, p + 1)."""
    steps = np.empty_like(sums.products)
    steps[:, 0] = sums.mixed
    steps[:, 1:] = sums.products[:, :-1] + sums.head[:, -1:] * head - sums.tail[:, -1:] * tail
    return np.cumsum(steps, axis=1)


def _lagged(now: Floats, before: Floats, lags: int) -> Floats:
    """The sums of now(t) before(t-c) over t >= `lags`, shape (now, before, lags + 1)."""
    n = now.shape[1]
    if lags < _DIRECT:
        return np.stack([now[:, lags:] @ before[:, lags - c : n - c].T for c in range(lags + 1)], axis=2)
    samples, pasts = _spectra(now, before, lags)
    ours, theirs = np.ascontiguousarray(samples.transpose(2, 0, 1)), np.ascontiguousarray(pasts.transpose(2, 1, 0))
    return _lags_of((ours @ theirs).transpose(1, 2, 0), lags)


def _lagged_own(change: Floats, lags: int) -> Floats:
    """The sums of change(t) change(t-c) over t >= `lags` of each row by itself, shape (k, lags + 1)."""
    n = change.shape[1]
    if lags < _DIRECT:
        pasts = (change[:, lags - c : n - c] for c in range(lags + 1))
        return np.stack([np.einsum("kt,kt->k", change[:, lags:], past) for past in pasts], axis=1)
    return _lags_of(np.einsum("kbf,kbf->kf", *_spectra(change, change, lags)), lags)


def _spectra(now: Floats, before: Floats, lags: int) -> tuple[Complexes, Complexes]:
    """The Fourier transforms of short pieces of `now`, conjugated, and of the same pieces of `before` with their past.

    Shapes (series, pieces, frequencies). Summed over the pieces, and only then transformed back, their products are the sums
    of all lags at once: a small fraction of the work of multiplying out each lag. No lag reaches around the end of a piece.
    """
    width = 1 << (5 * (lags + 1) // 2 - 1).bit_length()
    fresh, rows = width - lags, now.shape[1] - lags
    pieces = -(-rows // fresh)
    sample = np.zeros((len(now), pieces * fresh))
    sample[:, :rows] = now[:, lags:]
    past = np.zeros((len(before), pieces * fresh + lags))
    past[:, : before.shape[1]] = before
    windows = sliding_window_view(past, width, axis=1)[:, ::fresh]
    return np.fft.rfft(sample.reshape(len(now), pieces, fresh), width).conj(), np.fft.rfft(windows, width)


def _lags_of(spectrum: Complexes, lags: int) -> Floats:
    """The sums at lags 0 ... `lags`, in the last dimension, of summed products of `_spectra`."""
    width = 2 * (spectrum.shape[-1] - 1)
    return np.ascontiguousarray(np.fft.irfft(spectrum, width)[..., lags::-1], dtype=np.float64)
