"""Centring: exact units, no overflow or underflow, and constants refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.analytics.centre import centred
from core.errors import Degenerate
from core.market import Floats
from tests.analytics.reference_dynamics import needs_80_bits


@given(hnp.arrays(np.float64, st.integers(1, 30), elements=st.floats(allow_nan=False, allow_infinity=False)))
def test_parts_make_the_whole_again(values: Floats) -> None:
    try:
        found = centred(values)
    except Degenerate:
        assert values.min() == values.max()
        return
    assert np.abs(found.deviations).max() <= 4
    assert math.frexp(found.unit)[0] == 0.5
    again = (found.mean + found.deviations) / 4 * found.unit
    assert np.abs(again - values / 4).max() <= 1e-15 * np.abs(values).max()


@needs_80_bits
@pytest.mark.parametrize("base", [0.0, 1.0, 1e6, 1e7])
def test_the_deviations_are_those_of_80_bits(base: float) -> None:
    """NIST's NumAcc series: base + 0.2, then 0.1 and 0.3 in turn; no more is lost than the numbers' own rounding."""
    values = base + np.concatenate(([0.2], np.tile([0.1, 0.3], 500)))
    exact = values.astype(np.longdouble)
    exact = exact - exact.mean()
    found = centred(values)
    assert (found.deviations * found.unit)[1:] == pytest.approx(exact[1:].astype(float), rel=1e-12, abs=1e-16 * base)


def test_constants_are_refused_whatever_their_rounding() -> None:
    for value in (0.0, 0.1, -1e308, 5e-324):
        with pytest.raises(Degenerate, match="in all 7 rows: it has to vary"):
            centred(np.full(7, value), "the spread")
