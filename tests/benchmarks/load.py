"""The load: a process that plays the venue over plain sockets, and is never the bottleneck.

    python -m tests.benchmarks.load --trades 1000000             as fast as the reader takes them
    python -m tests.benchmarks.load --trades 30000 --rate 1000   paced, with the times of now

Frames are encoded before the first connection; a block of them is one call of ``sendall``, which waits where the reader
is slow and so drops nothing. Paced frames get their times when they are sent. Prints its port, and what it did.
"""

import argparse
import base64
import hashlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.market import LISTED, Tape, tape

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_BLOCK_BYTES = 1 << 18
_TICK_SECONDS = 0.01
#: Between the handshake and the first frame: time for the reader to note its CPU time.
_LEAD_SECONDS = 1.0
_LATE_TICKS = 10


def main() -> None:
    options = _arguments()
    server = socket.create_server(("127.0.0.1", 0), backlog=32)
    market = tape(options.trades, time.time_ns() // 1000 - options.trades * 1000)
    stream = _paced(market, options.rate, options.shown) if options.rate else _flood(market)
    _tell({"port": server.getsockname()[1]})
    while True:
        connection, _ = server.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_serve, args=(connection, stream), daemon=True).start()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trades", type=int, required=True, help="how many to send")
    parser.add_argument("--rate", type=int, default=0, help="trades a second; 0 for as fast as they are read")
    parser.add_argument("--shown", type=Path, help="write when each trade of the first symbol was sent to this file")
    return parser.parse_args()


def frame(text: bytes) -> bytes:
    """One unmasked text frame."""
    if len(text) < 126:
        return bytes((0x81, len(text))) + text
    return b"\x81\x7e" + struct.pack(">H", len(text)) + text


def texts(market: Tape, times: Sequence[int]) -> list[bytes]:
    """A combined-stream message a trade, as the venue writes it with microseconds."""
    heads = [f'{{"stream":"{one.name.lower()}@trade","data":{{"e":"trade","E":' for one in LISTED]
    middles = [f',"s":"{one.name}","t":' for one in LISTED]
    prices = [_decimals(one.scale.price) for one in LISTED]
    quantities = [_decimals(one.scale.quantity) for one in LISTED]
    rows = zip(*(column.tolist() for column in market), times, strict=True)
    return [
        (
            f'{heads[s]}{now + 700}{middles[s]}{i},"p":"{prices[s](p)}","q":"{quantities[s](q)}",'
            f'"T":{now},"m":{"true" if m else "false"},"M":true}}}}'
        ).encode()
        for s, i, p, q, _, m, now in rows
    ]


def _decimals(exponent: int) -> Callable[[int], str]:
    """Eight decimals, always, as the venue writes them."""
    factor = 10 ** (8 - exponent)

    def text(value: int) -> str:
        whole, rest = divmod(value * factor, 10**8)
        return f"{whole}.{rest:08}"

    return text


def _flood(market: Tape) -> Callable[[socket.socket], dict[str, Any]]:
    data = memoryview(b"".join(map(frame, texts(market, market.time_us.tolist()))))

    def send(connection: socket.socket) -> dict[str, Any]:
        started = time.monotonic()
        for at in range(0, len(data), _BLOCK_BYTES):
            connection.sendall(data[at : at + _BLOCK_BYTES])
        return _sent(len(market.symbol), started, late=0)

    return send


def _paced(market: Tape, rate: int, shown: Path | None) -> Callable[[socket.socket], dict[str, Any]]:
    a_tick = max(1, round(rate * _TICK_SECONDS))
    parts = [Tape(*(column[i : i + a_tick] for column in market)) for i in range(0, len(market.symbol), a_tick)]

    def send(connection: socket.socket) -> dict[str, Any]:
        started, late, log = time.monotonic(), 0, []
        for number, part in enumerate(parts):
            due = started + number * a_tick / rate
            wait = due - time.monotonic()
            late += wait < -_LATE_TICKS * _TICK_SECONDS
            time.sleep(max(0.0, wait))
            now = time.time_ns() // 1000
            connection.sendall(b"".join(map(frame, texts(part, [now] * len(part.symbol)))))
            log.append((now, int((part.symbol == 0).sum())))
        if shown is not None:
            shown.write_text(json.dumps(log))
        return _sent(len(market.symbol), started, late)

    return send


def _sent(count: int, started: float, late: int) -> dict[str, Any]:
    ended = time.monotonic()
    return {"sent": count, "started": started, "ended": ended, "rate": count / (ended - started), "late": late}


def _serve(connection: socket.socket, stream: Callable[[socket.socket], dict[str, Any]]) -> None:
    try:
        while (request := _request(connection)) is not None:
            path, headers = request
            if "upgrade" not in headers.get("connection", "").lower():
                _answer(connection, path)
                continue
            connection.sendall(_handshake(headers["sec-websocket-key"]))
            time.sleep(_LEAD_SECONDS)
            _tell(stream(connection))
            while connection.recv(4096):  # stay until the reader has gone
                pass
    except OSError:  # the reader went in the middle: nothing to tell
        pass
    finally:
        connection.close()


def _request(connection: socket.socket) -> tuple[str, dict[str, str]] | None:
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(4096)
        if not part:
            return None
        data += part
    first, *lines = data.split(b"\r\n\r\n", 1)[0].decode("latin-1").split("\r\n")
    return first.split()[1], {k.strip().lower(): v.strip() for k, v in (line.split(":", 1) for line in lines)}


def _handshake(key: str) -> bytes:
    accept = base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


def _answer(connection: socket.socket, path: str) -> None:
    """The desk's questions at its start: the time and the symbols; there is no history."""
    body: Any = []
    if "/time" in path:
        body = {"serverTime": time.time_ns() // 1000}
    elif "/exchangeInfo" in path:
        body = {"symbols": [_listing(one.name, *one.scale) for one in LISTED]}
    data = json.dumps(body).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    connection.sendall(head.encode() + data)


def _listing(name: str, price: int, quantity: int) -> dict[str, Any]:
    filters = [
        {"filterType": "PRICE_FILTER", "tickSize": f"{10**-price:.8f}"},
        {"filterType": "LOT_SIZE", "stepSize": f"{10**-quantity:.8f}"},
    ]
    return {"symbol": name, "status": "TRADING", "filters": filters}


def _tell(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
