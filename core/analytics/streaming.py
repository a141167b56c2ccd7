"""The rolling moments of `rolling`, one bar at a time: the same windows, the same merging, some microseconds a bar."""

import math
from typing import NamedTuple

from core.analytics.rolling import LEAST_STD, check_window

_ROUNDING = 1e-12


class Window(NamedTuple):
    """A full window of y and x: the newest y, the last row's deviations from the means, and sums of products of deviations.

    What does not vary, by the measure of `rolling`, has no z-score, slope or correlation: NaN.
    """

    n: int
    newest_y: float
    mean_y: float
    mean_x: float
    last_y: float
    last_x: float
    yy: float
    xx: float
    xy: float

    @property
    def std(self) -> float:
        """The standard deviation of y, ddof 1."""
        return math.sqrt(self.yy / (self.n - 1))

    def z(self, least_std: float = 0.0) -> float:
        """The z-score of the last y in its window."""
        std = self.std
        return self.last_y / std if _varies(std, self.mean_y, least_std) else math.nan

    def z_of(self, value: float, least_std: float = 0.0) -> float:
        """The z-score of another y in this window, which it is not part of."""
        std = self.std
        return ((value - self.newest_y) + self.last_y) / std if _varies(std, self.mean_y, least_std) else math.nan

    @property
    def slope(self) -> float:
        """Least squares of y on x."""
        return self.xy / self.xx if _varies(math.sqrt(self.xx / (self.n - 1)), self.mean_x) else math.nan

    @property
    def intercept(self) -> float:
        return self.mean_y - self.slope * self.mean_x

    @property
    def slope_error(self) -> float:
        """The slope's standard error."""
        slope = self.slope
        return math.sqrt(max(self.yy - slope * self.xy, 0.0) / (self.n - 2) / self.xx) if slope == slope else math.nan

    @property
    def residual(self) -> float:
        """The last row's residual."""
        return self.last_y - self.slope * self.last_x

    @property
    def correlation(self) -> float:
        share = self.slope * self.xy / self.yy if _varies(self.std, self.mean_y) else math.nan
        return math.copysign(math.sqrt(min(max(share, 0.0), 1.0)), self.xy) if share == share else math.nan


def _varies(std: float, level: float, least_std: float = 0.0) -> bool:
    """False, too, where squares were no numbers."""
    return max(_ROUNDING * abs(level), least_std, LEAST_STD) < std < math.inf


class _Part(NamedTuple):
    """Part of a window: anchors in it, means as deviations from these, sums of products of deviations from the means."""

    n: int
    anchor_y: float
    anchor_x: float
    mean_y: float
    mean_x: float
    yy: float
    xx: float
    xy: float

    def plus(self, y: float, x: float) -> "_Part":
        """The part and one more row (Welford 1962)."""
        if not self.n:
            return _Part(1, y, x, 0.0, 0.0, 0.0, 0.0, 0.0)
        n = self.n + 1
        step_y, step_x = y - self.anchor_y - self.mean_y, x - self.anchor_x - self.mean_x
        weight = self.n / n
        return _Part(
            n,
            self.anchor_y,
            self.anchor_x,
            self.mean_y + step_y / n,
            self.mean_x + step_x / n,
            self.yy + step_y * step_y * weight,
            self.xx + step_x * step_x * weight,
            self.xy + step_y * step_x * weight,
        )


_EMPTY = _Part(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


class RollingPair:
    """The last `window` rows of y and x. Raise BadParameter where `window` is no whole number from 2."""

    def __init__(self, window: int) -> None:
        check_window(window, 2, int(window))
        self.window = int(window)
        self._rows: list[tuple[float, float]] = []  # of the block that is being filled
        self._beginning = _EMPTY
        self._ends: list[_Part] = []  # of the block before, from the shortest to the longest

    def push(self, y: float, x: float) -> Window | None:
        """Take the next row; the window that it ends, None before there are enough."""
        found = self.peek(y, x)
        self._rows.append((y, x))
        self._beginning = self._beginning.plus(y, x)
        if len(self._rows) == self.window:
            self._ends = [_EMPTY]
            for row in self._rows[:0:-1]:
                self._ends.append(self._ends[-1].plus(*row))
            self._rows, self._beginning = [], _EMPTY
        return found

    def peek(self, y: float, x: float) -> Window | None:
        """What `push` would answer; nothing is taken. For a bar that is still forming."""
        beginning = self._beginning.plus(y, x)
        behind = self.window - beginning.n
        if behind and len(self._ends) <= behind:
            return None
        return _merged(self._ends[behind] if behind else _EMPTY, beginning, y, x)


class Rolling:
    """The last `window` rows of one series."""

    def __init__(self, window: int) -> None:
        self._pair = RollingPair(window)

    def push(self, value: float) -> Window | None:
        """As `RollingPair.push`."""
        return self._pair.push(value, 0.0)

    def peek(self, value: float) -> Window | None:
        """As `RollingPair.peek`."""
        return self._pair.peek(value, 0.0)


def _merged(end: _Part, beginning: _Part, y: float, x: float) -> Window:
    """Chan, Golub and LeVeque (1983)."""
    n = end.n + beginning.n
    gap_y = gap_x = share = weight = 0.0
    if end.n:
        gap_y = (beginning.anchor_y - end.anchor_y) + (beginning.mean_y - end.mean_y)
        gap_x = (beginning.anchor_x - end.anchor_x) + (beginning.mean_x - end.mean_x)
        share = end.n / n
        weight = share * beginning.n
    mean_y, mean_x = beginning.mean_y - gap_y * share, beginning.mean_x - gap_x * share
    return Window(
        n,
        y,
        beginning.anchor_y + mean_y,
        beginning.anchor_x + mean_x,
        y - beginning.anchor_y - mean_y,
        x - beginning.anchor_x - mean_x,
        end.yy + beginning.yy + gap_y * gap_y * weight,
        end.xx + beginning.xx + gap_x * gap_x * weight,
        end.xy + beginning.xy + gap_y * gap_x * weight,
    )
