"""Numbers and times as users read them."""

import pytest

from core.market import Scale
from core.ui import words


@pytest.mark.parametrize(
    ("value", "scale", "shown"),
    [
        (6183763, Scale(2, 5), "61,837.63"),
        (13934, Scale(5, 0), "0.13934"),
        (2_000, Scale(0, 0), "2,000"),
        (1_000_000_00, Scale(2, 0), "1,000,000.00"),
        (None, Scale(2, 5), words.DASH),
        (1, None, words.DASH),
    ],
)
def test_prices_have_the_decimals_of_their_tick(value: int | None, scale: Scale | None, shown: str) -> None:
    assert words.price(value, scale) == shown


def test_a_share_shows_its_sign_when_it_is_a_change() -> None:
    assert words.percent(0.1234) == "12.34 %"
    assert words.percent(0.0011, signed=True) == "+0.11 %"
    assert words.percent(-0.0011, signed=True) == "-0.11 %"
    assert words.percent(None) == words.DASH


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0 s"), (59.6, "1 m"), (61, "1 m 1 s"), (3600, "1 h"), (3_725, "1 h 2 m"), (90_000, "1 d 1 h"), (-5, "0 s")],
)
def test_durations_name_their_two_largest_units(seconds: float, shown: str) -> None:
    assert words.duration(seconds) == shown


def test_lags_beyond_reason_are_told_in_words() -> None:
    assert words.milliseconds(None) == words.DASH
    assert words.milliseconds(-1270.4) == "-1,270 ms"
    assert words.milliseconds(86_400_000) == "1 d behind"
    assert words.milliseconds(-3_600_000) == "1 h ahead"


def test_unknown_is_a_dash() -> None:
    assert words.age(None, 0) == words.moment(None) == words.count(None) == words.size(None) == words.DASH


def test_times_are_utc_and_say_so() -> None:
    assert words.moment(1_723_161_254_087_896) == "2024-08-08 23:54:14 UTC"
    assert words.age(1_000_000, 4_000_000) == "3 s ago"


@pytest.mark.parametrize(("count", "shown"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_345_678, "12.3 MB")])
def test_sizes(count: int, shown: str) -> None:
    assert words.size(count) == shown


def test_rates() -> None:
    assert words.rate(0.04) == "0.0"
    assert words.rate(99.94) == "99.9"
    assert words.rate(1234.5) == "1,234"


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [
        (1.0, "100.00 %"),
        (0.99999, "99.99 %"),
        (0.5, "50.00 %"),
        (0.9997, "99.97 %"),
        (0.0, "0.00 %"),
        (None, words.DASH),
    ],
)
def test_only_all_is_a_hundred_percent(fraction: float | None, shown: str) -> None:
    assert words.at_least(fraction) == shown


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [(0.0037, "0.37 %"), (0.000012, "0.0012 %"), (1e-9, "< 0.0001 %"), (2.5, "250 %"), (None, words.DASH)],
)
def test_a_difference_is_never_nothing(fraction: float | None, shown: str) -> None:
    assert words.small(fraction) == shown


def test_short_times_have_tenths() -> None:
    assert [words.seconds(each) for each in (0.44, 9.96, 12, 75.0, None)] == [
        "0.4 s",
        "10.0 s",
        "12 s",
        "1 m 15 s",
        words.DASH,
    ]
