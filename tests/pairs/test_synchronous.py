"""Bars that both legs close together: no stale leg, and the correlation that forward filling hides."""

import numpy as np
import pytest

from core.errors import BadParameter, NotEnoughData
from core.market import MINUTE_US
from core.pairs import Unknown, analyze
from core.pairs.synchronous import synchronous_legs
from tests.pairs.conftest import spec
from tests.trading import BTC, ETH, Deal, trades


def test_no_price_is_older_than_the_bar() -> None:
    y = trades([Deal(i, at=at, price=f"{100 + i}") for i, at in enumerate((1, 2, 9, 10), 1)])
    x = trades([Deal(i, at=at, price=f"{50 + i}") for i, at in enumerate((4, 5, 6, 11), 1)], symbol=ETH)
    found = synchronous_legs(y, x)
    assert (found.y.name, found.x.name) == (str(BTC), str(ETH))
    assert found.y.closes.tolist() == [102.0, 103.0, 104.0]
    assert found.x.closes.tolist() == [51.0, 53.0, 54.0]
    assert np.diff(found.y.times).tolist() == [MINUTE_US, MINUTE_US]


def test_a_correlation_that_filling_hides_is_there() -> None:
    """Two legs that move together, each traded in two of five seconds."""
    rng = np.random.default_rng(3)
    common, apart = rng.standard_normal(6_000), rng.standard_normal((2, 6_000))
    made = []
    for leg, symbol in enumerate((BTC, ETH)):
        path = 1e5 * np.exp(np.cumsum(1e-4 * (0.9 * common + 0.436 * apart[leg])))
        at = np.flatnonzero(rng.random(6_000) < 0.4)
        made.append(
            trades(
                [Deal(i + 1, at=int(second), price=f"{path[second]:.2f}") for i, second in enumerate(at)], symbol=symbol
            )
        )
    legs = synchronous_legs(*made)
    found = analyze(spec(len(legs.y)), legs.y, legs.x, len(legs.y) * MINUTE_US)
    assert not isinstance(found.correlation, Unknown)
    assert found.correlation.value > 0.45
    filled = []
    for columns in made:
        row = (
            np.searchsorted(
                columns.trade_time_us,
                np.arange(20, 5_980) * 1_000_000 + columns.trade_time_us[0] // 1_000_000 * 1_000_000,
                "right",
            )
            - 1
        )
        filled.append(np.diff(np.log(columns.price[np.maximum(row, 0)])))
    assert np.corrcoef(*filled)[0, 1] < 0.3  # of a true .81


def test_what_has_no_bar_says_so() -> None:
    y = trades([Deal(1, at=1)])
    with pytest.raises(NotEnoughData, match="both BTCUSDT and ETHUSDT trade 2 times"):
        synchronous_legs(y, trades([Deal(1, at=2)], symbol=ETH), 2)
    with pytest.raises(BadParameter):
        synchronous_legs(y, y, 0)
