"""What faults did to the market, kept over a restart."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Literal

from core.errors import ExchangeError


@dataclass(frozen=True, slots=True)
class MarketEvent:
    """Something that happened to one symbol from `from_us` to `until_us`. `trades` are those that a burst adds."""

    kind: Literal["halt", "quiet", "burst"]
    symbol: str
    from_us: int
    until_us: int
    trades: int = 0


class MarketEvents:
    """What happened to the market, in order. With a file it is remembered from one run of the exchange to the next.

    Raise ExchangeError where that file says something else.
    """

    def __init__(self, memory: Path | None = None) -> None:
        self._memory = memory
        self._lock = Lock()
        self._events: dict[str, tuple[MarketEvent, ...]] = {}
        if memory is not None and memory.exists():
            for event in _remembered(memory):
                self._enter(event)

    def of(self, symbol: str) -> tuple[MarketEvent, ...]:
        """A symbol's events. An event is only ever added, behind those that are there."""
        return self._events.get(symbol, ())

    def add(self, events: list[MarketEvent], now_us: Callable[[], int]) -> None:
        """Let `events` happen, written down first. Raise ExchangeError where one has begun before that was done."""
        with self._lock:
            size = self._write(events)
            if now_us() >= min(event.from_us for event in events):
                if self._memory is not None:
                    os.truncate(self._memory, size)
                raise ExchangeError("this could not be written down in time, nothing was changed: try again")
            for event in events:
                self._enter(event)

    def _write(self, events: list[MarketEvent]) -> int:
        """Append to the file; its size before."""
        if self._memory is None:
            return 0
        with self._memory.open("ab") as file:
            size = file.tell()
            file.write("".join(json.dumps(asdict(event)) + "\n" for event in events).encode())
            file.flush()
            os.fsync(file.fileno())
        return size

    def _enter(self, event: MarketEvent) -> None:
        self._events = {**self._events, event.symbol: (*self.of(event.symbol), event)}


def _remembered(memory: Path) -> list[MarketEvent]:
    """What the file holds. A line that was not written to its end had no effect, and is taken away."""
    data = memory.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    try:
        events = [_event(json.loads(line)) for line in whole.splitlines()]
    except (TypeError, ValueError) as error:
        raise ExchangeError(
            f"{memory} is not what an exchange remembers of its market ({error}): expected a line of JSON an event; "
            "name another file, or remove this one"
        ) from error
    if len(whole) < len(data):
        os.truncate(memory, len(whole))
    return events


def _event(fields: object) -> MarketEvent:
    if not isinstance(fields, dict):
        raise ValueError(f"found {fields!r}")
    event = MarketEvent(**fields)
    times = event.from_us, event.until_us, event.trades
    if event.kind not in ("halt", "quiet", "burst") or not all(type(each) is int and each >= 0 for each in times):
        raise ValueError(f"found {fields!r}")
    return event
