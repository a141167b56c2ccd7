"""Windows that are fitted on what came before them."""

import math

import numpy as np
import pytest

from core.analytics import hedge
from core.analytics.backtest.costs import Costs
from core.analytics.backtest.report import report
from core.analytics.backtest.run import backtest
from core.analytics.backtest.signals import Levels
from core.analytics.backtest.walkforward import walk_forward
from core.errors import BadParameter, Degenerate, NotEnoughData
from core.market import Floats
from tests.analytics.backtest.rules import FREE, tied, walks


def ols(y: Floats, x: Floats) -> tuple[float, float]:
    found = hedge.ols(y, x)
    return found.slope, found.intercept


def test_each_window_is_a_backtest_of_its_own() -> None:
    y, x = tied(1, 1000)
    found = walk_forward(y, x, ols, Levels(1.5, 0), Costs.same(1), 300, 200, capital=50)
    assert [(w.formation, w.start, w.end) for w in found.windows] == [
        (0, 300, 500), (200, 500, 700), (400, 700, 900), (600, 900, 1000),
    ]  # fmt: skip
    whole = 0.0
    for window in found.windows:
        formed = slice(window.formation, window.start)
        slope, intercept = ols(np.log(y[formed]), np.log(x[formed]))
        spread = np.log(y) - intercept - slope * np.log(x)
        z = (spread - spread[formed].mean()) / spread[formed].std(ddof=1)
        cut = slice(window.start - 1, window.end)
        alone = backtest(y[cut], x[cut], z[cut], slope, Levels(1.5, 0), Costs.same(1), capital=50)
        assert (window.slope, window.intercept) == (slope, intercept)
        assert window.trades == len(alone.trades) > 0
        assert window.net == pytest.approx(float(alone.net[-1]))
        np.testing.assert_allclose(
            found.backtest.net[window.start : window.end] - whole, alone.net[1:], rtol=0, atol=1e-11
        )
        whole += float(alone.net[-1])
    assert sum(t.net for t in found.backtest.trades) == pytest.approx(whole)
    assert all(t.entry_row == t.signal_row + 1 >= 300 for t in found.backtest.trades)
    told = report(found.backtest)
    assert (told.net, told.trades) == (pytest.approx(whole), sum(w.trades for w in found.windows))
    assert found.backtest.start == 299
    assert [t.entry_row for t in found.backtest.trades] == sorted(t.entry_row for t in found.backtest.trades)


def test_what_comes_later_changes_nothing_before() -> None:
    y, x = tied(2, 900)
    later = y.copy()
    later[700:] *= 1.3
    for window in (None, 50):
        one, other = (
            walk_forward(leg, x, ols, Levels(1.5, 0), FREE, 300, 100, window=window).backtest for leg in (y, later)
        )
        np.testing.assert_array_equal(one.net[:700], other.net[:700])
        np.testing.assert_array_equal(one.quantity_y[:699], other.quantity_y[:699])
        assert one.trades


def test_hindsight_flatters() -> None:
    """One hedge and one mean of the whole series, on walks with nothing to find, earns what nobody could have earned."""
    causal, hindsight = [], []
    for seed in range(60):
        y, x = walks(seed, 1500)
        found = walk_forward(y, x, ols, Levels(2, 0), FREE, 300, 300)
        assert found.hindsight is not None
        causal.append(found.backtest.gross[-1])
        hindsight.append(found.hindsight.gross[-1])
    sure = np.std(causal) / 60**0.5
    assert abs(np.mean(causal)) < 3 * sure
    assert np.mean(hindsight) > 5 * np.std(hindsight) / 60**0.5


def test_a_fit_that_fails_leaves_its_window_out() -> None:
    y, x = tied(3, 900)

    def sometimes(a: Floats, b: Floats) -> tuple[float, float]:
        if a[0] == np.log(y[300]):
            raise Degenerate("nothing to fit")
        return (math.nan, 0.0) if a[0] == np.log(y[600]) else ols(a, b)

    found = walk_forward(y, x, sometimes, Levels(1.5, 0), FREE, 200, 100)
    skipped = {w.formation: w.words for w in found.windows if w.words}
    assert list(skipped) == [300, 600]
    assert skipped[300] == "nothing to fit"
    assert "slope nan" in str(skipped[600])
    assert not found.backtest.quantity_y[500:600].any()
    assert found.backtest.quantity_y[200:500].any()


def test_a_spread_that_does_not_move_has_no_deviation() -> None:
    x = np.linspace(1, 2, 60)
    found = walk_forward(3 * x, x, lambda _y, _x: (1.0, math.log(3)), Levels(), FREE, 20, 10)
    assert all(w.words == "the spread does not vary in the formation" for w in found.windows)
    assert found.hindsight is None
    assert found.backtest.trades == ()
    assert found.backtest.start == 60


@pytest.mark.parametrize(("formation", "trading", "window"), [(2, 50, None), (50, 1, None), (50, 50, 1), (50, 50, 51)])
def test_rows_that_cannot_be(formation: int, trading: int, window: int | None) -> None:
    y, x = walks(1, 200)
    with pytest.raises(BadParameter):
        walk_forward(y, x, ols, Levels(), FREE, formation, trading, window=window)


def test_too_short() -> None:
    y, x = walks(1, 100)
    with pytest.raises(NotEnoughData):
        walk_forward(y, x, ols, Levels(), FREE, 99, 50)
