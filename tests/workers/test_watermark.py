"""The watermark: behind the newest event, forward only, and not to be led astray by one absurd time."""

import numpy as np

from core.feed.base import Observed
from core.market import DAY_US, HOUR_US, SECOND_US, Scale, Symbol, Trades
from core.workers.watermark import GRACE_US, Watermark

START = 1_723_161_600_000_000


def observed(*times_us: int) -> tuple[Observed, ...]:
    times = np.array(times_us, dtype=np.int64)
    ones = np.ones(len(times), dtype=np.int64)
    sides = ones.astype(bool)
    trades = Trades(Symbol("BTCUSDT"), Scale(2, 5), np.arange(len(times)), ones, ones, times, times, sides, ones)
    return (Observed(trades, times),)


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_it_follows_the_newest_event_by_a_grace_and_never_goes_back() -> None:
    watermark = Watermark(0)
    assert watermark.after(observed(START, START + 5, START + 2)) == START + 5 - GRACE_US
    assert watermark.after(observed(START + 1)) == 0
    assert watermark.after(()) == 0
    assert watermark.time_us == START + 5 - GRACE_US


def test_one_absurd_time_does_not_move_it() -> None:
    watermark = Watermark(0)
    watermark.after(observed(START))
    assert watermark.after(observed(START + SECOND_US, START + 9000 * DAY_US)) == START + SECOND_US - GRACE_US
    assert watermark.after(observed(START + 2 * SECOND_US)) == START + 2 * SECOND_US - GRACE_US
    assert watermark.after(observed(START + 9000 * DAY_US)) == 0
    assert watermark.after(observed(START + 3 * SECOND_US)) == START + 3 * SECOND_US - GRACE_US


def test_a_leap_that_lasts_is_followed() -> None:
    watermark = Watermark(START)
    assert watermark.after(observed(START + 5 * HOUR_US)) == 0
    assert watermark.after(observed(START + 5 * HOUR_US + 1)) == START + 5 * HOUR_US + 1 - GRACE_US
    assert watermark.after(observed(START + 11 * HOUR_US)) == 0
    assert watermark.after(observed(START + 17 * HOUR_US)) == START + 17 * HOUR_US - GRACE_US


def test_in_silence_time_passes_for_the_bars_too() -> None:
    clock = Clock()
    watermark = Watermark(0, clock)
    assert watermark.in_silence(clock()) == 0, "before the first trade nothing is known of the venue's time"
    watermark.after(observed(START))
    clock.seconds += 1
    assert watermark.in_silence(clock()) == 0
    alive_at = clock()
    clock.seconds += 60
    assert watermark.in_silence(alive_at) == 0, "a connection that is not alive proves nothing"
    moved = watermark.in_silence(clock())
    assert START + 59 * SECOND_US < moved < START + 61 * SECOND_US
    assert watermark.after(observed(START + SECOND_US)) == 0, "a late trade does not take it back"
