"""What faults do to WebSockets, seen by a client."""

import json
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
import websocket
from websocket import ABNF

from core.exchange.child import ExchangeProcess, start
from core.exchange.options import ExchangeOptions

PATIENCE = 30.0
_PING = 0.4
_NAMES = tuple(f"{base}usdt@trade" for base in ("btc", "eth", "sol", "xrp", "bnb", "doge"))
_COMBINED = f"/stream?streams={'/'.join(_NAMES)}"
Connect = Callable[[str], websocket.WebSocket]


@pytest.fixture(scope="module")
def process() -> Iterator[ExchangeProcess]:
    options = ExchangeOptions(seed=7, history_days=1, ping_seconds=_PING, pong_seconds=1.0, messages_per_second=20)
    with start(options) as running:
        yield running


@pytest.fixture(autouse=True)
def _healed(process: ExchangeProcess) -> Iterator[None]:
    yield
    process.heal()


@pytest.fixture
def ws(process: ExchangeProcess, connect: Connect) -> websocket.WebSocket:
    """A client of several streams that has got something."""
    ws = connect(process.ws_url + _COMBINED)
    ws.recv()
    return ws


def _trade(ws: websocket.WebSocket) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ws.recv())["data"]
    return found


def _trades(ws: websocket.WebSocket, enough: int) -> list[dict[str, Any]]:
    return [_trade(ws) for _ in range(enough)]


def _close(ws: websocket.WebSocket) -> tuple[int, str]:
    """The close frame that ends it; pings on the way are answered."""
    while True:
        opcode, data = ws.recv_data()
        if opcode == ABNF.OPCODE_CLOSE:
            return int.from_bytes(data[:2]), data[2:].decode()


def _read_forever(ws: websocket.WebSocket) -> None:
    while True:
        ws.recv_data(control_frame=True)


def _bitten(process: ExchangeProcess, name: str) -> int:
    return process.bites().get(name, 0)


def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline


def test_a_reset_is_no_close_frame(process: ExchangeProcess, ws: websocket.WebSocket) -> None:
    before = _bitten(process, "reset")
    process.fault("reset")
    with pytest.raises(ConnectionResetError):
        _close(ws)
    assert _bitten(process, "reset") == before + 1


def test_a_share_of_nobody_is_nobody(process: ExchangeProcess, ws: websocket.WebSocket) -> None:
    before = _bitten(process, "reset")
    process.fault("reset", share=0)
    assert _trades(ws, 10)
    assert _bitten(process, "reset") == before


def test_a_close_frame(process: ExchangeProcess, ws: websocket.WebSocket) -> None:
    process.fault("close", code=1008, reason="Too many requests")
    assert _close(ws) == (1008, "Too many requests")


def test_half_open_pings_and_never_replays(process: ExchangeProcess, ws: websocket.WebSocket) -> None:
    last = {trade["s"]: trade["t"] for trade in _trades(ws, 60)}
    process.fault("half_open")
    pings = 0
    while pings < 4:
        opcode, data = ws.recv_data(control_frame=True)
        pings += opcode == ABNF.OPCODE_PING
        if opcode == ABNF.OPCODE_TEXT:
            trade = json.loads(data)["data"]
            last[trade["s"]] = trade["t"]
            pings = 0
    withheld = _bitten(process, "half_open")
    assert withheld > 0
    process.heal("half_open")
    first: dict[str, int] = {}
    for trade in _trades(ws, 60):
        first.setdefault(trade["s"], trade["t"])
    assert any(first[symbol] > last[symbol] + 1 for symbol in first.keys() & last.keys())


def test_a_full_stall_says_nothing_and_then_goes_on(process: ExchangeProcess, ws: websocket.WebSocket) -> None:
    process.fault("full_stall")
    ws.settimeout(3 * _PING)
    with pytest.raises(websocket.WebSocketTimeoutException):  # neither events nor a ping
        _read_forever(ws)
    ws.send('{"method": "LIST_SUBSCRIPTIONS", "id": 9}')
    with pytest.raises(websocket.WebSocketTimeoutException):
        ws.recv_data(control_frame=True)
    ws.settimeout(PATIENCE)
    process.heal()
    assert any(json.loads(ws.recv()).get("id") == 9 for _ in range(500))
    assert _trades(ws, 50)


def test_pongs_ignored(process: ExchangeProcess, ws: websocket.WebSocket) -> None:
    process.fault("ignore_pongs")
    assert _close(ws) == (1008, "Pong timeout")
    assert _bitten(process, "ignore_pongs") > 0


def test_pongs_heard_again(process: ExchangeProcess, ws: websocket.WebSocket) -> None:
    process.fault("ignore_pongs", seconds=0.3)
    pings = 0
    while pings < 8:
        opcode, data = ws.recv_data(control_frame=True)
        assert opcode != ABNF.OPCODE_CLOSE, data
        pings += opcode == ABNF.OPCODE_PING


def test_the_old_are_closed(process: ExchangeProcess, ws: websocket.WebSocket) -> None:
    process.fault("max_age", seconds=0.5)
    assert _close(ws) == (1001, "Connection too old")


