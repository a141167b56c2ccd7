"""Sums over windows: those of a double loop, of which what has left keeps nothing; and moments about another time."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analytics.windows import shifted, window_sums

VALUES = st.floats(-1e9, 1e9) | st.sampled_from([0.0, 1.0, 1e-300])


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=50), st.integers(1, 50))
def test_sums_are_exact_sums_of_each_window_alone(values: list[float], length: int) -> None:
    length = min(length, len(values))
    found = window_sums(np.array(values), length)
    assert found.shape == (len(values) - length + 1,)
    for row, told in enumerate(found.tolist()):
        part = values[row : row + length]
        assert told == pytest.approx(math.fsum(part), rel=0, abs=1e-15 * length * sum(map(abs, part)))


def test_what_has_left_leaves_no_trace() -> None:
    values = np.random.default_rng(0).standard_normal(500)
    spoilt = values.copy()
    spoilt[200] = 1e300
    clear = np.r_[0:141, 201:441]  # windows of 60 without row 200
    np.testing.assert_array_equal(window_sums(spoilt, 60)[clear], window_sums(values, 60)[clear])
    running = np.cumsum(np.insert(spoilt, 0, 0.0))
    assert np.abs((running[60:] - running[:-60])[201:] - window_sums(values, 60)[201:]).max() > 1


def test_a_table_is_summed_row_by_row() -> None:
    table = np.random.default_rng(1).standard_normal((2, 3, 40))
    found = window_sums(table, 7)
    assert found.shape == (2, 3, 34)
    for one, two in np.ndindex(2, 3):
        np.testing.assert_array_equal(found[one, two], window_sums(table[one, two], 7))
    np.testing.assert_array_equal(window_sums(table[0, 0], 1), table[0, 0])
    assert window_sums(table[0, 0], 40) == pytest.approx([table[0, 0].sum()], rel=1e-14)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.integers(0, 3), st.floats(-10, 10), st.integers(0, 100))
def test_moments_about_another_time(powers: int, by: float, seed: int) -> None:
    time, values = np.random.default_rng(seed).standard_normal((2, 25))

    def moments(times: np.ndarray) -> np.ndarray:
        return np.array([(times**power) @ values for power in range(powers)]).reshape(powers)

    before = moments(time)
    kept = before.copy()
    np.testing.assert_allclose(shifted(before, by), moments(time + by), rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(before, kept)  # it is a copy that is shifted
