"""What the same rule makes of markets in which there is nothing to find, and where the real result stands among those."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.analytics.returns import returns
from core.analytics.series import paired
from core.errors import AnalysisError, BadParameter, NotEnoughData
from core.market import Floats

#: What a rule makes of closes of y and x, such as `report.score` of its backtest. May raise AnalysisError.
Rule = Callable[[Floats, Floats], float]
Method = Literal["shuffle", "shuffle_together", "walks"]
_LEAST = 10


@dataclass(frozen=True, slots=True, eq=False)
class Placebo:
    """Where a rule's `real` figure stands among those of markets without a tie, `values` ascending, shape (runs - failed,).

    `percentile` is the share of placebos below it, ties counted by half, times 100; `p_value` that of placebos, and of itself, at or above
    it: never 0. `failed` runs had no figure. `block` is the length of the shuffled blocks [rows], None of walks.
    """

    real: float
    values: Floats
    percentile: float
    p_value: float
    method: Method
    runs: int
    failed: int
    block: int | None
    seed: int


def percentile(
    rule: Rule,
    y: npt.ArrayLike,
    x: npt.ArrayLike,
    *,
    method: Method = "shuffle",
    runs: int = 200,
    block: int | None = None,
    seed: int = 0,
) -> Placebo:
    """Where `rule` of closes y and x, shape (n,), n >= 10, stands among `runs` markets of `surrogates`.

    The rule has to do by itself all that looks at the data: the hedge, the z-score, the choice of levels too. Its figure should be a ratio of
    profit to risk: legs without a tie make a wider spread, so that their profits in money are greater both ways, and a small sure one is lost
    among them. Raise as `surrogates`, what the rule raises of the real market, BadParameter where it gives no number there, NotEnoughData where
    more than half of the runs have none.
    """
    own, other = paired(y, x, _LEAST)
    real = float(rule(own, other))
    if math.isnan(real):
        raise BadParameter("the rule has no figure of the real market: expected a number, such as its Sharpe ratio")
    found = [_figure(rule, *legs) for legs in surrogates(own, other, method, runs, block, seed)]
    values = np.sort([value for value in found if not math.isnan(value)])
    if 2 * len(values) < runs:
        raise NotEnoughData((runs + 1) // 2, len(values), "placebo runs with a figure")
    below, above = int((values < real).sum()), int((values > real).sum())
    return Placebo(
        real=real,
        values=values,
        percentile=50.0 * (len(values) + below - above) / len(values),
        p_value=(len(values) - below + 1) / (len(values) + 1),
        method=method,
        runs=runs,
        failed=runs - len(values),
        block=None if method == "walks" else _block(block, len(own) - 1),
        seed=seed,
    )


def surrogates(
    y: npt.ArrayLike,
    x: npt.ArrayLike,
    method: Method = "shuffle",
    runs: int = 200,
    block: int | None = None,
    seed: int = 0,
) -> Iterator[tuple[Floats, Floats]]:
    """Markets like y and x, shape (n,), from the same first prices, whose spread has nothing that reverts.

    shuffle: blocks of each leg's log returns in an order of its own, so that nothing ties the legs. shuffle_together: in one order for both,
    so that returns stay correlated and only what lasts longer than a block is gone. walks: independent normal returns of each leg's
    volatility, without drift. Reversion that is quicker than `block` rows survives in the shuffles, as the bounce between bid and ask should;
    by default it is the cube root of the rows. Raise NotEnoughData, BadSeries, BadParameter.

    Hall, Horowitz and Jing (1995), Biometrika 82, for the cube root.
    """
    own, other = paired(y, x, _LEAST)
    legs = returns(own, "log", "y"), returns(other, "log", "x")
    rows = len(legs[0])
    length = _block(block, rows)
    if runs < 1:
        raise BadParameter(f"{runs} runs: expected at least one")
    if method not in ("shuffle", "shuffle_together", "walks"):
        raise BadParameter(f"the method is {method!r}: expected shuffle, shuffle_together or walks")
    return _markets(own, other, legs, method, runs, length, seed)


def _markets(
    y: Floats, x: Floats, legs: tuple[Floats, Floats], method: Method, runs: int, block: int, seed: int
) -> Iterator[tuple[Floats, Floats]]:
    rows, scales = len(legs[0]), [float(leg.std()) for leg in legs]
    for run in range(runs):
        random = np.random.default_rng([seed, run])
        if method == "walks":
            changes = [scale * random.standard_normal(rows) for scale in scales]
        else:
            order = _order(random, rows, block)
            again = order if method == "shuffle_together" else _order(random, rows, block)
            changes = [legs[0][order], legs[1][again]]
        yield _path(y[0], changes[0]), _path(x[0], changes[1])


def _order(random: np.random.Generator, rows: int, block: int) -> npt.NDArray[np.int64]:
    """All rows, cut on a circle at a random place into blocks, which are shuffled."""
    turned = np.roll(np.arange(rows), int(random.integers(rows)))
    pieces = -(-rows // block)
    padded = np.full(pieces * block, -1)
    padded[:rows] = turned
    shuffled = random.permutation(padded.reshape(pieces, block)).ravel()
    return np.asarray(shuffled[shuffled >= 0], dtype=np.int64)


def _path(first: float, changes: Floats) -> Floats:
    return np.asarray(first * np.exp(np.concatenate(([0.0], np.cumsum(changes)))), dtype=np.float64)


def _block(block: int | None, rows: int) -> int:
    if block is None:
        return max(1, round(math.cbrt(rows)))
    if not 1 <= block <= rows // 2:
        raise BadParameter(f"blocks of {block} rows: expected from 1 to {rows // 2}, half of the returns")
    return block


def _figure(rule: Rule, y: Floats, x: Floats) -> float:
    try:
        return float(rule(y, x))
    except AnalysisError:
        return math.nan
