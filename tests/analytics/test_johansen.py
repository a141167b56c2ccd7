"""Johansen's tests beside Matlab's figures, statsmodels and R; the batch beside the single test."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.tsa.vector_ar import tests as vector_ar_tests
from statsmodels.tsa.vector_ar.vecm import coint_johansen

from core.analytics.johansen import batch_trace, johansen
from core.errors import AnalysisError, BadParameter, BadSeries, Degenerate, NotEnoughData
from tests.analytics.reference import tied, walk


def jplv() -> np.ndarray:
    """173 rows of 8 series, as they come with statsmodels."""
    path = Path(vector_ar_tests.__file__).parent / "Matlab_results" / "test_coint.csv"
    return np.genfromtxt(path)


def test_matlab() -> None:
    found = johansen(jplv(), 1, 2)
    assert found.trace[:3].tolist() == pytest.approx(
        [241.985452556075, 166.4781461662553, 110.3298006342814], rel=1e-10
    )
    assert found.max_eigenvalue[:2].tolist() == pytest.approx([75.50730638981975, 56.14834553197396], rel=1e-10)
    assert found.eigenvalues[:2].tolist() == pytest.approx([0.3586376068088151, 0.2812806889719111], rel=1e-10)
    assert johansen(jplv(), 0, 9).trace[:2].tolist() == pytest.approx([307.6888935095814, 205.3839229398245], rel=1e-10)


@pytest.mark.parametrize("det_order", [-1, 0, 1])
@pytest.mark.parametrize("lagged", [1, 2, 5])
@pytest.mark.parametrize("k", [2, 3, 5])
def test_statsmodels(det_order: int, lagged: int, k: int) -> None:
    levels = np.column_stack([walk(seed, 400, 0.0, 1.0) for seed in range(k)])
    found, theirs = johansen(levels, det_order, lagged), coint_johansen(levels, det_order, lagged)  # type: ignore[arg-type]
    np.testing.assert_allclose(found.eigenvalues, theirs.eig, rtol=1e-8, atol=1e-13)
    np.testing.assert_allclose(found.trace, theirs.trace_stat, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(found.max_eigenvalue, theirs.max_eig_stat, rtol=1e-8, atol=1e-10)
    for ours, other in (
        (found.trace_critical, theirs.trace_stat_crit_vals),
        (found.max_eigenvalue_critical, theirs.max_eig_stat_crit_vals),
    ):
        np.testing.assert_allclose([(row.ten, row.five, row.one) for row in ours], other)
    if k == 2:
        vector = theirs.evec[:, 0]
        assert found.hedge_ratios == pytest.approx((-vector[1] / vector[0],), rel=1e-7)


def test_r_on_real_closes(shared_data: Path) -> None:
    for name, trace, tolerance in (
        ("g1_btc_eth_spot_1m_close_20240808", 5.5385, 5e-5),
        ("g2_trx_spot_vs_usdm_1s_20250304", 163.88, 5e-3),
    ):
        levels = np.genfromtxt(shared_data / f"{name}.csv", delimiter=",", skip_header=1, usecols=(1, 2))
        found = johansen(levels)
        assert found.trace[0] == pytest.approx(trace, abs=tolerance)
        assert found.rank() == (0 if trace < 15.49 else found.rank())
        assert found.trace_critical[0].five == pytest.approx(15.49, abs=0.01)


@pytest.mark.parametrize("det_order", [-1, 0, 1])
def test_the_batch_is_the_single_test(det_order: int) -> None:
    levels = np.stack([walk(seed, 500) for seed in range(6)] + list(tied(3, 500)))
    levels[5] = levels[4] * (1 + 1e-9)  # near-identical: sums of products are not enough
    found = batch_trace(levels, det_order=det_order)  # type: ignore[arg-type]
    assert len(found.pairs) == 28
    for (i, j), eigenvalues, trace in zip(found.pairs.tolist(), found.eigenvalues, found.trace, strict=True):
        try:
            single = johansen(levels[[i, j]].T, det_order)  # type: ignore[arg-type]
        except Degenerate:
            assert np.isnan(trace).all()
            continue
        np.testing.assert_allclose(trace, single.trace, rtol=1e-8, atol=1e-9)
        np.testing.assert_allclose(eigenvalues, single.eigenvalues, rtol=1e-8, atol=1e-12)


def test_rounding_is_no_noise() -> None:
    """The changes of a line differ by rounding alone: the batch refuses it as the single test does."""
    line, other = np.arange(300) * 0.1, walk(0, 300, 0.0, 1.0)
    with pytest.raises(Degenerate):
        johansen(np.column_stack((line, other)))
    found = batch_trace(np.stack((line, other, walk(1, 300, 0.0, 1.0))))
    assert np.isnan(found.trace).tolist() == [[True, True], [True, True], [False, False]]  # 0 and 1, 0 and 2, 1 and 2


def test_a_hedge_that_is_no_float_is_not_known() -> None:
    y, x = walk(0, 120, 0.0, 1.0), walk(1, 120, 0.0, 1.0)
    assert johansen(np.column_stack((y * 1e300, x * 1e-300))).hedge_ratios is None
    assert johansen(np.column_stack((y * 1e-320, x))).hedge_ratios is None


@settings(derandomize=True, max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.integers(-20, 20), st.integers(-20, 20))
def test_units_and_order_do_not_matter(seed: int, power_y: int, power_x: int) -> None:
    y, x = walk(seed, 200, 0.0, 1.0), walk(seed + 5000, 200, 0.0, 1.0)
    before = johansen(np.column_stack((y, x)))
    after = johansen(np.column_stack((np.ldexp(x, power_x), np.ldexp(y, power_y))))
    np.testing.assert_allclose(after.trace, before.trace, rtol=1e-9)
    assert before.hedge_ratios is not None
    assert after.hedge_ratios is not None
    assert after.hedge_ratios[0] * before.hedge_ratios[0] == pytest.approx(math.ldexp(1.0, power_x - power_y), rel=1e-6)


def test_size_is_nominal_where_the_legs_drift_and_twice_that_where_they_do_not() -> None:
    """The tables of a free constant are those of series with a drift (Osterwald-Lenum 1992); prices hardly have one."""
    rng = np.random.default_rng(0)
    pairs = np.arange(800).reshape(-1, 2)
    shocks = rng.standard_normal((800, 600))
    shocks[::2] += 0.5
    drifting = batch_trace(np.cumsum(shocks, axis=1), pairs)
    rates = [
        float((found.trace[:, 0] > found.trace_critical[0].five).mean())
        for found in (drifting, batch_trace(np.cumsum(rng.standard_normal((800, 600)), axis=1), pairs))
    ]
    assert 0.02 <= rates[0] <= 0.09
    assert 0.07 <= rates[1] <= 0.17


def test_power() -> None:
    pairs = [johansen(np.column_stack(tied(seed, 400, phi=0.8))) for seed in range(30)]
    assert sum(found.rank() > 0 for found in pairs) >= 29
    assert np.median([found.hedge_ratios[0] for found in pairs if found.hedge_ratios]) == pytest.approx(0.9, abs=0.02)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(*(2 * [st.floats() | st.sampled_from([0.0, 1.0, 1e300])])), max_size=20),
    st.sampled_from([-1, 0, 1]),
)
def test_whatever_comes_in_numbers_or_words_come_out(rows: list[tuple[float, float]], det_order: int) -> None:
    try:
        found = johansen(np.array(rows, dtype=float).reshape(-1, 2), det_order)  # type: ignore[arg-type]
    except AnalysisError:
        return
    assert np.isfinite(found.trace).all()


def test_what_cannot_be_tested_says_so() -> None:
    y, x = tied(0, 100)
    with pytest.raises(Degenerate):
        johansen(np.column_stack((y, 2.0 * y)))
    with pytest.raises(NotEnoughData):
        johansen(np.column_stack((y, x))[:4])
    with pytest.raises(BadSeries):
        johansen(np.column_stack((y, np.where(x > x[50], np.nan, x))))
    with pytest.raises(BadParameter):
        johansen(np.column_stack((y, x)), 2)  # type: ignore[arg-type]
    with pytest.raises(BadParameter):
        johansen(np.column_stack((y, x)), 0, -1)
    with pytest.raises(BadParameter):
        johansen(np.column_stack((y, x))).rank(2)  # type: ignore[arg-type]
