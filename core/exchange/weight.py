"""The REST budget: request weight used in the current clock minute."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class WeightBudget:
    """`per_minute` weight in every UTC clock minute of `clock` [s]; refused requests are charged too."""

    per_minute: int
    clock: Callable[[], float]
    used: int = 0
    _minute: int = field(default=-1, init=False)

    def charge(self, weight: int) -> bool:
        """Use up `weight`; False where the minute's budget does not hold it."""
        minute = int(self.clock() // 60)
        if minute != self._minute:
            self._minute, self.used = minute, 0
        self.used += weight
        return self.used <= self.per_minute

    def retry_after(self) -> int:
        """Whole seconds until the next minute begins, at least one."""
        return max(1, 60 - int(self.clock() % 60))
