"""The exchange over real sockets."""

import json
import socket
import struct
from collections.abc import Callable
from http.client import HTTPConnection
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import websocket

from core.exchange.child import ExchangeProcess

Connect = Callable[[str], websocket.WebSocket]
Start = Callable[..., ExchangeProcess]


def _ask(ws: websocket.WebSocket, method: str, *params: object, id: object = 1) -> Any:
    """Send a request; its answer, events before it left out."""
    ws.send(json.dumps({"method": method, "params": params, "id": id}))
    while True:
        message = json.loads(ws.recv())
        if "result" in message or "error" in message:
            return message


def _until_close(ws: websocket.WebSocket) -> tuple[list[bytes], int, str]:
    """All texts up to the close frame, and its code and reason."""
    texts = []
    while True:
        opcode, data = ws.recv_data()
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            return texts, struct.unpack("!H", data[:2])[0], data[2:].decode()
        texts.append(data)


# a recording


@pytest.mark.shared_data
def test_capture_is_delivered_byte_for_byte(
    exchange: Start, connect: Connect, mixed_capture: Path, frames: Callable[[Path], list[str]], get: Callable[..., Any]
) -> None:
    process = exchange(replay=mixed_capture, speed="max")
    names = [f"{s}@{kind}" for s in ("btcusdt", "ethusdt") for kind in ("trade", "bookTicker", "depth@100ms")]
    captured = frames(mixed_capture)
    ws = connect(f"{process.ws_url}/stream?streams={'/'.join(names)}".replace("@", "%40"))
    assert [ws.recv() for _ in captured] == captured
    _, _, stats = get(f"{process.rest_url}/_exchange/stats")
    assert stats["symbols"]["BTCUSDT"] == {"trades": 1936, "first_id": 3735693016, "last_id": 3735694951}
    assert sum(stats["frames"].values()) == len(captured)


@pytest.mark.shared_data
def test_once_ends_when_all_is_delivered(exchange: Start, connect: Connect, trade_capture: Path) -> None:
    process = exchange(replay=trade_capture, speed="max", once=True)
    ws = connect(f"{process.ws_url}/stream?streams=btcusdt@trade/ethusdt@trade&timeUnit=MICROSECOND")
    texts, code, _ = _until_close(ws)
    events = [json.loads(text)["data"] for text in texts]
    assert code == 1000
    assert len(events) == 34_419
    assert all(event["T"] % 1000 == 0 and event["T"] > 10**15 for event in events)
    for symbol, last in (("BTCUSDT", 3735703162), ("ETHUSDT", 1520553439)):
        ids = [event["t"] for event in events if event["s"] == symbol]
        assert ids[-1] == last
        assert all(after == before + 1 for before, after in pairwise(ids))
    ws.shutdown()
    assert process.wait(20) == 0


@pytest.mark.shared_data
def test_audit_over_rest(exchange: Start, connect: Connect, trade_capture: Path, get: Callable[..., Any]) -> None:
    process = exchange(replay=trade_capture, speed="max")
    ws = connect(f"{process.ws_url}/ws/btcusdt@trade")
    while json.loads(ws.recv())["t"] != 3735703162:
        pass
    _, _, klines = get(f"{process.rest_url}/api/v3/klines?symbol=BTCUSDT&interval=1m")
    first_id = 3735683259
    for row in klines:
        _, _, rows = get(f"{process.rest_url}/api/v3/historicalTrades?symbol=BTCUSDT&fromId={first_id}&limit=1")
        assert row[0] <= rows[0]["time"] <= row[6]
        first_id += row[8]
    assert first_id == 3735703162 + 1


