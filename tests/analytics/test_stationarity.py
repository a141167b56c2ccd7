"""The augmented Dickey-Fuller test beside Stata, arch, statsmodels and 80-bit floats, and its size on walks."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.datasets import macrodata
from statsmodels.tsa.stattools import adfuller

from core.analytics.lags import default_max
from core.analytics.stationarity import adf
from core.errors import AnalysisError, BadParameter, BadSeries, Degenerate, NotEnoughData
from tests.analytics.reference import adf as exact
from tests.analytics.reference import tied, walk
from tests.analytics.reference_screener import needs_80_bits

MACRO = macrodata.load_pandas().data


@pytest.mark.parametrize(
    ("column", "trend", "lags", "statistic", "p"),
    [
        ("realgdp", "c", 4, 0.97505319, 0.99399563),
        ("realgdp", "ct", 4, -1.8566374, 0.67682968),
        ("realgdp", "n", 4, 3.5227498, None),
        ("infl", "c", 1, -4.3346988, 0.00038661),
        ("infl", "ct", 1, -4.425093, 0.00199633),
        ("infl", "n", 1, -2.4511596, 0.013747),
    ],
)
def test_stata(column: str, trend: str, lags: int, statistic: float, p: float | None) -> None:
    found = adf(MACRO[column].to_numpy(), trend, lags)  # type: ignore[arg-type]
    assert found.statistic == pytest.approx(statistic, abs=1e-5)
    assert p is None or found.p_value == pytest.approx(p, abs=1e-5)


@pytest.mark.parametrize(
    ("trend", "lags", "statistic", "chosen"),
    [
        ("c", "aic", -3.0931119, 2),
        ("c", "bic", -3.0931119, 2),
        ("c", 0, -6.56880, 0),
        ("ct", 0, -6.66705, 0),
        ("n", 0, -3.88845, 0),
        ("c", 10, -2.28375, 10),
    ],
)
def test_arch(trend: str, lags: int | str, statistic: float, chosen: int) -> None:
    found = adf(np.diff(np.log(MACRO["cpi"].to_numpy())), trend, lags)  # type: ignore[arg-type]
    assert (found.statistic, found.lags) == (pytest.approx(statistic, abs=3e-5), chosen)


def series(kind: int, seed: int, n: int) -> np.ndarray:
    """A log price, a price of 1e5, a price of 1e-5, a log spread."""
    if kind == 3:
        y, x = tied(seed, n)
        return np.asarray(y - 0.9 * x)
    level = walk(seed, n)
    return (level, np.round(1e5 * np.exp(level - 8.0), 2), 1e-5 * np.exp(level - 8.0))[kind]


@needs_80_bits
@pytest.mark.parametrize("trend", ["n", "c", "ct", "ctt"])
@pytest.mark.parametrize("kind", range(4))
def test_80_bits(trend: str, kind: int) -> None:
    for seed, n in enumerate((12, 25, 60, 150, 400, 699, 700, 2200)):  # by QR up to 699
        values = series(kind, seed, n)
        for lags in ("aic", "bic", 0, 2):
            found = adf(values, trend, lags)  # type: ignore[arg-type]
            statistic, chosen = exact(values, trend, lags, default_max(n, trend))  # type: ignore[arg-type]
            assert found.lags == chosen
            assert abs(found.statistic - statistic) <= 1e-10 * max(1.0, abs(statistic))


@pytest.mark.parametrize("trend", ["n", "c", "ct", "ctt"])
def test_statsmodels_has_the_same_lags_and_p_values(trend: str) -> None:
    for seed in range(12):
        values = walk(seed, 120 + 37 * seed, step=0.01)
        values = (values - values.mean()) / values.std()  # on what is not centred and scaled statsmodels loses digits
        theirs = adfuller(values, regression=trend, autolag="AIC", result_object=False)
        found = adf(values, trend)  # type: ignore[arg-type]
        assert (found.lags, found.n) == (theirs[2], theirs[3])
        assert found.statistic == pytest.approx(theirs[0], abs=1e-8 if trend in "nc" else 1e-5)
        assert found.p_value == pytest.approx(theirs[1], abs=1e-8 if trend in "nc" else 1e-5)
        ours = found.critical_values
        wanted = theirs[4]
        assert (ours.one, ours.five, ours.ten) == pytest.approx((wanted["1%"], wanted["5%"], wanted["10%"]), abs=1e-9)


@settings(derandomize=True, max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["c", "ct", "ctt"]), st.integers(-40, 40), st.floats(-1e6, 1e6))
def test_neither_unit_nor_level_matters(seed: int, trend: str, power: int, shift: float) -> None:
    values = walk(seed, 90, 0.0, 1.0)
    before = adf(values, trend)  # type: ignore[arg-type]
    after = adf(np.ldexp(values + shift, power), trend)  # type: ignore[arg-type]
    assert after.lags == before.lags
    assert after.statistic == pytest.approx(before.statistic, rel=1e-6, abs=1e-6)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0.0, 1.0, 1e300, -1e-300]), max_size=30),
    st.sampled_from(["n", "c", "ct", "ctt"]),
    st.sampled_from(["aic", "bic", 0, 1, 7]),
)
def test_whatever_comes_in_a_number_or_words_come_out(values: list[float], trend: str, lags: int | str) -> None:
    try:
        found = adf(values, trend, lags)  # type: ignore[arg-type]
    except AnalysisError:
        return
    assert math.isfinite(found.statistic)
    assert 0 <= found.p_value <= 1


def test_what_cannot_be_tested_says_so() -> None:
    with pytest.raises(NotEnoughData):
        adf([1.0, 2.0])
    with pytest.raises(Degenerate, match="vary"):
        adf(np.full(50, 4.25))
    with pytest.raises(Degenerate):
        adf(np.arange(50.0), "ct")
    with pytest.raises(BadSeries, match="row 7"):
        adf([*range(7), math.nan, *range(20)])
    with pytest.raises(BadSeries, match="dimension"):
        adf(np.zeros((20, 2)))
    for trend, lags in (("x", "aic"), ("c", "hqic"), ("c", -1), ("c", 1.5)):
        with pytest.raises(BadParameter):
            adf(walk(0, 50), trend, lags)  # type: ignore[arg-type]
    with pytest.raises(NotEnoughData):
        adf(walk(0, 30), "c", 20)


@pytest.mark.parametrize("n", [300, 1200])
def test_rounding_is_no_noise(n: int) -> None:
    """Steps of a few last digits are refused, by either route; steps of a thousand times that are tested."""
    steps = walk(0, n, 0.0, 1.0)
    with pytest.raises(Degenerate):
        adf(np.round(steps / np.ptp(steps) * 40.0) * np.finfo(np.float64).eps + 1.0)
    adf(np.round(steps / np.ptp(steps) * 40_000.0) * np.finfo(np.float64).eps + 1.0)


@pytest.mark.parametrize("trend", ["c", "ct"])
def test_size_on_walks_and_power_on_what_comes_back(trend: str) -> None:
    rejected = sum(adf(walk(seed, 250), trend).p_value < 0.05 for seed in range(400))  # type: ignore[arg-type]
    assert 7 <= rejected <= 40  # 20 expected of 400, 4.6 standard deviations to either side
    back = [tied(seed, 250, phi=0.7) for seed in range(40)]
    assert sum(adf(y - 0.9 * x, trend).p_value < 0.05 for y, x in back) >= 38  # type: ignore[arg-type]
