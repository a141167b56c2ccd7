"""The USD-M market over real sockets."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import websocket

from core.exchange.child import ExchangeProcess, start
from core.exchange.options import ExchangeOptions

#: Several, because each of them has minutes in which it is not traded.
_SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT")
Connect = Callable[[str], websocket.WebSocket]
Get = Callable[..., Any]


@pytest.fixture(scope="module")
def usdm() -> Iterator[ExchangeProcess]:
    with start(ExchangeOptions(market="usdm", seed=7, history_days=1, symbols=_SYMBOLS)) as process:
        yield process


def _names(*kinds: str) -> str:
    return "/".join(f"{symbol.lower()}@{kind}" for symbol in _SYMBOLS for kind in kinds)


def _events(ws: websocket.WebSocket, enough: Callable[[list[dict]], bool]) -> list[dict]:
    events: list[dict] = []
    while not enough(events):
        message = json.loads(ws.recv())
        events.append(message.get("data", message))
    return events


def test_aggregates_are_contiguous_and_what_rest_says(usdm: ExchangeProcess, connect: Connect, get: Get) -> None:
    ws = connect(f"{usdm.ws_url}/market/ws/{_names('aggTrade')}")
    told = _events(ws, lambda events: len(events) >= 100)
    assert usdm.market == "usdm simulated market"
    assert {tuple(e)[:12] for e in told} == {("e", "E", "a", "s", "p", "q", "nq", "f", "l", "T", "m", "st")}
    assert all(e["E"] >= e["T"] + 100 and e["f"] <= e["l"] for e in told)
    for symbol in {e["s"] for e in told}:
        mine = [e for e in told if e["s"] == symbol]
        assert [e["a"] for e in mine] == list(range(mine[0]["a"], mine[0]["a"] + len(mine)))
        query = f"symbol={symbol}&fromId={mine[0]['a']}&limit={len(mine)}"
        _, _, rows = get(f"{usdm.rest_url}/fapi/v1/aggTrades?{query}")
        assert [{key: e[key] for key in row} for e, row in zip(mine, rows, strict=True)] == rows


def test_two_who_subscribe_at_different_times_hear_the_same(usdm: ExchangeProcess, connect: Connect) -> None:
    early = connect(f"{usdm.ws_url}/market/ws/{_names('aggTrade')}")
    first = _events(early, lambda events: len(events) >= 5)
    late = connect(f"{usdm.ws_url}/market/stream?streams={_names('aggTrade')}")
    heard = _events(late, lambda events: len(events) >= 20)
    also = first + _events(early, lambda events: heard[-1] in events)
    begin = also.index(heard[0])
    assert also[begin : begin + 20] == heard


def test_a_socket_without_a_class_tells_of_the_book_only(usdm: ExchangeProcess, connect: Connect) -> None:
    for path in ("/ws", "/public/ws"):
        ws = connect(f"{usdm.ws_url}{path}/{_names('aggTrade', 'bookTicker', 'trade')}")
        told = _events(ws, lambda events: len(events) >= 30)
        assert {e["e"] for e in told} == {"bookTicker"}
        assert list(told[0]) == ["e", "u", "s", "ps", "b", "B", "a", "A", "T", "E", "st"]


def test_the_market_class_leaves_out_book_and_single_trades(usdm: ExchangeProcess, connect: Connect) -> None:
    names = _names("aggTrade", "bookTicker", "trade", "kline_1m", "kline_1s", "miniTicker", "ticker")
    ws = connect(f"{usdm.ws_url}/market/stream?streams={names}")
    kinds = {"aggTrade", "kline", "24hrMiniTicker", "24hrTicker"}
    told = _events(ws, lambda events: kinds <= {e.get("e") for e in events} and len(events) > 100)
    assert {e["e"] for e in told} == kinds
    assert {e["k"]["i"] for e in told if e["e"] == "kline"} == {"1m"}
    bars = [e for e in told if e["e"] == "kline"]
    assert all(e["E"] % 250 == 50 for e in bars)
    day = next(e for e in told if e["e"] == "24hrTicker")
    assert {"ps", "st"} <= set(day)
    assert not {"b", "B", "x"} & set(day)


def test_ten_messages_a_second(usdm: ExchangeProcess, connect: Connect) -> None:
    ws = connect(f"{usdm.ws_url}/market/ws")
    for number in range(10):
        ws.send(json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": number}))
    assert [json.loads(ws.recv())["id"] for _ in range(10)] == list(range(10))


def test_the_futures_limits_hold_where_nothing_else_is_said() -> None:
    spot, usdm = ExchangeOptions(), ExchangeOptions(market="usdm")
    assert (spot.ping_seconds, spot.pong_seconds, spot.messages_per_second, spot.weight_per_minute) == (20, 60, 5, 6000)
    assert (usdm.ping_seconds, usdm.pong_seconds, usdm.messages_per_second, usdm.weight_per_minute) == (
        180, 600, 10, 2400,
    )  # fmt: skip
    told = ExchangeOptions(market="usdm", ping_seconds=1.0, weight_per_minute=99)
    assert (told.ping_seconds, told.weight_per_minute, told.pong_seconds) == (1.0, 99, 600.0)
