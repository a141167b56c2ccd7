"""The spread of every window of a pair, with the window's own hedge ratio and trend, as sums of products: no spread is made.

A spread is e = y - b x - q with a polynomial q of time, so its sums are those of both legs combined, less those of q, which follow from
the sums of the legs with powers of time.
"""

from dataclasses import dataclass

import numpy as np

from core.analytics.gram import Sums
from core.analytics.products import ROUNDING
from core.analytics.rolling_sums import Chunk, series_sums
from core.analytics.windows import window_sums
from core.market import Bools, Floats

#: Sums of a spread that are less than this share of its legs' have lost too many digits.
_LEAST_SHARE = 1e-4
#: A leg of which the trend leaves less than this share of the squares is left to the single test.
_LEAST_OWN = 1e-8


@dataclass(frozen=True, slots=True)
class Spreads:
    """Of m windows: `sums` of the spreads, their `hedge_ratio`, shape (m,), and where `sound` is False rounding may show."""

    sums: Sums
    hedge_ratio: Floats
    sound: Bools


def spreads(y: Chunk, x: Chunk, terms: int) -> Spreads:
    """The spreads of y on x with a trend of so many terms, 0 to 3, in each window of two chunks."""
    ratio, trend, varies = _fits(y, x, terms)
    ours, theirs, both = series_sums(y), series_sums(x), _mixed(y, x)
    wide = ratio[:, None]
    raw = Sums(
        ours.level - ratio * both.level + ratio**2 * theirs.level,
        ours.mixed - ratio * both.mixed + ratio**2 * theirs.mixed,
        ours.products - wide * both.products + wide**2 * theirs.products,
        ours.head - wide * theirs.head,
        ours.tail - wide * theirs.tail,
    )
    sums = _less_trend(raw, y, x, ratio, trend) if terms else raw
    levels, changes = ours.level + ratio**2 * theirs.level, ours.products[:, 0] + ratio**2 * theirs.products[:, 0]
    sound = (sums.level > _LEAST_SHARE * levels) & (sums.products[:, 0] > _LEAST_SHARE * changes)
    return Spreads(sums, ratio, np.asarray(sound & varies, dtype=np.bool_))


def _mixed(y: Chunk, x: Chunk) -> Sums:
    """The products of both legs, each with the other and added."""
    return Sums(
        y.of_sample(2.0 * y.level[:-1] * x.level[:-1]),
        y.of_sample(y.level[:-1] * x.change + x.level[:-1] * y.change),
        y.lagged(x) + x.lagged(y),
        y.head,
        y.tail,
    )


def _fits(y: Chunk, x: Chunk, terms: int) -> tuple[Floats, Floats, Bools]:
    """The hedge ratio in each window, shape (m,), the trend's coefficients of powers of time, shape (terms, m), and where x is
    more than its trend, as far as these sums can tell.
    """
    clock = y.clock
    square, product = window_sums(np.stack([x.level**2, x.level * y.level]), clock.window)
    if not terms:
        return product / square, np.empty((0, y.count)), np.asarray(square > 0, dtype=np.bool_)
    time = clock.time(np.arange(float(clock.window)))
    powers = np.stack([time**power for power in range(terms)])
    factor = np.linalg.cholesky(powers @ powers.T)
    of_y, of_x = (np.linalg.solve(factor, leg.all_powers(terms)) for leg in (y, x))
    own = square - (of_x**2).sum(axis=0)
    ratio = (product - (of_x * of_y).sum(axis=0)) / own
    varies = own > np.maximum(_LEAST_OWN * square, clock.window * ROUNDING**2)
    return ratio, np.linalg.solve(factor.T, of_y - ratio * of_x), np.asarray(varies, dtype=np.bool_)


def _less_trend(raw: Sums, y: Chunk, x: Chunk, ratio: Floats, trend: Floats) -> Sums:
    """The sums of e = r - q from those of r, in each window q(v) = trend[0] + trend[1] v + trend[2] v^2."""
    clock, lags = y.clock, y.clock.lags
    zero, one, two = np.concatenate([trend, np.zeros((3 - len(trend), y.count))])
    step, time = clock.step, clock.time(np.arange(float(clock.window)))
    moments = [float((time[lags:-1] ** power).sum()) for power in range(5)]
    level = y.level_powers(3) - ratio * x.level_powers(3)
    change = y.change_powers(3) - ratio[:, None] * x.change_powers(3)
    # the change of q is slope + bend v, and c rows before slope - bend c step + bend v
    slope, bend = (one + two * step) * step, 2.0 * two * step
    behind = slope[:, None] - bend[:, None] * step * np.arange(lags + 1)
    squared = (zero**2, 2 * zero * one, one**2 + 2 * zero * two, 2 * one * two, two**2)
    ours = (
        zero * moments[0] + one * moments[1] + two * moments[2],
        zero * moments[1] + one * moments[2] + two * moments[3],
    )
    now, wide = change[:, :, 0], bend[:, None]
    return Sums(
        raw.level
        - 2.0 * (zero * level[0] + one * level[1] + two * level[2])
        + sum(factor * moment for factor, moment in zip(squared, moments, strict=True)),
        raw.mixed
        - (zero * now[0] + one * now[1] + two * now[2])
        - (slope * level[0] + bend * level[1])
        + (slope * ours[0] + bend * ours[1]),
        raw.products
        - (behind * now[0][:, None] + wide * now[1][:, None])
        - (slope[:, None] * change[0] + wide * change[1])
        + (slope[:, None] * behind * moments[0] + wide * (slope[:, None] + behind) * moments[1] + wide**2 * moments[2]),
        raw.head - _values(zero, one, two, time[: lags + 1]),
        raw.tail - _values(zero, one, two, time[clock.window - 1 - lags :]),
    )


def _values(zero: Floats, one: Floats, two: Floats, time: Floats) -> Floats:
    """The trend of each window at these times, shape (m, times)."""
    return zero[:, None] + one[:, None] * time + two[:, None] * time**2
