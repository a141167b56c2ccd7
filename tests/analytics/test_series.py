"""What a statistic accepts, and what it says of the rest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analytics.series import checked, paired
from core.errors import BadSeries, NotEnoughData

FINITE = st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=50)


@given(FINITE)
def test_finite_numbers_pass_as_they_are(values: list[float]) -> None:
    found = checked(values, 0)
    assert found.dtype == np.float64
    assert found.flags.c_contiguous
    assert found.tolist() == values


def test_integers_and_views_pass() -> None:
    assert checked(np.arange(10)[::3]).tolist() == [0.0, 3.0, 6.0, 9.0]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_told_with_its_row(bad: float) -> None:
    with pytest.raises(BadSeries, match="the spread has 2 values that are not finite, the first in row 3"):
        checked([1, 2, 3, bad, 5, bad], name="the spread")


@pytest.mark.parametrize("bad", [[[1, 2], [3, 4]], 5.0, ["a", "b"], [[1], [2, 3]], None])
def test_what_is_no_series(bad: object) -> None:
    with pytest.raises(BadSeries, match="expected"):
        checked(bad)  # type: ignore[arg-type]


def test_too_short() -> None:
    with pytest.raises(NotEnoughData, match="needs 5 observations, found 2") as caught:
        checked([1, 2], 5)
    assert (caught.value.needed, caught.value.found) == (5, 2)
    with pytest.raises(NotEnoughData):
        paired([1], [1])


def test_a_pair_is_of_one_length() -> None:
    with pytest.raises(BadSeries, match="y has 3 rows and x has 2"):
        paired([1, 2, 3], [1, 2])
    y, x = paired([1, 2], np.array([3, 4]))
    assert (y.tolist(), x.tolist()) == ([1.0, 2.0], [3.0, 4.0])
