"""Returns: the definitions, and logarithms that are right where prices are quiet."""

import math

import numpy as np
import pytest

from core.analytics.returns import log_ratio, returns
from core.errors import BadParameter, BadSeries, NotEnoughData
from tests.analytics.reference_dynamics import needs_80_bits


def test_the_definitions() -> None:
    assert returns([1.0, 2.0, 1.0]) == pytest.approx([math.log(2), -math.log(2)])
    assert returns([1.0, 2.0, 1.0], "simple") == pytest.approx([1, -0.5])
    assert returns([-1.0, 2.0, 1.0], "difference") == pytest.approx([3, -1])


@needs_80_bits
def test_quiet_prices_lose_no_digits() -> None:
    prices = np.round(1e5 + 0.05 * np.random.default_rng(1).standard_normal(1000), 2)
    exact = np.diff(np.log(prices.astype(np.longdouble)))
    moved = exact != 0
    assert returns(prices)[moved] == pytest.approx(
        exact[moved].astype(float), rel=1e-11
    )  # 80 bits lose five digits themselves
    assert returns(prices)[moved] == pytest.approx(np.log1p(np.diff(prices) / prices[:-1])[moved], rel=1e-15)


def test_ratios_beyond_all_floats() -> None:
    assert log_ratio(np.array([1e308, 5e-324]), np.array([5e-324, 1e308])) == pytest.approx(
        [1453.6358, -1453.6358], abs=1e-3
    )


def test_what_has_no_return_is_refused() -> None:
    with pytest.raises(BadSeries, match="-1 in row 1"):
        returns([2.0, -1.0, 1.0])
    with pytest.raises(BadParameter, match="log, simple or difference"):
        returns([1.0, 2.0], "percent")  # type: ignore[arg-type]
    with pytest.raises(NotEnoughData):
        returns([1.0])
