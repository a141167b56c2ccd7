"""The REST budget: request weight used in the current clock minute, and the ban of those who do not heed it."""

from collections.abc import Callable
from dataclasses import dataclass, field

_TOLERANCE = 3
_LONGEST_BAN_SECONDS = 3 * 86_400.0
_BAN_SECONDS = 120.0


@dataclass(slots=True)
class WeightBudget:
    """`venue` weight in every UTC clock minute of `clock` [s]; refused requests are charged too.

    More than `tolerance` requests after a refusal in the same minute earn a ban, each twice as long as the last.
    """

    venue: int
    clock: Callable[[], float]
    used: int = 0
    per_minute: int = field(init=False)
    tolerance: int = field(init=False)
    _ban_seconds: float = field(init=False)
    _minute: int = field(default=-1, init=False)
    _refused: int = field(default=0, init=False)
    _bans: int = field(default=0, init=False)
    _banned_until: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self.relax()

    def tighten(self, per_minute: int, tolerance: int, ban_seconds: float) -> None:
        """Set other limits than the venue's."""
        self.per_minute, self.tolerance, self._ban_seconds = per_minute, tolerance, ban_seconds

    def relax(self) -> None:
        """Set the venue's limits, and lift any ban."""
        self.tighten(self.venue, _TOLERANCE, _BAN_SECONDS)
        self._refused, self._bans, self._banned_until = 0, 0, 0.0

    def charge(self, weight: int) -> bool:
        """Use up `weight`; False where the minute's budget does not hold it."""
        minute = int(self.clock() // 60)
        if minute != self._minute:
            self._minute, self.used, self._refused = minute, 0, 0
        self.used += weight
        return self.used <= self.per_minute

    def retry_after(self) -> int:
        """Whole seconds until the next minute begins, at least one."""
        return max(1, 60 - int(self.clock() % 60))

    def banned(self) -> float:
        """The time until which nobody is answered [s]; 0 where there is no ban."""
        return self._banned_until if self.clock() < self._banned_until else 0.0

    def refuse(self) -> bool:
        """Refuse a request that came over the budget; whether that was once too often, so that a ban has begun."""
        self._refused += 1
        if self._refused <= self.tolerance + 1:
            return False
        self._banned_until = self.clock() + min(self._ban_seconds * 2 ** min(self._bans, 20), _LONGEST_BAN_SECONDS)
        self._bans += 1
        self._refused = 0
        return True
