"""From one connection to its successor without a hole: both are read until the same trades come on both.

Of two connections that both bring a symbol's trades in order, a trade that came on both proves that the one goes on where
the other is left. The old one's messages pass at once, the successor's are held back until then, so that ids ascend.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from core.errors import FeedError
from core.feed.base import Observed, Venue
from core.feed.buffer import Received
from core.feed.link import Link, Patience, observed
from core.feed.opener import Opening
from core.market import Symbol

#: A trade that came on one connection comes on the other within this time, if at all [s].
LATE_SECONDS = 1.0


class Overlap:
    """The trades that two connections brought since the younger was opened, by symbol. No I/O; times are in seconds."""

    def __init__(self) -> None:
        self._old: dict[Symbol, set[int]] = defaultdict(set)
        self._new: dict[Symbol, set[int]] = defaultdict(set)
        self._new_since: dict[Symbol, float] = {}
        self._met: set[Symbol] = set()
        #: When each connection brought its first trade; None before.
        self.old_first: float | None = None
        self.new_first: float | None = None
        #: How many trades came on both.
        self.both = 0

    def old(self, trades: Iterable[Observed], now: float) -> None:
        """Take in what the old connection brought."""
        for symbol, ids in _ids(trades):
            self.old_first = now if self.old_first is None else self.old_first
            self._take(symbol, ids, self._old[symbol], self._new.get(symbol, set()))

    def new(self, trades: Iterable[Observed], now: float) -> None:
        """Take in what the successor brought."""
        for symbol, ids in _ids(trades):
            self.new_first = now if self.new_first is None else self.new_first
            self._new_since.setdefault(symbol, now)
            self._take(symbol, ids, self._new[symbol], self._old.get(symbol, set()))

    def open_symbols(self, now: float) -> list[Symbol]:
        """Symbols that may have a hole where the connections meet, if the old one is left at `now`.

        Not those of which a trade came on both, nor those that the old one has had time to bring and did not.
        """
        late = {symbol for symbol, since in self._new_since.items() if now - since >= LATE_SECONDS}
        return sorted((self._old.keys() | self._new.keys()) - self._met - (late - self._old.keys()))

    def _take(self, symbol: Symbol, ids: set[int], seen: set[int], others: set[int]) -> None:
        met = len((ids - seen) & others)
        self.both += met
        seen |= ids
        if met:
            self._met.add(symbol)


class HandOver:
    """A successor on its way: being opened, then read beside the old connection, its messages held back."""

    def __init__(self, base: str, symbols: tuple[Symbol, ...], opening: Opening) -> None:
        self.base, self.symbols, self.opening = base, symbols, opening
        self.overlap = Overlap()
        self.link: Link | None = None
        self._held: list[tuple[Received, int]] = []
        self._held_frames = 0

    def hold(self, venue: Venue, received: Received, size: int, now: float) -> None:
        """Keep what the successor brought, `size` bytes, for later."""
        self._held.append((received, size))
        self._held_frames += len(received.frames)
        self.overlap.new(observed(venue, received.frames), now)

    def release(self) -> Sequence[tuple[Received, int]]:
        """What was kept, in order; it is kept no longer."""
        held, self._held, self._held_frames = self._held, [], 0
        return held

    def is_due(self, old: Link, new: Link, symbols: tuple[Symbol, ...], patience: Patience, now: float) -> bool:
        """Whether `new` can take the place of `old` now, or has to; `symbols` are those to listen to."""
        overlap = self.overlap
        if overlap.new_first is None:
            return False
        if self._held_frames >= patience.held_frames or now - overlap.new_first >= patience.overlap_seconds:
            return True
        if not new.listens_to(symbols, now):
            return False
        if overlap.old_first is None:
            return now - max(old.last_data, overlap.new_first) >= LATE_SECONDS
        return overlap.both > 0 and not overlap.open_symbols(now)

    def failure(self, new: Link, patience: Patience, now: float) -> FeedError | None:
        """Why `new` is of no use though it lives; None while it may come to be."""
        if self.overlap.new_first is not None or self.overlap.old_first is None:
            return None  # where the old one brings nothing either, there is nothing that the successor fails to bring
        waited = now - max(new.opened, self.overlap.old_first)
        if waited <= patience.first_frame_seconds:
            return None
        return FeedError(f"it brought no trade for {waited:.0f} s, and the old one did")

    def words(self, now: float) -> str:
        """What was seen on both connections."""
        seen = self.overlap
        if seen.new_first is None:
            return "it has not brought a trade yet"
        if seen.old_first is None:
            return "the old one brought nothing beside it"
        left = seen.open_symbols(now)
        unproven = f", none of {_few(left)}" if left else ""
        return f"{seen.both:,} {'trade' if seen.both == 1 else 'trades'} came on both{unproven}"


def _ids(trades: Iterable[Observed]) -> Iterable[tuple[Symbol, set[int]]]:
    return ((each.trades.symbol, set(each.trades.trade_id.tolist())) for each in trades)


def _few(symbols: Sequence[Symbol]) -> str:
    more = f" and {len(symbols) - 5} more" if len(symbols) > 5 else ""
    return ", ".join(map(str, symbols[:5])) + more
