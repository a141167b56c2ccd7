"""Streams that speak by the clock: klines every two seconds and tickers every second."""

import re
from collections.abc import Mapping
from functools import partial

from core.exchange import wire
from core.exchange.hub import Hub
from core.exchange.intervals import INTERVALS, end_of, open_of
from core.exchange.market import Quoted
from core.exchange.tickers import day_bar, day_ticker
from core.market import MINUTE_US, SECOND_US

KLINE = re.compile(r"(?P<symbol>[^@]+)@kline_(?P<interval>1M|[0-9]+[smhdw])")

#: How long after a second its bars are told, so that every trade of it is public [us].
DELAY_US = 50_000


class Periodic:
    """Publishes what is due as the exchange's clock passes whole seconds."""

    def __init__(self, quoted: Mapping[str, Quoted], hub: Hub, now_us: int) -> None:
        self._by_name = {symbol.lower(): q for symbol, q in quoted.items()}
        self._hub = hub
        self._due_us = self._after(now_us)

    def due(self, now_us: int) -> bool:
        return now_us >= self._due_us + DELAY_US

    def advance(self, now_us: int) -> None:
        """Publish for every second that has passed; after a long sleep for the last minute only."""
        if not self.due(now_us):
            return
        newest = (now_us - DELAY_US) // SECOND_US * SECOND_US
        for second in range(max(self._due_us, newest - MINUTE_US), newest + 1, SECOND_US):
            for stream in self._hub.streams():
                self._publish(stream, second, second + DELAY_US)
        self._due_us = self._after(newest)

    def _after(self, time_us: int) -> int:
        return time_us // SECOND_US * SECOND_US + SECOND_US

    def _publish(self, stream: str, second: int, now_us: int) -> None:
        name, _, kind = stream.partition("@")
        match = KLINE.fullmatch(stream)
        if name == "!miniTicker" and kind == "arr":
            self._mini_array(stream, now_us)
        elif name not in self._by_name:
            return
        elif match is not None and match["interval"] in INTERVALS:
            self._kline(stream, self._by_name[name], match["interval"], second, now_us)
        elif kind in ("miniTicker", "ticker"):
            self._ticker(stream, self._by_name[name], kind, now_us)

    def _kline(self, stream: str, quoted: Quoted, interval: str, second: int, now_us: int) -> None:
        opening = open_of(interval, second - 1)
        closed = end_of(interval, opening) <= second
        if not (closed or interval == "1s" or second // SECOND_US % 2 == 0):
            return
        bar = quoted.klines.bar(interval, opening)
        if bar is not None:
            self._hub.publish(stream, partial(wire.kline, quoted.tape.listing, interval, bar, now_us, closed))

    def _ticker(self, stream: str, quoted: Quoted, kind: str, now_us: int) -> None:
        day = day_bar(quoted, now_us) if quoted.warm else None
        if day is None:
            return
        listing = quoted.tape.listing
        mini = kind == "miniTicker"
        self._hub.publish(
            stream,
            partial(wire.mini_ticker, listing, day, now_us) if mini else partial(day_ticker, quoted, day, now_us),
        )

    def _mini_array(self, stream: str, now_us: int) -> None:
        days = [(q.tape.listing, day_bar(q, now_us)) for q in self._by_name.values() if q.warm]
        known = [(listing, day) for listing, day in days if day is not None]
        self._hub.publish(
            stream, lambda divisor: f"[{','.join(wire.mini_ticker(s, d, now_us, divisor) for s, d in known)}]"
        )
