"""The built-in market, screened: the pairs that hold together come out, the others hardly ever do."""

from tests.analytics.simulated import NAMES, screened, true_pairs, universe


def test_a_follower_of_a_leg_is_a_pair_with_all_who_follow_it() -> None:
    assert true_pairs().sum() == 3
    assert universe(1, 2).closes.shape == (len(NAMES), 120)


def test_four_days_of_minutes_find_the_truth() -> None:
    """`python -m tests.analytics.long` does a hundred."""
    found = screened(3, hours=96)
    assert found.power >= 0.7
    assert found.with_false <= 1
