"""The sums of products that the Dickey-Fuller regressions of all windows of a series, or of the spread in each, are made of.

Time in a window is `Clock`'s: about 0, between -1 and 1 on the rows that all lags share. Levels are about one value that all windows of
the chunk share, so that few digits go into what is common to them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from core.analytics.gram import Sums
from core.analytics.windows import shifted, window_sums
from core.market import Floats


@dataclass(frozen=True, slots=True)
class Clock:
    """Windows of `window` rows of which the regression with `lags` lags leaves `sample`; row i of a window is at ``time(i)``."""

    window: int
    lags: int

    @property
    def sample(self) -> int:
        return self.window - 1 - self.lags

    @property
    def centre(self) -> float:
        return self.lags + (self.sample - 1) / 2

    @property
    def step(self) -> float:
        """How far apart two rows are."""
        return 2.0 / max(1, self.sample - 1)

    def time(self, rows: Floats) -> Floats:
        return (rows - self.centre) * self.step

    def powers(self, terms: int) -> Floats:
        """Powers of the time of each change's row but the first ones, shape (terms, window - 1)."""
        time = self.time(np.arange(self.window - 1.0))
        return np.stack([time**power for power in range(terms)]) if terms else np.empty((0, self.window - 1))


class Chunk:
    """Neighbouring windows of one series: its `values`, shape (windows + clock.window - 1,), about their own middle or about 0."""

    def __init__(self, values: Floats, clock: Clock, about: float) -> None:
        self.clock = clock
        self.level = values - about
        self.change = np.diff(self.level)
        self.count = len(values) - clock.window + 1
        self._time = (np.arange(len(values)) - len(values) / 2) * clock.step
        self._centres = (np.arange(self.count) + clock.centre - len(values) / 2) * clock.step

    @property
    def head(self) -> Floats:
        """The first values of each window, shape (windows, lags + 1)."""
        return sliding_window_view(self.level, self.clock.lags + 1)[: self.count]

    @property
    def tail(self) -> Floats:
        """The last values of each window, shape (windows, lags + 1)."""
        return sliding_window_view(self.level, self.clock.lags + 1)[-self.count :]

    def lagged(self, other: "Chunk") -> Floats:
        """The sums over the sample of this change times the other's 0 ... lags rows before, shape (windows, lags + 1)."""
        lags, rows = self.clock.lags, len(self.change)
        past = sliding_window_view(other.change, rows - lags)[::-1]
        return window_sums(self.change[lags:] * past, self.clock.sample).T

    def of_sample(self, series: Floats) -> Floats:
        """The sums over the sample of a series with the rows of `change`, shape (windows,)."""
        return window_sums(series[self.clock.lags :], self.clock.sample)

    def level_powers(self, powers: int) -> Floats:
        """The sums over the sample of ``time**j`` times the level before, shape (powers, windows)."""
        rows = slice(self.clock.lags, -1)
        raw = np.stack([self._time[rows] ** power * self.level[rows] for power in range(powers)])
        return shifted(window_sums(raw, self.clock.sample), -self._centres)

    def change_powers(self, powers: int) -> Floats:
        """The sums over the sample of ``time**j`` times the change 0 ... lags rows before, shape (powers, windows, lags + 1)."""
        lags = self.clock.lags
        raw = np.stack([self._time[:-1] ** power * self.change for power in range(powers)])
        places = sliding_window_view(window_sums(raw, self.clock.sample), lags + 1, axis=1)[:, : self.count, ::-1]
        return shifted(places, np.arange(lags + 1) * self.clock.step - self._centres[:, None])

    def all_powers(self, powers: int) -> Floats:
        """The sums over all rows of each window of ``time**j`` times the level, shape (powers, windows)."""
        raw = np.stack([self._time**power * self.level for power in range(powers)])
        return shifted(window_sums(raw, self.clock.window), -self._centres)


def series_sums(chunk: Chunk) -> Sums:
    """Of the series itself, a window a row."""
    before, change = chunk.level[:-1], chunk.change
    return Sums(
        chunk.of_sample(before * before),
        chunk.of_sample(before * change),
        chunk.lagged(chunk),
        chunk.head,
        chunk.tail,
    )


def series_moments(chunk: Chunk, terms: int) -> Floats:
    """The trend's sums with the level, lag 1 ... lag p and the change, shape (windows, terms, lags + 2)."""
    if not terms:
        return np.empty((chunk.count, 0, chunk.clock.lags + 2))
    level, change = chunk.level_powers(terms).T, chunk.change_powers(terms).transpose(1, 0, 2)
    return np.concatenate([level[:, :, None], change[:, :, 1:], change[:, :, :1]], axis=2)
