"""Listen to a venue: connect, stay connected, and hand every frame on. The thread that reads only enqueues.

No connection lives for ever. Where its end is known beforehand a successor is opened first, in a thread of its own, and the
reading thread reads both until the one can be left for the other.
"""

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import wait
from itertools import count
from threading import Event, Thread

from loguru import logger

from core.errors import FeedError
from core.feed.attempts import Attempts
from core.feed.base import Venue
from core.feed.buffer import FrameBuffer, Received
from core.feed.connection import Connection, readable
from core.feed.handover import HandOver
from core.feed.journal import Journal
from core.feed.link import Link, Patience, lifetime, observed
from core.feed.opener import Opening, abandon, open_aside
from core.health import FeedState
from core.market import Symbol

__all__ = ["MOST_SYMBOLS", "SYMBOLS_IN_URL", "Patience", "StreamReader"]
#: Symbols that go into the address; more are subscribed to by messages, so that the address stays short.
SYMBOLS_IN_URL = 100
MOST_SYMBOLS = 1024
_POLL_SECONDS = 0.2
#: A read that gives little is followed by a breath: a thousand wake-ups a second cost more than the trades.
_BREATH_SECONDS = 0.005
_BREATH_BELOW_BYTES = 8192


class StreamReader:
    """The reading thread of one venue. `bases` are tried in turn where one answers HTTP 451."""

    def __init__(
        self,
        venue: Venue,
        bases: Sequence[str],
        symbols: Sequence[Symbol],
        buffer: FrameBuffer,
        journal: Journal,
        patience: Patience,
        clock_us: Callable[[], int],
    ) -> None:
        self._venue = venue
        self._symbols = tuple(symbols)
        self._buffer = buffer
        self._journal = journal
        self._patience = patience
        self._clock_us = clock_us
        self._stop = Event()
        self._asked = (0, "")
        self._request_ids = count(1)
        self._attempts = Attempts(bases, random.random)
        self._current: Link | None = None
        self._handover: HandOver | None = None
        self._thread = Thread(target=self._run, name="feed-reader", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the connection and the thread; what was read is in the buffer then."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def renew(self, connection: int, why: str = "the venue will close it") -> None:
        """Leave `connection`, if it is still the one, for a new one, as soon as that brings trades."""
        if connection == self._journal.connection:
            self._asked = (connection, why)

    def listen_to(self, symbols: Sequence[Symbol]) -> None:
        """Change what is listened to, on every living connection."""
        self._symbols = tuple(symbols)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._listen()
            except FeedError as error:
                self._failed(error)
            except Exception:  # noqa: BLE001 - whatever happens, the desk goes on listening
                logger.exception("the feed reader met an error that it does not know")
                self._failed(FeedError("an unknown error, see the log"))
            self._stop.wait(max(self._attempts.not_before - time.monotonic(), 0.0))
        self._journal.enter(FeedState.STOPPED, "stopped by the desk")

    def _failed(self, error: FeedError) -> None:
        state, words = self._attempts.failed(error, time.monotonic())
        if state is None:
            self._journal.note("blocked", words)
        else:
            self._journal.enter(state, words)
        if not self._stop.is_set():
            logger.warning("feed: {}", words)

    def _listen(self) -> None:
        """One connection after the other, each handed over to the next, until the end of one without a successor.

        Raise FeedError saying how it ended.
        """
        base, symbols = self._attempts.base, self._symbols
        self._journal.enter(FeedState.CONNECTING, f"connecting to {base}")
        connection = self._opened(open_aside(self._address(base, symbols)))
        if connection is None:
            return
        self._current = self._link(connection, self._journal.connected(base), base, symbols)
        self._journal.enter(FeedState.WAITING, f"connected to {base}; waiting for the first trade")
        try:
            while not self._stop.is_set():
                self._turn(self._current)
        finally:
            self._leave()

    def _opened(self, opening: Opening) -> Connection | None:
        """Wait for a connection while there is nothing to read; None when the desk stops. Raise FeedError."""
        while not self._stop.is_set():
            if wait([opening], _POLL_SECONDS).done:
                return opening.result()
        abandon(opening)
        return None

    def _address(self, base: str, symbols: tuple[Symbol, ...]) -> str:
        return self._venue.stream_url(base, symbols[:SYMBOLS_IN_URL])

    def _link(self, connection: Connection, number: int, base: str, symbols: tuple[Symbol, ...]) -> Link:
        now = time.monotonic()
        due = now + lifetime(self._patience, self._venue, random.random())
        return Link(connection, number, base, symbols[:SYMBOLS_IN_URL], due, now)

    def _turn(self, current: Link) -> None:
        """Read what there is; look after the connection and its successor. Raise FeedError at the end of the last one."""
        now = time.monotonic()
        self._look_for_successor(current, now)
        successor = self._handover.link if self._handover else None
        links = [current, successor] if successor else [current]
        for link in links:
            link.ask(self._venue, self._symbols, self._request_ids.__next__, now)
        size = self._read(links)
        now = time.monotonic()
        state, words = current.judge(self._venue, self._patience, now)
        if current.end is not None:
            self._outlive(current, current.end)
            return
        self._journal.enter(state, words)
        if self._handover is not None:
            self._consider(current, self._handover, now)
        if 0 < size < _BREATH_BELOW_BYTES:
            self._stop.wait(_BREATH_SECONDS)

    def _read(self, links: Sequence[Link]) -> int:
        """Read those of `links` that have something: the old one passes, the successor is held back. How many bytes came."""
        total = 0
        living = [link.connection for link in links if link.end is None]
        ready = living if len(living) == 1 else readable(living, _POLL_SECONDS)
        for link in links:
            if link.end is not None or link.connection in ready:
                messages, size = link.read(_POLL_SECONDS if len(living) == 1 else 0.0)
                total += size
                self._take(link, messages, size)
        return total

    def _take(self, link: Link, messages: list[bytes], size: int) -> None:
        """Hand on what a read gave, or hold it back."""
        now, handover = time.monotonic(), self._handover
        link.note(self._venue, messages, size, now)
        if size and link is self._current:
            self._journal.alive(now)
        if not messages:
            return
        received = Received(self._clock_us(), link.number, messages, venue=self._venue.name)
        if handover is not None and link is handover.link:
            handover.hold(self._venue, received, size, now)
            return
        self._hand_on([(received, size)])
        if handover is not None and handover.link is not None:
            handover.overlap.old(observed(self._venue, messages), now)

    def _hand_on(self, items: Sequence[tuple[Received, int]]) -> None:
        for received, size in items:
            self._buffer.put(received)
            self._journal.received(len(received.frames), size)

    def _look_for_successor(self, current: Link, now: float) -> None:
        """Begin a hand-over where one is due, and take its connection when that is open."""
        if self._handover is None:
            number, asked = self._asked
            why = asked if number == current.number else current.age(now)
            if why and now >= self._attempts.not_before:
                base, symbols = self._attempts.base, self._symbols
                self._journal.note("handover", f"opening a successor of connection {current.number}: {why}")
                self._handover = HandOver(base, symbols, open_aside(self._address(base, symbols)))
        elif self._handover.link is None and self._handover.opening.done():
            try:
                self._connect(self._handover, self._handover.opening.result())
            except FeedError as error:
                self._give_up(current, self._handover, error)

    def _connect(self, handover: HandOver, connection: Connection) -> Link:
        handover.link = self._link(connection, self._journal.succeeding(), handover.base, handover.symbols)
        return handover.link

    def _consider(self, current: Link, handover: HandOver, now: float) -> None:
        """Switch to the successor, give it up, or wait."""
        successor = handover.link
        if successor is None:
            return
        successor.judge(self._venue, self._patience, now)
        failure = successor.end or handover.failure(successor, self._patience, now)
        if failure is not None:
            self._give_up(current, handover, failure)
        elif handover.is_due(current, successor, self._symbols, self._patience, now):
            self._take(current, *current.drain())
            self._switch(current, handover, successor, "")

    def _outlive(self, current: Link, end: FeedError) -> None:
        """The connection has ended: go on with its successor, waiting for that if need be. Raise `end` where there is none."""
        handover = self._handover
        if handover is None:
            raise end
        successor = handover.link
        if successor is None:
            self._journal.enter(FeedState.RECONNECTING, f"{end}; its successor is being opened")
            connection = self._opened(handover.opening)
            if connection is None:
                return
            successor = self._connect(handover, connection)
        elif successor.end is not None:
            raise end
        self._switch(current, handover, successor, f", because connection {current.number} ended ({end})")

    def _switch(self, old: Link, handover: HandOver, successor: Link, why: str) -> None:
        """Go on with `successor`."""
        words = f"handed over to connection {successor.number}{why}: {handover.words(time.monotonic())}"
        logger.info("feed: {}", words)
        self._handover, self._current = None, successor
        self._journal.handed_over(successor.number, successor.base, words)
        self._hand_on(handover.release())  # now that it is the one: among them may be the notice of its own end
        old.connection.close()
        now = time.monotonic()
        self._attempts.replaced(now - old.opened, now < old.due, now)

    def _give_up(self, current: Link, handover: HandOver, error: FeedError) -> None:
        """Go on without the successor, and try again later."""
        self._handover = None
        if handover.overlap.old_first is None:  # then nobody else brought what it did
            self._hand_on(handover.release())
        if handover.link is not None:
            handover.link.connection.close()
        verdict = self._attempts.failed(error, time.monotonic())
        words = f"connection {current.number} goes on without a successor: {verdict.words}"
        self._journal.note("handover", words)
        logger.warning("feed: {}", words)

    def _leave(self) -> None:
        """Close whatever is open; what was read is handed on."""
        handover, self._handover = self._handover, None
        if handover is not None:
            self._hand_on(handover.release())
            if handover.link is None:
                abandon(handover.opening)
            else:
                handover.link.connection.close()
        current, self._current = self._current, None
        if current is not None:
            self._attempts.lived(time.monotonic() - current.opened)
            current.connection.close()
