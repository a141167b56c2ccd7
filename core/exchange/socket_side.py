"""The WebSocket on one connection: the handshake and frames between a session and the bytes."""

import logging
from collections.abc import Callable

from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import SEND_EOF, State
from websockets.server import ServerProtocol

from core.exchange.policy import SocketPolicy
from core.exchange.session import Answer, Session, address

_MAX_MESSAGE = 2**20


class SocketSide:
    """A session behind a WebSocket protocol without I/O: bytes in, Answers and bytes out.

    `hears` is asked when a pong comes; where it says no, the pong proves nothing.
    """

    def __init__(self, target: str, policy: SocketPolicy, now: float, hears: Callable[[], bool] = lambda: True) -> None:
        self._hears = hears
        logger = logging.Logger("exchange", logging.CRITICAL)
        self._protocol = ServerProtocol(max_size=_MAX_MESSAGE, logger=logger)
        where = address(target, policy.routed)
        self.session = Session(where, policy, now) if where else None

    @property
    def open(self) -> bool:
        return self._protocol.state is State.OPEN

    @property
    def closing(self) -> bool:
        """Whether a close frame has been sent and the client has yet to leave."""
        return self._protocol.close_expected()

    def receive(self, data: bytes, now: float) -> list[Answer]:
        """Take bytes, none for the end of the stream; say what they lead to."""
        if data:
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()
        answers = [self._event(event, now) for event in self._protocol.events_received()]
        return [answer for answer in answers if answer is not None]

    def send(self, answer: Answer) -> None:
        """Write an answer's texts and its close."""
        for text in answer.replies:
            self._protocol.send_text(text.encode())
        if answer.close:
            self.close(*answer.close)

    def ping(self, payload: bytes) -> None:
        self._protocol.send_ping(payload)

    def close(self, code: int, reason: str) -> None:
        if self.open:
            self._protocol.send_close(code, reason)

    def written(self) -> tuple[bytes, bool]:
        """The bytes to send, and whether the stream ends after them."""
        parts = self._protocol.data_to_send()
        return b"".join(parts), SEND_EOF in parts

    def _event(self, event: Request | Frame | object, now: float) -> Answer | None:
        if isinstance(event, Request):
            return self._handshake(event)
        if self.session is None or not self.open or not isinstance(event, Frame):
            return None
        if event.opcode is Opcode.PING:
            return self.session.ping(now)
        if event.opcode is Opcode.PONG:
            return self.session.pong(bytes(event.data) if self._hears() else b"", now)
        if event.opcode is Opcode.TEXT and event.fin:
            return self._text(bytes(event.data), now)
        return None if event.opcode is Opcode.CLOSE else Answer(close=(CloseCode.UNSUPPORTED_DATA, "text frames only"))

    def _text(self, data: bytes, now: float) -> Answer:
        assert self.session is not None
        try:
            return self.session.text(data.decode(), now)
        except UnicodeDecodeError:
            return Answer(close=(CloseCode.INVALID_DATA, "Invalid UTF-8"))

    def _handshake(self, request: Request) -> Answer | None:
        if self.session is None:
            self._protocol.send_response(self._protocol.reject(404, "no such stream path\n"))
            return None
        self._protocol.send_response(self._protocol.accept(request))
        return self.session.opening if self.open else None
