"""Unit-root tests of every window beside the single tests, window by window."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from core.analytics.cointegration import EngleGranger, engle_granger
from core.analytics.rolling_tests import rolling_adf, rolling_engle_granger
from core.analytics.stationarity import Adf, adf
from core.errors import AnalysisError, BadParameter, BadSeries, NotEnoughData
from tests.analytics.reference import tied, walk

LAGS = ["aic", "bic", 0, 3]


@pytest.mark.parametrize("trend", ["n", "c", "ct", "ctt"])
@pytest.mark.parametrize("lags", LAGS)
def test_adf_window_by_window(trend: str, lags: int | str) -> None:
    for window, n in ((40, 200), (150, 1400)):
        values = walk(window, n)
        found = rolling_adf(values, window, trend, lags)  # type: ignore[arg-type]
        assert np.isnan(found.statistic[: window - 1]).all()
        assert (found.lags[: window - 1] == -1).all()
        for row in range(window - 1, n, 23):
            single = adf(values[row - window + 1 : row + 1], trend, lags)  # type: ignore[arg-type]
            assert found.lags[row] == single.lags
            assert found.statistic[row] == pytest.approx(single.statistic, abs=1e-10)
            assert found.p_value[row] == pytest.approx(single.p_value, abs=1e-10)


@pytest.mark.parametrize("trend", ["c", "ct", "ctt"])
@pytest.mark.parametrize("lags", LAGS)
def test_engle_granger_window_by_window(trend: str, lags: int | str) -> None:
    for window, (y, x) in ((40, tied(1, 200)), (150, (1e5 * np.exp(walk(2, 1400)), np.exp(walk(3, 1400))))):
        found = rolling_engle_granger(y, x, window, trend, lags)  # type: ignore[arg-type]
        assert np.isnan(found.p_value[: window - 1]).all()
        for row in range(window - 1, len(y), 23):
            part = slice(row - window + 1, row + 1)
            single = engle_granger(y[part], x[part], trend, lags)  # type: ignore[arg-type]
            assert found.lags[row] == single.lags
            assert found.statistic[row] == pytest.approx(single.statistic, abs=1e-9)
            assert found.p_value[row] == pytest.approx(single.p_value, abs=1e-9)
            assert found.hedge_ratio[row] == pytest.approx(single.hedge_ratio, rel=1e-9)


def test_a_step_counts_back_from_the_last_row() -> None:
    y, x = tied(4, 333)
    every, some = rolling_engle_granger(y, x, 100), rolling_engle_granger(y, x, 100, step=7)
    asked = np.zeros(333, dtype=bool)
    asked[332:98:-7] = True
    assert np.isnan(some.statistic[~asked]).all()
    np.testing.assert_allclose(some.statistic[asked], every.statistic[asked], atol=1e-10)
    one, other = rolling_adf(y, 100), rolling_adf(y, 100, step=7)
    np.testing.assert_allclose(other.statistic[asked], one.statistic[asked], atol=1e-10)


def test_bad_ticks_and_flat_windows() -> None:
    """A tick of a hundred times the price leaves no trace once its windows are over; a flat window has no test."""
    y, x = (np.exp(leg) for leg in tied(6, 900))
    y[300] *= 100
    x[600:760] = x[600]
    found = rolling_engle_granger(y, x, 100, "c", 1)
    for row in (299, 350, 400, 420, 599, 650, 860, 899):
        part = slice(row - 99, row + 1)
        assert found.statistic[row] == pytest.approx(engle_granger(y[part], x[part], "c", 1).statistic, abs=1e-9)
    assert np.isnan(found.statistic[699:760]).all()
    assert (found.lags[699:760] == -1).all()
    assert not np.isnan(found.statistic[760:]).any()
    alone = rolling_adf(x, 100, "c", 1)
    assert np.isnan(alone.statistic[699:760]).all()


@pytest.mark.parametrize("trend", ["n", "c", "ctt"])
@pytest.mark.parametrize("lags", ["aic", 0])
def test_flickering_windows(trend: str, lags: int | str) -> None:
    """A leg that moves by its last digit alone has no test, in a window as by itself."""
    flicker = 100.0 + np.spacing(100.0) * np.random.default_rng(0).integers(0, 2, 120)
    x = np.concatenate([walk(1, 50, 100.0, 1.0), flicker, walk(2, 40, 100.0, 1.0)])
    y = walk(3, len(x), 100.0, 1.0)
    alone = rolling_adf(x, 50, trend, lags)  # type: ignore[arg-type]
    pairs = [(y, x), (x, y)]
    together = [rolling_engle_granger(*pair, 50, trend, lags) for pair in pairs]  # type: ignore[arg-type]
    for row in range(49, len(x), 3):
        part = slice(row - 49, row + 1)
        wanted = _or_nan(lambda part=part: adf(x[part], trend, lags))  # type: ignore[misc]
        assert alone.statistic[row] == pytest.approx(wanted, abs=1e-9, nan_ok=True)
        for found, (first, second) in zip(together, pairs, strict=True):
            wanted = _or_nan(lambda a=first[part], b=second[part]: engle_granger(a, b, trend, lags))  # type: ignore[misc]
            assert found.statistic[row] == pytest.approx(wanted, abs=1e-9, nan_ok=True)
    assert np.isnan(alone.statistic[99:170]).all()


def _or_nan(test: Callable[[], Adf | EngleGranger]) -> float:
    try:
        return test().statistic
    except AnalysisError:
        return math.nan


def test_a_hedge_that_is_no_float_is_not_known() -> None:
    y, x = walk(0, 90, 0.0, 1.0), walk(1, 90, 0.0, 1.0)
    far = rolling_engle_granger(y * 1e300, x * 1e-300, 40)
    assert np.isnan(far.hedge_ratio).all()
    assert np.isnan(far.statistic).all()
    near = rolling_engle_granger(y * 1e150, x * 1e-150, 40)
    np.testing.assert_allclose(
        near.hedge_ratio[39:], rolling_engle_granger(y, x, 40).hedge_ratio[39:] * 1e300, rtol=1e-9
    )


def test_what_cannot_be_rolled_says_so() -> None:
    y, x = tied(0, 60)
    with pytest.raises(NotEnoughData):
        rolling_engle_granger(y, x, 61)
    with pytest.raises(NotEnoughData):
        rolling_adf(y, 61)
    for window, step in ((3, 1), (0, 1), (30.5, 1), (30, 0)):
        with pytest.raises(BadParameter):
            rolling_engle_granger(y, x, window, lags=3, step=step)  # type: ignore[arg-type]
        with pytest.raises(BadParameter):
            rolling_adf(y, window, lags=3, step=step)  # type: ignore[arg-type]
    with pytest.raises(BadSeries):
        rolling_engle_granger(y, x[:-1], 30)
