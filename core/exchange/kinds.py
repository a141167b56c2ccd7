"""The kinds of faults, one class each: what can be made to go wrong, and by how much.

In JSON a fault is its name, the class's in snake case, and its parameters: ``{"fault": "half_open", "seconds": 5}``.
"""

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from math import inf
from typing import Any

from core.errors import ExchangeError

_HOUR = 3600.0
#: How long a change of the market may last [s]: less than a block of the simulated flow.
_CHANGE = 3000.0


def _within(least: float, most: float = inf, *, default: Any = MISSING) -> Any:
    """A parameter between `least` and `most`; to be given where it has no default."""
    return field(default=default, metadata={"least": least, "most": most})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault as it is asked for. A parameter out of its range raises ExchangeError."""

    def __post_init__(self) -> None:
        for each in fields(self):
            problem = _problem(each.type, each.metadata, getattr(self, each.name))
            if problem:
                raise ExchangeError(f"{each.name} of {self.name()} is {getattr(self, each.name)!r}: expected {problem}")

    @classmethod
    def name(cls) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant(Fault):
    """Strikes once, when it is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketChange(Instant):
    """Becomes a part of the simulated market's history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held(Fault):
    """Holds until it is ended."""

    @property
    def held(self) -> float:
        """How long at most [s]."""
        return inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting(Held):
    """Holds for `seconds`, or until it is ended."""

    seconds: float = _within(0, default=inf)

    @property
    def held(self) -> float:
        return self.seconds


# the sockets


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset(Instant):
    """A TCP reset of a `share` of all WebSockets, without a close frame."""

    share: float = _within(0, 1, default=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Close(Instant):
    """A close frame to every WebSocket."""

    code: int = _within(1000, 4999, default=1008)
    reason: str = _within(0, 123, default="Disconnected")

    def __post_init__(self) -> None:
        Fault.__post_init__(self)
        if self.code in (1004, 1005, 1006) or 1015 <= self.code < 3000:
            raise ExchangeError(
                f"code {self.code} cannot be sent (RFC 6455, 7.4): expected one like 1000, 1001, 1008 or 4000"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shutdown(Instant):
    """``serverShutdown`` now, and the end of those connections after `seconds`."""

    seconds: float = _within(0, _HOUR, default=5.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfOpen(Lasting):
    """Sockets stay open and pings flow, but no events; what is withheld is never sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FullStall(Lasting):
    """Sockets stay open, but nothing is sent, and what clients say is answered when it is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnorePongs(Lasting):
    """Pongs are taken for not received."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate(Lasting):
    """Every event is sent `copies` times."""

    copies: int = _within(1, 100, default=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reorder(Lasting):
    """The events of a socket are jumbled, `window` at a time."""

    window: int = _within(2, 10_000, default=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxAge(Held):
    """Connections are closed when they are `seconds` old, by a reset where `abrupt`."""

    seconds: float = _within(0)
    abrupt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse(Lasting):
    """WebSocket handshakes, and with `rest` all REST requests too, get an HTTP error. `retry_after` is a header [s]."""

    status: int = _within(400, 599)
    retry_after: int | None = _within(0, default=None)
    rest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimit(Held):
    """The number of handshakes in five minutes beyond which they are refused."""

    per_five_minutes: int = _within(0)


# REST


@dataclass(frozen=True, slots=True, kw_only=True)
class RestLag(Held):
    """The newest `trades` and those of the last `seconds` are not visible yet. Holds for `lasts` seconds."""

    trades: int = _within(0, default=0)
    seconds: float = _within(0, 86_400, default=0.0)
    lasts: float = _within(0, default=inf)

    @property
    def held(self) -> float:
        return self.lasts


@dataclass(frozen=True, slots=True, kw_only=True)
class Truncate(Lasting):
    """A page has at most so many rows, whatever its limit."""

    rows: int = _within(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestErrors(Lasting):
    """A `share` of all answers is an HTTP error. `retry_after` is a header [s]."""

    share: float = _within(0, 1, default=1.0)
    status: int = _within(400, 599, default=503)
    retry_after: int | None = _within(0, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowRest(Lasting):
    """Answers come `delay` seconds late."""

    delay: float = _within(0, _HOUR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight(Held):
    """The budget of a minute; more than `tolerance` requests after a refusal earn a ban of `ban` seconds, then longer ones."""

    per_minute: int = _within(0)
    tolerance: int = _within(0, default=3)
    ban: float = _within(0, 259_200, default=120.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vision(Held):
    """The host for market data only: it has no ``historicalTrades``."""

    on: bool = True


# the market


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt(MarketChange):
    """The matching engine stands still: no trades, and no bars where it does so all the time. All symbols where None."""

    seconds: float = _within(0.001, _CHANGE)
    symbol: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet(MarketChange):
    """Nobody trades a symbol for a while."""

    symbol: str
    seconds: float = _within(0.001, _CHANGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst(MarketChange):
    """So many trades more than usual, sweeps at one instant each."""

    symbol: str
    trades: int = _within(1, 2_000_000, default=20_000)
    seconds: float = _within(0.001, _CHANGE, default=1.0)


KINDS: Mapping[str, type[Fault]] = {
    kind.name(): kind
    for kind in (
        Reset, Close, Shutdown, HalfOpen, FullStall, IgnorePongs, Duplicate, Reorder, MaxAge, Refuse, ConnectionLimit,
        RestLag, Truncate, RestErrors, SlowRest, Weight, Vision, Halt, Quiet, Burst,
    )
}  # fmt: skip


def read(asked: object) -> Fault:
    """A fault out of JSON. Raise ExchangeError saying what was expected."""
    names = ", ".join(KINDS)
    if not isinstance(asked, dict) or not isinstance(asked.get("fault"), str):
        raise ExchangeError(f'expected {{"fault": NAME, ...parameters}} with one of these names: {names}')
    given = dict(asked)
    name = given.pop("fault")
    if name not in KINDS:
        raise ExchangeError(f"fault {name!r} is unknown: expected one of {names}")
    known = {each.name: each.default is MISSING for each in fields(KINDS[name])}
    if not given.keys() <= known.keys() or any(needed and each not in given for each, needed in known.items()):
        wanted = ", ".join(f"{each} (needed)" if needed else each for each, needed in known.items()) or "nothing"
        raise ExchangeError(f"{name} takes {wanted}; found {', '.join(given) or 'nothing'}")
    return KINDS[name](**given)


def _problem(wanted: object, bounds: Mapping[str, float], value: object) -> str:
    """What was expected in place of `value`; empty where it is as wanted. Texts are bounded in bytes."""
    if value is None and wanted in (int | None, str | None):
        return ""
    if wanted is bool:
        return "" if isinstance(value, bool) else "true or false"
    least, most = bounds.get("least", 0), bounds.get("most", inf)
    if wanted in (str, str | None):
        fits = isinstance(value, str) and len(value.encode("utf-8", "surrogatepass")) <= most
        return "" if fits else "a text" + (f" of at most {most} bytes" if most < inf else "")
    whole = wanted in (int, int | None)
    good = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if good and isinstance(value, int | float) and least <= value <= most:
        return ""
    return f"a {'whole ' if whole else ''}number from {least:g}" + (f" to {most:g}" if most < inf else "")
