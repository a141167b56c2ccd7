"""Traffic and staleness: counted by hand, with absent intervals and edges."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analytics.liquidity import ages, fresh, liquidity, rolling_zero_share
from core.errors import BadParameter, BadSeries
from core.market import MINUTE_US, SECOND_US


def test_absent_intervals_are_without_trades() -> None:
    opened = np.array([0, 1, 2, 8, 30]) * SECOND_US
    found = liquidity(opened, [5, 0, 1, 2, 100], SECOND_US, 0, 12 * SECOND_US, [10.0, 0.0, 2.0, 4.0, 1e9])
    assert found.trades_per_minute == pytest.approx(8 * 5)
    assert found.notional_per_minute == pytest.approx(16 * 5)
    assert found.zero_share == pytest.approx(9 / 12)
    assert found.longest_silence == 5
    assert (found.bars, found.minutes) == (12, pytest.approx(0.2))


def test_no_trades_at_all_and_trades_everywhere() -> None:
    nothing = liquidity([], [], SECOND_US, 0, MINUTE_US)
    assert (nothing.trades_per_minute, nothing.notional_per_minute, nothing.zero_share, nothing.longest_silence) == (
        0,
        None,
        1,
        60,
    )
    everywhere = liquidity(np.arange(60) * SECOND_US, np.ones(60), SECOND_US, 0, MINUTE_US)
    assert (everywhere.trades_per_minute, everywhere.zero_share, everywhere.longest_silence) == (60, 0, 0)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40))
def test_the_plain_loop(counts: list[int]) -> None:
    found = liquidity(np.arange(len(counts)) * SECOND_US, counts, SECOND_US, 0, len(counts) * SECOND_US)
    longest = run = 0
    for count in counts:
        run = run + 1 if count == 0 else 0
        longest = max(longest, run)
    assert found.longest_silence == longest
    assert found.zero_share == pytest.approx(counts.count(0) / len(counts))
    for window in {1, len(counts)}:
        shares = rolling_zero_share(counts, window)
        expected = [counts[max(0, i - window + 1) : i + 1].count(0) / window for i in range(len(counts))]
        assert shares[window - 1 :] == pytest.approx(expected[window - 1 :])
        assert np.isnan(shares[: window - 1]).all()


def test_an_age_is_known_from_the_first_trade_on() -> None:
    found = ages([2_000_000, 2_000_000, 5_500_000], [0, 2_000_000, 4_000_000, 5_500_000, 9_000_000])
    assert math.isnan(found[0])
    assert found[1:].tolist() == [0, 2, 0, 3.5]
    assert fresh(found, 2).tolist() == [False, True, True, True, False]
    assert np.isnan(ages([], [1, 2])).all()


def test_what_cannot_be_answered_says_so() -> None:
    with pytest.raises(BadParameter, match="one interval"):
        liquidity([], [], SECOND_US, 10, 10)
    with pytest.raises(BadParameter):
        liquidity([], [], 0, 0, MINUTE_US)
    with pytest.raises(BadSeries, match="twice"):
        liquidity([0, 0], [1, 1], SECOND_US, 0, MINUTE_US)
    with pytest.raises(BadSeries, match="1 rows for 2"):
        liquidity([0], [1, 1], SECOND_US, 0, MINUTE_US)
    with pytest.raises(BadSeries, match="1 quote volumes for 2 bars"):
        liquidity([0, 1], [1, 1], SECOND_US, 0, MINUTE_US, [1.0])
    with pytest.raises(BadParameter, match="staleness limit"):
        fresh([1.0], -1)
    with pytest.raises(BadParameter, match="from 1 to the 3 rows"):
        rolling_zero_share([1, 0, 1], 4)
