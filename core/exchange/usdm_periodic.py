"""Streams of the futures market that speak by the clock: klines four times a second, tickers every two seconds."""

from collections.abc import Mapping
from functools import partial

from core.exchange import usdm_wire, wire
from core.exchange.hub import Hub
from core.exchange.intervals import FUTURES_INTERVALS, end_of, open_of
from core.exchange.market import Quoted
from core.exchange.periodic import DELAY_US, KLINE
from core.exchange.tickers import day_bar
from core.market import SECOND_US

_QUARTER_US = SECOND_US // 4
_TICKER_US = 2 * SECOND_US
#: How long may be caught up on after a sleep.
_MOST_US = 60 * SECOND_US


class UsdmPeriodic:
    """Publishes what is due as the exchange's clock passes quarters of a second."""

    def __init__(self, quoted: Mapping[str, Quoted], hub: Hub, now_us: int) -> None:
        self._by_name = {symbol.lower(): q for symbol, q in quoted.items()}
        self._hub = hub
        self._due_us = _after(now_us)
        self._told: dict[str, int] = {}

    def advance(self, now_us: int) -> None:
        """Publish for every quarter that has passed; after a long sleep for the last minute only."""
        if now_us < self._due_us + DELAY_US:
            return
        newest = (now_us - DELAY_US) // _QUARTER_US * _QUARTER_US
        for at_us in range(max(self._due_us, newest - _MOST_US), newest + 1, _QUARTER_US):
            streams = self._hub.streams()
            self._told = {stream: self._told[stream] for stream in streams if stream in self._told}
            for stream in streams:
                self._publish(stream, at_us)
        self._due_us = _after(newest)

    def _publish(self, stream: str, at_us: int) -> None:
        name, _, kind = stream.partition("@")
        match = KLINE.fullmatch(stream)
        if name not in self._by_name:
            return
        if match is not None and match["interval"] in FUTURES_INTERVALS:
            self._kline(stream, self._by_name[name], match["interval"], at_us)
        elif kind in ("miniTicker", "ticker") and at_us % _TICKER_US == 0:
            self._ticker(stream, self._by_name[name], kind, at_us + DELAY_US)

    def _kline(self, stream: str, quoted: Quoted, interval: str, at_us: int) -> None:
        opening = open_of(interval, at_us - 1)
        closed = end_of(interval, opening) <= at_us
        last = quoted.tape.last()
        if last is None or not (closed or self._told.get(stream) != last.id):
            return
        self._told[stream] = -1 if closed else last.id
        bar = quoted.klines.bar(interval, opening)
        if bar is not None:
            listing = quoted.tape.listing
            self._hub.publish(stream, partial(wire.kline, listing, interval, bar, at_us + DELAY_US, closed))

    def _ticker(self, stream: str, quoted: Quoted, kind: str, now_us: int) -> None:
        day = day_bar(quoted, now_us) if quoted.warm else None
        if day is None:
            return
        text = (
            usdm_wire.mini_ticker(quoted.tape.listing, day, now_us)
            if kind == "miniTicker"
            else usdm_wire.day_ticker(quoted, day, now_us)
        )
        self._hub.publish(stream, lambda _: text)


def _after(time_us: int) -> int:
    return time_us // _QUARTER_US * _QUARTER_US + _QUARTER_US
