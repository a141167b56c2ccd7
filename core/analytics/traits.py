"""How the residuals of many pairs behave: how fast they come back, and how often they cross zero."""

import math
from dataclasses import dataclass

import numpy as np

from core.analytics.pairwise import PairTests
from core.analytics.standardised import standardised
from core.analytics.tiles import Tile
from core.market import Floats, Ints

#: Numbers of residuals that are made at a time: they stay in a processor's cache.
_NUMBERS = 130_000


@dataclass(frozen=True, slots=True)
class Traits:
    """Of the residual of each pair's better order, shape (k,); NaN and -1 where the pair could not be tested.

    `half_life` [bars] is that of `reversion.half_life_ar1`: inf without reversion, NaN where the residual alternates.
    """

    half_life: Floats
    crossings: Ints  # how often the residual changes its sign

    @classmethod
    def blank(cls, count: int) -> "Traits":
        return cls(np.full(count, np.nan), np.full(count, -1))

    def put(self, places: Ints, part: "Traits") -> None:
        """Fill in those of the pairs at `places`."""
        self.half_life[places], self.crossings[places] = part.half_life, part.crossings


def traits(tile: Tile, tests: PairTests) -> Traits:
    """The traits of a tile's pairs, whose `tests` are known."""
    first = standardised(tile.first, tile.question.trend)
    second = first if tile.second is None else standardised(tile.second, tile.question.trend)
    found, better = Traits.blank(len(tests)), tests.better
    known = ~np.isnan(tests.statistic).any(axis=1)
    size = max(1, _NUMBERS // tile.first.shape[1])
    for order, (y, x, rows, columns) in enumerate(
        ((first, second, tile.rows, tile.columns), (second, first, tile.columns, tile.rows))
    ):
        chosen = np.flatnonzero(known & (better == order))
        for start in range(0, len(chosen), size):
            places = chosen[start : start + size]
            slopes = tests.hedge_ratio[places, order] / y.ratio(rows[places], x, columns[places])
            residuals = y.values[rows[places]] - slopes[:, None] * x.values[columns[places]]
            found.half_life[places], found.crossings[places] = half_lives(residuals), crossings(residuals)
    return found


def half_lives(residuals: Floats) -> Floats:
    """-log(2) / (phi - 1) [bars], phi of the regression with constant of each value on the one before; shape (k, n) -> (k,)."""
    before, after = residuals[:, :-1], residuals[:, 1:]
    n = before.shape[1]
    mean_before, mean_after = before.mean(axis=1), after.mean(axis=1)
    moment = np.einsum("kt,kt->k", before, before) - n * mean_before**2
    change = np.einsum("kt,kt->k", before, after) - n * mean_before * mean_after
    with np.errstate(divide="ignore", invalid="ignore"):
        phi = change / moment
        bars = math.log(2) / (1.0 - phi)
    return np.asarray(np.where(phi >= 1, np.inf, np.where(phi > 0, bars, np.nan)), dtype=np.float64)


def crossings(residuals: Floats) -> Ints:
    """How often each row, shape (k, n), goes from one side of zero to the other."""
    above = residuals > 0
    return np.asarray(np.count_nonzero(above[:, 1:] != above[:, :-1], axis=1), dtype=np.int64)