def test_two_flavours_of_the_same_trades(exchange: Start, connect: Connect, small_file: Path) -> None:
    process = exchange(replay=small_file, speed="max")
    quiet = connect(f"{process.ws_url}/ws/BTCUSDT@trade")
    raw = connect(f"{process.ws_url}/ws?timeUnit=MICROSECOND")
    assert _ask(raw, "SUBSCRIBE", "nosuch@trade")["result"] is None
    assert _ask(raw, "SUBSCRIBE", "aaausdt@trade", "aaausdt@aggTrade", id="x") == {"result": None, "id": "x"}
    events = [json.loads(raw.recv()) for _ in range(18)]
    assert [e["t"] for e in events if e["e"] == "trade"] == list(range(1, 11))
    assert [e["a"] for e in events if e["e"] == "aggTrade"] == list(range(1, 9))
    late = connect(f"{process.ws_url}/stream?streams=aaausdt@trade")
    assert _ask(late, "LIST_SUBSCRIPTIONS")["result"] == ["aaausdt@trade"]
    assert _ask(quiet, "LIST_SUBSCRIPTIONS")["result"] == ["BTCUSDT@trade"]


def test_kline_stream_of_a_recording(exchange: Start, connect: Connect, small_file: Path) -> None:
    process = exchange(replay=small_file, speed="max", once=True)
    ws = connect(f"{process.ws_url}/ws/aaausdt@kline_1s/aaausdt@kline_1m")
    texts, _, _ = _until_close(ws)
    bars = [json.loads(text)["k"] for text in texts]
    seconds = [bar for bar in bars if bar["i"] == "1s"]
    minutes = [bar for bar in bars if bar["i"] == "1m" and bar["x"]]
    assert all(bar["x"] for bar in seconds)
    assert [bar["n"] for bar in seconds[:6]] == [4, 1, 0, 0, 0, 2]
    assert [(bar["f"], bar["L"]) for bar in seconds[2:5]] == [(-1, -1)] * 3
    assert [bar["n"] for bar in minutes] == [7, 2]
    assert any(not bar["x"] for bar in bars)


def test_shifted_recording(exchange: Start, connect: Connect, small_file: Path, get: Callable[..., Any]) -> None:
    process = exchange(replay=small_file, speed="max", shift="now")
    _, _, before = get(f"{process.rest_url}/api/v3/time")
    ws = connect(f"{process.ws_url}/ws/aaausdt@trade")
    events = [json.loads(ws.recv()) for _ in range(10)]
    assert events[0]["E"] >= before["serverTime"]
    assert events[-1]["T"] - events[0]["T"] == 125_000


# the protocol


def test_requests_and_errors(simulated: ExchangeProcess, connect: Connect) -> None:
    ws = connect(f"{simulated.ws_url}/ws")
    assert _ask(ws, "GET_PROPERTY", "combined", id=None) == {"result": False, "id": None}
    ws.send("{")
    assert json.loads(ws.recv())["error"]["code"] == 3
    assert _ask(ws, "NONSENSE", id=4)["error"]["code"] == 2


def test_malformed_name_closes(simulated: ExchangeProcess, connect: Connect) -> None:
    ws = connect(f"{simulated.ws_url}/ws")
    assert _ask(ws, "SUBSCRIBE", "@@@x###")["error"]["code"] == 2
    assert _until_close(ws)[1:] == (1008, "Invalid request")


def test_too_many_streams(simulated: ExchangeProcess, connect: Connect) -> None:
    ws = connect(f"{simulated.ws_url}/ws")
    assert _ask(ws, "SUBSCRIBE", *(f"s{i}@trade" for i in range(1024)))["result"] is None
    assert _ask(ws, "SUBSCRIBE", "btcusdt@trade")["error"]["code"] == 4
    assert _until_close(ws)[1:] == (1008, "Invalid request")


def test_too_many_requests(simulated: ExchangeProcess, connect: Connect) -> None:
    ws = connect(f"{simulated.ws_url}/ws")
    for _ in range(20):
        ws.ping("x")
    while True:
        opcode, data = ws.recv_data(control_frame=True)
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            break
    assert data == struct.pack("!H", 1008) + b"Too many requests"


def test_client_pings_are_answered(simulated: ExchangeProcess, connect: Connect) -> None:
    ws = connect(f"{simulated.ws_url}/ws")
    ws.ping("hello")
    assert ws.recv_data(control_frame=True) == (websocket.ABNF.OPCODE_PONG, b"hello")


def test_binary_frames_are_refused(simulated: ExchangeProcess, connect: Connect) -> None:
    ws = connect(f"{simulated.ws_url}/ws")
    ws.send_binary(b"x")
    assert _until_close(ws)[1] == 1003


