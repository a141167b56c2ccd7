"""One symbol on its way into the store: exact scale, continuity by id, and counters. No I/O.

Ages and rates are by the steady clock: a wall clock that jumps changes none of them.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from core.continuity import Advance, Hole, Sequence, advance
from core.feed.base import Observed
from core.health import SymbolHealth, SymbolState
from core.market import Bools, Scale, Symbol, Trades
from core.store import GapRecord, LastTrade
from core.workers.meters import LagMeter, RateMeter, Rhythm

#: price x quantity above this leaves no room for a bar's sum in 64 bits.
_LARGEST_PRODUCT = 2.0**62
#: A known symbol's scale never gets finer than this by a trade: one absurd price would leave no room for all others.
_FINEST_QUOTE = 12
#: An id further ahead than this (years of the busiest symbol) has to be confirmed by the next batch.
_LEAP_IDS = 10**10
#: Of a symbol that the venue did not describe, this share of the first trades sets the scale.
_USUAL_SHARE = 0.9
#: A symbol without a trade for so long, while the connection lives, is called quiet [us].
_QUIET_US = 30_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """What a batch of one symbol leads to: trades to store, holes that opened, and among which ids some may be filled."""

    trades: Trades | None
    opened: tuple[GapRecord, ...]
    filling: Hole | None


@dataclass(frozen=True, slots=True)
class _Known:
    """What the record says: the ids seen, and the newest trade's time and price; None before the first."""

    sequence: Sequence | None
    trade_us: int | None
    price: int | None


