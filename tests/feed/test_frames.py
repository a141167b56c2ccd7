"""Frames out of a byte stream, however it is cut, against the frames that went in."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import MalformedMessage
from core.feed.frames import BINARY, CLOSE, MAX_MESSAGE_BYTES, PING, PONG, TEXT, ControlFrame, FrameSplitter
from tests.raw_venue import server_frame

quick = settings(deadline=None, derandomize=True, max_examples=120)
PAYLOADS = st.binary(max_size=140) | st.sampled_from([b"x" * 125, b"x" * 126, b"x" * 65_535, b"x" * 65_536])
CONTROLS = st.tuples(st.sampled_from([PING, PONG, CLOSE]), st.binary(max_size=125))
#: A message as fragments, with control frames before each of them.
MESSAGES = st.lists(st.tuples(st.lists(CONTROLS, max_size=2), PAYLOADS), min_size=1, max_size=3)


def feed(parts: list[bytes]) -> tuple[list[bytes], list[ControlFrame]]:
    splitter = FrameSplitter()
    messages: list[bytes] = []
    controls: list[ControlFrame] = []
    for part in parts:
        more_messages, more_controls = splitter.feed(part)
        messages += more_messages
        controls += more_controls
    return messages, controls


@quick
@given(st.lists(MESSAGES, max_size=6), st.lists(st.integers(0, 300_000), max_size=12), st.sampled_from([TEXT, BINARY]))
def test_any_cut_of_the_stream_gives_the_same_messages(
    messages: list[list[tuple[list[tuple[int, bytes]], bytes]]], cuts: list[int], kind: int
) -> None:
    stream, expected, controls = b"", [], []
    for fragments in messages:
        for i, (between, payload) in enumerate(fragments):
            for opcode, words in between:
                stream += server_frame(words, opcode)
                controls.append(ControlFrame(opcode, words))
            stream += server_frame(payload, kind if i == 0 else 0, final=i == len(fragments) - 1)
        expected.append(b"".join(payload for _, payload in fragments))
    places = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    parts = [stream[a:b] for a, b in pairwise(places)]
    assert feed(parts) == (expected, controls)


def test_byte_by_byte() -> None:
    stream = server_frame("one") + server_frame(b"p", PING) + server_frame("x" * 200) + server_frame("")
    assert feed([stream[i : i + 1] for i in range(len(stream))]) == (
        [b"one", b"x" * 200, b""], [ControlFrame(PING, b"p")]
    )  # fmt: skip


BROKEN = {
    "masked": (bytes((0x81, 0x83)) + b"mask" + b"abc", "a masked frame, which only a client may send"),
    "reserved": (server_frame("x", reserved=0x40), "reserved bits 0x40, which no extension was agreed for"),
    "unknown": (server_frame("x", opcode=0x3), "a frame of unknown kind 0x3"),
    "too long": (bytes((0x81, 127)) + (MAX_MESSAGE_BYTES + 1).to_bytes(8, "big"), "a frame of 16777217 bytes"),
    "continuation of nothing": (server_frame("x", opcode=0), "a fragment out of order"),
    "new message in a fragmented one": (
        server_frame("x", final=False) + server_frame("y", final=False),
        "out of order",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_protocol_ends_the_stream_but_not_what_came_before(name: str) -> None:
    stream, words = BROKEN[name]
    splitter = FrameSplitter()
    assert splitter.feed(server_frame("good") + stream + server_frame("never")) == ([b"good"], [])
    for data in (b"", server_frame("never")):
        with pytest.raises(MalformedMessage, match=words):
            splitter.feed(data)
    with pytest.raises(MalformedMessage, match=words):
        FrameSplitter().feed(stream)


def test_fragments_may_not_grow_without_end() -> None:
    splitter = FrameSplitter()
    half = b"x" * (MAX_MESSAGE_BYTES // 2 + 1)
    splitter.feed(server_frame(half, final=False))
    with pytest.raises(MalformedMessage, match="a message of more than 16777216 bytes"):
        splitter.feed(server_frame(half, 0, final=False))


@quick
@given(st.binary(max_size=400))
def test_noise_is_frames_or_an_error(noise: bytes) -> None:
    try:
        messages, controls = FrameSplitter().feed(noise)
    except MalformedMessage:
        return
    assert sum(map(len, messages)) + sum(len(c.payload) for c in controls) <= len(noise)
