"""The venue's time goes on by the steady clock, whatever the wall clock does."""

import json

import pytest

from core.errors import RestError
from core.feed.base import Request
from core.feed.binance import BinanceSpot
from core.workers.venue_clock import VenueClock

START_US = 1_723_161_600_000_000


class Asked:
    """Answers with the venue's time, which is `ahead_us` ahead of the steady clock's; a way there and back takes `trip`."""

    def __init__(self) -> None:
        self.steady, self.trip, self.down = 100.0, 0.0, False

    def get(self, request: Request) -> bytes:
        assert request.path == "/api/v3/time"
        if self.down:
            raise RestError("down")
        self.steady += self.trip
        told = START_US + round((self.steady - self.trip / 2) * 1_000_000)
        return json.dumps({"serverTime": told}).encode()


def made(asked: Asked, wall_us: list[int]) -> VenueClock:
    return VenueClock(asked, BinanceSpot(), lambda: wall_us[0], lambda: asked.steady)  # type: ignore[arg-type]


def test_unknown_before_the_first_answer() -> None:
    asked = Asked()
    clock = made(asked, [0])
    assert clock.now_us() is None
    assert clock.offset_ms() == (None, None)
    asked.down = True
    with pytest.raises(RestError):
        clock.measure()
    assert clock.now_us() is None


def test_time_goes_on_and_jumps_of_the_wall_clock_are_offsets() -> None:
    asked = Asked()
    wall = [START_US + 100_000_000]
    clock = made(asked, wall)
    clock.measure()
    asked.steady += 10
    wall[0] += 10_000_000
    assert clock.now_us() == START_US + 110_000_000
    assert clock.offset_ms() == (0.0, 0.0)
    wall[0] += 3_600_000_000
    assert clock.offset_ms() == (3_600_000.0, 0.0)
    wall[0] -= 7_200_000_000
    assert clock.offset_ms() == (-3_600_000.0, 0.0)
    assert clock.now_us() == START_US + 110_000_000


def test_the_shortest_way_counts_while_it_is_fresh() -> None:
    asked = Asked()
    clock = made(asked, [0])
    for trip in (2.0, 0.1, 1.0):
        asked.trip = trip
        clock.measure()
    assert clock.offset_ms()[1] == pytest.approx(50.0, abs=0.01)
    asked.steady += 700.0
    asked.trip = 1.0
    clock.measure()
    assert clock.offset_ms()[1] == pytest.approx(500.0, abs=0.01), "a sample grows old"
