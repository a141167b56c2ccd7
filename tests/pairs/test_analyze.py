"""The answer: its numbers are those of the statistics, its provenance is the data's, and what is not known says why."""

import math
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from core.analytics import hedge, rolling
from core.analytics.cointegration import both_orders
from core.analytics.reversion import half_life_ar1
from core.errors import BadSeries, NotEnoughData
from core.market import MINUTE, MINUTE_US, Symbol
from core.metrics import METRICS, metric
from core.pairs import Leg, PairAnalysis, PairSpec, Unknown, analyze, draw
from core.plain import plain
from tests.pairs.conftest import START_US, end_us, spec

END = end_us(700)
ESTIMATORS = ["ols", "rolling_ols", "tls", "huber", "theil_sen", "kalman", "johansen", "min_half_life", "box_tiao"]


def values(analysis: PairAnalysis) -> dict[str, float | Unknown]:
    return {each.name: each.of(analysis) for each in METRICS}


def test_estimates_stand_on_the_lookback_and_rolling_values_on_what_is_before_it(legs: tuple[Leg, Leg]) -> None:
    y, x = legs
    found = analyze(spec(), y, x, END, "made up")
    log_y, log_x = np.log(y.closes), np.log(x.closes)
    fit = hedge.ols(log_y[100:], log_x[100:])
    assert found.hedge == fit
    assert len(found.series) == found.provenance.bars == 600
    spread = log_y - fit.intercept - fit.slope * log_x
    np.testing.assert_allclose(found.series.spread, spread[100:], atol=1e-15)
    np.testing.assert_allclose(found.series.z, rolling.zscore(spread, 60)[100:], atol=1e-9)
    assert not np.isnan(found.series.z).any()
    assert found.cointegration == both_orders(log_y[100:], log_x[100:])
    assert found.half_life_ar1 == half_life_ar1(found.series.spread)
    assert (found.last.time_us, found.last.z) == (END - MINUTE_US, found.series.z[-1])


def test_without_bars_before_the_lookback_its_first_values_are_not_known(legs: tuple[Leg, Leg]) -> None:
    found = analyze(spec(700), *legs, END)
    assert np.isnan(found.series.z[:59]).all()
    assert not np.isnan(found.series.z[59:]).any()


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_estimator_finds_the_hedge_and_the_tie(legs: tuple[Leg, Leg], estimator: str) -> None:
    found = analyze(spec(estimator=estimator), *legs, END)
    assert not isinstance(found.hedge, Unknown)
    assert found.hedge.slope == pytest.approx(0.9, abs=0.4 if spec(estimator=estimator).is_moving else 0.1)
    told = values(found)
    assert told["p_value"] < 0.01  # type: ignore[operator]
    unknown = {name for name, value in told.items() if isinstance(value, Unknown)}
    assert unknown <= {"memory", "quality", "hedge_error", "intercept_error"}
    assert found.reversion_of == ("least-squares residual" if spec(estimator=estimator).is_moving else "spread")
    assert found.half_life_ar1.bars == pytest.approx(math.log(2) / 0.1, rel=0.5)  # type: ignore[union-attr]


@pytest.mark.parametrize("estimator", ["rolling_ols", "kalman"])
def test_a_moving_hedge_knows_nothing_of_later_bars(legs: tuple[Leg, Leg], estimator: str) -> None:
    asked = spec(300, estimator=estimator, z="innovation" if estimator == "kalman" else "rolling")
    whole = analyze(asked, *legs, END)
    changed = tuple(replace(leg, closes=np.concatenate((leg.closes[:550], leg.closes[550:] * 1.5))) for leg in legs)
    other = analyze(asked, *changed, END)
    np.testing.assert_array_equal(whole.series.z[:150], other.series.z[:150])
    np.testing.assert_array_equal(whole.series.slope[:150], other.series.slope[:150])
    assert not np.array_equal(whole.series.z, other.series.z, equal_nan=True)


def test_a_reversion_is_not_estimated_on_a_spread_whose_hedge_moves(legs: tuple[Leg, Leg]) -> None:
    fixed, moving = (analyze(spec(estimator=name), *legs, END) for name in ("ols", "rolling_ols"))
    assert moving.half_life == fixed.half_life
    assert moving.hurst == fixed.hurst
    assert moving.excursions != fixed.excursions


