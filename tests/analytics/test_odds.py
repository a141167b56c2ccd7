"""Odds: on walks most episodes return and pay, and earn nothing; on what reverts they earn."""

import numpy as np
import pytest

from core.analytics.odds import odds
from core.errors import BadParameter, NotEnoughData
from tests.analytics.reference import tied, walk


def test_by_hand() -> None:
    """A rise to 2.3 deviations in a window of 10, back at the mean five bars later."""
    spread = np.tile([0.0, 1.0, 0.0, -1.0], 20) * 0.1
    spread[40:45] = [1.0, 0.9, 0.8, 0.7, 0.6]
    found = odds(spread, 20, 2.0, walks=20).found
    assert found.count == 1
    assert found.returned == 1.0
    assert found.paid == 1.0
    assert found.bars == 5.0
    deviation = np.std(spread[21:41], ddof=1)
    assert found.gain == pytest.approx((spread[41] - spread[46]) / deviation)


def test_walks_return_and_pay_and_earn_nothing() -> None:
    found = [odds(walk(seed, 3000), 60, walks=20, seed=seed).found for seed in range(40)]
    assert np.mean([each.returned for each in found]) > 0.9
    assert np.mean([each.paid for each in found]) > 0.55
    gains = [each.gain for each in found]
    assert abs(np.mean(gains)) < 3.5 * np.std(gains) / np.sqrt(len(gains))


def test_a_walk_is_among_the_walks_and_what_reverts_is_above_them() -> None:
    one = odds(walk(7, 4000), 60)
    assert one.gain_of_walks[0] <= one.found.gain <= one.gain_of_walks[2]
    assert one.gain_of_walks[0] < 0 < one.gain_of_walks[2]
    assert one.paid_of_walks[1] > 0.55
    y, x = tied(3, 4000, phi=0.8)
    other = odds(y - 0.9 * x, 60)
    assert other.found.gain > other.gain_of_walks[2]
    assert other.found.paid > 0.9


def test_the_same_seed_has_the_same_walks() -> None:
    assert odds(walk(1, 500), 30, seed=3) == odds(walk(1, 500), 30, seed=3)
    assert odds(walk(1, 500), 30, seed=3) != odds(walk(1, 500), 30, seed=4)


def test_what_cannot_be_told_says_so() -> None:
    with pytest.raises(NotEnoughData) as caught:
        odds(walk(0, 180), 60)
    assert (caught.value.needed, caught.value.found) == (181, 180)
    for level, walks in ((0.0, 50), (-1.0, 50), (2.0, 10)):
        with pytest.raises(BadParameter):
            odds(walk(0, 500), 60, level, walks)
    quiet = odds(np.tile([0.0, 1.0, 0.0, -1.0], 100), 60).found
    assert quiet.count == 0
    assert np.isnan(quiet.gain)
