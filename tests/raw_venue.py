"""A venue of raw sockets, which does to its clients whatever a test tells it."""

import base64
import hashlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, Self

from tests.trading import PATIENCE

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Heard(NamedTuple):
    """A frame from the client."""

    opcode: int
    payload: bytes


def server_frame(payload: bytes | str, opcode: int = TEXT, final: bool = True, reserved: int = 0) -> bytes:
    """A frame as a server sends it."""
    data = payload.encode() if isinstance(payload, str) else payload
    first = (0x80 if final else 0) | reserved | opcode
    if len(data) < 126:
        return bytes((first, len(data))) + data
    if len(data) < 65_536:
        return bytes((first, 126)) + struct.pack(">H", len(data)) + data
    return bytes((first, 127)) + struct.pack(">Q", len(data)) + data


class Peer:
    """The venue's side of one connection."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._file = sock.makefile("rb")
        self.target = ""

    def request(self) -> dict[str, str]:
        """Read the client's HTTP request."""
        self.target = self._file.readline().split(b" ")[1].decode()
        headers: dict[str, str] = {}
        while (line := self._file.readline().strip()) != b"":
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        return headers

    def accept(self) -> Self:
        """Read the handshake and agree to it."""
        key = self.request()["sec-websocket-key"]
        answer = base64.b64encode(hashlib.sha1((key + _MAGIC).encode()).digest()).decode()
        self.send(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {answer}\r\n\r\n".encode()
        )
        return self

    def refuse(self, status: int, *headers: str, body: str = "") -> None:
        """Read the handshake and answer it with an HTTP error."""
        self.request()
        lines = [f"HTTP/1.1 {status} No", f"Content-Length: {len(body)}", "Connection: close", *headers]
        self.send(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def say(self, *texts: str | bytes) -> None:
        """Send text messages."""
        self.send(b"".join(server_frame(text) for text in texts))

    def hear(self) -> Heard | None:
        """The client's next frame; None at its end."""
        try:
            head = self._file.read(2)
            if len(head) < 2:
                return None
            length = head[1] & 0x7F
            if length >= 126:
                size = 2 if length == 126 else 8
                length = int.from_bytes(self._file.read(size), "big")
            mask = self._file.read(4)
            payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(self._file.read(length)))
        except OSError:
            return None
        return Heard(head[0] & 0x0F, payload)

    def hear_out(self) -> list[Heard]:
        """Everything that the client says until it leaves."""
        heard: list[Heard] = []
        while (frame := self.hear()) is not None:
            heard.append(frame)
        return heard

    def reset(self) -> None:
        """Cut the connection without a word."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def hang_up(self) -> None:
        """End the connection without a close frame; whoever listens to the client hears its end."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._file.close()
        self._socket.close()


class RawVenue:
    """Listens on loopback; the n-th connection is handled by the n-th of `acts`, any further by the last."""

    def __init__(self, *acts: Callable[[Peer], None], tls: ssl.SSLContext | None = None) -> None:
        self._acts, self._tls = acts, tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads: list[threading.Thread] = []
        self._peers: list[Peer] = []
        self.targets: list[str] = []
        self.accepted = 0
        self.errors: list[BaseException] = []
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{'wss' if self._tls else 'ws'}://{self.host}"

    @property
    def connections(self) -> int:
        return len(self.targets)

    def _listen(self) -> None:
        number = 0
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.settimeout(PATIENCE)
            act = self._acts[min(number, len(self._acts) - 1)]
            number += 1
            self.accepted = number
            thread = threading.Thread(target=self._play, args=(act, sock))
            self._threads.append(thread)
            thread.start()

    def _play(self, act: Callable[[Peer], None], sock: socket.socket) -> None:
        peer = Peer(self._tls.wrap_socket(sock, server_side=True) if self._tls else sock)
        self._peers.append(peer)
        try:
            act(peer)
        except OSError:  # the client has left in the middle of the act
            pass
        except BaseException as error:  # noqa: BLE001 - told when the venue is closed
            self.errors.append(error)
        finally:
            self.targets.append(peer.target)
            with suppress(OSError):
                peer.close()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(PATIENCE)
        for thread in self._threads:
            thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in self._threads), "an act of the venue has not ended"
        assert self.errors == []
