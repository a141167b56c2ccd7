"""The REST budget: request weight used in the current clock minute, and the ban of those who do not heed it."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class WeightBudget:
    """`per_minute` weight in every UTC clock minute of `clock` [s]; refused requests are charged too."""

    per_minute: int
    clock: Callable[[], float]
    used: int = 0
    tolerance: int = 3
    ban_seconds: float = 120.0
    _minute: int = field(default=-1, init=False)
    _ignored: int = field(default=0, init=False)
    _bans: int = field(default=0, init=False)
    _banned_until: float = field(default=0.0, init=False)

    def charge(self, weight: int) -> bool:
        """Use up `weight`; False where the minute's budget does not hold it."""
        minute = int(self.clock() // 60)
        if minute != self._minute:
            self._minute, self.used, self._ignored = minute, 0, 0
        self.used += weight
        return self.used <= self.per_minute

    def retry_after(self) -> int:
        """Whole seconds until the next minute begins, at least one."""
        return max(1, 60 - int(self.clock() % 60))

    def banned(self) -> float:
        """The time until which nobody is answered [s]; 0 where there is no ban."""
        return self._banned_until if self.clock() < self._banned_until else 0.0

    def ignored(self) -> bool:
        """A request came over the budget. One too many of them, and there is a ban, twice as long as the last one."""
        self._ignored += 1
        if self._ignored <= self.tolerance:
            return False
        self._banned_until = self.clock() + self.ban_seconds * 2**self._bans
        self._bans += 1
        self._ignored = 0
        return True
