"""The accounts of a backtest, beside those of a plain loop, and what must hold of them."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analytics.backtest.costs import Costs, LegCosts
from core.analytics.backtest.run import Backtest, backtest
from core.analytics.backtest.signals import Levels
from core.errors import BadParameter, BadSeries, NotEnoughData
from tests.analytics.reference_backtest import by_hand

COSTS = Costs(LegCosts(5, 1, 0.5, 0.25), LegCosts(4, -1, 1.5, 0.75), entry="maker", exit="maker")
FREE = Costs.same(0)


def market(seed: int, rows: int) -> dict[str, Any]:
    """Two legs, opens between their closes, a z-score with holes, a wandering ratio with holes, rows without trades."""
    random = np.random.default_rng(seed)
    x = 50 * np.exp(0.01 * random.standard_normal(rows).cumsum())
    y = 2 * x * np.exp(0.01 * random.standard_normal(rows).cumsum())
    return {
        "y": y,
        "x": x,
        "z": np.where(random.random(rows) < 0.05, np.nan, 2.5 * random.standard_normal(rows)),
        "ratio": np.where(random.random(rows) < 0.05, np.nan, 1.5 + 0.5 * random.standard_normal(rows)),
        "opens": (y * np.exp(1e-3 * random.standard_normal(rows)), x * np.exp(1e-3 * random.standard_normal(rows))),
        "valid": random.random(rows) < 0.8,
    }


@settings(derandomize=True, max_examples=150, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(3, 60),
    st.sampled_from(["log", "level"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, 0.0, 0.05, 0.3]),
    st.builds(
        Levels,
        entry=st.just(2.0),
        exit=st.sampled_from([1.5, 0.5, -0.5]),
        stop=st.sampled_from([None, 4.0]),
        max_bars=st.sampled_from([None, 1, 3]),
        direction=st.sampled_from(["both", "long", "short"]),
    ),
)
def test_as_by_hand(
    seed: int, rows: int, price: Any, opened: bool, all_valid: bool, rehedge: float | None, levels: Levels
) -> None:
    made = market(seed, rows)
    opens, valid = made["opens"] if opened else None, None if all_valid else made["valid"]
    found = backtest(
        made["y"], made["x"], made["z"], made["ratio"], levels, COSTS,
        price=price, opens=opens, valid=valid, rehedge=rehedge, capital=1000.0,
    )  # fmt: skip
    flags = [True] * rows if all_valid else made["valid"].tolist()
    ledger = by_hand(
        made["y"], made["x"], made["z"], made["ratio"], levels, COSTS, price, opens, flags, rehedge, 1000.0
    )
    assert [(t.side, t.entry_row, t.exit_row, t.reason) for t in found.trades] == ledger.trades
    np.testing.assert_allclose(found.gross, ledger.equity, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.gross - found.net, ledger.costs, rtol=0, atol=1e-9)
    adds_up(found)


def adds_up(found: Backtest) -> None:
    """Trades and equity tell the same."""
    assert sum(t.gross for t in found.trades) == pytest.approx(found.gross[-1], abs=1e-9)
    assert sum(t.net for t in found.trades) == pytest.approx(found.net[-1], abs=1e-9)
    for trade in found.trades:
        assert trade.net == pytest.approx(trade.gross - trade.fees - trade.spread - trade.slippage, abs=1e-12)
        assert trade.mae <= min(trade.gross, 0) <= max(trade.gross, 0) <= trade.mfe
        assert 0 <= trade.signal_row < trade.entry_row < trade.exit_row < found.rows
    assert found.quantity_y[-1] == found.quantity_x[-1] == 0


def test_one_trade_by_hand() -> None:
    y, x = [100.0, 102.0, 104.0, 101.0, 100.0, 100.0], [50.0, 50.0, 51.0, 50.0, 50.0, 50.0]
    z = [0.0, 2.0, 2.5, 0.0, 0.0, 0.0]
    found = backtest(y, x, z, 1.0, Levels(), Costs.same(10, half_spread_bps=2, slippage_bps=1), price="level")
    (trade,) = found.trades
    assert (trade.side, trade.signal_row, trade.entry_row, trade.exit_row, trade.reason) == (-1, 1, 2, 4, "exit")
    units = 1 / 152  # of each leg, at the prices of the deciding close
    assert trade.quantity_y == pytest.approx(-units)
    assert trade.quantity_x == pytest.approx(units)
    assert (trade.entry_y, trade.entry_x, trade.exit_y, trade.exit_x) == (104, 51, 100, 50)
    assert trade.gross == pytest.approx(3 * units)
    assert trade.fees == pytest.approx(305 * units * 1e-3)
    assert trade.spread == pytest.approx(trade.fees / 5)
    assert trade.slippage == pytest.approx(trade.fees / 10)
    assert trade.mae == 0
    assert trade.mfe == pytest.approx(3 * units)
    np.testing.assert_allclose(found.gross, np.array([0, 0, 0, 2, 3, 3]) * units)
    assert found.traded == pytest.approx(305 * units)
    assert not found.open_at_end


def test_a_log_spread_is_held_in_values_a_price_spread_in_units() -> None:
    y, x, z = [100.0] * 6, [25.0] * 6, [0, 2.0, 2.0, 0, 0, 0]
    in_values = backtest(y, x, z, 0.5, Levels(), FREE, price="log", capital=300).trades[0]
    assert -in_values.quantity_y * 100 == pytest.approx(200)
    assert in_values.quantity_x * 25 == pytest.approx(100)
    in_units = backtest(y, x, z, 0.5, Levels(), FREE, price="level", capital=300).trades[0]
    assert in_units.quantity_x / -in_units.quantity_y == pytest.approx(0.5)
    assert -in_units.quantity_y * 100 + in_units.quantity_x * 25 == pytest.approx(300)


@pytest.mark.parametrize("price", ["log", "level"])
def test_profit_follows_the_spread_that_is_held(price: Any) -> None:
    random = np.random.default_rng(3)
    x = 100 * np.exp(1e-4 * random.standard_normal(400).cumsum())
    wave = 1e-3 * np.sin(np.arange(400) / 10)
    y = 2.0 * x**0.7 * np.exp(wave) if price == "log" else 5.0 + 0.7 * x + 100 * wave
    spread = np.log(y) - 0.7 * np.log(x) if price == "log" else y - 0.7 * x
    z = (spread - spread.mean()) / spread.std()
    found = backtest(y, x, z, 0.7, Levels(1.2, 0.0), FREE, price=price)
    assert len(found.trades) > 10
    for trade in found.trades:
        moved = trade.side * (spread[trade.exit_row] - spread[trade.entry_row])
        scale = trade.quantity_y * trade.side * (y[trade.signal_row] if price == "log" else 1)
        assert trade.gross == pytest.approx(scale * moved, rel=2e-2 if price == "log" else 1e-9, abs=1e-12)


def test_rehedges_are_trades_and_cost() -> None:
    made = market(5, 200)
    held, hedged = (
        backtest(made["y"], made["x"], made["z"], 1.5, Levels(2, -1), Costs.same(5), rehedge=rehedge)
        for rehedge in (None, 0.0)
    )
    assert sum(t.rehedges for t in held.trades) == 0
    assert sum(t.rehedges for t in hedged.trades) > 10
    assert hedged.traded > held.traded
    assert sum(t.fees for t in hedged.trades) > sum(t.fees for t in held.trades)


def test_the_last_row_closes_and_opens_nothing() -> None:
    y = x = np.full(5, 10.0)
    assert backtest(y, x, [0, 0, 0, 2, 2], 1.0, Levels(), FREE).trades == ()
    found = backtest(y, x, [0, 0, 2, 2, 2], 1.0, Levels(), FREE)
    assert [(t.entry_row, t.exit_row, t.reason) for t in found.trades] == [(3, 4, "end")]
    assert found.open_at_end


@settings(derandomize=True, max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(1e-6, 1e6), st.floats(1e-6, 1e6))
def test_units_do_not_matter(seed: int, of_y: float, of_x: float) -> None:
    """Quoting a leg in another currency, or the capital, changes no share of the capital that is won."""
    made = market(seed, 80)
    y, x, z = made["y"], made["x"], made["z"]
    one = backtest(y, x, z, 1.2, Levels(), COSTS, capital=1.0)
    other = backtest(of_y * y, of_x * x, z, 1.2, Levels(), COSTS, capital=7.0)
    np.testing.assert_allclose(other.net, 7 * one.net, rtol=1e-9, atol=1e-9)


def test_what_comes_later_changes_nothing_before() -> None:
    made = market(11, 120)
    whole = backtest(made["y"], made["x"], made["z"], made["ratio"], Levels(), COSTS, rehedge=0.1)
    for cut in range(20, 120, 7):
        part = backtest(*(made[k][:cut] for k in ("y", "x", "z", "ratio")), Levels(), COSTS, rehedge=0.1)
        np.testing.assert_array_equal(part.quantity_y[:-1], whole.quantity_y[: cut - 1])
        np.testing.assert_array_equal(part.quantity_x[:-1], whole.quantity_x[: cut - 1])
        np.testing.assert_allclose(part.net[:-1], whole.net[: cut - 1], rtol=0, atol=1e-12)


def test_no_signal_no_trade() -> None:
    y = x = np.linspace(1, 2, 50)
    for z in (np.full(50, np.nan), np.zeros(50)):
        found = backtest(y, x, z, 1.0, Levels(), COSTS)
        assert found.trades == ()
        assert not found.net.any()
    assert backtest(y, x, np.full(50, np.nan), 1.0, Levels(), COSTS).start == 50
    never = backtest(y, x, np.full(50, 3.0), 1.0, Levels(), COSTS, valid=np.zeros(50, dtype=bool))
    assert never.trades == ()


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1e-75, 1e-30, 1e30, 1e75, 1e200]), st.sampled_from(["log", "level"]))
def test_strange_ratios_and_scores_give_finite_profits(seed: int, size: float, price: Any) -> None:
    made = market(seed, 50)
    ratio, z = size * made["ratio"], np.where(made["valid"], made["z"], math.inf)
    found = backtest(made["y"], made["x"], z, ratio, Levels(), COSTS, price=price, rehedge=0.1)
    assert np.isfinite(found.net).all()


ROW = np.linspace(1, 2, 10)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"y": ROW[:2], "x": ROW[:2], "z": ROW[:2]}, NotEnoughData, "needs 3"),
        ({"y": ROW[:5]}, BadSeries, "one length"),
        ({"y": np.append(ROW[:9], math.nan)}, BadSeries, "not finite"),
        ({"x": ROW - 1}, BadSeries, "expected prices"),
        ({"x": 1e80 * ROW}, BadSeries, "expected prices"),
        ({"z": ROW[:5]}, BadSeries, "one value for each"),
        ({"hedge_ratio": ROW[:5]}, BadSeries, "one for each"),
        ({"opens": (ROW[:5], ROW[:5])}, BadSeries, "5 opens for 10"),
        ({"opens": (ROW, -ROW)}, BadSeries, "opens of x"),
        ({"valid": [True]}, BadSeries, "truth value"),
        ({"capital": 0.0}, BadParameter, "amount above 0"),
        ({"capital": math.nan}, BadParameter, "amount above 0"),
        ({"rehedge": -1.0}, BadParameter, "share of the capital"),
        ({"price": "cents"}, BadParameter, "log or level"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, Any], error: type[Exception], words: str) -> None:
    given_: dict[str, Any] = {"y": ROW, "x": ROW, "z": ROW, "hedge_ratio": 1.0, "levels": Levels(), "costs": FREE}
    with pytest.raises(error, match=words):
        backtest(**(given_ | change))
