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
        self._known: OrderedDict[_Key, tuple[Candles, int]] = OrderedDict()  # and from where on nothing is lacking [us]
        self._touched: dict[_Key, int] = {}  # the earliest trade time told since the bars were read [us]
        self._clearings = 0
        self._bus = bus
        self._listens = False

    def legs(self, symbols: Collection[Symbol], interval: Interval, start_us: int, end_us: int) -> tuple[Candles, ...]:
        """The bars of each symbol with start_us <= open time < end_us, those that were read just now all at one moment."""
        with self._reading:
            self._listen()
            known = [self._whole((symbol, interval), start_us) for symbol in symbols]
            legs = tuple(whole.bars for whole in known if whole is not None and whole.until_us >= end_us)
            if len(legs) < len(symbols):
                legs = self._read(symbols, interval, start_us, end_us)
        return tuple(_between(bars, start_us, end_us) for bars in legs)

    def _read(self, symbols: Collection[Symbol], interval: Interval, start_us: int, end_us: int) -> tuple[Candles, ...]:
        """What is known, with what is not read now, and kept. Raise StoreError."""
        clearings = self._clearings
        known = {symbol: self._taken((symbol, interval), start_us) for symbol in symbols}
        begin_us = start_us - SPARE * interval.us if None in known.values() else start_us
        lacking_us = min(begin_us if whole is None else whole.until_us for whole in known.values())
        rows = max((end_us - lacking_us) // interval.us, 1)
        fresh = self._reader.legs(symbols, interval, lacking_us, max(end_us, lacking_us), rows)
        legs = tuple(_joined(known[bars.symbol], bars, lacking_us) for bars in fresh)
        begins = {symbol: begin_us if whole is None else whole.begin_us for symbol, whole in known.items()}
        self._keep(legs, begins, start_us, clearings)
        return legs

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
            for key, before_us in self._touched.items():
                self._touched[key] = min(before_us, change.touched.get(key[0], before_us))

    def _whole(self, key: _Key, start_us: int) -> "_Whole | None":
        """What is kept and has not changed; None where it does not reach back to `start_us`."""
        with self._lock:
            return self._unchanged(key, start_us)

    def _taken(self, key: _Key, start_us: int) -> "_Whole | None":
        """The same, no longer kept until it has been read on: what is told from now on comes after the reading, or is read."""
        with self._lock:
            whole = self._unchanged(key, start_us)
            self._known.pop(key, None)
            self._touched[key] = _NEVER
        return whole

    def _unchanged(self, key: _Key, start_us: int) -> "_Whole | None":
        bars, begin_us = self._known.get(key, (None, 0))
        if bars is None or begin_us > start_us:
            return None
        until_us = key[1].floor(min(self._touched.get(key, _NEVER), bars.watermark_us))
        return _Whole(_between(bars, -_NEVER, until_us), until_us, begin_us)

    def _keep(self, legs: tuple[Candles, ...], begins: Mapping[Symbol, int], start_us: int, clearings: int) -> None:
        with self._lock:
            if clearings != self._clearings:  # while these were read everything was thrown away, and with reason
                return
            for bars in legs:
                begin_us = begins[bars.symbol]
                if len(bars) > MOST_ROWS:  # as time goes on the oldest are not asked for any more
                    begin_us, bars = start_us, _between(bars, start_us, _NEVER)
                self._known[bars.symbol, bars.interval] = bars, begin_us
            while len(self._known) > MOST_LEGS:
                key, _ = self._known.popitem(last=False)
                del self._touched[key]


_NEVER = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class _Whole:
    """Kept bars, to which nothing is lacking from `begin_us` to before `until_us` [us]."""

    bars: Candles
    until_us: int
    begin_us: int


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
