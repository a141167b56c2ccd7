"""What the front ends may ask: candles, symbols, health; and the bus on which workers say what changed.

Pages, API and the watcher hold a Monitor and nothing below it.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol

from core.health import Difference, Gap, GapState, Health, Reconciliation
from core.market import DAY_US, HOUR_US, MINUTE, Candles, Interval, Symbol, Trades
from core.store import Reader


@dataclass(frozen=True, slots=True)
class Change:
    """What one commit changed: by symbol, the earliest trade time touched; how far bars are final; and whether gaps opened."""

    watermark_us: int
    touched: Mapping[Symbol, int] = field(default_factory=dict)
    gaps: bool = False


class Bus:
    """Tells listeners of each commit, on the writer's thread: a listener must only take note and return."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._listeners: tuple[Callable[[Change], None], ...] = ()

    def subscribe(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Call `listener` with every Change from now on; the answer ends it."""
        with self._lock:
            self._listeners = (*self._listeners, listener)

        def unsubscribe() -> None:
            with self._lock:
                self._listeners = tuple(known for known in self._listeners if known is not listener)

        return unsubscribe

    def publish(self, change: Change) -> None:
        for listener in self._listeners:
            listener(change)


@dataclass(frozen=True, slots=True)
class DayChange:
    """The last 24 hours of a symbol by the desk's own minute bars.

    `fraction` is last / first - 1; `hours` is how much of the day the bars cover: below 24 the desk has not seen it all.
    """

    symbol: Symbol
    fraction: float
    hours: float


class HealthSource(Protocol):
    """Who keeps the counters."""

    def health(self) -> Health: ...


class Monitor:
    """Questions and answers; any thread may ask."""

    def __init__(self, reader: Reader, source: HealthSource, bus: Bus | None = None) -> None:
        self._reader = reader
        self._source = source
        self.bus = bus or Bus()

    def symbols(self) -> tuple[Symbol, ...]:
        """The symbols being collected, in the order they were asked for."""
        return tuple(s.symbol for s in self._source.health().symbols)

    def health(self) -> Health:
        return self._source.health()

    def candles(
        self,
        symbol: Symbol,
        interval: Interval,
        start_us: int | None = None,
        end_us: int | None = None,
        limit: int = 1000,
    ) -> Candles:
        """At most `limit` bars with start_us <= open time < end_us: the oldest where a start is given, else the newest."""
        return self._reader.candles(symbol, interval, start_us, end_us, limit)

    def day_change(self, symbol: Symbol) -> DayChange | None:
        """How the price moved over the last 24 hours of the symbol's record; None without a bar in them."""
        last = self._reader.candles(symbol, MINUTE, limit=1)
        if len(last) == 0:
            return None
        end_us = max(last.watermark_us, int(last.open_time_us[0]))
        first = self._reader.candles(symbol, MINUTE, start_us=end_us - DAY_US, limit=1)
        if len(first) == 0:
            return None
        hours = (end_us - int(first.open_time_us[0])) / HOUR_US
        return DayChange(symbol, float(last.prices()[0] / first.prices("open")[0] - 1), hours)

    def gaps(
        self, symbol: Symbol | None = None, states: Collection[GapState] | None = None, limit: int = 1000
    ) -> tuple[Gap, ...]:
        """The gap ledger of one symbol or all, in some states or any: the newest `limit` entries, newest first."""
        return self._reader.gaps(symbol, states, limit)

    def reconciliation(self, symbol: Symbol, hours: float = 24.0) -> Reconciliation | None:
        """How the symbol's own minutes of the last `hours` of its record compare with the venue's own bars.

        None where nothing of it is stored.
        """
        from_us = self._reader.watermark_us() - round(hours * HOUR_US)
        return self._reader.reconciliation(symbol, from_us)

    def differences(self, symbol: Symbol | None = None, limit: int = 100) -> tuple[Difference, ...]:
        """The minutes that differ from the venue's own, newest first."""
        return self._reader.differences(symbol, limit)

    def trades(self, symbol: Symbol, limit: int = 100) -> Trades:
        """The newest `limit` trades, by id ascending."""
        return self._reader.last_trades(symbol, limit)
