"""One WebSocket connection: websocket-client's handshake, pongs and close around batched reading."""

import selectors
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Self

import websocket

from core.errors import ConnectionRefused, FeedError, GeoBlocked
from core.feed.frames import CLOSE, PING, ControlFrame, FrameSplitter

CONNECT_SECONDS = 10.0
_SEND_SECONDS = 1.0
_READ_BYTES = 1 << 18
_TLS_RECORDS = 32
#: Enough for what a system keeps of one connection; a venue that never pauses is not read for ever.
_DRAIN_READS = 64
_GONE = (websocket.WebSocketException, OSError)


class Connection:
    """An open connection, used by one thread."""

    def __init__(self, inner: websocket.WebSocket) -> None:
        self._inner = inner
        self._splitter = FrameSplitter()
        self.bytes = 0

    @classmethod
    def open(cls, url: str) -> Self:
        """Connect. Raise GeoBlocked or ConnectionRefused where HTTP says no, FeedError where nobody answers."""
        inner = websocket.WebSocket(skip_utf8_validation=True, enable_multithread=False)
        try:
            inner.connect(url, timeout=CONNECT_SECONDS, sockopt=((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),))
        except websocket.WebSocketBadStatusException as error:
            raise _refusal(url, error) from error
        except (websocket.WebSocketException, OSError, ValueError) as error:
            raise FeedError(f"no connection to {_host(url)}: {str(error) or type(error).__name__}") from error
        return cls(inner)

    def read(self, seconds: float) -> list[bytes]:
        """The messages that arrive within `seconds`, none perhaps. Pings are answered.

        Raise FeedError at the end of the connection, saying who ended it; what was read before is returned first.
        """
        data = self._receive(seconds)
        self.bytes += len(data)
        messages, controls = self._splitter.feed(data)
        for control in controls:
            self._answer(control, messages)
        return messages

    def drain(self) -> list[bytes]:
        """The messages that have arrived by now, also where the connection has ended since. Raises nothing."""
        messages: list[bytes] = []
        for _ in range(_DRAIN_READS):
            before = self.bytes
            try:
                messages += self.read(0.0)
            except ConnectionEnded as end:
                return messages + end.messages
            except FeedError:
                break
            if self.bytes == before:
                break
        return messages

    def send(self, text: str) -> None:
        """Send a text message. Raise ConnectionEnded where the connection is gone."""
        try:
            self._sending(lambda: self._inner.send(text))
        except _GONE as error:
            raise ConnectionEnded(f"sending failed: {error}", self.drain()) from error

    def close(self) -> None:
        """Say goodbye, and do not wait for an answer."""
        with suppress(*_GONE):  # the other side may have gone already
            self._sending(self._inner.send_close)
        self._inner.shutdown()

    def fileno(self) -> int:
        """The socket's descriptor; -1 where it is closed."""
        sock = self._inner.sock
        return -1 if sock is None else sock.fileno()

    @property
    def pending(self) -> bool:
        """Whether bytes are decrypted already, of which the socket itself says nothing any more."""
        sock = self._inner.sock
        return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0

    def _sending(self, send: Callable[[], object]) -> None:
        """Send with patience of its own: a read that did not want to wait must not make a sending fail."""
        if self._inner.sock is not None:
            self._inner.sock.settimeout(_SEND_SECONDS)
        send()

    def _receive(self, seconds: float) -> bytes:
        sock = self._inner.sock
        if sock is None:
            raise FeedError("the connection is closed")
        try:
            sock.settimeout(seconds)
            data: bytes = sock.recv(_READ_BYTES)
            if not data:
                raise FeedError("the connection was cut without a close frame")
            return data + self._buffered(sock) if isinstance(sock, ssl.SSLSocket) else data
        except (TimeoutError, BlockingIOError, ssl.SSLWantReadError):
            return b""
        except OSError as error:
            raise FeedError(f"the connection broke: {error}") from error

    @staticmethod
    def _buffered(sock: ssl.SSLSocket) -> bytes:
        """What TLS has decrypted already: a read gives one record, and a burst is many."""
        parts: list[bytes] = []
        with suppress(OSError):  # the next read meets it again; what came before it is handed on first
            while sock.pending() and len(parts) < _TLS_RECORDS:
                parts.append(sock.recv(_READ_BYTES))
        return b"".join(parts)

    def _answer(self, control: ControlFrame, messages: list[bytes]) -> None:
        if control.opcode == PING:
            try:
                self._sending(lambda: self._inner.pong(control.payload))
            except _GONE as error:
                raise ConnectionEnded(f"answering a ping failed: {error}", messages + self.drain()) from error
        elif control.opcode == CLOSE:
            raise ConnectionEnded(_farewell(control.payload), messages)


class ConnectionEnded(FeedError):
    """The connection is over; `messages` were received before its end and are still good."""

    def __init__(self, message: str, messages: list[bytes]) -> None:
        super().__init__(message)
        self.messages = messages


def readable(connections: Sequence[Connection], seconds: float) -> list[Connection]:
    """Those of `connections` that have something to read, in their order; none where nothing comes within `seconds`.

    One whose socket is closed counts: reading it tells.
    """
    at_once = [each for each in connections if each.pending or each.fileno() < 0]
    with selectors.DefaultSelector() as selector:
        for each in connections:
            if each not in at_once:
                selector.register(each, selectors.EVENT_READ)
        ready = {id(key.fileobj) for key, _ in selector.select(0.0 if at_once else seconds)}
    return [each for each in connections if each in at_once or id(each) in ready]


def _farewell(payload: bytes) -> str:
    if len(payload) < 2:
        return "closed by the venue without a reason"
    reason = payload[2:].decode("utf-8", "replace")
    return f"closed by the venue: {int.from_bytes(payload[:2], 'big')} {reason}".rstrip()


def _refusal(url: str, error: websocket.WebSocketBadStatusException) -> ConnectionRefused:
    status = int(error.status_code)
    if status == 451:
        return GeoBlocked(
            f"{_host(url)} does not serve this place (HTTP 451): use the *.binance.vision hosts, or another network",
            status,
        )
    headers = error.resp_headers or {}
    wait = str(headers.get("retry-after", ""))
    return ConnectionRefused(
        f"{_host(url)} refused the connection with HTTP {status}", status, float(wait) if wait.isdecimal() else None
    )


def _host(url: str) -> str:
    return url.split("://", 1)[-1].split("/", 1)[0]
