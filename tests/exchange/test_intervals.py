from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.exchange.intervals import INTERVALS, end_of, open_of

times = st.integers(0, 4_000_000_000_000_000)


def _us(*date: int) -> int:
    return int(datetime(*date, tzinfo=UTC).timestamp()) * 1_000_000  # type: ignore[misc]


@given(st.sampled_from(INTERVALS), times)
def test_a_bar_holds_its_time_and_touches_the_next(interval: str, time_us: int) -> None:
    opening = open_of(interval, time_us)
    end = end_of(interval, opening)
    assert opening <= time_us < end
    assert open_of(interval, end) == end
    assert open_of(interval, end - 1) == opening


@pytest.mark.parametrize(
    ("interval", "time", "opening"),
    [("1w", (2026, 11, 22, 5), (2026, 11, 16)), ("1w", (2026, 11, 23), (2026, 11, 23)),
     ("1M", (2024, 2, 29, 23), (2024, 2, 1)), ("4h", (2024, 2, 29, 23), (2024, 2, 29, 20))],
)  # fmt: skip
def test_known_openings(interval: str, time: tuple[int, ...], opening: tuple[int, ...]) -> None:
    assert open_of(interval, _us(*time)) == _us(*opening)


def test_december_is_followed_by_january() -> None:
    assert end_of("1M", _us(2025, 12, 1)) == _us(2026, 1, 1)