def test_forming_bars_are_in_no_number(legs: tuple[Leg, Leg]) -> None:
    y, x = legs
    spoilt = replace(y, closes=np.append(y.closes[:-1], 1e9), final=699)
    found = analyze(spec(), spoilt, replace(x, final=699), END - MINUTE_US)
    clean = analyze(spec(), *(Leg(leg.name, leg.times[:-1], leg.closes[:-1], 699) for leg in legs), END - MINUTE_US)
    assert plain(found) == plain(clean)


def test_provenance_counts_every_interval(legs: tuple[Leg, Leg]) -> None:
    y, x = legs
    rows = np.arange(700)
    there_y, there_x = (rows % 7 != 3) & (rows < 690), (rows % 5 != 2)
    thin_y = Leg("BTCUSDT", y.times[there_y], y.closes[there_y], int(there_y.sum()), revision=2)
    thin_x = Leg("ETHUSDT", x.times[there_x], x.closes[there_x], int(there_x.sum()), revision=1)
    inside = rows >= 100
    both, either = there_y & there_x & inside, (there_y | there_x) & inside
    found = analyze(spec(), thin_y, thin_x, END, "made up").provenance
    assert (found.joined, found.filled, found.bars) == (both.sum(), 0, both.sum())
    assert found.dropped == (either & ~both).sum()
    assert found.bars + found.dropped + found.absent == 600
    assert (found.revision, found.quality, found.source) == (3, None, "made up")
    filled = analyze(spec(align="fill", stale_limit=2), thin_y, thin_x, END).provenance
    assert filled.joined == both.sum()
    assert filled.filled > 0
    assert filled.bars + filled.dropped + filled.absent == 600
    assert (filled.from_us, filled.to_us) == (START_US + 100 * MINUTE_US, START_US + 691 * MINUTE_US)


def test_too_little_says_how_much_is_needed(legs: tuple[Leg, Leg]) -> None:
    few = tuple(Leg(leg.name, leg.times[:5], leg.closes[:5], 5) for leg in legs)
    found = analyze(spec(600), *few, end_us(5))
    told = values(found)
    for name, needed in (("z", 60), ("half_life", 10), ("half_life_ar1", 10)):
        value = told[name]
        assert isinstance(value, Unknown)
        assert (value.needed, value.found) == (needed, 5)
    assert isinstance(told["correlation_window"], Unknown)
    assert told["hedge_ratio"] == pytest.approx(hedge.ols(np.log(few[0].closes), np.log(few[1].closes)).slope)
    with pytest.raises(NotEnoughData, match="bars of both BTCUSDT and ETHUSDT"):
        analyze(spec(), *(Leg(leg.name, leg.times[:0], leg.closes[:0], 0) for leg in legs), END)
    with pytest.raises(NotEnoughData):
        analyze(spec(10, window=5), *legs, end_us(2000))


def test_a_leg_that_stands_still_has_unknowns_with_words_and_no_numbers(legs: tuple[Leg, Leg]) -> None:
    y, x = legs
    told = values(analyze(spec(), y, replace(x, closes=np.full(700, 5.0)), END))
    known = {name for name, value in told.items() if not isinstance(value, Unknown)}
    assert known == {"volatility_y", "volatility_x", "bars", "stale_share", "adf_y_p"}
    assert all(value.reason for value in told.values() if isinstance(value, Unknown))
    assert told["volatility_x"] == 0


def test_bad_prices_are_refused(legs: tuple[Leg, Leg]) -> None:
    y, x = legs
    bad = replace(y, closes=np.where(np.arange(700) == 650, -1.0, y.closes))
    with pytest.raises(BadSeries, match="BTCUSDT is -1 in row 650"):
        analyze(spec(), bad, x, END)
    assert not isinstance(analyze(spec(price="level"), bad, x, END).hedge, Unknown)
    with pytest.raises(BadSeries, match="701 of 700"):
        replace(y, final=701)


def test_r_on_real_closes(shared_data: Path) -> None:
    table = np.genfromtxt(
        shared_data / "g1_btc_eth_spot_1m_close_20240808.csv", delimiter=",", skip_header=1, usecols=(1, 2)
    )
    times = START_US + np.arange(1440, dtype=np.int64) * MINUTE_US
    y, x = (Leg(name, times, closes, 1440) for name, closes in zip(("btc", "eth"), table.T, strict=True))
    told = values(analyze(spec(1440, price="level", lags=1), y, x, end_us(1440)))
    for name, value, tolerance in (
        ("hedge_ratio", 18.3015988004731, 1e-11),
        ("hedge_error", 0.0921449533181967, 1e-12),
        ("intercept", 12585.6107295141, 1e-8),
        ("r_squared", 0.964829815307391, 1e-13),
        ("eg_statistic", -2.30440540302979, 1e-11),
        ("johansen_trace", 5.5385, 5e-5),
        ("half_life_ar1", 71.75, 5e-3),
    ):
        assert told[name] == pytest.approx(value, abs=tolerance), name


