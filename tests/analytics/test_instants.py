"""Columns of times: what is refused, in words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analytics.instants import ascending_times, checked_times
from core.errors import BadSeries


@given(st.lists(st.integers(-(2**61), 2**61), max_size=20))
def test_whole_numbers_in_order_pass_as_they_are(times: list[int]) -> None:
    assert checked_times(sorted(times)).tolist() == sorted(times)
    assert ascending_times(sorted(set(times))).tolist() == sorted(set(times))
    if times != sorted(times):
        with pytest.raises(BadSeries, match="step back"):
            checked_times(times)
    if len(set(times)) < len(times):
        with pytest.raises(BadSeries, match="twice"):
            ascending_times(sorted(times))


def test_what_is_no_column_of_times() -> None:
    for times in ([0.5, 1.5], ["a"], [[1, 2]], 5, [True, False], [2**70]):
        with pytest.raises(BadSeries, match="the times have the type"):
            checked_times(times)
    for times in (np.array([2**63], dtype=np.uint64), [-(2**62)]):
        with pytest.raises(BadSeries, match="expected microseconds since 1970"):
            checked_times(times)
    with pytest.raises(BadSeries, match="the open times have 2 rows for 3 values"):
        checked_times([1, 2], 3, "the open times")
