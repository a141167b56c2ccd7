"""WebSocket frames out of a byte stream. No I/O: bytes in, messages out.

websocket-client reads one frame at a time, with a lock, a mask and an object each; at market rates that costs more than
everything after it. Here one read of the socket is split in one walk. Source: RFC 6455, section 5.
"""

import struct
from typing import NamedTuple

from core.errors import MalformedMessage

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
_CONTINUATION = 0x0
_FINAL_TEXT = 0x81
#: A final text frame whose length takes two bytes, and how it begins: nearly all of a market stream.
_USUAL_TEXT = 0x817E
_USUAL_HEAD = struct.Struct("!HH")
#: No message of a market stream is anywhere near this long.
MAX_MESSAGE_BYTES = 16 * 1024 * 1024


class ControlFrame(NamedTuple):
    """A close, ping or pong."""

    opcode: int
    payload: bytes


class FrameSplitter:
    """Feed it what the socket gave; it answers with the messages that are complete, and keeps the rest."""

    def __init__(self) -> None:
        self._rest = b""
        self._fragments: list[bytes] = []
        self._fragmented = False
        self._broken: MalformedMessage | None = None

    def feed(self, data: bytes) -> tuple[list[bytes], list[ControlFrame]]:
        """The data messages and control frames completed by `data`.

        Raise MalformedMessage where the protocol is broken; what was complete before that place is returned first.
        """
        messages: list[bytes] = []
        controls: list[ControlFrame] = []
        if self._broken is None:
            try:
                self._split(self._rest + data if self._rest else data, messages, controls)
            except MalformedMessage as error:
                self._broken = error
        if self._broken is not None and not messages and not controls:
            raise self._broken
        return messages, controls

    def _split(self, buffer: bytes, messages: list[bytes], controls: list[ControlFrame]) -> None:
        position, end = _usual_texts(buffer, 0, messages), len(buffer)
        while end - position >= 2:
            first, length = buffer[position], buffer[position + 1]
            start = position + 2
            if length & 0x80:
                raise MalformedMessage("a masked frame, which only a client may send")
            if length >= 126:
                size = 2 if length == 126 else 8
                start += size
                if start > end:
                    break
                length = int.from_bytes(buffer[start - size : start], "big")
            if length > MAX_MESSAGE_BYTES:
                raise MalformedMessage(f"a frame of {length} bytes; expected at most {MAX_MESSAGE_BYTES}")
            stop = start + length
            if stop > end:
                break
            payload = buffer[start:stop]
            position = stop
            if first == _FINAL_TEXT:
                messages.append(payload)
            else:
                self._other(first, payload, messages, controls)
            position = _usual_texts(buffer, position, messages)
        self._rest = buffer[position:]

    def _other(self, first: int, payload: bytes, messages: list[bytes], controls: list[ControlFrame]) -> None:
        final, opcode = first & 0x80, first & 0x0F
        if first & 0x70:
            raise MalformedMessage(f"a frame with reserved bits {first & 0x70:#x}, which no extension was agreed for")
        if opcode in (CLOSE, PING, PONG):
            controls.append(ControlFrame(opcode, payload))
        elif opcode in (_CONTINUATION, TEXT, BINARY):
            self._fragment(opcode, bool(final), payload, messages)
        else:
            raise MalformedMessage(f"a frame of unknown kind {opcode:#x}")

    def _fragment(self, opcode: int, final: bool, payload: bytes, messages: list[bytes]) -> None:
        if (opcode == _CONTINUATION) != self._fragmented:
            raise MalformedMessage("a fragment out of order")
        self._fragmented = not final
        self._fragments.append(payload)
        if sum(map(len, self._fragments)) > MAX_MESSAGE_BYTES:
            raise MalformedMessage(f"a message of more than {MAX_MESSAGE_BYTES} bytes")
        if final:
            messages.append(b"".join(self._fragments))
            self._fragments = []


def _usual_texts(buffer: bytes, position: int, messages: list[bytes]) -> int:
    """Take the usual text frames that lie in a row from `position` on; the answer is where they end."""
    end, unpack, size = len(buffer), _USUAL_HEAD.unpack_from, _USUAL_HEAD.size
    while position + size <= end:
        head, length = unpack(buffer, position)
        stop = position + size + length
        if head != _USUAL_TEXT or stop > end:
            break
        messages.append(buffer[position + size : stop])
        position = stop
    return position
