"""Bars that are asked for again and again: kept, and read anew from the first one that may have changed."""

from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

import numpy as np

from core.market import CANDLE_COLUMNS, Candles, Interval, Symbol
from core.monitor.bus import Bus, Change
from core.store import Reader

#: Legs that are kept: two of a day of seconds are 26 MB.
MOST_LEGS = 24
MOST_ROWS = 300_000
#: Bars that are read before those asked for: who makes a window longer by some asks for some more.
SPARE = 2000
_Key = tuple[Symbol, Interval]


class KeptBars:
    """Confirmed bars of the store by symbol and interval. Any thread may ask."""

    def __init__(self, reader: Reader, bus: Bus) -> None:
        self._reader = reader
        self._reading = Lock()  # one reading builds on the one before
        self._lock = Lock()
        self._known: OrderedDict[_Key, Candles] = OrderedDict()
        self._starts: dict[_Key, int] = {}  # from where on nothing is lacking [us]
        self._touched: dict[_Key, int] = {}  # the earliest trade time told since the bars were read [us]
        self._clearings = 0
        self._bus = bus
        self._listens = False

    def legs(self, symbols: Collection[Symbol], interval: Interval, start_us: int, end_us: int) -> tuple[Candles, ...]:
        """The bars of each symbol with start_us <= open time < end_us, those that were read just now all at one moment."""
        with self._reading:
            self._listen()
            clearings = self._clearings
            known = {symbol: self._whole(symbol, interval, start_us) for symbol in symbols}
            legs = tuple(whole.bars for whole in known.values() if whole is not None and whole.until_us >= end_us)
            if len(legs) < len(known):
                begin_us = start_us - SPARE * interval.us if None in known.values() else start_us
                legs = self._read(known, interval, begin_us, end_us)
                self._keep(legs, begin_us, clearings)
        return tuple(_between(bars, start_us, end_us) for bars in legs)

    def _read(
        self, known: Mapping[Symbol, "_Whole | None"], interval: Interval, begin_us: int, end_us: int
    ) -> tuple[Candles, ...]:
        """What is known, with what is not read now. Raise StoreError."""
        lacking_us = min(begin_us if whole is None else whole.until_us for whole in known.values())
        rows = max((end_us - lacking_us) // interval.us, 1)
        fresh = self._reader.legs(tuple(known), interval, lacking_us, max(end_us, lacking_us), rows)
        return tuple(_joined(known[bars.symbol], bars, lacking_us) for bars in fresh)

    def _listen(self) -> None:
        with self._lock:
            if not self._listens:
                self._bus.subscribe(self._note)
                self._listens = True

    def _note(self, change: Change) -> None:
        with self._lock:
            if change.gaps:  # its flags may be on any bar
                self._known.clear()
                self._clearings += 1
            for key in self._known:
                if key[0] in change.touched:
                    touched_us = change.touched[key[0]]
                    self._touched[key] = min(self._touched.get(key, touched_us), touched_us)

    def _whole(self, symbol: Symbol, interval: Interval, start_us: int) -> "_Whole | None":
        """What is kept and has not changed; None where it does not reach back to `start_us`."""
        key = symbol, interval
        with self._lock:
            bars = self._known.get(key)
            if bars is None or self._starts[key] > start_us:
                self._touched[key] = _NEVER  # what is told from now on comes after the reading, or is read
                return None
            touched_us = self._touched.get(key, _NEVER)
            self._touched[key] = _NEVER
        until_us = interval.floor(min(touched_us, bars.watermark_us))
        return _Whole(_between(bars, -_NEVER, until_us), until_us)

    def _keep(self, legs: tuple[Candles, ...], start_us: int, clearings: int) -> None:
        with self._lock:
            if clearings != self._clearings:  # while these were read everything was thrown away, and with reason
                return
            for bars in legs:
                key = bars.symbol, bars.interval
                begin_us = min(start_us, self._starts.get(key, start_us)) if key in self._known else start_us
                if len(bars) > MOST_ROWS:  # as time goes on the oldest are not asked for any more
                    begin_us, bars = start_us, _between(bars, start_us, _NEVER)
                self._starts[key] = begin_us
                self._known[key] = bars
                self._known.move_to_end(key)
            while len(self._known) > MOST_LEGS:
                key, _ = self._known.popitem(last=False)
                del self._starts[key]


_NEVER = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class _Whole:
    """Kept bars, to which nothing is lacking before `until_us` [us]."""

    bars: Candles
    until_us: int


def _joined(known: _Whole | None, fresh: Candles, from_us: int) -> Candles:
    """The bars before `from_us` as they were, and those read now."""
    if known is None:
        return fresh
    before = _between(known.bars, -_NEVER, from_us)
    scale = fresh.scale if len(fresh) else before.scale
    if len(fresh) and scale != before.scale:
        before = before.rescaled(scale)
    columns: dict[str, Any] = {
        name: np.concatenate((getattr(before, name), getattr(fresh, name))) for name in CANDLE_COLUMNS
    }
    return replace(before, watermark_us=fresh.watermark_us, **columns)


def _between(bars: Candles, start_us: int, end_us: int) -> Candles:
    first, last = np.searchsorted(bars.open_time_us, (start_us, end_us))
    return bars.take(slice(int(first), int(last)))
