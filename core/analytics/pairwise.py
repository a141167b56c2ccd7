"""Engle-Granger tests of all pairs of many series in both orders, in one batch: what a screen stands on.

Pairs whose sums of products have lost too many digits go by the single-pair route, as does any whose choice of lags is
within rounding: the batch gives what the single test gives.
"""

from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.analytics import mackinnon
from core.analytics.cointegration import NEAR_IDENTICAL, engle_granger
from core.analytics.gram import CrossSums, Sums, across, own, spreads
from core.analytics.standardised import standardised
from core.analytics.tiles import Question, Tile, all_pairs, checked_pairs, matrix, tiles
from core.analytics.unit_roots import unit_roots
from core.errors import AnalysisError
from core.market import Bools, Floats, Ints

#: A spread whose sums of products are less than this share of its legs' is not even tried.
_LEAST_SHARE = 1e-4
#: What makes a pair: that the test says so in both orders, or in either, at twice the p-value.
Orders = Literal["both", "either"]


@dataclass(frozen=True, slots=True)
class PairTests:
    """Both tests of each of k pairs. In arrays of two columns the first is of `first` on `second`, the other the reverse.

    A pair with a series that does not vary but for its trend has NaN for all numbers and -1 for lags. `exact` says which
    went by the single-pair route.
    """

    first: Ints  # (k,) row of the series
    second: Ints  # (k,)
    hedge_ratio: Floats  # (k, 2)
    statistic: Floats  # (k, 2)
    p_value: Floats  # (k, 2)
    lags: Ints  # (k, 2)
    r_squared: Floats  # (k, 2), with the trend's part in it
    near_identical: Bools  # (k,) in either order
    exact: Bools  # (k,)

    @classmethod
    def blank(cls, pairs: Ints) -> "PairTests":
        """Nothing known yet of `pairs`, shape (k, 2)."""
        k = len(pairs)
        hedge_ratio, statistic, p_value, r_squared = (np.full((k, 2), np.nan) for _ in range(4))
        near_identical, exact = (np.zeros(k, dtype=np.bool_) for _ in range(2))
        lags = np.full((k, 2), -1)
        return cls(pairs[:, 0], pairs[:, 1], hedge_ratio, statistic, p_value, lags, r_squared, near_identical, exact)

    def __len__(self) -> int:
        return len(self.first)

    @property
    def combined(self) -> Floats:
        """One p-value a pair, shape (k,): twice the smaller of both orders', at most 1 (Bonferroni over the two)."""
        return np.asarray(np.minimum(1.0, 2.0 * self.p_value.min(axis=1)), dtype=np.float64)

    @property
    def both(self) -> Floats:
        """The greater of both orders' p-values, shape (k,): small only where either order finds the same."""
        return np.asarray(self.p_value.max(axis=1), dtype=np.float64)

    def decisive(self, orders: Orders) -> Floats:
        """The one p-value a pair that a decision goes by, shape (k,): `both` or `combined`."""
        return self.both if orders == "both" else self.combined

    @property
    def better(self) -> Ints:
        """The column of the order with the smaller statistic, shape (k,)."""
        return (self.statistic[:, 1] < self.statistic[:, 0]).astype(np.int64)

    def take(self, rows: Ints | slice) -> "PairTests":
        """Those of the pairs at `rows`."""
        return PairTests(*(getattr(self, column.name)[rows] for column in fields(self)))

    def put(self, places: Ints, part: "PairTests") -> None:
        """Fill in the tests of the pairs at `places`."""
        for name in ("hedge_ratio", "statistic", "p_value", "lags", "r_squared", "near_identical", "exact"):
            getattr(self, name)[places] = getattr(part, name)


def engle_granger_all(
    levels: npt.ArrayLike,
    question: Question | None = None,
    pairs: npt.ArrayLike | None = None,
    executor: Executor | None = None,
) -> PairTests:
    """Engle and Granger's (1987) test of each pair in both orders, as `cointegration.engle_granger` makes it.

    `levels`: shape (series, n), a series a row, oldest first; `pairs`: of which rows, shape (k, 2), all by default. The
    memory needed beyond the result does not grow with the number of series. Raise BadSeries, NotEnoughData, BadParameter.
    """
    asked, found = question or Question(), matrix(levels)
    asked.most(found.shape[1])
    chosen = all_pairs(len(found)) if pairs is None else checked_pairs(pairs, len(found))
    cut = tiles(found, chosen, asked)
    whole = PairTests.blank(chosen)
    for places, part in (executor.map if executor else map)(tested_at, cut):
        whole.put(places, part)
    return whole


