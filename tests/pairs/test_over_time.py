"""Cointegration in one window after the other, beside the test of each window."""

import numpy as np
import pytest

from core.analytics.cointegration import both_orders
from core.errors import BadParameter, NotEnoughData
from core.pairs import Leg, analyze
from core.pairs.over_time import cointegration_over_time
from tests.analytics.reference import tied, walk
from tests.pairs.conftest import end_us, spec


def test_each_window_by_itself(legs: tuple[Leg, Leg]) -> None:
    found = analyze(spec(), *legs, end_us(700))
    over = cointegration_over_time(found, 200, 25)
    assert over.times[-1] == found.last.time_us
    assert len(over.times) == len(over.p_value) == 17
    y, x = np.log(found.series.y), np.log(found.series.x)
    for time, p, hedge in zip(over.times, over.p_value, over.hedge_ratio, strict=True):
        end = int(np.searchsorted(found.series.times, time)) + 1
        wanted = both_orders(y[end - 200 : end], x[end - 200 : end])
        assert p == pytest.approx(wanted.p_value, abs=1e-9)
        assert hedge == pytest.approx(wanted.y_on_x.hedge_ratio, rel=1e-9)


def test_a_tie_that_breaks_is_seen_to_break(legs: tuple[Leg, Leg]) -> None:
    log_y, log_x = tied(8, 700, phi=0.6)
    log_y[400:] = log_y[400] + walk(5, 300, 0.0, 1e-3)
    y, x = (Leg(leg.name, leg.times, np.exp(logs), 700) for leg, logs in zip(legs, (log_y, log_x), strict=True))
    found = analyze(spec(700), y, x, end_us(700))
    p = cointegration_over_time(found, 250).p_value
    assert np.median(p[:150]) < 0.02
    assert np.median(p[-50:]) > 0.1


def test_too_short_a_lookback_says_so(legs: tuple[Leg, Leg]) -> None:
    found = analyze(spec(100), *legs, end_us(700))
    with pytest.raises(NotEnoughData):
        cointegration_over_time(found, 101)
    with pytest.raises(BadParameter):
        cointegration_over_time(found, 50, 0)
