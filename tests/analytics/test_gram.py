"""Sums of products of many spreads: equal to those of the spreads themselves, row by row."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analytics import gram
from core.analytics.unit_roots import unit_roots
from core.market import Floats
from tests.analytics import reference_screener as reference


def walks(series: int, rows: int, seed: int = 0) -> Floats:
    return np.cumsum(np.random.default_rng(seed).standard_normal((series, rows)), axis=1)


def design(series: Floats, lags: int, first: int) -> Floats:
    """The regression's rows t = first ... n - 1, columns (lag 1 ... lag p, level, change), straight from the definition."""
    return np.array(
        [
            [*(series[t - a] - series[t - a - 1] for a in range(1, lags + 1)), series[t - 1], series[t] - series[t - 1]]
            for t in range(first, len(series))
        ]
    )


def pair_sums(first: Floats, second: Floats, lags: int, slopes: Floats) -> gram.Sums:
    """Those of first[i] - slopes[i] second[i]."""
    cross, at = gram.across(first, second, lags), np.arange(len(first))
    between = gram.CrossSums(cross.level[at, at], cross.mixed[at, at], cross.products[at, at])
    return gram.spreads(gram.own(first, lags), gram.own(second, lags), between, (at, at), slopes)


@settings(max_examples=40, deadline=None)
@given(lags=st.integers(0, 9), rows=st.integers(24, 60), seed=st.integers(0, 99), slope=st.floats(-2, 2))
def test_the_matrices_are_those_of_the_spread_itself(lags: int, rows: int, seed: int, slope: float) -> None:
    y, x = walks(2, rows, seed)
    sums = pair_sums(y[None], x[None], lags, np.array([slope]))
    spread = y - slope * x
    straight = design(spread, lags, lags + 1)
    order = [lags, *range(lags), lags + 1]
    searched = gram.search_matrix(sums)
    expected = (straight.T @ straight)[np.ix_(order, order)]
    np.testing.assert_allclose(searched[0], np.triu(expected), atol=1e-9 * np.abs(expected).max())
    for fewer in range(lags + 1):
        straight = design(spread, fewer, fewer + 1)
        found = np.triu(gram.refit_matrix(searched, sums.head, fewer)[0])
        np.testing.assert_allclose(found, np.triu(straight.T @ straight), atol=1e-9 * np.abs(expected).max())


@pytest.mark.parametrize(("lags", "rows"), [(0, 5), (1, 30), (7, 40), (8, 20), (24, 300), (66, 9000)])
def test_the_products_of_all_lags_are_those_multiplied_out(lags: int, rows: int) -> None:
    first, second = walks(3, rows, 1), walks(2, rows, 2)
    found = gram.across(first, second, lags).products
    for i, u in enumerate(np.diff(first, axis=1)):
        for j, v in enumerate(np.diff(second, axis=1)):
            for c in range(lags + 1):
                past = slice(lags - c, len(u) - c)
                expected = u[lags:] @ v[past] + v[lags:] @ u[past]
                assert found[i, j, c] == pytest.approx(expected, rel=1e-11, abs=1e-8)


def test_a_block_with_itself_is_a_block_with_a_copy() -> None:
    block = walks(4, 400)
    same, copied = gram.across(block, block, 7), gram.across(block, block.copy(), 7)
    np.testing.assert_allclose(same.products, copied.products, rtol=1e-12, atol=1e-9)
    own = gram.own(block, 7)
    np.testing.assert_allclose(2 * own.products, np.einsum("iic->ic", same.products), rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(2 * own.level, np.diag(same.level), rtol=1e-12)
    np.testing.assert_allclose(2 * own.mixed, np.diag(same.mixed), rtol=1e-9)


@reference.needs_80_bits
@pytest.mark.parametrize("penalty", [2.0, None])
def test_unit_roots_are_those_of_80_bit_regressions(penalty: float | None) -> None:
    series = walks(40, 400, 3)
    series -= series.mean(axis=1, keepdims=True)
    found = unit_roots(gram.own(series, 12), 400, penalty)
    assert found.sound.all()
    for row, values in enumerate(series.astype(np.longdouble)):
        lag = 12 if penalty is None else reference.best_lag(values, "aic", 12)
        assert found.lags[row] == lag
        assert found.statistic[row] == pytest.approx(float(reference.level_t(values, lag)), rel=1e-11, abs=1e-11)


@reference.needs_80_bits
def test_what_is_called_sound_is_right_to_ten_digits_and_what_rounding_shows_in_is_not_called_so() -> None:
    noise = np.random.default_rng(5).standard_normal((40, 400))
    series = np.sin(np.arange(400) / 30) + 10.0 ** -np.linspace(0, 9, 40)[:, None] * noise
    series -= series.mean(axis=1, keepdims=True)
    found = unit_roots(gram.own(series, 4), 400, None)
    errors = [
        abs(statistic / float(reference.level_t(values, 4)) - 1)
        for statistic, values in zip(found.statistic, series.astype(np.longdouble), strict=True)
    ]
    assert max(error for error, sound in zip(errors, found.sound, strict=True) if sound) < 1e-10
    assert 8 < found.sound.sum() < 32
    assert max(errors) > 1e-10


def test_lags_whose_criteria_are_within_rounding_are_left_to_the_exact_route() -> None:
    slow, quick = walks(2, 300, 7)
    quick = np.convolve(quick, 0.6 ** np.arange(30))[:300]

    def chosen(share: float) -> tuple[int, bool]:
        found = unit_roots(gram.own((slow + share * quick)[None], 1), 300, 2.0)
        return int(found.lags[0]), bool(found.sound[0])

    without, with_one = 0.0, 10.0
    assert (chosen(without), chosen(with_one)) == ((0, True), (1, True))
    for _ in range(60):
        middle = (without + with_one) / 2
        without, with_one = (middle, with_one) if chosen(middle)[0] == 0 else (without, middle)
    assert not chosen(without)[1]
    assert not chosen(with_one)[1]


def test_series_whose_matrix_is_singular_are_marked_and_leave_the_others_alone() -> None:
    series = walks(5, 200, 4)
    series[1] = np.sin(np.arange(200) / 9)
    series[3] = 0.0
    found = unit_roots(gram.own(series, 6), 200, 2.0)
    assert found.sound.tolist() == [True, False, True, False, True]
    alone = unit_roots(gram.own(series[[0, 2, 4]], 6), 200, 2.0)
    np.testing.assert_array_equal(found.statistic[[0, 2, 4]], alone.statistic)
