"""Delays between attempts."""

from itertools import islice

from core.feed.backoff import backoff


def test_delays_double_up_to_a_cap() -> None:
    assert list(islice(backoff(lambda: 1.0), 8)) == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_each_is_drawn_from_its_upper_half() -> None:
    assert list(islice(backoff(lambda: 0.0, 1.0, 5.0, 3.0), 4)) == [0.5, 1.5, 2.5, 2.5]
