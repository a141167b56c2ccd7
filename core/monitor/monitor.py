"""The monitor: questions and answers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from core.health import BEHIND_US, Difference, FeedState, Gap, GapState, Health, Reconciliation, SymbolState
from core.market import DAY_US, HOUR_US, MINUTE, Candles, Interval, Symbol, Trades
from core.monitor.analyses import Analyses
from core.monitor.bus import Bus
from core.monitor.kept import Kept
from core.monitor.proof import Proof
from core.pairs import Moment, PairAnalysis, PairSpec
from core.quality import Quality
from core.store import Reader

#: Ids in gaps of these states are not there.
UNFINISHED = (GapState.OPEN, GapState.REPAIRING, GapState.LOST)
_ARRIVING = (FeedState.LIVE, FeedState.BEHIND)
_FOLLOWED = (SymbolState.LIVE, SymbolState.QUIET)
_DAY_MINUTES = 1440
_MOST_GAPS = 100_000


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

    def __init__(self, reader: Reader, source: HealthSource, bus: Bus | None = None, market: str = "") -> None:
        self._reader = reader
        self._source = source
        self.bus = bus or Bus()
        self._qualities = Kept(lambda symbol: self.quality(symbol, MINUTE, limit=_DAY_MINUTES))
        self._reconciliations = Kept(self.reconciliation)
        self._analyses = Analyses(reader, self.proof, self.bus, market)

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

    def proof(self, symbol: Symbol) -> Proof:
        """What can be said of the wholeness of the symbol's bars. To be asked before the bars are."""
        health = self._source.health()
        proven_us = self._proven_us(symbol, health)
        return Proof(self._reader.gaps(symbol, UNFINISHED, _MOST_GAPS), proven_us, health.watermark_us or 0)

    def quality(
        self,
        symbol: Symbol,
        interval: Interval,
        start_us: int | None = None,
        end_us: int | None = None,
        limit: int = 1000,
    ) -> Quality:
        """How much of the bars that `candles` answers with, but the forming ones, is proven."""
        proof = self.proof(symbol)
        return proof.window(self.candles(symbol, interval, start_us, end_us, limit))

    def qualities(self) -> Mapping[Symbol, Quality | None]:
        """The last day of each symbol that is collected, as it was some seconds ago."""
        health = self._source.health()
        return self._qualities.of(tuple(each.symbol for each in health.symbols), health.now_us)

    def reconciliations(self) -> Mapping[Symbol, Reconciliation | None]:
        """How each collected symbol's last day compares with the venue's own bars, as it was some seconds ago."""
        health = self._source.health()
        return self._reconciliations.of(tuple(each.symbol for each in health.symbols), health.now_us)

    def _proven_us(self, symbol: Symbol, health: Health) -> int:
        """While trades arrive that is the watermark; a feed that was away proves nothing until the symbol's next trade.

        The watermark follows the newest venue: of one that is behind, the trades up to its own newest are there.
        """
        own = next((each for each in health.symbols if each.symbol == symbol), None)
        feed = next((each for each in health.feeds if symbol in each.symbols), health.feed)
        if own is None or own.last_trade_us is None:
            last = self._reader.last(symbol)
            return 0 if last is None else last.trade_time_us
        whole = feed.state in _ARRIVING and own.state in _FOLLOWED and (own.last_received_us or 0) >= feed.since_us
        if not whole or not health.watermark_us:
            return own.last_trade_us
        if feed.newest_us is None:
            return health.watermark_us
        least_us = 0 if feed.state is FeedState.BEHIND else health.watermark_us - BEHIND_US
        return min(health.watermark_us, max(feed.newest_us, least_us))

    def analysis(self, spec: PairSpec) -> PairAnalysis:
        """The pair at its last confirmed bar; computed once for all who ask, until a bar closes or one is changed.

        Raise NotEnoughData where the lookback has no bar of both legs, BadSeries, StoreError.
        """
        return self._analyses.of(spec)

    def live(self, spec: PairSpec) -> Moment | None:
        """The bar that is forming, by the hedge that stands at the last confirmed one; None without a trade of both legs in it.

        Raise as `analysis`.
        """
        return self._analyses.live(spec)

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