class SymbolTracker:
    """Follows one symbol. Used by the ingest thread; `health` may be asked from any."""

    def __init__(
        self,
        symbol: Symbol,
        scale: Scale | None,
        last: LastTrade | None,
        steady_us: Callable[[], int] = lambda: time.monotonic_ns() // 1000,
    ) -> None:
        self.symbol = symbol
        self._steady_us = steady_us
        self._heard_us = steady_us()
        self._scale = scale if last is None else last.scale.finer(scale) if scale else last.scale
        self._sequence: Sequence | None = last.sequence if last else None
        self._last_trade_us = last.trade_time_us if last else None
        self._last_price = last.price * 10 ** (self._scale.price - last.scale.price) if last and self._scale else None
        self._stored = self._known()
        self._connection = 0
        self._last_received_us: int | None = None
        self._received = self._new = self._duplicates = self._out_of_order = self._rejected = self._repaired = 0
        self._rate, self._lag, self._rhythm = RateMeter(), LagMeter(), Rhythm()
        self._seen_id = self._seen_us = 0
        self._failure: str | None = None
        self._listed = True
        self._leaped_id = 0
        self._first_here: int | None = None

    def step(self, observed: Observed, connection: int, dropped: bool, now_us: int) -> Step | None:
        """Take in trades in the order in which they came; None where nothing is left to store."""
        self._measure(observed)
        trades = self._in_order(self._exact(self._credible(observed.trades)))
        if trades is None:
            return None
        if self._first_here is None:
            self._first_here = int(trades.trade_id[0])
        moved = advance(self._sequence, trades.trade_id)
        opened = self._gap_records(moved, trades, connection, dropped, now_us)
        self._sequence, self._connection = moved.sequence, connection
        self._rhythm.beat(self._heard_us, follows=int(trades.trade_id[0]) <= self._seen_id + 1)
        if int(trades.trade_id[-1]) > self._seen_id:
            self._seen_id, self._seen_us = int(trades.trade_id[-1]), int(trades.trade_time_us[-1])
        self._note_newest(trades)
        return Step(trades, opened, _ids(trades) if moved.old.any() else None)

    def repaired(self, trades: Trades) -> Step | None:
        """Take in trades (ascending by id) that were fetched to fill holes; which they fill is for the store to say."""
        trades = self._exact(trades)
        if self._sequence is None or len(trades) == 0:
            return None
        return Step(trades, (), _ids(trades))

    def announced(self, newest_id: int, time_us: int, cause: str, now_us: int) -> tuple[GapRecord, ...]:
        """Learn that the venue has trades up to `newest_id`, made by `time_us`: those not seen are a hole. `cause` says why."""
        if self._sequence is None or newest_id <= self._sequence.last or newest_id > self._sequence.last + _LEAP_IDS:
            return ()
        first = self._sequence.last + 1
        hole = (first, newest_id)
        from_us = self._last_trade_us if self._last_trade_us is not None else time_us
        self._sequence = Sequence(self._sequence.first, newest_id, (*self._sequence.holes, hole))
        return (GapRecord(first, newest_id, from_us, max(from_us, time_us), cause, now_us),)

    def reopen(self, holes: tuple[Hole, ...]) -> None:
        """Learn every hole that the record has."""
        if self._sequence is not None:
            last = max([self._sequence.last, *(last for _, last in holes)])
            self._sequence = Sequence(self._sequence.first, last, holes)
            self._stored = self._known()

    def confirm_repair(self, new: int, holes: tuple[Hole, ...] | None) -> None:
        """Count what the store made of `repaired`; `holes` is what it says is missing, None where nothing changed."""
        self._repaired += new
        self._confirm(holes)

    def unstored(self, now_us: int) -> tuple[GapRecord, ...]:
        """What was received after the last stored trade and never stored, at the end of the run."""
        if self._failure is None or self._sequence is None or self._seen_id <= self._sequence.last:
            return ()
        return self.announced(self._seen_id, self._seen_us, "refused by the database", now_us)

    def confirm(self, new: int, duplicates: int, holes: tuple[Hole, ...] | None) -> None:
        """Count what the store made of a step; `holes` is what it says is missing, None where nothing changed."""
        self._new += new
        self._duplicates += duplicates
        self._failure = None
        self._confirm(holes)

    def fail(self, count: int, words: str) -> bool:
        """Count trades of the last step that the store refuses; to the next step they are a gap. Whether that is news."""
        news = words != self._failure
        self.undo()
        self._rejected += count
        self._failure = words
        return news

    def undo(self) -> None:
        """Forget a step that never reached the store: its trades are a gap to the next."""
        self._sequence, self._last_trade_us, self._last_price = (
            self._stored.sequence,
            self._stored.trade_us,
            self._stored.price,
        )

    def listed(self, scale: Scale) -> None:
        """The venue told how fine the symbol's numbers are."""
        self._scale, before = (self._scale.finer(scale) if self._scale else scale), self._scale
        if before is not None and self._last_price is not None:
            self._last_price *= 10 ** (self._scale.price - before.price)
            self._stored = replace(self._stored, price=self._last_price)

    def unlisted(self) -> None:
        """The venue does not know the symbol."""
        self._listed = False

    @property
    def sequence(self) -> Sequence | None:
        return self._sequence

    def health(self, connected: bool) -> SymbolHealth:
        steady = self._steady_us()
        p50, p99 = self._lag.percentiles(steady)
        state, words = self._state(steady, connected)
        return SymbolHealth(
            symbol=self.symbol,
            state=state,
            words=words,
            scale=self._scale,
            first_trade_id=self._sequence.first if self._sequence else None,
            last_trade_id=self._sequence.last if self._sequence else None,
            last_trade_us=self._last_trade_us,
            last_received_us=self._last_received_us,
            last_price=self._last_price,
            rate=self._rate.rate(steady),
            received=self._received,
            stored=self._new,
            duplicates=self._duplicates,
            out_of_order=self._out_of_order,
            rejected=self._rejected,
            gaps=len(self._sequence.holes) if self._sequence else 0,
            missing=self._sequence.missing if self._sequence else 0,
            lost=self._lost(),
            repaired=self._repaired,
            silent_seconds=(steady - self._heard_us) / 1e6,
            patience_seconds=self._rhythm.patience_seconds(),
            lag_p50_ms=p50,
            lag_p99_ms=p99,
        )

    def _known(self) -> _Known:
        return _Known(self._sequence, self._last_trade_us, self._last_price)

    def _confirm(self, holes: tuple[Hole, ...] | None) -> None:
        if holes is not None and self._sequence is not None:
            self._sequence = replace(self._sequence, holes=holes)
        self._stored = self._known()

    def _lost(self) -> int:
        """How many ids are missing after the first trade of this run."""
        if self._sequence is None or self._first_here is None:
            return 0
        return sum(last - first + 1 for first, last in self._sequence.holes if first > self._first_here)

    def _state(self, steady_us: int, connected: bool) -> tuple[SymbolState, str]:
        if self._failure is not None:
            return SymbolState.FAILED, self._failure
        if not self._listed:
            return SymbolState.UNKNOWN, f"the venue does not list {self.symbol}: check the name"
        if self._last_received_us is None:
            return SymbolState.WAITING, "no trade since the start"
        silent_us = steady_us - self._heard_us
        age = silent_us / 1e6
        if not connected:
            return SymbolState.STALE, f"the connection is down; the last trade came {age:.0f} s ago"
        if silent_us > _QUIET_US:
            return SymbolState.QUIET, f"no trade for {age:.0f} s, while the connection lives"
        return SymbolState.LIVE, "trades arrive"

    def _measure(self, observed: Observed) -> None:
        count, steady = len(observed.trades), self._steady_us()
        self._received += count
        self._rate.add(steady, count)
        self._lag.add(steady, observed.trades.received_us - observed.event_time_us)
        self._last_received_us = int(observed.trades.received_us[-1])
        self._heard_us = steady

    def _exact(self, trades: Trades) -> Trades:
        """`trades` at the symbol's scale, made finer where one of them needs it; absurd ones are left out."""
        if len(trades) == 0:
            return trades
        scale = self._scale or _usual_scale(trades)
        exact = _at(trades, scale)
        if exact is None:
            finer = scale.finer(trades.least_scale())
            if finer.quote > _FINEST_QUOTE:
                trades = self._left(trades, _fits(trades, scale))
            else:
                scale = finer
            exact = _at(trades, scale)
        assert exact is not None
        self._scale = scale
        return self._left(exact, exact.price.astype(np.float64) * exact.quantity < _LARGEST_PRODUCT)

    def _credible(self, trades: Trades) -> Trades:
        """`trades` without ids that leap ahead of everything known, unless the batch before leaped there too."""
        if self._sequence is None:
            return trades
        far = trades.trade_id > self._sequence.last + _LEAP_IDS
        if not far.any():
            self._leaped_id = 0
            return trades
        first = int(trades.trade_id[far].min())
        confirmed = self._leaped_id and abs(first - self._leaped_id) < _LEAP_IDS
        self._leaped_id = first
        return trades if confirmed else self._left(trades, ~far)

    def _left(self, trades: Trades, sane: Bools) -> Trades:
        """The `sane` ones; the others are counted as rejected."""
        if sane.all():
            return trades
        self._rejected += int((~sane).sum())
        return trades.take(sane)

    def _in_order(self, trades: Trades) -> Trades | None:
        """`trades` ascending by id, each once."""
        if len(trades) == 0:
            return None
        steps = np.diff(trades.trade_id)
        if (steps > 0).all():
            return trades
        self._out_of_order += int((steps < 0).sum())
        _, rows = np.unique(trades.trade_id, return_index=True)
        self._duplicates += len(trades) - len(rows)
        return trades.take(rows)

    def _cause(self, first: int, connection: int, dropped: bool) -> str:
        """Why the ids from `first` on are missing. Those right after the last one known went before these trades came."""
        if dropped:
            return "dropped by a full queue"
        before = self._sequence is not None and first == self._sequence.last + 1
        if before and self._failure is not None:
            return "refused by the database"
        if before and self._connection == 0:
            return "the desk was not running"
        return "lost while reconnecting" if connection != self._connection != 0 else "missing on the stream"

    def _gap_records(
        self, moved: Advance, trades: Trades, connection: int, dropped: bool, now_us: int
    ) -> tuple[GapRecord, ...]:
        return tuple(
            GapRecord(
                first,
                last,
                self._time_before(first, trades),
                _time_at(last + 1, trades),
                self._cause(first, connection, dropped),
                now_us,
            )
            for first, last in moved.opened
        )

    def _time_before(self, first: int, trades: Trades) -> int:
        row = int(np.searchsorted(trades.trade_id, first)) - 1
        if row >= 0:
            return int(trades.trade_time_us[row])
        return self._last_trade_us if self._last_trade_us is not None else int(trades.trade_time_us[0])

    def _note_newest(self, trades: Trades) -> None:
        sequence = self._sequence
        if sequence is not None and int(trades.trade_id[-1]) == sequence.last:
            self._last_trade_us = int(trades.trade_time_us[-1])
            self._last_price = int(trades.price[-1])


