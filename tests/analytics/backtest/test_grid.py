"""Each cell of a grid beside the backtest of its levels, and plateaus."""

import math
from typing import Any

import numpy as np
import pytest

from core.analytics.backtest.costs import Costs, LegCosts
from core.analytics.backtest.grid import Grid, grid
from core.analytics.backtest.report import report
from core.analytics.backtest.run import backtest
from core.analytics.backtest.signals import Levels
from core.errors import BadParameter, BadSeries

COSTS = Costs(LegCosts(5, 1, 0.5, 0.25), LegCosts(4, -1, 1.5, 0.75), entry="maker", exit="maker")
ENTRIES, EXITS = (0.5, 1.0, 2.0, 3.5), (-0.7, 0.0, 0.4, 1.5)


def market(seed: int) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    rows = 400
    x = 50 * np.exp(0.01 * random.standard_normal(rows).cumsum())
    y = 2 * x * np.exp(0.01 * random.standard_normal(rows).cumsum())
    z = np.where(random.random(rows) < 0.05, np.nan, 1.5 * random.standard_normal(rows))
    z[:30] = np.nan
    ratio = np.where(random.random(rows) < 0.05, np.nan, 1.5 + 0.5 * random.standard_normal(rows))
    return {
        "legs": (y, x, z, ratio),
        "opens": (y * np.exp(1e-3 * random.standard_normal(rows)), x * np.exp(1e-3 * random.standard_normal(rows))),
        "valid": random.random(rows) < 0.8,
    }


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("price", ["log", "level"])
@pytest.mark.parametrize(
    ("plain", "rule"),
    [(True, {}), (True, {"stop": 3.0, "max_bars": 4}), (False, {"direction": "long"}), (False, {"stop": 3.0})],
)
def test_each_cell_is_its_backtest(seed: int, price: Any, plain: bool, rule: dict[str, Any]) -> None:
    made = market(seed)
    options = {"price": price} if plain else {"price": price, "opens": made["opens"], "valid": made["valid"]}
    found = grid(*made["legs"], ENTRIES, EXITS, COSTS, **rule, **options)
    cells = 0
    for i, entry in enumerate(ENTRIES):
        for j, leave in enumerate(EXITS):
            if not -entry < leave < entry or rule.get("stop", math.inf) <= entry:
                assert math.isnan(found.net[i, j])
                assert found.trades[i, j] == 0
                continue
            cells += 1
            alone = backtest(*made["legs"], Levels(entry, leave, **rule), COSTS, **options)
            told = report(alone)
            assert found.trades[i, j] == told.trades
            assert found.gross[i, j] == pytest.approx(told.gross, abs=1e-12)
            assert found.net[i, j] == pytest.approx(told.net, abs=1e-12)
            assert found.sharpe[i, j] == pytest.approx(told.sharpe.value if told.sharpe else 0.0, abs=1e-10)
    assert found.trials == cells
    assert found.deviation == pytest.approx(np.nanstd(found.sharpe, ddof=1))


def of(sharpe: list[list[float]]) -> Grid:
    table = np.array(sharpe)
    side = np.arange(len(table), dtype=float)
    return Grid(side, side, table, table, table, np.ones(table.shape, dtype=np.int64), table.size, 1.0)


def test_a_lone_peak_is_best_but_a_plateau_is_chosen() -> None:
    found = of([[9, 0, 0, 0], [0, 0, 0, 0], [0, 0, 4, 4], [math.nan, 0, 4, 4]])
    assert found.best == (0, 0)
    assert found.robust == (3, 3)
    assert found.flatness((0, 0)) == pytest.approx(1 / 4)
    assert found.flatness((3, 3)) == 1
    assert found.plateau[2, 1] == pytest.approx(8 / 8)
    assert math.isnan(found.plateau[3, 0])
    assert math.isnan(found.flatness((1, 1)))


def test_no_trades_are_no_ratio() -> None:
    flat = np.full(20, 5.0)
    found = grid(flat, flat, np.full(20, np.nan), 1.0, [2.0], [0.0], COSTS)
    assert (found.net[0, 0], found.sharpe[0, 0], found.trades[0, 0]) == (0, 0, 0)
    assert math.isnan(found.deviation)


def test_what_cannot_be_is_refused() -> None:
    flat = np.full(20, 5.0)
    with pytest.raises(BadParameter, match="no exit"):
        grid(flat, flat, flat, 1.0, [1.0], [2.0], COSTS)
    with pytest.raises(BadParameter, match="no exit"):
        grid(flat, flat, flat, 1.0, [math.nan, -1.0], [2.0], COSTS)
    with pytest.raises(BadParameter, match="max_bars"):
        grid(flat, flat, flat, 1.0, [1.0], [0.0], COSTS, max_bars=0)
    with pytest.raises(BadSeries):
        grid(flat, flat, flat[:3], 1.0, [1.0], [0.0], COSTS)
