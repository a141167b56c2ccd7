"""How the exchange treats its clients: the venue's limits, each of which a test may tighten."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SocketPolicy:
    """Limits of one WebSocket connection; times in seconds.

    Client messages (text, ping and pong each count) beyond `messages_per_second` + `tolerance` within any second end the
    connection, and so do more than `streams` subscriptions or a ping that is not answered in time. Where streams are
    `routed`, the path of the URL says which class of them is delivered.
    """

    ping_seconds: float = 20.0
    pong_seconds: float = 60.0
    messages_per_second: int = 5
    tolerance: int = 1
    streams: int = 1024
    buffer_bytes: int = 32 * 2**20
    routed: bool = False