def test_every_metric_has_a_name_of_its_own_and_words_for_every_value(legs: tuple[Leg, Leg]) -> None:
    found = analyze(spec(), *legs, END)
    assert len({each.name for each in METRICS}) == len(METRICS)
    for each in METRICS:
        assert metric(each.name) is each
        assert each.needs
        value = each.of(found)
        assert each.words(value)
        assert each.words(Unknown("why")) == "–"
        assert (each.words(math.inf), each.words(-math.inf)) == ("∞", "−∞")
        assert "nan" not in each.words(value)
        assert "-" not in each.words(-1.5)
    assert metric("p_value").words(1e-9) == "< 0.0001"
    assert metric("hedge_ratio").words(1234567.891) == "1,234,568"
    assert metric("volatility_y").words(0.0012) == "0.1200 %"


def test_a_frozen_answer(legs: tuple[Leg, Leg]) -> None:
    found = analyze(spec(), *legs, END)
    with pytest.raises(AttributeError):
        found.hedge = None  # type: ignore[misc]
    assert {field.name for field in fields(found)} >= {"spec", "provenance", "series", "last"}


def test_noise_is_told_beside_what_it_could_be_taken_for(legs: tuple[Leg, Leg]) -> None:
    found = analyze(spec(), *legs, END)
    half_life = metric("half_life_ar1").baseline(found)
    assert half_life is not None
    assert 20 < half_life.low < half_life.median < 60 < half_life.high  # of 600 bars, where the pair's own is 7
    assert found.half_life_ar1.bars < half_life.low  # type: ignore[union-attr]
    excursions = metric("excursions").baseline(found)
    assert excursions is not None
    assert excursions.median == pytest.approx(0.6 * 15, rel=0.1)  # 15 of 1000 bars in windows of 60
    assert metric("z").baseline(found) is None
    assert metric("r_squared").baseline(analyze(spec(estimator="kalman"), *legs, END)) is None
    short = analyze(spec(20, window=10), *legs, END)
    assert metric("half_life").baseline(short) is None  # nothing is known of so few bars
    for each in METRICS:
        noise = each.baseline(found)
        assert noise is None or noise.low <= noise.median <= noise.high


def test_few_bars_have_critical_values_and_no_p_value(legs: tuple[Leg, Leg]) -> None:
    """Of 40 bars the asymptotic table would say less than 1 % where the test's own critical value does not reject at 5 %."""
    few = values(analyze(spec(40, window=20), *legs, END))
    for name in ("p_value", "p_y_on_x", "p_x_on_y", "adf_y_p", "adf_x_p"):
        value = few[name]
        assert isinstance(value, Unknown)
        assert (value.needed, value.found) == (60, 40)
    assert not isinstance(few["eg_statistic"], Unknown)
    enough = values(analyze(spec(60, window=20), *legs, END))
    assert not isinstance(enough["p_value"], Unknown)


@pytest.mark.parametrize("z", ["rolling", "prior", "robust", "ewm", "innovation"])
def test_the_band_and_the_z_score_say_the_same(z: str) -> None:
    """Of a window's last bar by itself for each kind: what is drawn at two deviations is where z is two."""
    rng = np.random.default_rng(8)
    times = np.arange(400, dtype=np.int64) * MINUTE.us
    x = np.exp(4 + np.cumsum(1e-3 * rng.standard_normal(400)))
    y = x**0.8 * np.exp(2e-3 * rng.standard_normal(400))
    spec = PairSpec(Symbol("Y"), Symbol("X"), MINUTE, 300 * MINUTE.us, 60, estimator="kalman", z=z)  # type: ignore[arg-type]
    series = draw(spec, Leg("y", times, y, 400), Leg("x", times, x, 400), 400 * MINUTE.us).series
    assert not np.isnan(series.z).any()
    np.testing.assert_allclose((series.spread - series.centre) / series.scale, series.z, rtol=0, atol=1e-9)
