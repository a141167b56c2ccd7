"""The monitor: questions and answers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.health import BEHIND_US, Difference, FeedState, Gap, GapState, Health, Reconciliation, SymbolState
from core.market import DAY_US, HOUR_US, MINUTE, Candles, Interval, Symbol, Trades
from core.monitor.analyses import Analyses
from core.monitor.board import Board, BoardRow
from core.monitor.bus import Bus
from core.monitor.coverage import Coverage, covered
from core.monitor.features import featured
from core.monitor.jobs import Job
from core.monitor.kept import Kept
from core.monitor.proof import Proof
from core.monitor.quotes import Quote, quote
from core.monitor.saved import Saved
from core.monitor.screens import Screened, Screens, ScreenSpec
from core.monitor.studies import RuleSpec, Studied, Studies
from core.pairs import Drawn, Moment, PairAnalysis, PairSpec
from core.pairs.charted import Charted
from core.pairs.features import Features
from core.quality import Quality
from core.store import Reader, Writer
from core.store.inventory import Disk, Record

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

    def __init__(
        self,
        reader: Reader,
        source: HealthSource,
        bus: Bus | None = None,
        market: str = "",
        writer: Writer | None = None,
    ) -> None:
        self._reader = reader
        self._source = source
        self.bus = bus or Bus()
        self._qualities = Kept(lambda symbol: self.quality(symbol, MINUTE, limit=_DAY_MINUTES))
        self._reconciliations = Kept(self.reconciliation)
        self._records = Kept(lambda symbol: self._reader.record(symbol))
        self._analyses = Analyses(reader, self.proof, self.bus, market)
        self._board = Board(self)
        self._studies = Studies(self.analysis)
        self._screens = Screens(reader, market, self.bus)
        self.saved = Saved(reader, writer, lambda: source.health().now_us, self.symbols)

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

    def records(self) -> Mapping[Symbol, Record | None]:
        """What is stored of each collected symbol, as it was some seconds ago."""
        health = self._source.health()
        return self._records.of(tuple(each.symbol for each in health.symbols), health.now_us)

    def disk(self) -> Disk:
        """What the database takes on disk, and what is free there."""
        return self._reader.disk()

    def coverage(self, symbol: Symbol, span_us: int) -> Coverage:
        """Minute by minute of the newest `span_us` [us] that are final: what of `symbol` is there, and by whose word."""
        return covered(self._reader, self.proof(symbol), symbol, span_us)

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

    def drawn(self, spec: PairSpec) -> Drawn:
        """The bars of `analysis`, without the tests. Raise as `analysis`."""
        return self._analyses.drawn(spec)

    def features(self, spec: PairSpec, most: int) -> Features:
        """The newest `most` bars of `drawn`, with volume, flow, volatility and quality of both legs. Raise as `analysis`."""
        return featured(self._reader, self.proof, self.drawn(spec), most)

    def charted(self, spec: PairSpec) -> Charted:
        """The bars of `drawn` with the traffic and the marks of both legs. Raise as `analysis`."""
        return self._analyses.charted(spec)

    def quote(self, spec: PairSpec) -> Quote:
        """The forming bar by each leg's newest price, whether both have traded in it or not, and whether that may be acted on.

        What cannot be told is in the quote, with its reason. Raise StoreError.
        """
        return quote(spec, self._source.health(), lambda y, x: self._analyses.peek(spec, y, x))

    def live(self, spec: PairSpec) -> Moment | None:
        """The bar that is forming, by the hedge that stands at the last confirmed one; None without a trade of both legs in it.

        Raise as `analysis`.
        """
        return self._analyses.live(spec)

    def study(self, asked: RuleSpec) -> Job[Studied]:
        """The rule walked forward, at other levels, on markets without a tie, and audited; raise as `analysis`."""
        return self._studies.of(asked)

    def screen(self, asked: ScreenSpec) -> Job[Screened]:
        """All pairs of the symbols through one funnel. Raise StoreError."""
        return self._screens.of(asked)

    def screened(self, asked: ScreenSpec) -> Job[Screened] | None:
        """What `screen` began last for this question, by whoever asked, of whatever bar; None where nobody has asked."""
        return self._screens.last(asked)

    def board(self, specs: Sequence[PairSpec], wait_seconds: float = 0.0) -> tuple[BoardRow, ...]:
        """Each pair as it is known by now, followed once for all who look; `wait_seconds` for what has never been computed [s].

        A pair that cannot be told says why in its row.
        """
        return self._board.rows(specs, wait_seconds)

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

    def close(self) -> None:
        """End what computes in the background."""
        self._board.close()
        self._studies.close()
        self._screens.close()
