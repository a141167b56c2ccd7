"""A connection that is listened to: what was asked of it, when it last did what, and how it ended."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from core.errors import FeedError
from core.feed.base import Observed, Venue
from core.feed.connection import Connection, ConnectionEnded
from core.health import FeedState
from core.market import Symbol

#: After so many times the patience with silence, a connection that never brought a trade is given up.
_SILENCES = 5
_USUAL_PINGS_SECONDS = 20.0
#: A venue that was asked for a symbol sends its trades within this time [s].
_ANSWER_SECONDS = 1.0
#: So long before the venue's limit a successor is opened, and a random while earlier: not every desk at once.
_MARGIN_SECONDS, _JITTER_SECONDS = 600.0, 300.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long what is borne [s].

    `silence_seconds` is for trades, and for any byte of a venue that pings every twenty seconds.
    `renew_seconds` is how old a connection gets before a successor is opened; None leaves that to the venue's limit.
    `overlap_seconds` is how long a successor's trades are held back at most, `held_frames` how many of its messages.
    """

    first_frame_seconds: float
    silence_seconds: float
    renew_seconds: float | None = None
    overlap_seconds: float = 10.0
    held_frames: int = 100_000

    def dead_seconds(self, venue: Venue) -> float:
        """Without a byte for so long, not even a ping, a connection is dead."""
        return self.silence_seconds * max(1.0, venue.ping_seconds / _USUAL_PINGS_SECONDS)


class Link:
    """One connection of a reader. Times are on the steady clock [s]; `end` is None while it lives."""

    def __init__(
        self, connection: Connection, number: int, base: str, symbols: tuple[Symbol, ...], due: float, now: float
    ) -> None:
        self.connection, self.number, self.base, self.due = connection, number, base, due
        self.opened = self.last_byte = self.last_data = now
        self.delivers = False
        self.end: FeedError | None = None
        self._listens = symbols
        self._asked = -math.inf
        self._left: list[bytes] = []

    def read(self, seconds: float) -> tuple[list[bytes], int]:
        """The messages that arrive within `seconds`, and how many bytes came. What came before `end` is all given."""
        before, messages = self.connection.bytes, self._left
        self._left = []
        if self.end is None:
            try:
                messages = messages + self.connection.read(seconds)
            except ConnectionEnded as end:
                messages, self.end = messages + end.messages, end
            except FeedError as end:
                self.end = end
        return messages, self.connection.bytes - before

    def drain(self) -> tuple[list[bytes], int]:
        """What has arrived by now, as from `read`."""
        before = self.connection.bytes
        messages = self._left + self.connection.drain()
        self._left = []
        return messages, self.connection.bytes - before

    def listens_to(self, symbols: tuple[Symbol, ...], now: float) -> bool:
        """Whether the venue was asked for `symbols` and no others, long enough ago to have done so."""
        return symbols is self._listens and now - self._asked >= _ANSWER_SECONDS

    def ask(self, venue: Venue, symbols: tuple[Symbol, ...], request_ids: Callable[[], int], now: float) -> None:
        """Ask for what is missing of `symbols`, or leave what is too much: one message at a time, at the venue's pace."""
        if symbols is self._listens or self.end is not None or now < self._asked + venue.pace_seconds:
            return
        if set(symbols) == set(self._listens):
            self._listens = symbols
            return
        added = [symbol for symbol in symbols if symbol not in set(self._listens)]
        removed = [symbol for symbol in self._listens if symbol not in set(symbols)]
        if added:
            text, self._listens = venue.subscribe(added, request_ids()), (*self._listens, *added)
        else:
            text, self._listens = venue.unsubscribe(removed, request_ids()), symbols
        self._asked = now
        try:
            self.connection.send(text)
        except ConnectionEnded as end:
            self._left, self.end = self._left + end.messages, end

    def age(self, now: float) -> str:
        """Why the connection is to be left for its age; empty while it is not."""
        return f"it is {timedelta(seconds=round(now - self.opened))} old" if now >= self.due else ""

    def note(self, venue: Venue, messages: Sequence[bytes], size: int, now: float) -> None:
        """Note what a read gave."""
        if size:
            self.last_byte = now
        if messages and (self.delivers or observed(venue, messages)):
            self.last_data, self.delivers = now, True

    def judge(self, venue: Venue, patience: Patience, now: float) -> tuple[FeedState, str]:
        """How the connection is, in a word and in words; a dead one gets its `end`."""
        dead_seconds = patience.dead_seconds(venue)
        if self.end is None and now - self.last_byte > dead_seconds:
            self.end = FeedError(
                f"not a byte, not even a ping, for {now - self.last_byte:.0f} s: the connection is dead"
            )
        elif self.end is None and not self.delivers and now - self.opened > _SILENCES * dead_seconds:
            self.end = FeedError(f"no trade for {now - self.opened:.0f} s, pings only: trying a new connection")
        if not self.delivers and now - self.opened > patience.first_frame_seconds:
            return (
                FeedState.SILENT, "connected and subscribed, but no trade has come: check the symbols and the address"
            )  # fmt: skip
        if not self.delivers:
            return FeedState.WAITING, f"connected to {self.base}; waiting for the first trade"
        if now - self.last_data > patience.silence_seconds:
            return FeedState.SILENT, "the connection lives, but trades have stopped"
        return FeedState.LIVE, "trades arrive"


def lifetime(patience: Patience, venue: Venue, chance: float) -> float:
    """How old a connection gets before it is left [s]; `chance`, from 0 to 1, spreads them."""
    if patience.renew_seconds is not None:
        return patience.renew_seconds
    longest = venue.connection_seconds
    return max(longest - _MARGIN_SECONDS - chance * _JITTER_SECONDS, longest / 2)


def observed(venue: Venue, messages: Sequence[bytes]) -> tuple[Observed, ...]:
    """The trades in `messages`."""
    return venue.parse(messages, np.zeros(len(messages), np.int64)).observed if messages else ()
