"""Spreads on prices and on logs, their words, and what of them is rounding."""

import numpy as np
import pytest

from core.analytics import rolling, spread
from core.errors import BadSeries


def test_residual_and_ratio() -> None:
    y, x = np.array([10.0, 11.0, 12.0]), np.array([4.0, 5.0, 6.0])
    assert spread.spread(y, x, 2.0, 1.0).tolist() == [1.0, 0.0, -1.0]
    assert spread.spread(y, x, [2.0, np.nan, 1.0], [0.0, 0.0, 1.0]).tolist()[::2] == [2.0, 5.0]
    assert spread.ratio(y, x, "level").tolist() == [2.5, 2.2, 2.0]
    np.testing.assert_allclose(spread.ratio(np.log(y), np.log(x), "log"), np.log(y / x))
    assert spread.levels(y, "level") is not None
    np.testing.assert_array_equal(spread.levels(y, "log"), np.log(y))


def test_no_log_of_nothing_and_no_ratio_to_it() -> None:
    for bad in (0.0, -1.0, np.nan):
        with pytest.raises(BadSeries, match="row 1"):
            spread.levels([1.0, bad, 2.0], "log", "ETHUSDT")
    with pytest.raises(BadSeries, match="x is 0 in row 2"):
        spread.ratio([1.0, 1.0, 1.0], [1.0, 2.0, 0.0], "level")


def test_pegged_legs_have_a_spread_of_rounding_and_no_z_score() -> None:
    x = np.round(1e5 * np.exp(np.cumsum(1e-4 * np.random.default_rng(0).standard_normal(500))), 2)
    y = 0.3 * x
    left = spread.spread(y, x, 0.3, 0.0) + 1e-16 * y
    left[::2] += 1.4e-11
    least = spread.rounding(y, x, 0.3)
    assert np.isnan(rolling.zscore(left, 60, least)).all()
    assert not np.isnan(rolling.zscore(left, 60)[60:]).any()  # it does move, by what a float at 1e5 cannot tell


def test_the_words_for_the_axis() -> None:
    assert spread.formula("BTC", "ETH", "log", "residual") == "log BTC − α − β log ETH"
    assert spread.formula("BTC", "ETH", "level", "residual") == "BTC − α − β ETH"
    assert spread.formula("BTC", "ETH", "level", "ratio") == "BTC / ETH"
    assert spread.formula("BTC", "ETH", "log", "ratio") == "log BTC − log ETH"
