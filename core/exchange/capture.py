"""Reads a wire capture: lines of ``<local nanoseconds> <frame>``, frames as the venue's socket sent them."""

import json
from collections.abc import Iterable
from typing import Any

from core.errors import ExchangeError
from core.exchange.listing import parse_amount
from core.exchange.recording import Columns, Recording, Step
from core.exchange.tape import Trade
from core.exchange.wire import dumps

Event = dict[str, Any]  # what JSON makes of an event


def read_capture(lines: Iterable[str], name: str) -> Recording:
    """Read the lines of the file called `name`. Raise ExchangeError where it has no trade or a line is no frame.

    Frames without a stream's name that are no events either, such as a REST answer written between them, are left out.
    """
    columns: dict[str, Columns] = {}
    frames: list[Step] = []
    futures, at_us = False, 0
    for number, line in enumerate(lines, 1):
        try:
            stream, text, event = _frame(line)
            at_us = max(at_us, int(event.get("E", 0)) * 1000)
            if not stream:
                continue
            symbol, row = "", None
            if event.get("e") == "trade":
                symbol, futures = event["s"], futures or "X" in event
                row = columns.setdefault(symbol, Columns(symbol)).append(_trade(event))
        except (KeyError, TypeError, ValueError) as error:
            raise ExchangeError(
                f"{name}: line {number} is not a captured frame: expected '<local ns> <JSON frame>', found {line[:80]!r}"
            ) from error
        frames.append(Step(at_us, symbol, -1 if row is None else row, stream, text))
    if not columns:
        raise ExchangeError(f"{name} is a capture without any trade: there is nothing to replay")
    return Recording(
        {symbol: c.listing() for symbol, c in columns.items()}, {symbol: c.block() for symbol, c in columns.items()},
        _timed(frames), futures=futures,
    )  # fmt: skip


def _frame(line: str) -> tuple[str, str, Event]:
    stamp, text = line.rstrip("\r\n").split(" ", 1)
    int(stamp)
    frame = json.loads(text)
    if not isinstance(frame, dict):
        raise TypeError("a frame is an object")
    if "stream" not in frame:
        kind, symbol = frame.get("e"), frame.get("s")
        return (f"{symbol.lower()}@{kind}" if kind and isinstance(symbol, str) else ""), text, frame
    stream, event = frame["stream"], frame["data"]
    envelope = f'{{"stream":"{stream}","data":'
    return stream, text[len(envelope) : -1] if text.startswith(envelope) else dumps(event), event


def _trade(event: Event) -> Trade:
    number, price, quantity = event["t"], event["p"], event["q"]
    event_ms, time_ms = event["E"], event["T"]
    if not all(isinstance(value, int) for value in (number, event_ms, time_ms)):
        raise TypeError("ids and times are integers")
    return Trade(number, number, parse_amount(str(price)), parse_amount(str(quantity)), time_ms * 1000, event_ms * 1000,
                 bool(event["m"]), 0)  # fmt: skip


def _timed(frames: list[Step]) -> list[Step]:
    """Frames before the first that says its time belong to that time."""
    first_us = next(step.at_us for step in frames if step.at_us)
    return [step if step.at_us else step._replace(at_us=first_us) for step in frames]
