"""What a pair has to pass, stage by stage, cheap stages first, and why it fell out where it did."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.analytics.lags import Lags
from core.analytics.multiple import Adjustment
from core.analytics.pairwise import Orders
from core.analytics.standardised import Trend
from core.analytics.tiles import Question
from core.errors import BadParameter
from core.market import Bools, Floats, Ints

StageName = Literal["variation", "liquidity", "correlation", "distinct", "cointegration", "half_life", "crossings"]
#: What a stage asks, in words, and which pairs pass; None: all do.
Asked = tuple[str, Bools | None]
NOT_ASKED = "nothing"
#: What may be asked of a pair, and the greatest number that it can be.
_ASKED = (
    ("least_trades_per_minute", math.inf),
    ("least_notional_per_minute", math.inf),
    ("least_correlation", 1.0),
    ("shortest_half_life", math.inf),
    ("longest_half_life", math.inf),
    ("least_crossings", math.inf),
)
#: In `Funnel.fell`: the pair has passed every stage.
PASSED = -1


@dataclass(frozen=True, slots=True)
class Rules:
    """What is asked of a pair. None: not asked. Raise BadParameter where something cannot be.

    `level` bounds a pair's p-value, adjusted over all pairs tested: the greater of both orders', or twice the smaller. The
    tests share their symbols, and symbols that are cointegrated repeat each other's accidents: in simulated markets with
    three and four pairs in 8 to 30 symbols, at the level .05, Benjamini and Hochberg's rate of false discoveries was .04 to
    .09 with both orders and .08 to .25 with either; Holm's chance of even one was .04 to .12 and .07 to .31. On unrelated
    walks all were below .05 with both orders.

    `holdout` is the share of rows, the last ones, that nothing is chosen by and the survivors are ranked on; `windows` how
    many equal parts of the other rows tell persistence.
    """

    price: Literal["log", "level"] = "log"
    trend: Trend = "c"
    lags: Lags = "aic"
    max_lag: int | None = None
    level: float = 0.05
    orders: Orders = "both"
    adjustment: Adjustment = "holm"
    least_trades_per_minute: float | None = None
    least_notional_per_minute: float | None = None
    least_correlation: float | None = None  # of one-bar log returns, in size
    shortest_half_life: float | None = None  # [bars]
    longest_half_life: float | None = None  # [bars]
    least_crossings: int | None = None
    holdout: float = 0.3
    windows: int = 4

    def __post_init__(self) -> None:
        self.question()
        for name, high in (("level", 1.0), ("holdout", 0.9), ("windows", 1000)):
            _within(name, getattr(self, name), high)
        for name, high in _ASKED:
            if getattr(self, name) is not None:
                _within(name, getattr(self, name), high)
        if int(self.windows) != self.windows:
            raise BadParameter(f"windows is {self.windows}: take a whole number")
        low, longest = self.half_lives
        if low > longest:
            raise BadParameter(
                f"the half-life is asked to be from {low:g} to {longest:g} bars: take a range that is one"
            )
        if self.price not in ("log", "level"):
            raise BadParameter(f"the price is {self.price!r}: take 'log' or 'level'")
        if self.orders not in ("both", "either"):
            raise BadParameter(f"the orders are {self.orders!r}: take 'both' or 'either'")
        if self.adjustment not in ("none", "bonferroni", "holm", "bh", "by"):
            raise BadParameter(
                f"the adjustment is {self.adjustment!r}: take 'none', 'bonferroni', 'holm', 'bh' or 'by'"
            )

    def question(self) -> Question:
        """The test that the rules ask for."""
        return Question(self.trend, self.lags, self.max_lag)

    def liquidity(self) -> str:
        """What is asked of a symbol's trades, in words; empty for nothing."""
        trades, notional = self.least_trades_per_minute, self.least_notional_per_minute
        asks = [f"{trades:g} trades"] if trades is not None else []
        asks += [f"a notional of {notional:g}"] if notional is not None else []
        words = " and ".join(asks)
        return f"{words} a minute at least" if words else ""

    def correlated(self, correlation: Floats) -> Asked:
        least = self.least_correlation
        if least is None:
            return NOT_ASKED, None
        return f"{least} at least, in size", np.abs(correlation) >= least

    def cointegrated(self, p_values: Floats) -> Asked:
        words = f"a p-value of {self.level:g} at the most in {self.orders} of the orders, adjusted ({self.adjustment})"
        return words, p_values <= self.level

    @property
    def half_lives(self) -> tuple[float, float]:
        """The shortest and the longest half-life [bars] that pass."""
        return self.shortest_half_life or 0.0, math.inf if self.longest_half_life is None else self.longest_half_life

    def reverting(self, half_life: Floats) -> Asked:
        if self.shortest_half_life is None and self.longest_half_life is None:
            return NOT_ASKED, None
        low, high = self.half_lives
        return f"{low:g} to {high:g} bars", (half_life >= low) & (half_life <= high)

    def crossing(self, crossings: Ints) -> Asked:
        least = self.least_crossings
        if least is None:
            return NOT_ASKED, None
        return f"{least} at least", crossings >= least


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the funnel: what it asked, of how many pairs, and how many passed."""

    name: StageName
    rule: str
    entered: int
    survived: int


class Funnel:
    """Pairs on their way through the stages."""

    def __init__(self, pairs: int) -> None:
        #: The number of the stage that each pair fell at, `PASSED` until it does.
        self.fell: Ints = np.full(pairs, PASSED)
        self.stages: list[Stage] = []

    @property
    def alive(self) -> Bools:
        return np.asarray(self.fell == PASSED, dtype=np.bool_)

    def stage(self, name: StageName, rule: str, passes: Bools | None) -> None:
        """Let only those of the pairs go on that `passes`, shape (pairs,), says; None: the stage asks nothing."""
        alive = self.alive
        falling = np.zeros_like(alive) if passes is None else alive & ~passes
        self.fell[falling] = len(self.stages)
        self.stages.append(Stage(name, rule, int(alive.sum()), int(alive.sum() - falling.sum())))


def _within(name: str, value: object, high: float) -> None:
    if not isinstance(value, (int, float, np.integer, np.floating)) or not 0 <= value <= high:
        raise BadParameter(f"{name} is {value!r}: take a number from 0 to {high:g}")
