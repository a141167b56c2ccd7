"""Counters of one symbol's stream, and rates and lags over the last moments."""

from collections import deque

import numpy as np

from core.market import SECOND_US, Floats, Ints

_RATE_SECONDS = 10
_LAG_SECONDS = 60
#: Lags kept of one batch: enough for percentiles, and bounded in a burst.
_LAGS_PER_BATCH = 256
#: Silences that are remembered, how few of them tell nothing, and which share of them is usual.
_BEATS = 512
_FEW_BEATS = 20
_USUAL_SILENCE = 0.99
#: So many times the usual silence is suspicious, within bounds [s].
_SILENCES = 5.0
_LEAST_PATIENCE_SECONDS, _MOST_PATIENCE_SECONDS = 5.0, 600.0
_PATIENCE_UNKNOWN_SECONDS = 30.0


class RateMeter:
    """Trades a second over the last ten seconds."""

    def __init__(self) -> None:
        self._counts: deque[tuple[int, int]] = deque()

    def add(self, now_us: int, count: int) -> None:
        self._counts.append((now_us, count))
        self._forget(now_us)

    def rate(self, now_us: int) -> float:
        self._forget(now_us)
        return sum(count for _, count in self._counts) / _RATE_SECONDS

    def _forget(self, now_us: int) -> None:
        while self._counts and self._counts[0][0] <= now_us - _RATE_SECONDS * SECOND_US:
            self._counts.popleft()


class LagMeter:
    """Receive time minus event time over the last minute [ms]."""

    def __init__(self) -> None:
        self._lags: deque[tuple[int, Floats]] = deque()
        self._told: tuple[int, tuple[float | None, float | None]] | None = None

    def add(self, now_us: int, lags_us: Ints) -> None:
        step = max(1, len(lags_us) // _LAGS_PER_BATCH)
        self._lags.append((now_us, lags_us[::step] / 1000.0))
        self._forget(now_us)

    def percentiles(self, now_us: int) -> tuple[float | None, float | None]:
        """The median and the 99th percentile [ms], a second old at most; None without a trade in the last minute."""
        if self._told is not None and 0 <= now_us - self._told[0] < SECOND_US:
            return self._told[1]
        found = self._percentiles(now_us)
        self._told = (now_us, found) if found[0] is not None else None
        return found

    def _percentiles(self, now_us: int) -> tuple[float | None, float | None]:
        self._forget(now_us)
        if not self._lags:
            return None, None
        p50, p99 = np.percentile(np.concatenate([lags for _, lags in self._lags]), [50, 99])
        return float(p50), float(p99)

    def _forget(self, now_us: int) -> None:
        while self._lags and self._lags[0][0] <= now_us - _LAG_SECONDS * SECOND_US:
            self._lags.popleft()


class Rhythm:
    """How long a symbol's silences are, and so how long a silence is nothing to wonder about."""

    def __init__(self) -> None:
        self._gaps_us: deque[int] = deque(maxlen=_BEATS)
        self._last_us: int | None = None
        self._told: tuple[int, float] | None = None
        self._count = 0

    def beat(self, received_us: int, follows: bool = True) -> None:
        """Trades came. Where they do not follow upon the last ones, what was between was a loss and no silence."""
        if follows and self._last_us is not None and received_us > self._last_us:
            self._gaps_us.append(received_us - self._last_us)
            self._count += 1
        self._last_us = received_us

    def patience_seconds(self) -> float:
        """A silence longer than nearly all of the last ones and then some [s]; a guess before there were enough."""
        if len(self._gaps_us) < _FEW_BEATS:
            return _PATIENCE_UNKNOWN_SECONDS
        if self._told is None or self._count - self._told[0] >= _FEW_BEATS:
            usual = float(np.quantile(np.array(self._gaps_us), _USUAL_SILENCE)) / SECOND_US
            self._told = self._count, min(max(_SILENCES * usual, _LEAST_PATIENCE_SECONDS), _MOST_PATIENCE_SECONDS)
        return self._told[1]
