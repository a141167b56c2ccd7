"""One WebSocket client's session, without any socket: frames and clock readings in, answers out."""

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from core.exchange import control, routing, wire
from core.exchange.policy import SocketPolicy
from core.exchange.routing import Route


class Flavour(NamedTuple):
    """How a client wants its events: in envelopes or bare, and in which unit of time."""

    combined: bool
    divisor: int


@dataclass(slots=True)
class Answer:
    """What a frame leads to: texts to send, streams to add and remove, and then perhaps the end."""

    replies: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    close: tuple[int, str] | None = None


class Address(NamedTuple):
    """What the URL of a WebSocket says. Only streams of its `route` are delivered; None delivers all."""

    flavour: Flavour
    streams: tuple[str, ...]
    route: Route | None = None


def address(target: str, routed: bool = False) -> Address | None:
    """Read ``/ws[/<stream>...]`` and ``/stream[?streams=<stream>/...]``; None for any other path.

    Where streams are `routed`, ``/market`` or ``/public`` may come before it, and times are always milliseconds.
    """
    if routed:
        route, bare = routing.split(target)
        where = address(bare)
        return where and where._replace(flavour=where.flavour._replace(divisor=1000), route=route)
    parts = urlsplit(target)
    # a plus sign belongs to a name such as btcusdt@kline_1d@+08:00
    query = parse_qs(parts.query.replace("+", "%2B"))
    divisor = 1 if query.get("timeUnit", [""])[0] in ("MICROSECOND", "microsecond") else 1000
    path = unquote(parts.path).rstrip("/")
    if path == "/ws" or path.startswith("/ws/"):
        return Address(Flavour(False, divisor), _names(path[3:]))
    if path == "/stream":
        return Address(Flavour(True, divisor), _names(query.get("streams", [""])[0]))
    return None


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in text.split("/") if name))


class Session:
    """Subscriptions, properties, message rate and heartbeat of one client. Times are seconds of any steady clock."""

    def __init__(self, where: Address, policy: SocketPolicy, now: float) -> None:
        self.flavour = where.flavour
        self.streams: dict[str, None] = {}
        self._policy = policy
        self._route = where.route
        self._messages: deque[float] = deque()
        self._pings: dict[bytes, float] = {}
        self._next_ping = now + policy.ping_seconds
        self.opening = Answer()
        self._subscribe(where.streams, self.opening)

    def text(self, text: str, now: float) -> Answer:
        """A text frame came."""
        answer = Answer(close=self._count(now))
        if answer.close:
            return answer
        try:
            request = control.parse(text)
            self._obey(request, answer)
        except control.Refused as refused:
            answer.replies.append(wire.error(refused.id, refused.code, refused.message))
            if refused.fatal:
                answer.close = (1008, "Invalid request")
        return answer

    def ping(self, now: float) -> Answer:
        """A ping came: it counts as a message."""
        return Answer(close=self._count(now))

    def pong(self, payload: bytes, now: float) -> Answer:
        """A pong came: only one that repeats a ping's payload proves life."""
        if payload in self._pings:
            sent = self._pings[payload]
            self._pings = {ping: at for ping, at in self._pings.items() if at > sent}
        return Answer(close=self._count(now))

    def heartbeat(self, now: float, stamp_ms: int) -> tuple[bytes | None, tuple[int, str] | None]:
        """The ping that is due, if any, and the close that an unanswered one has earned."""
        if self._pings and now - min(self._pings.values()) >= self._policy.pong_seconds:
            return None, (1008, "Pong timeout")
        if now < self._next_ping:
            return None, None
        self._next_ping = now + self._policy.ping_seconds
        payload = str(stamp_ms).encode()
        self._pings[payload] = now
        return payload, None

    def _count(self, now: float) -> tuple[int, str] | None:
        while self._messages and self._messages[0] <= now - 1.0:
            self._messages.popleft()
        self._messages.append(now)
        allowed = self._policy.messages_per_second + self._policy.tolerance
        return (1008, "Too many requests") if len(self._messages) > allowed else None

    def _obey(self, request: control.Request, answer: Answer) -> None:
        result: object = None
        if request.method == "SUBSCRIBE":
            self._subscribe(control.stream_names(request), answer, request.id)
            if answer.close:
                return
        elif request.method == "UNSUBSCRIBE":
            answer.removed = [n for n in control.stream_names(request) if self.streams.pop(n, 0) is None]
        elif request.method == "LIST_SUBSCRIPTIONS":
            result = list(self.streams)
        elif request.method == "SET_PROPERTY":
            control.property_name(request, 2)
            self.flavour = self.flavour._replace(combined=bool(request.params[1]))
        else:
            control.property_name(request, 1)
            result = self.flavour.combined
        answer.replies.append(wire.ack(request.id, result))

    def _subscribe(self, names: tuple[str, ...], answer: Answer, id: control.Id = None) -> None:
        new = [name for name in dict.fromkeys(names) if name not in self.streams]
        if len(self.streams) + len(new) > self._policy.streams:
            answer.replies.append(wire.error(id, 4, "Too many subscriptions"))
            answer.close = (1008, "Invalid request")
            return
        self.streams |= dict.fromkeys(new)
        answer.added = [name for name in new if routing.delivers(self._route, name)]
