"""Excursions of a z-score, beside a plain loop."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analytics.excursions import Excursions, excursions
from core.errors import BadParameter, BadSeries


def counted(z: list[float], level: float) -> Excursions:
    """One value after the other."""
    count = returned = longest = bars = length = 0
    side = 0.0
    out = False
    for value in z:
        if math.isnan(value):
            continue
        bars += 1
        now = float(np.sign(value))
        if out and now != side:
            out, returned, longest = False, returned + 1, max(longest, length)
        side = now
        if not out and abs(value) >= level:
            out, count, length = True, count + 1, 0
        length += out
    return Excursions(level, count, returned, max(longest, length) if out else longest, bars)


VALUES = st.sampled_from([-3.0, -2.0, -1.0, -0.0, 0.0, 0.5, 1.999, 2.0, 5.0, math.nan, math.inf])


@settings(derandomize=True, max_examples=300)
@given(st.lists(VALUES, max_size=30), st.sampled_from([0.5, 2.0, 3.0]))
def test_as_a_loop_counts(z: list[float], level: float) -> None:
    assert excursions(z, level) == counted(z, level)


def test_by_hand() -> None:
    found = excursions([0.1, 2.0, 2.5, 1.9, 2.1, 0.0, -1.0, -2.2, -0.1, 0.3, 2.4, 0.2])
    assert found == Excursions(2.0, 3, 2, 4, 12)
    assert found.is_out
    assert excursions([]) == Excursions(2.0, 0, 0, 0, 0)


def test_what_cannot_be_is_refused() -> None:
    for level in (0.0, -2.0, math.nan, math.inf):
        with pytest.raises(BadParameter, match="expected a number above 0"):
            excursions([1.0], level)
    with pytest.raises(BadSeries, match="one dimension"):
        excursions(np.zeros((2, 2)))
