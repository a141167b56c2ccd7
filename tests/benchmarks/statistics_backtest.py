"""The backtest beside a plain loop and beside the usual dense arrays, interleaved in one process."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.analytics import hedge, rolling
from core.analytics.backtest.audit import lookahead
from core.analytics.backtest.costs import Costs
from core.analytics.backtest.grid import grid
from core.analytics.backtest.placebo import percentile
from core.analytics.backtest.report import report, score
from core.analytics.backtest.run import backtest
from core.analytics.backtest.signals import Levels, latch
from core.analytics.backtest.walkforward import walk_forward
from core.market import Bools, Floats
from tests.benchmarks.report import Options, Table, median

_COSTS = Costs.same(4, half_spread_bps=1)
_LEVELS = Levels(2.0, 0.5, stop=4.0, max_bars=600)
_ENTRIES, _EXITS = np.linspace(1.0, 3.0, 10), np.linspace(-0.5, 0.9, 10)


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison: the desk's way and a peer's, and how far apart their answers are; `share` is how much of it the peer does."""

    what: str
    ours: Callable[[], Any]
    peer: str = "-"
    theirs: Callable[[], Any] | None = None
    difference: Callable[[Any, Any], float] | None = None
    share: float = 1.0
    rounds: int = 7


def run(options: Options) -> list[Table]:
    rows = 10_000 if options.quick else 86_400
    y, x, z, slope = _market(rows)
    table = Table(
        f"Backtest of {rows:,} bars (interleaved rounds, OPENBLAS_NUM_THREADS="
        f"{os.environ.get('OPENBLAS_NUM_THREADS', 'not set')})",
        ["", "desk min ms", "desk median ms", "peer", "peer median ms", "peer / desk", "difference"],
    )
    table.rows.extend(_measured(row, 2 if options.quick else row.rounds) for row in _rows(y, x, z, slope))
    table.notes.append(
        "A difference is the greatest absolute one between both answers, profits as shares of the capital. Peers do entry and exit alone, "
        "without stop, limit of time and list of trades; where they do a part of the work, the time is of the whole."
    )
    return [table]


def _market(rows: int) -> tuple[Floats, Floats, Floats, Floats]:
    random = np.random.default_rng(1)
    x = 1e5 * np.exp(1e-4 * random.standard_normal(rows).cumsum())
    shocks = 3e-4 * random.standard_normal(rows)
    for row in range(1, rows):
        shocks[row] += 0.98 * shocks[row - 1]
    y = 2.0 * x**0.9 * np.exp(shocks)
    fit = rolling.pair(np.log(y), np.log(x), 600)
    return y, x, fit.residual / fit.residual_std, fit.slope


def _rows(y: Floats, x: Floats, z: Floats, slope: Floats) -> list[Row]:
    market = (y, x, z, slope)
    day = slice(0, 1440)
    on, off = z >= 2.0, z <= 0.5
    plain, found = Levels(2.0, 0.5), backtest(*market, _LEVELS, _COSTS)
    return [
        Row("latch", lambda: latch(on, off), "plain loop", lambda: _loop(on, off), _apart),
        Row("latch", lambda: latch(on, off), "maximum.accumulate", lambda: _accumulated(on, off), _apart),
        Row("backtest: all trades, equity, costs", lambda: backtest(*market, _LEVELS, _COSTS)),
        Row(
            "  of entry and exit alone",
            lambda: backtest(*market, plain, _COSTS).net[-1],
            "dense arrays, net alone",
            lambda: _dense(*market, 2.0, 0.5),
            lambda ours, theirs: abs(float(ours) - theirs),
        ),
        Row("  with re-hedges at 1 %", lambda: backtest(*market, _LEVELS, _COSTS, rehedge=0.01)),
        Row("report: Sharpe, errors, drawdown", lambda: report(found, 100)),
        Row(
            "grid of 100 cells",
            lambda: grid(*market, _ENTRIES.tolist(), _EXITS.tolist(), _COSTS).net,
            "dense arrays, each cell",
            lambda: np.array([[_dense(*market, a, b) for b in _EXITS] for a in _ENTRIES[:1]]),
            lambda ours, theirs: float(np.abs(ours[:1] - theirs).max()),
            share=0.1,
        ),
        Row("walk-forward, 1,440 fitted, 360 traded", lambda: walk_forward(y, x, _ols, _LEVELS, _COSTS, 1440, 360)),
        Row(
            "look-ahead audit of a rolling z, 12 cuts", lambda: lookahead(lambda a, b: rolling.zscore(a / b, 600), y, x)
        ),
        Row("placebo, 200 shuffles of 1,440 bars", lambda: percentile(_rule, y[day], x[day]), rounds=3),
        Row("placebo, 200 shuffles of all bars", lambda: percentile(_rule, y, x), rounds=1),
    ]


def _rule(y: Floats, x: Floats) -> float:
    """Everything from closes to the Sharpe ratio, with the window's own hedge."""
    fit = rolling.pair(np.log(y), np.log(x), 300)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = fit.residual / fit.residual_std
    return score(backtest(y, x, z, fit.slope, _LEVELS, _COSTS))


def _ols(y: Floats, x: Floats) -> tuple[float, float]:
    found = hedge.ols(y, x)
    return found.slope, found.intercept


def _loop(on: Bools, off: Bools) -> Bools:
    state, found = False, []
    for switched_on, switched_off in zip(on.tolist(), off.tolist(), strict=True):
        state = (state or switched_on) and not switched_off
        found.append(state)
    return np.array(found)


def _accumulated(on: Bools, off: Bools) -> Bools:
    rows = np.arange(len(on))
    last_on = np.maximum.accumulate(np.where(on, rows, -1))
    last_off = np.maximum.accumulate(np.where(off, rows, -1))
    return last_on > last_off


def _dense(y: Floats, x: Floats, z: Floats, slope: Floats, entry: float, leave: float) -> float:
    """The net profit by arrays as long as the series, quantities carried forward from the deciding close."""
    rows, total = np.arange(len(y)), 0.0
    for side in (1, -1):
        held = np.append(False, _accumulated(-side * z >= entry, -side * z <= leave)[:-1])
        held[-1] = False
        decided = np.maximum.accumulate(np.where(held & ~np.append(False, held[:-1]), rows - 1, 0))
        value = side / (1 + np.abs(slope[decided]))
        for price, quantity in ((y, value / y[decided]), (x, -slope[decided] * value / x[decided])):
            quantity = np.where(held, quantity, 0.0)
            total += float(quantity[:-1] @ np.diff(price)) - 5e-4 * float(np.abs(np.diff(quantity)) @ price[1:])
    return total


def _apart(ours: Bools, theirs: Bools) -> float:
    return float((ours != theirs).sum())


def _measured(row: Row, rounds: int) -> list[Any]:
    ours: list[float] = []
    theirs: list[float] = []
    mine = other = None
    for _ in range(rounds):
        mine = _timed(row.ours, ours)
        if row.theirs is not None:
            other = _timed(row.theirs, theirs)
    peer = median(theirs) / row.share if theirs else None
    ratio = peer / median(ours) if peer is not None else None
    apart = row.difference(mine, other) if row.difference is not None else None
    return [row.what, min(ours), median(ours), row.peer, peer, ratio, None if apart is None else f"{apart:.0e}"]


def _timed(call: Callable[[], Any], times: list[float]) -> Any:
    started = time.perf_counter()
    answer = call()
    times.append(1000 * (time.perf_counter() - started))
    return answer
