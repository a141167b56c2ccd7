"""Every frame that the exchange writes is, byte for byte, one that the venue has sent."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from core.exchange import wire
from core.exchange.klines import Bar, flat
from core.exchange.listing import Listing, parse_amount
from core.exchange.tape import Aggregate, Trade

pytestmark = pytest.mark.shared_data

_LISTING = Listing("A", "A", "A", 1, 1)


def _trade(event: dict) -> Trade:
    return Trade(event["t"], event["t"], parse_amount(event["p"]), parse_amount(event["q"]), event["T"] * 1000,
                 event["E"] * 1000, event["m"], 0)  # fmt: skip


def _encoded(frame: str) -> str | None:
    message = json.loads(frame)
    stream, event = message["stream"], message["data"]
    if event.get("e") == "trade":
        return wire.combined(stream, wire.trade(event["s"], _trade(event), 1000))
    if stream.endswith("@bookTicker"):
        best = tuple(parse_amount(event[key]) for key in "bBaA")
        return wire.combined(stream, wire.book_ticker(event["s"], event["u"], best))
    return None


def test_captured_trades(trade_capture: Path, frames: Callable[[Path], list[str]]) -> None:
    captured = frames(trade_capture)
    assert len(captured) == 34_419
    assert [_encoded(frame) for frame in captured] == captured


def test_captured_mixture(mixed_capture: Path, frames: Callable[[Path], list[str]]) -> None:
    pairs = [(frame, _encoded(frame)) for frame in frames(mixed_capture)]
    assert all(written == frame for frame, written in pairs if written)
    assert sum(written is not None for _, written in pairs) == 1936 + 1257 + 8197 + 5839


def test_retimed_is_verbatim_without_shift_in_milliseconds() -> None:
    event = '{"e":"x", "E":1,"k":{"t":2}}'
    assert wire.retimed(event, 0, 1000) is event


def test_retimed_moves_and_scales_every_time() -> None:
    event = '{"e":"kline","E":5,"s":"ß","k":{"t":1,"T":2,"s":"ß"}}'
    assert wire.retimed(event, 0, 1) == '{"e":"kline","E":5000,"s":"ß","k":{"t":1000,"T":2000,"s":"ß"}}'
    assert json.loads(wire.retimed(event, 3_000, 1000))["k"] == {"t": 4, "T": 5, "s": "ß"}


def test_trade_ids_are_not_times() -> None:
    assert json.loads(wire.retimed('{"e":"trade","E":1,"t":7,"T":1}', 0, 1)) == {
        "e": "trade",
        "E": 1000,
        "t": 7,
        "T": 1000,
    }


def test_microseconds() -> None:
    event = json.loads(wire.trade("A", Trade(1, 1, 1, 1, 1_700_000_000_000_001, 1_700_000_000_000_002, True, 0), 1))
    assert (event["T"], event["E"]) == (1_700_000_000_000_001, 1_700_000_000_000_002)
    assert list(event) == ["e", "E", "s", "t", "p", "q", "T", "m", "M"]


def test_aggregate_keys() -> None:
    event = json.loads(wire.aggregate("A", Aggregate(1, 2, 3, 4, 5, 6000, 7000, False), 1000))
    assert list(event) == ["e", "E", "s", "a", "p", "q", "f", "l", "T", "m", "M"]
    assert (event["f"], event["l"], event["T"], event["E"]) == (2, 3, 6, 7)


def test_kline_of_nothing_is_flat() -> None:
    bar = flat(60_000_000, 120_000_000, 12_345 * 10**6)
    kline = json.loads(wire.kline(_LISTING, "1m", bar, 120_000_001, True, 1000))["k"]
    assert list(kline) == ["t", "T", "s", "i", "f", "L", "o", "c", "h", "l", "v", "n", "x", "q", "V", "Q", "B"]
    assert (kline["t"], kline["T"], kline["f"], kline["L"], kline["n"]) == (60_000, 119_999, -1, -1, 0)
    assert {kline[key] for key in "ochl"} == {"123.45000000"}
    assert {kline[key] for key in "vqVQ"} == {"0.00000000"}


def test_kline_close_time_in_microseconds() -> None:
    bar = Bar(0, 1_000_000, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
    assert json.loads(wire.kline(_LISTING, "1s", bar, 5, False, 1))["k"]["T"] == 999_999


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_frame_header(size: int) -> None:
    frame = wire.text_frame("x" * size)
    head = 2 if size < 126 else 4 if size < 65_536 else 10
    assert frame[0] == 0x81
    assert len(frame) == head + size
    assert head == 2 or int.from_bytes(frame[2:head], "big") == size
