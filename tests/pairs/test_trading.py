"""A rule on a pair: money from what was held, hindsight named, look-ahead found, and a z-score below which nothing pays."""

import numpy as np
import pytest

from core.analytics.backtest.audit import Audit
from core.analytics.backtest.costs import BreakEven, Costs
from core.analytics.backtest.signals import Levels
from core.errors import BadParameter
from core.pairs import Leg, Unknown, analyze
from core.pairs.trading import Traded, audit, break_even_of, trade
from tests.analytics.reference import walk
from tests.pairs.conftest import START_US, end_us, spec

FREE = Costs.same(0.0)
LEVELS = Levels(2.0, 0.0)


def walks(seed: int, rows: int = 700) -> tuple[Leg, Leg]:
    times = START_US + np.arange(rows, dtype=np.int64) * 60_000_000
    y, x = (np.exp(walk(seed + leg, rows)) for leg in (0, 90_000))
    return Leg("y", times, y, rows), Leg("x", times, x, rows)


def test_profit_is_what_was_held_times_how_prices_moved(legs: tuple[Leg, Leg]) -> None:
    analysis = analyze(spec(estimator="rolling_ols"), *legs, end_us(700))
    found = trade(analysis, LEVELS, FREE)
    assert isinstance(found, Traded)
    assert not found.hindsight
    series, held = analysis.series, found.backtest
    moves = held.quantity_y[:-1] * np.diff(series.y) + held.quantity_x[:-1] * np.diff(series.x)
    np.testing.assert_allclose(held.gross[1:] - held.gross[:-1], moves, atol=1e-12)
    assert found.report.net > 0  # it is cointegrated, and costs nothing
    assert all(each.entry_row == each.signal_row + 1 for each in held.trades)


@pytest.mark.parametrize(
    ("estimator", "form", "hindsight"),
    [("ols", "residual", True), ("ols", "ratio", False), ("kalman", "residual", False)],
)
def test_hindsight_is_named(legs: tuple[Leg, Leg], estimator: str, form: str, hindsight: bool) -> None:
    for price in ("log", "level"):
        found = trade(analyze(spec(estimator=estimator, spread=form, price=price), *legs, end_us(700)), LEVELS, FREE)
        assert isinstance(found, Traded)
        assert found.hindsight is hindsight
        assert found.report.trades > 0


def test_unrelated_walks_earn_nothing_by_a_moving_hedge_and_something_by_hindsight() -> None:
    """Marked by the change of its own spread the moving hedge would earn every time."""
    by_estimator: dict[str, list[float]] = {"rolling_ols": [], "ols": [], "phantom": []}
    for seed in range(40):
        for estimator in ("rolling_ols", "ols"):
            analysis = analyze(spec(estimator=estimator), *walks(seed), end_us(700))
            found = trade(analysis, LEVELS, FREE)
            assert isinstance(found, Traded)
            by_estimator[estimator].append(found.report.gross)
            if estimator == "rolling_ols":
                side = np.sign(found.backtest.quantity_y)
                by_estimator["phantom"].append(float((side[:-1] * np.diff(analysis.series.spread)).sum()))
    t_values = {name: np.mean(each) / np.std(each) * np.sqrt(len(each)) for name, each in by_estimator.items()}
    assert abs(t_values["rolling_ols"]) < 3
    assert t_values["ols"] > 2
    assert t_values["phantom"] > 10


def test_look_ahead_is_found_where_it_is(legs: tuple[Leg, Leg]) -> None:
    for estimator, z, causal in (
        ("rolling_ols", "prior", True),
        ("kalman", "innovation", True),
        ("ols", "rolling", False),
        ("theil_sen", "robust", False),
    ):
        long = analyze(spec(1400, estimator=estimator, z=z), *walks(3, 1400), end_us(1400))
        found = audit(long, cuts=[1000, 1200])  # type: ignore[arg-type]
        assert isinstance(found, Audit)
        assert found.is_causal is causal, estimator
        assert found.checked == 2200
    with pytest.raises(BadParameter, match="column"):
        audit(long, "price")
    fixed = audit(long, "correlation")
    assert isinstance(fixed, Audit)
    assert fixed.is_causal


def test_costs_set_the_least_z_that_pays(legs: tuple[Leg, Leg]) -> None:
    analysis = analyze(spec(), *legs, end_us(700))
    free, dear = break_even_of(analysis, FREE), break_even_of(analysis, Costs.same(5.0, half_spread_bps=1.0))
    assert isinstance(free, BreakEven)
    assert isinstance(dear, BreakEven)
    assert free.z == 0
    assert dear.z is not None
    deviation = np.std(analysis.series.spread[-60:], ddof=1)
    slope = analysis.hedge.slope  # type: ignore[union-attr]
    assert dear.z == pytest.approx(2 * 6e-4 * (1 + slope) / deviation / 0.5, rel=1e-9)
    assert "assumed costs" in dear.words


def test_what_cannot_be_traded_says_why(legs: tuple[Leg, Leg]) -> None:
    y, x = legs
    still = analyze(spec(), y, Leg(x.name, x.times, np.full(700, 2.0), 700), end_us(700))
    found = trade(still, LEVELS, FREE)
    assert isinstance(found, Unknown)
    assert "vary" in found.reason
    assert isinstance(break_even_of(still, FREE), Unknown)