@pytest.mark.parametrize("path", ["/", "/api/v3/ping", "/market/ws"])
def test_no_stream_here(simulated: ExchangeProcess, connect: Connect, path: str) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        connect(simulated.ws_url + path)
    assert refused.value.status_code == 404


def test_pings_and_pong_timeout(exchange: Start, connect: Connect, get: Callable[..., Any]) -> None:
    process = exchange(ping_seconds=0.2, pong_seconds=0.4, symbols=("LTCUSDT",))
    ws = connect(f"{process.ws_url}/ws")
    opcode, payload = ws.recv_data_frame(control_frame=True)
    assert opcode == websocket.ABNF.OPCODE_PING
    assert int(payload.data) > 1_700_000_000_000
    silent = socket.create_connection(("127.0.0.1", process.port), timeout=30)
    with silent:
        silent.sendall(
            b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        received = b""
        while b"Pong timeout" not in received:
            received += silent.recv(4096)
    assert received.index(b"\x89\x0d") < received.index(b"\x88\x0e\x03\xf0Pong timeout")
    assert get(f"{process.rest_url}/_exchange/stats")[2]["closes"]["Pong timeout"] >= 1


def test_slow_reader_is_cut_off(exchange: Start, tmp_path: Path, get: Callable[..., Any]) -> None:
    rows = [f"{i},100.5,2,201.0,{1_700_000_000_000 + i // 100},True,True" for i in range(60_000)]
    path = tmp_path / "AAAUSDT-trades-2023-11-14.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    process = exchange(replay=path, speed="1000", buffer_bytes=100_000)
    with socket.create_connection(("127.0.0.1", process.port), timeout=30) as lazy:
        lazy.sendall(
            b"GET /ws/aaausdt@trade HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        while not get(f"{process.rest_url}/_exchange/stats")[2]["closes"].get("slow reader"):
            pass
    assert get(f"{process.rest_url}/api/v3/ping")[0] == 200


def test_fast_replay_waits_for_a_slow_reader(exchange: Start, tmp_path: Path, connect: Connect) -> None:
    rows = [f"{i},100.5,2,201.0,{1_700_000_000_000 + i // 100},True,True" for i in range(50_000)]
    path = tmp_path / "AAAUSDT-trades-2023-11-14.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    process = exchange(replay=path, speed="max", once=True, buffer_bytes=3_000_000)
    ws = connect(f"{process.ws_url}/stream?streams=aaausdt@trade")
    texts, code, _ = _until_close(ws)
    assert [json.loads(text)["data"]["t"] for text in texts] == list(range(50_000))
    assert code == 1000


# REST


def test_keep_alive_and_weight(exchange: Start) -> None:
    process = exchange(symbols=("LTCUSDT",), weight_per_minute=50)
    connection = HTTPConnection("127.0.0.1", process.port, timeout=30)
    statuses = []
    for _ in range(4):
        connection.request("GET", "/api/v3/trades?symbol=LTCUSDT&limit=1")
        answer = connection.getresponse()
        statuses.append(answer.status)
        answer.read()
    assert {200, 429} == set(statuses)
    assert int(answer.headers["X-MBX-USED-WEIGHT-1M"]) >= 25
    connection.close()


def test_no_http(simulated: ExchangeProcess, get: Callable[..., Any]) -> None:
    with socket.create_connection(("127.0.0.1", simulated.port), timeout=30) as client:
        client.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
        assert client.recv(100) == b""
    assert get(f"{simulated.rest_url}/api/v3/ping")[0] == 200


def test_unknown_path(simulated: ExchangeProcess, get: Callable[..., Any]) -> None:
    assert get(f"{simulated.rest_url}/api/v3/nothing")[0] == 404


# the simulated market, live


def test_live_trades_equal_history(simulated: ExchangeProcess, connect: Connect, get: Callable[..., Any]) -> None:
    ws = connect(f"{simulated.ws_url}/stream?streams=btcusdt@trade/ethusdt@trade&timeUnit=MICROSECOND")
    events = [json.loads(ws.recv())["data"] for _ in range(60)]
    for symbol in {event["s"] for event in events}:
        mine = [event for event in events if event["s"] == symbol]
        assert all(after["t"] == before["t"] + 1 for before, after in pairwise(mine))
        assert all(event["E"] >= event["T"] for event in mine)
        _, _, rows = get(
            f"{simulated.rest_url}/api/v3/historicalTrades?symbol={symbol}&fromId={mine[0]['t']}&limit={len(mine)}",
            **{"X-MBX-TIME-UNIT": "MICROSECOND"},
        )
        told = [(e["t"], e["p"], e["q"], e["T"], e["m"]) for e in mine]
        assert told == [(r["id"], r["price"], r["qty"], r["time"], r["isBuyerMaker"]) for r in rows]


def test_history_is_audited_over_rest(simulated: ExchangeProcess, get: Callable[..., Any]) -> None:
    base = f"{simulated.rest_url}/api/v3"
    bars = get(f"{base}/klines?symbol=LTCUSDT&interval=1m&limit=30")[2][:-1]
    seconds = get(f"{base}/klines?symbol=LTCUSDT&interval=1s&limit=120&startTime={bars[0][0]}")[2]
    rows = get(f"{base}/aggTrades?symbol=LTCUSDT&startTime={bars[0][0]}&limit=1")[2]
    _, _, trades = get(f"{base}/historicalTrades?symbol=LTCUSDT&fromId={rows[0]['f']}&limit=1000")
    for bar in bars:
        inside = [row for row in trades if bar[0] <= row["time"] <= bar[6]]
        if trades[-1]["time"] > bar[6]:
            assert len(inside) == bar[8]
            if inside:
                assert (inside[0]["price"], inside[-1]["price"]) == (bar[1], bar[4])
    assert sum(row[8] for row in seconds) == bars[0][8] + bars[1][8]


def test_restart_goes_on_where_it_was(exchange: Start, get: Callable[..., Any]) -> None:
    answers = []
    for _ in range(2):
        process = exchange(seed=3, symbols=("XRPUSDT",), history_days=1)
        if not answers:
            first = get(f"{process.rest_url}/api/v3/trades?symbol=XRPUSDT&limit=1")[2][0]["id"] - 500
        answers.append(get(f"{process.rest_url}/api/v3/historicalTrades?symbol=XRPUSDT&fromId={first}&limit=400")[2])
        process.close()
    assert answers[0] == answers[1]
    assert len(answers[0]) == 400


def test_clock_streams(simulated: ExchangeProcess, connect: Connect) -> None:
    names = ("ltcusdt@kline_1s", "ltcusdt@kline_1m", "ltcusdt@miniTicker", "ltcusdt@ticker", "ltcusdt@bookTicker")
    ws = connect(f"{simulated.ws_url}/stream?streams={'/'.join((*names, '!miniTicker@arr'))}")
    wanted, seen = {*names, "!miniTicker@arr"}, {}
    while set(seen) != wanted:
        message = json.loads(ws.recv())
        seen[message["stream"]] = message["data"]
    assert seen["ltcusdt@ticker"]["n"] == seen["ltcusdt@ticker"]["L"] - seen["ltcusdt@ticker"]["F"] + 1
    assert seen["ltcusdt@kline_1s"]["k"]["x"] is True
    assert list(seen["ltcusdt@bookTicker"]) == ["u", "s", "b", "B", "a", "A"]
    assert seen["ltcusdt@miniTicker"]["e"] == "24hrMiniTicker"


def test_burst_in_recorded_time(exchange: Start, tmp_path: Path, connect: Connect) -> None:
    rows = [f"{i},100.5,2,201.0,{1_700_000_000_000 + i // 25},True,True" for i in range(25_000)]
    path = tmp_path / "AAAUSDT-trades-2023-11-14.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    process = exchange(replay=path, once=True)
    texts, code, _ = _until_close(connect(f"{process.ws_url}/ws/aaausdt@trade"))
    assert [json.loads(text)["t"] for text in texts] == list(range(25_000))
    assert code == 1000
