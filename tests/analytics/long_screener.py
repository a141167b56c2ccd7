"""The long checks of the screener: thousands of tests against 80-bit floats, and screens of a hundred markets."""

import math
from dataclasses import dataclass

import numpy as np

from core.analytics.pairwise import engle_granger_all
from core.analytics.screener import Rules, Universe, screen
from core.analytics.tiles import Question
from core.market import Bools, Floats
from tests.analytics import reference_screener as reference
from tests.analytics.markets import Follower, logs, true_pairs

FOLLOWERS = (
    Follower(1, 0, phi=0.9),
    Follower(2, 1, phi=0.9),
    Follower(4, 3, phi=0.95),
    Follower(6, 5, hedge_ratio=1.2),
)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """`tests` were compared: how many had another lag, the greatest error of t (of its size, or of 1), how many went apart."""

    tests: int
    other_lags: int
    greatest_error: float
    exact: int


@dataclass(frozen=True, slots=True)
class Truth:
    """Of `markets`: in how many there was a false discovery, the mean share of false ones, and of true ones found.

    These by the default rules; `bh` and `by` by Benjamini and Hochberg's, and Benjamini and Yekutieli's, adjustment of the
    same tests.
    """

    markets: int
    with_false: int
    false_share: float
    power: float
    bh: "Found"
    by: "Found"


@dataclass(frozen=True, slots=True)
class Found:
    """As `Truth`, of one adjustment."""

    with_false: int
    false_share: float
    power: float

    @classmethod
    def of(cls, discoveries: Bools, true: Bools) -> "Found":
        """Of the markets' `discoveries`, shape (markets, pairs), where `true` pairs, shape (pairs,), are to be found."""
        false, found = (discoveries & ~true).sum(axis=1), discoveries.sum(axis=1)
        power = float(discoveries[:, true].mean()) if true.any() else math.nan
        return cls(int((false > 0).sum()), float((false / np.maximum(found, 1)).mean()), power)


def long_check(tests: int = 3000, markets: int = 100, seed: int = 0) -> tuple[Accuracy, Truth, Truth]:
    """Accuracy on all kinds of series, and what screens of unrelated walks and of markets with true pairs find."""
    return accuracy(tests, seed), truth(markets, ()), truth(markets, FOLLOWERS)


def accuracy(tests: int, seed: int = 0) -> Accuracy:
    """At least so many tests of `kinds` of random length, trend and lags against 80-bit floats."""
    random = np.random.default_rng(seed)
    done = wrong = exact = 0
    error = 0.0
    while done < tests:
        rows = int(10 ** random.uniform(1.5, 3.3))
        question = Question(
            ("c", "ct", "ctt")[random.integers(3)], ("aic", "bic", int(random.integers(8)))[random.integers(3)]
        )
        levels = kinds(random, rows)
        found = engle_granger_all(levels, question)
        exact += 2 * int(found.exact.sum())
        for pair in np.flatnonzero(~found.near_identical):
            for order in (0, 1):
                y, x = levels[found.first[pair]], levels[found.second[pair]]
                y, x = (y, x) if order == 0 else (x, y)
                statistic, lags = reference.engle_granger(y, x, question.trend, question.lags, question.most(rows))
                wrong += lags != found.lags[pair, order]
                if lags == found.lags[pair, order]:
                    error = max(error, abs(found.statistic[pair, order] - statistic) / max(1.0, abs(statistic)))
                done += 1
    return Accuracy(done, wrong, error, exact)


def kinds(random: np.random.Generator, rows: int) -> Floats:
    """A walk, and what is made of it: followed closely and from afar, with bounces, filled, rounded, with a bad tick; a line."""
    walk = 11.0 + np.cumsum(1e-4 * random.standard_normal(rows))
    noise = random.standard_normal((6, rows))
    last = np.maximum.accumulate(np.where(random.random(rows) < 0.3, np.arange(rows), 0))
    quiet = np.round(1e5 * np.exp(1e-2 * (walk - 11.0)), 2)
    ticked = walk + 3e-4 * noise[3]
    ticked[rows // 2] += 1.0
    made = [
        walk,
        0.7 * walk + 10 ** random.uniform(-6, -3) * noise[0],
        walk + np.cumsum(10 ** random.uniform(-7, -4) * noise[1]),
        walk + 2e-4 * noise[2],
        np.cumsum(1e-4 * noise[4])[last],
        quiet,
        ticked,
        1e-5 * np.arange(rows) + 1e-4 * np.cumsum(noise[5]),
    ]
    return np.stack([made[kind] for kind in sorted(random.choice(len(made), 4, replace=False))])


def truth(markets: int, followers: tuple[Follower, ...], symbols: int = 10, rows: int = 1000) -> Truth:
    """What screens by the default rules find in so many markets."""
    true, level = true_pairs(symbols, followers), Rules().level
    names = tuple(f"S{row}" for row in range(symbols))
    holm, bh, by = (np.zeros((markets, len(true)), dtype=np.bool_) for _ in range(3))
    for seed in range(markets):
        found = screen(Universe(names, np.exp(logs(symbols, rows, followers, seed=seed))))
        holm[seed, list(found.ranking)] = True
        bh[seed], by[seed] = found.bh <= level, found.by <= level
    default = Found.of(holm, true)
    return Truth(
        markets, default.with_false, default.false_share, default.power, Found.of(bh, true), Found.of(by, true)
    )
