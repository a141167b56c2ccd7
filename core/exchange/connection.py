"""One TCP connection: HTTP until a request upgrades it, then a WebSocket with a bounded buffer."""

import asyncio
import logging
import socket
import struct
import time
from typing import cast

import h11

from core.exchange import wire
from core.exchange.disorder import Disorder
from core.exchange.http_side import HttpRequest, HttpSide
from core.exchange.kinds import FullStall, IgnorePongs, SlowRest
from core.exchange.rest import Answer
from core.exchange.services import Services
from core.exchange.session import Answer as Reply
from core.exchange.session import Flavour
from core.exchange.socket_side import SocketSide

#: How long a client may take to answer a close frame.
GOODBYE_SECONDS = 5.0


class Connection(asyncio.Protocol):
    """A client. It is the hub's subscriber once it is a WebSocket."""

    def __init__(self, services: Services) -> None:
        self.outbox: list[bytes] = []
        self._services = services
        self._http = HttpSide()
        self._socket: SocketSide | None = None
        self._transport: asyncio.Transport | None = None
        self._busy: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._patience = GOODBYE_SECONDS
        self._deadline: asyncio.TimerHandle | None = None
        self.closed = asyncio.Event()
        self.opened_at = time.monotonic()
        self._disorder = Disorder(services.faults)
        self._unheard: list[tuple[float, bytes]] = []

    # what the hub needs

    @property
    def flavour(self) -> Flavour:
        assert self._socket is not None
        assert self._socket.session is not None
        return self._socket.session.flavour

    def flush(self) -> None:
        """Write the outbox; a reader who has left too much unread is cut off."""
        frames, self.outbox = self.outbox, []
        if self._services.faults.any or self._disorder.holds:
            frames = self._disorder.told(frames)
        self._transmit(frames)

    def _transmit(self, frames: list[bytes]) -> None:
        if self._transport is None or self._socket is None or not self._socket.open:
            return
        self._transport.write(b"".join(frames))
        if self._transport.get_write_buffer_size() > self._services.policy.buffer_bytes:
            self._services.stats.closes["slow reader"] += 1
            self._transport.abort()

    # what the server needs

    async def drained(self) -> None:
        """Wait until the client has taken most of what was written, or has gone."""
        await self._writable.wait()

    async def emptied(self) -> None:
        """Wait until the system has taken everything that was written, or the client has gone."""
        if self._transport is not None:
            self._transport.set_write_buffer_limits(high=0)
            await self._writable.wait()

    def heartbeat(self) -> None:
        """Send the ping that is due, or the close that a missing pong has earned."""
        if self._socket is None or self._socket.session is None or not self._socket.open:
            return
        if self._stalled():
            return
        if self._unheard:
            self._frames()
        if self._disorder.holds:
            self._transmit(self._disorder.told([], patient=False))
        payload, close = self._socket.session.heartbeat(time.monotonic(), time.time_ns() // 1_000_000)
        if payload is not None:
            self._socket.ping(payload)
        if close is not None:
            self.end(*close)
        self._write()

    def end(self, code: int, reason: str, patience: float = GOODBYE_SECONDS) -> None:
        """Close a WebSocket with a code, anything else at once; the client has `patience` seconds to agree."""
        if self._transport is None or (self._socket is not None and self._socket.closing):
            return
        if self._socket is None or not self._socket.open:
            self._transport.close()
            return
        self.flush()
        self._services.stats.closes[reason or str(code)] += 1
        self._unsubscribe()
        self._patience = patience
        self._socket.close(code, reason)
        self._write()

    def abort(self) -> None:
        """Drop the connection without a word."""
        if self._transport is not None:
            self._transport.abort()

    def reset(self) -> None:
        """Drop the connection so that the client's side is told by a TCP reset."""
        if self._transport is not None:
            sock = self._transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()

    @property
    def streaming(self) -> bool:
        """Whether this is an open WebSocket."""
        return self._socket is not None and self._socket.open

    def announce(self, stream: str, event: str) -> None:
        """Send an event to which nobody subscribes, in the client's framing."""
        self.outbox.append(wire.text_frame(wire.combined(stream, event) if self.flavour.combined else event))
        self.flush()

    # what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self._transport.set_write_buffer_limits(high=2**20)
        self._services.stats.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._unsubscribe()
        self._services.stats.lost(self)
        self._writable.set()
        self.closed.set()
        self._transport = None
        if self._deadline is not None:
            self._deadline.cancel()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def eof_received(self) -> bool:
        if self._socket is not None:
            self._frames(b"")
        return False

    def data_received(self, data: bytes) -> None:
        if self._socket is not None:
            self._frames(data)
            return
        self._http.receive(data)
        self._requests()

    # HTTP

    def _requests(self) -> None:
        if self._busy is not None or self._socket is not None:
            return
        try:
            request = self._http.next_request()
        except h11.RemoteProtocolError:
            self._close()
            return
        if request is None:
            return
        if request.upgrades:
            self._upgrade(request)
        else:
            self._busy = asyncio.get_running_loop().create_task(self._serve(request))

    async def _serve(self, request: HttpRequest) -> None:
        answer = await self._answer(request)
        self._services.stats.answers[answer.status] += 1
        data, stays = self._http.respond(answer)
        self._busy = None
        if self._transport is not None:
            self._transport.write(data)
            self._requests() if stays else self._close()

    async def _answer(self, request: HttpRequest) -> Answer:
        loop, rest = asyncio.get_running_loop(), self._services.rest
        try:
            if request.target.startswith("/_exchange/"):
                return await self._services.backstage.answer(request)
            slow = self._services.faults.get(SlowRest)
            if slow is not None:
                self._services.faults.bite(SlowRest)
                await asyncio.sleep(slow.delay)
            return await loop.run_in_executor(
                self._services.executor, rest.answer, request.method, request.target, request.headers
            )
        except Exception:  # the other clients must not suffer from a fault in one answer
            logging.getLogger(__name__).exception("%s %s failed", request.method, request.target)
            return Answer(500, '{"code":-1000,"msg":"An unknown error occurred while processing the request."}')

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    # WebSocket

    def _upgrade(self, request: HttpRequest) -> None:
        refused = self._services.switchboard.handshake()
        if refused is not None and self._transport is not None:
            self._services.stats.answers[refused.status] += 1
            self._transport.write(self._http.respond(refused)[0])
            self._transport.close()
            return
        self._services.stats.streams_opened += 1
        self._socket = SocketSide(request.target, self._services.policy, time.monotonic(), self._hears_pong)
        self._frames(request.raw)

    def _frames(self, *heard: bytes) -> None:
        """Take what was heard, no bytes for the end; while all stands still, keep it for later."""
        assert self._socket is not None
        self._unheard += [(time.monotonic(), data) for data in heard]
        if self._stalled():
            return
        unheard, self._unheard = self._unheard, []
        for at, data in unheard:
            for reply in self._socket.receive(data, at):
                self._obey(reply)
        self._write()

    def _obey(self, reply: Reply) -> None:
        assert self._socket is not None
        self.flush()
        if reply.close:
            self._services.stats.closes[reply.close[1]] += 1
            self._unsubscribe()
        self._socket.send(reply)
        self._services.hub.remove(self, reply.removed)
        if not reply.close:
            self._services.hub.add(self, reply.added)
            for stream in reply.added:
                self._services.market.subscribed(stream)

    def _stalled(self) -> bool:
        """Whether a fault makes an open WebSocket stand still."""
        return self._services.faults.get(FullStall) is not None and self.streaming

    def _hears_pong(self) -> bool:
        deaf = self._services.faults.get(IgnorePongs) is not None
        if deaf:
            self._services.faults.bite(IgnorePongs)
        return not deaf

    def _unsubscribe(self) -> None:
        if self._socket is not None and self._socket.session is not None:
            self._services.hub.remove(self, list(self._socket.session.streams))

    def _write(self) -> None:
        assert self._socket is not None
        data, ends = self._socket.written()
        if self._transport is None:
            return
        if data:
            self._transport.write(data)
        if ends:
            self._transport.close()
        elif self._socket.closing and self._deadline is None:
            self._deadline = asyncio.get_running_loop().call_later(self._patience, self.abort)
