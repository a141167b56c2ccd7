"""What the built-in exchange can be told when it starts."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from core.errors import ExchangeError

HOST = "127.0.0.1"

_USDM_LIMITS = {"ping_seconds": 180.0, "pong_seconds": 600.0, "messages_per_second": 10, "weight_per_minute": 2400}


@dataclass(frozen=True, slots=True)
class ExchangeOptions:
    """The exchange's whole configuration; every field has the default of the real venue or of the demonstration.

    The limits are those of the spot market; left at that, the futures market has its own.

    `port` 0 lets the system choose. `speed` is ``"max"`` or how many times faster than recorded. `shift` ``"now"`` moves
    a recording's times so that it begins now. `symbols` limits a simulated market, None means all. `history_days` is the
    number of whole days before today that the simulated market remembers. `break_after_seconds` ends the first
    cointegrated pair's relation so long after the start. `buffer_bytes` is what a slow reader may leave unread before it
    is cut off. `messages_per_second` is what a client may send on a socket, `weight_per_minute` the REST
    budget. `memory` is a file that keeps what faults did to the market over a restart. `faults` are pairs of seconds after
    the start and a fault: ``(10, {"fault": "half_open", "seconds": 30})``. `die_with_parent` ends the exchange when its stdin is closed.
    """

    port: int = 0
    market: Literal["spot", "usdm"] = "spot"
    replay: Path | None = None
    speed: str = "1"
    shift: Literal["none", "now"] = "none"
    seed: int = 1
    once: bool = False
    symbols: tuple[str, ...] | None = None
    history_days: int = 2
    break_after_seconds: float | None = None
    ping_seconds: float = 20.0
    pong_seconds: float = 60.0
    buffer_bytes: int = 32 * 2**20
    messages_per_second: int = 5
    weight_per_minute: int = 6000
    memory: Path | None = None
    faults: tuple[tuple[float, Mapping[str, Any]], ...] = ()
    die_with_parent: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ExchangeError(f"port {self.port} cannot be: expected 0 (any) to 65535")
        if self.market not in ("spot", "usdm"):
            raise ExchangeError(f"market {self.market!r} is unknown: expected spot or usdm")
        if self.shift not in ("none", "now"):
            raise ExchangeError(f"shift {self.shift!r} is unknown: expected none or now")
        if self.speed != "max" and not (self.speed.isascii() and self.speed.isdigit() and int(self.speed) > 0):
            raise ExchangeError(f"speed {self.speed!r} is unknown: expected max or a whole number from 1")
        if self.once and self.replay is None:
            raise ExchangeError("once ends with the recording, but there is no recording: say which file to replay")
        if self.seed < 0:
            raise ExchangeError(f"seed {self.seed} cannot be: expected 0 or more")
        if self.market == "usdm":
            self._adopt(_USDM_LIMITS)

    def _adopt(self, limits: Mapping[str, float]) -> None:
        """Take those of `limits` whose field was left at its default."""
        for field in fields(self):
            if field.name in limits and getattr(self, field.name) == field.default:
                object.__setattr__(self, field.name, limits[field.name])  # frozen, but still being made

    @property
    def rate(self) -> float | None:
        """Recorded seconds per real second; None for as fast as the readers take it."""
        return None if self.speed == "max" else float(self.speed)
