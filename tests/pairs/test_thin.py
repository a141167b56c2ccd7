"""Fewer rows: none of the extremes is lost, and sums stay what they were."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.pairs.thin import means, thin

numbers = st.one_of(st.floats(-1e6, 1e6), st.just(np.nan))


@given(arrays(np.float64, st.integers(1, 400), elements=numbers), st.integers(10, 60), st.integers(0, 2**32 - 1))
def test_every_stretch_keeps_its_extremes(column: np.ndarray, most: int, seed: int) -> None:
    other = np.random.default_rng(seed).standard_normal(len(column))
    rows = thin((column, other), most)
    assert rows[0] == 0
    assert rows[-1] == len(column) - 1
    assert (np.diff(rows) > 0).all()
    assert len(rows) <= max(len(column) if len(column) <= most else most + 2, 1)
    for each in (column, other):
        if not np.isnan(each).all():
            assert np.nanmax(each[rows]) == np.nanmax(each)
            assert np.nanmin(each[rows]) == np.nanmin(each)


def test_few_rows_are_all_drawn() -> None:
    np.testing.assert_array_equal(thin((np.arange(9.0),), 10), np.arange(9))


@given(arrays(np.float64, st.integers(2, 300), elements=st.floats(0, 1e3)), st.integers(10, 40))
def test_means_over_what_was_left_out_add_up(values: np.ndarray, most: int) -> None:
    rows = thin((values,), most)
    spans = np.diff(rows, prepend=rows[0] - 1)
    assert float((means(values, rows) * spans).sum()) == pytest.approx(float(values.sum()), rel=1e-9, abs=1e-6)
