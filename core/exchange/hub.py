"""Who gets which event: subscribers by stream name, each event written once for each flavour."""

from collections import Counter
from collections.abc import Callable
from typing import Protocol

from core.exchange import wire
from core.exchange.session import Flavour

Encode = Callable[[int], str]


class Subscriber(Protocol):
    """A connection, as far as the hub is concerned."""

    outbox: list[bytes]

    @property
    def flavour(self) -> Flavour: ...

    def flush(self) -> None:
        """Write the outbox."""


class Hub:
    """The subscribers of every stream, and the count of what was sent to them."""

    def __init__(self) -> None:
        self._streams: dict[str, dict[Subscriber, None]] = {}
        self._waiting: dict[Subscriber, None] = {}
        self.sent: Counter[str] = Counter()

    def add(self, subscriber: Subscriber, streams: list[str]) -> None:
        for name in streams:
            self._streams.setdefault(name, {})[subscriber] = None

    def remove(self, subscriber: Subscriber, streams: list[str]) -> None:
        for name in streams:
            subscribers = self._streams.get(name, {})
            subscribers.pop(subscriber, None)
            if not subscribers:
                self._streams.pop(name, None)

    def streams(self) -> tuple[str, ...]:
        """The names that have subscribers."""
        return tuple(self._streams)

    def wants(self, stream: str) -> bool:
        return stream in self._streams

    def publish(self, stream: str, encode: Encode) -> None:
        """Put an event into its subscribers' outboxes; `encode` writes it for a divisor of microseconds."""
        subscribers = self._streams.get(stream)
        if not subscribers:
            return
        frames: dict[Flavour, bytes] = {}
        for subscriber in subscribers:
            flavour = subscriber.flavour
            frame = frames.get(flavour)
            if frame is None:
                event = encode(flavour.divisor)
                frame = wire.text_frame(wire.combined(stream, event) if flavour.combined else event)
                frames[flavour] = frame
            subscriber.outbox.append(frame)
            self._waiting[subscriber] = None
        self.sent[stream] += len(subscribers)

    def flush(self) -> None:
        """Write every outbox, one write a subscriber."""
        waiting, self._waiting = self._waiting, {}
        for subscriber in waiting:
            subscriber.flush()
