"""The stream's messages, read and written without any I/O.

A client sends ``{"op": "subscribe", "id": 1, "topics": ["bars:BTCUSDT:1m"], "since": {"bars:BTCUSDT:1m": 41}}``;
`since`, `id` and `ticket` may be left out. The acknowledgement repeats op and id and gives the topics their canonical
names, which every later message bears. ``unsubscribe`` looks the same. Each topic then answers with messages of
``topic, seq, epoch, type, data``: `seq` counts up by one a topic, and `epoch` is another one after a restart.

==========  ====================================================================================
snapshot    the whole: forget what was known of the topic
delta       what changed since the last message
dropped     the client read too slowly and has missed messages; a snapshot follows
error       ``data.message`` says what was found, what was expected and what to do; `seq` is null
==========  ====================================================================================
"""

from enum import StrEnum
from typing import Literal, NamedTuple

import msgspec

#: Longest message that a client may send, bytes.
MAX_MESSAGE_BYTES = 65_536
#: Most topics of one message, and of one connection.
MAX_TOPICS = 100
_MAX_NAME = 400

_EXAMPLE = '{"op": "subscribe", "id": 1, "topics": ["bars:BTCUSDT:1m"]}'


class BadRequest(ValueError):
    """A message that cannot be followed; its text is meant for the client."""


class Kind(StrEnum):
    """The types of a topic's messages."""

    SNAPSHOT = "snapshot"
    DELTA = "delta"
    DROPPED = "dropped"
    ERROR = "error"


class News(NamedTuple):
    """The type and the data (JSON) of a topic's next message."""

    kind: Kind
    data: bytes


class Since(msgspec.Struct, frozen=True):
    """The last message that a client has: its seq, and its epoch where the client kept it."""

    seq: int
    epoch: str | None = None


class Request(msgspec.Struct, frozen=True):
    """What a client asks for. The ticket is accepted and means nothing yet."""

    op: Literal["subscribe", "unsubscribe"]
    topics: list[str]
    id: int | str | None = None
    since: dict[str, int | Since] = {}
    ticket: str | None = None

    def last_of(self, topic: str) -> Since | None:
        """The last message of `topic` that the client has."""
        since = self.since.get(topic)
        return Since(since) if isinstance(since, int) else since


class _Message(msgspec.Struct):
    topic: str | None
    seq: int | None
    epoch: str
    type: Kind
    data: msgspec.Raw


def parse(text: str | bytes) -> Request:
    """Read a client's message. Raise BadRequest where it is none."""
    size = len(text)
    if size > MAX_MESSAGE_BYTES:
        raise BadRequest(
            f"a message of {size} bytes is over the {MAX_MESSAGE_BYTES} allowed; send fewer topics at once"
        )
    try:
        request = msgspec.json.decode(text, type=Request)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadRequest(f"not a request: {error}; expected JSON such as {_EXAMPLE}") from error
    if not 1 <= len(request.topics) <= MAX_TOPICS:
        raise BadRequest(f"found {len(request.topics)} topics; expected 1 to {MAX_TOPICS} in one message")
    if any(len(name) > _MAX_NAME for name in request.topics):
        raise BadRequest(f"a topic's name is over {_MAX_NAME} characters; expected one such as bars:BTCUSDT:1m")
    return request


def message(topic: str | None, seq: int | None, epoch: str, kind: Kind, data: bytes = b"null") -> str:
    """A topic's message; `data` is JSON already."""
    return msgspec.json.encode(_Message(topic, seq, epoch, kind, msgspec.Raw(data))).decode()


def error(topic: str | None, epoch: str, words: str) -> str:
    """An error of `topic`, or of the client's message where that names none."""
    return message(topic, None, epoch, Kind.ERROR, msgspec.json.encode({"message": words}))


def acknowledgement(request: Request, topics: list[str]) -> str:
    """The answer to a request: the canonical names of the topics that it changed."""
    return msgspec.json.encode({"op": request.op, "id": request.id, "topics": topics}).decode()