def _ids(trades: Trades) -> Hole:
    return int(trades.trade_id[0]), int(trades.last_id[-1])


def _time_at(trade_id: int, trades: Trades) -> int:
    row = min(int(np.searchsorted(trades.trade_id, trade_id)), len(trades) - 1)
    return int(trades.trade_time_us[row])


def _at(trades: Trades, scale: Scale) -> Trades | None:
    """`trades` at `scale`; None where that would lose digits."""
    if scale == trades.scale:
        return trades
    return trades.rescaled(trades.scale.finer(scale)).coarsened(scale)


def _usual_scale(trades: Trades) -> Scale:
    """The coarsest scale that nearly all of `trades` fit: the least where one absurd number does not set it."""
    least = trades.least_scale()
    while least.quote > _FINEST_QUOTE:
        coarser = Scale(max(0, least.price - 1), max(0, least.quantity - 1))
        if _fits(trades, coarser).mean() < _USUAL_SHARE:
            return least
        least = coarser
    return trades.take(_fits(trades, least)).least_scale()


def _fits(trades: Trades, scale: Scale) -> Bools:
    """Which of `trades` need no more decimals than `scale` has."""
    price_step = 10 ** max(0, trades.scale.price - scale.price)
    quantity_step = 10 ** max(0, trades.scale.quantity - scale.quantity)
    return np.asarray((trades.price % price_step == 0) & (trades.quantity % quantity_step == 0), dtype=bool)
