"""A metric that peeks is caught; one that does not is not accused."""

import numpy as np
import pytest

from core.analytics import rolling
from core.analytics.backtest.audit import Metric, lookahead
from core.analytics.kalman import Noise, kalman
from core.errors import BadParameter, NotEnoughData
from core.market import Floats
from tests.analytics.backtest.rules import rolling_rule, walks

Y, X = walks(9, 400)


def full_sample_z(y: Floats, x: Floats) -> Floats:
    spread = np.log(y) - np.polyval(np.polyfit(np.log(x), np.log(y), 1), np.log(x))
    return np.asarray((spread - spread.mean()) / spread.std())


def centred_mean(y: Floats, _x: Floats) -> Floats:
    found = np.full(len(y), np.nan)
    found[2:-2] = np.convolve(y, np.full(5, 0.2), "valid")
    return found


def next_return(y: Floats, _x: Floats) -> Floats:
    return np.append(np.diff(np.log(y)), 0.0)


def backward_filled(y: Floats, _x: Floats) -> Floats:
    found = rolling.zscore(y, 50)
    found[:49] = found[49]
    return found


CAUSAL: dict[str, Metric] = {
    "rolling z": lambda y, x: rolling.zscore(y - x, 50),
    "rolling slope": lambda y, x: rolling.pair(y, x, 50).slope,
    "expanding mean": lambda y, _x: np.cumsum(y) / np.arange(1, len(y) + 1),
    "row by row": lambda y, x: y / x,
}
PEEKING: dict[str, Metric] = {
    "full-sample z": full_sample_z,
    "centred mean": centred_mean,
    "next return": next_return,
    "scaled by the greatest": lambda y, _x: y / y.max(),
}


@pytest.mark.parametrize("name", CAUSAL)
def test_a_causal_metric_passes(name: str) -> None:
    found = lookahead(CAUSAL[name], Y, X)
    assert found.is_causal
    assert found.changes == ()
    assert found.checked == sum(found.cuts)


@pytest.mark.parametrize("name", PEEKING)
def test_a_peeking_metric_is_caught(name: str) -> None:
    found = lookahead(PEEKING[name], Y, X)
    assert not found.is_causal
    assert found.changed >= len(found.changes) > 0
    for change in found.changes:
        assert change.row < change.cut
        assert change.then != change.later


def test_the_rows_that_changed_are_listed() -> None:
    found = lookahead(next_return, Y, X, cuts=[100, 200])
    assert [(change.row, change.cut) for change in found.changes] == [(99, 100), (199, 200)]
    assert found.changes[0].then == 0
    assert found.changes[0].later == pytest.approx(np.log(Y[100] / Y[99]))
    found = lookahead(centred_mean, Y, X, cuts=[100])
    assert [change.row for change in found.changes] == [98, 99]
    assert np.isnan(found.changes[0].then)


def test_what_fills_its_warm_up_backwards_is_caught_by_a_cut_in_it() -> None:
    assert lookahead(backward_filled, Y, X).is_causal  # no cut so early
    assert lookahead(backward_filled, Y, X, cuts=[30, 60]).silent == (30,)


def test_the_holdings_of_a_backtest_are_causal() -> None:
    def held(y: Floats, x: Floats) -> Floats:
        found = rolling_rule(y, x).quantity_y
        found[-1] = np.nan  # the last row closes all
        return found

    found = lookahead(held, Y, X, cuts=[150, 250])
    assert {change.row for change in found.changes} <= {149, 249}


def test_desk_filter_is_causal() -> None:
    noise = Noise(1e-6, 1e-8, 1e-8)

    assert lookahead(lambda y, x: kalman(np.log(y), np.log(x), noise).z, Y, X).is_causal
    likeliest = lookahead(lambda y, x: kalman(np.log(y), np.log(x)).z, Y, X, cuts=[200])
    assert not likeliest.is_causal  # its noise is fitted to all rows


def test_small_metrics_are_not_excused() -> None:
    """The tolerance is relative to the metric."""
    assert not lookahead(lambda y, x: 1e-12 * full_sample_z(y, x), Y, X).is_causal


def test_what_cannot_be_is_refused() -> None:
    for cuts in (0, [], [0], [400]):
        with pytest.raises(BadParameter):
            lookahead(CAUSAL["row by row"], Y, X, cuts=cuts)
    with pytest.raises(BadParameter, match="a value for each row"):
        lookahead(lambda y, x: y[1:], Y, X)
    with pytest.raises(BadParameter, match="tolerance"):
        lookahead(CAUSAL["row by row"], Y, X, tolerance=-1)
    with pytest.raises(NotEnoughData):
        lookahead(CAUSAL["row by row"], [1, 2, 3], [1, 2, 3])