def test_the_old_are_cut_off(process: ExchangeProcess, ws: websocket.WebSocket) -> None:
    process.fault("max_age", seconds=0.5, abrupt=True)
    with pytest.raises(ConnectionResetError):
        _close(ws)


def test_the_young_are_not(process: ExchangeProcess, ws: websocket.WebSocket) -> None:
    process.fault("max_age", seconds=3600)
    assert _trades(ws, 20)


def test_a_shutdown_is_announced_in_both_framings(
    process: ExchangeProcess, ws: websocket.WebSocket, connect: Connect
) -> None:
    raw = connect(f"{process.ws_url}/ws/nosuch@trade")
    process.fault("shutdown", seconds=0.5)
    event = json.loads(raw.recv())
    assert event == {"e": "serverShutdown", "E": event["E"]}
    assert abs(event["E"] / 1000 - time.time()) < PATIENCE
    told = [json.loads(ws.recv())]
    while told[-1]["stream"] != "!serverShutdown":
        told.append(json.loads(ws.recv()))
    assert told[-1]["data"] == {"e": "serverShutdown", "E": pytest.approx(event["E"], abs=PATIENCE * 1000)}
    assert json.loads(ws.recv())["data"]["e"] == "trade"
    assert _close(raw) == _close(ws) == (1001, "Server shutdown")


def test_duplicates(process: ExchangeProcess, ws: websocket.WebSocket) -> None:
    process.fault("duplicate", copies=3)
    _until(lambda: _bitten(process, "duplicate"))
    told = [ws.recv() for _ in range(120)]
    same = [text for text, after in pairwise(told) if text == after]
    assert len(same) >= 60
    assert _bitten(process, "duplicate") >= 2 * 60 / 3


def test_jumbled_but_whole(process: ExchangeProcess, ws: websocket.WebSocket) -> None:
    before = {trade["s"]: trade["t"] for trade in _trades(ws, 100)}
    process.fault("reorder", window=6)
    told = [(t["s"], t["t"]) for t in _trades(ws, 200)]
    process.heal()
    ended_us = time.time_ns() // 1000
    last: dict[str, int] = {}
    while len(last) < len(before):  # what was held back comes first
        trade = _trade(ws)
        told.append((trade["s"], trade["t"]))
        if trade["T"] * 1000 > ended_us or trade["s"] not in before:
            last[trade["s"]] = trade["t"]
        if trade["T"] * 1000 > ended_us + 3_000_000:
            break
    jumbled = 0
    for symbol in before:
        ids = [number for name, number in told if name == symbol]
        jumbled += sum(after < number for number, after in pairwise(ids))
        assert sorted(ids) == list(range(before[symbol] + 1, before[symbol] + 1 + len(ids)))
    assert jumbled
    assert _bitten(process, "reorder") > 0


def _refusal(process: ExchangeProcess) -> tuple[int, dict[str, str], str]:
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        websocket.create_connection(process.ws_url + _COMBINED, timeout=PATIENCE)
    error = refused.value
    headers = {name.lower(): value for name, value in (error.resp_headers or {}).items()}
    return error.status_code, headers, (error.resp_body or b"").decode()


def test_451_is_json_with_code_0(process: ExchangeProcess) -> None:
    process.fault("refuse", status=451)
    status, _, body = _refusal(process)
    assert status == 451
    assert json.loads(body)["code"] == 0
    assert "restricted location" in json.loads(body)["msg"]


def test_403_is_a_page(process: ExchangeProcess) -> None:
    process.fault("refuse", status=403)
    status, headers, body = _refusal(process)
    assert (status, headers["content-type"]) == (403, "text/html")
    assert body.startswith("<html>")


@pytest.mark.parametrize("status", [429, 502, 503])
def test_refused(process: ExchangeProcess, status: int) -> None:
    before = _bitten(process, "refuse")
    process.fault("refuse", status=status, retry_after=7)
    found, headers, _ = _refusal(process)
    assert (found, headers["retry-after"]) == (status, "7")
    assert _bitten(process, "refuse") == before + 1


def test_a_refusal_ends_by_itself(process: ExchangeProcess, connect: Connect) -> None:
    process.fault("refuse", status=503, seconds=0.1)
    _until(lambda: not process.faults())
    assert connect(process.ws_url + _COMBINED).recv()


def test_handshakes_beyond_the_limit(process: ExchangeProcess, ws: websocket.WebSocket) -> None:
    process.fault("connection_limit", per_five_minutes=1)
    status, headers, body = _refusal(process)
    assert (status, json.loads(body)["code"]) == (429, -1003)
    assert int(headers["retry-after"]) > 0
    assert _trades(ws, 5)


def test_the_venues_own_limit(exchange: Callable[..., ExchangeProcess]) -> None:
    process = exchange(symbols=("LTCUSDT",), history_days=0)
    for _ in range(300):
        websocket.create_connection(f"{process.ws_url}/ws", timeout=PATIENCE).shutdown()
    assert _refusal(process)[0] == 429