def tested_at(tile: Tile) -> tuple[Ints, PairTests]:
    """The tests of a tile's pairs, and their places among all pairs."""
    return tile.places, tested(tile)


def tested(tile: Tile) -> PairTests:
    """The tests of a tile's pairs, in its order; `first` and `second` are rows of its blocks."""
    found = PairTests.blank(np.stack([tile.rows, tile.columns], axis=1))
    with np.errstate(all="ignore"):  # what is undefined is NaN, what is unsound goes by the exact route
        _by_products(tile, found)
    for place in np.flatnonzero(found.exact):
        _by_itself(tile, int(place), found)
    known = ~np.isnan(found.statistic)
    found.p_value[known] = mackinnon.p_value(found.statistic[known], tile.question.trend, series=2)
    return found


def _by_products(tile: Tile, found: PairTests) -> None:
    """Fill in what the sums of products tell, and mark as `exact` what they cannot."""
    trend, n = tile.question.trend, tile.first.shape[1]
    most = tile.question.most(n)
    y = standardised(tile.first, trend)
    x = y if tile.second is None else standardised(tile.second, trend)
    cross = across(y.values, x.values, most)
    own_y = own(y.values, most)
    own_x = own_y if x is y else own(x.values, most)
    rows, columns = tile.rows, tile.columns
    slopes = (y.values @ x.values.T)[rows, columns]
    between = CrossSums(cross.level[rows, columns], cross.mixed[rows, columns], cross.products[rows, columns])
    live = y.varies[rows] & x.varies[columns]
    unexplained = np.maximum((1.0 - slopes) * (1.0 + slopes), 0.0)[:, None] * np.stack(
        [y.share[rows], x.share[columns]], axis=1
    )
    hedge_ratios = slopes[:, None] * np.stack([y.ratio(rows, x, columns), x.ratio(columns, y, rows)], axis=1)
    found.r_squared[live], found.hedge_ratio[live] = 1.0 - unexplained[live], hedge_ratios[live]
    found.near_identical[:] = live & (unexplained < NEAR_IDENTICAL).any(axis=1)
    legs = (own_y, own_x, rows, columns), (own_x, own_y, columns, rows)
    for order, (left, right, ours, theirs) in enumerate(legs):
        sums = spreads(left, right, between, (ours, theirs), slopes)
        kept = _kept(sums, left, right, ours, theirs)
        good = np.flatnonzero(live & (kept > _LEAST_SHARE))
        roots = unit_roots(sums.take(good), n, tile.question.penalty(n), kept[good])
        found.statistic[good, order], found.lags[good, order] = roots.statistic, roots.lags
        sound = np.zeros(len(rows), dtype=np.bool_)
        sound[good] = roots.sound
        found.exact[:] |= live & ~sound


def _kept(sums: Sums, y: Sums, x: Sums, rows: Ints, columns: Ints) -> Floats:
    """What share of the legs' sums of squares is left in the spreads', of the level or of its changes, whichever is less."""
    level = sums.level / (y.level[rows] + x.level[columns])
    change = sums.products[:, 0] / (y.products[rows, 0] + x.products[columns, 0])
    return np.asarray(np.minimum(level, change), dtype=np.float64)


def _by_itself(tile: Tile, place: int, found: PairTests) -> None:
    """The pair at `place` by the single-pair route, in both orders; NaN where that refuses."""
    legs = tile.first[tile.rows[place]], tile.other[tile.columns[place]]
    asked = tile.question
    for order, (y, x) in enumerate((legs, legs[::-1])):
        found.statistic[place, order], found.lags[place, order] = np.nan, -1
        with suppress(AnalysisError):
            test = engle_granger(y, x, asked.trend, asked.lags, asked.max_lag)
            found.statistic[place, order], found.lags[place, order] = test.statistic, test.lags
