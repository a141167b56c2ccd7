"""What goes wrong now: faults are switched on and off while the exchange runs, and each counts what it did."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from math import inf
from typing import Any, NamedTuple, TypeVar

from core.exchange.kinds import Fault, Held

F = TypeVar("F", bound=Held)


class _Holding(NamedTuple):
    fault: Held
    until: float


class Faults:
    """The faults that hold now, one of a kind, and how often each kind did something. Any thread may ask.

    `clock` is steady [s]. What is left to chance comes from `seed`.
    """

    def __init__(self, seed: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        self.random = random.Random(seed)
        self._clock = clock
        self._lock = threading.Lock()
        self._holding: dict[type[Fault], _Holding] = {}
        self._bites: Counter[str] = Counter()

    @property
    def any(self) -> bool:
        """Whether there is anything to look for: what runs often asks this first."""
        return bool(self._holding)

    def hold(self, fault: Held) -> None:
        """Let a fault hold, in place of one of its kind."""
        with self._lock:
            self._holding[type(fault)] = _Holding(fault, self._clock() + fault.held)

    def end(self, kind: type[Fault] | None = None) -> None:
        """End the fault of a kind, or all."""
        with self._lock:
            for each in [kind] if kind else list(self._holding):
                self._holding.pop(each, None)

    def get(self, kind: type[F]) -> F | None:
        """The fault of that kind, if one holds."""
        found = self._holding.get(kind)
        if found is None:
            return None
        if self._clock() < found.until:
            assert isinstance(found.fault, kind)
            return found.fault
        with self._lock:
            if self._holding.get(kind) is found:
                del self._holding[kind]
        return None

    def bite(self, kind: type[Fault], times: int = 1) -> None:
        """Count what a fault did."""
        with self._lock:
            self._bites[kind.name()] += times

    def strikes(self, kind: type[Fault], share: float) -> bool:
        """Whether a fault that strikes in a `share` of all cases does now; counted if so."""
        with self._lock:
            struck = self.random.random() < share
            self._bites[kind.name()] += struck
            return struck

    def told(self) -> dict[str, Any]:
        """What holds, with the seconds that are left, None for no end; and every count."""
        now = self._clock()
        with self._lock:
            holding, bites = list(self._holding.values()), {name: n for name, n in self._bites.items() if n}
        active = [
            {"fault": fault.name(), **_finite(fault), "left": None if until == inf else round(until - now, 3)}
            for fault, until in holding
            if now < until
        ]
        return {"active": active, "bites": bites}


def _finite(fault: Fault) -> dict[str, Any]:
    return {name: None if value == inf else value for name, value in asdict(fault).items()}
