"""What many look at in the same second, made once for all of them."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Any, TypeVar

T = TypeVar("T")

#: What nobody asked for lately is forgotten.
_MOST = 256


@dataclass(slots=True)
class _Made:
    lock: Lock = field(default_factory=Lock)
    value: Any = None
    until: float = float("-inf")


class Shared:
    """Values by key, each kept for a moment; who asks while one is being made waits for it."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._made: OrderedDict[Hashable, _Made] = OrderedDict()

    def of(self, key: Hashable, make: Callable[[], T], seconds: float = 0.3) -> T:
        """The value of `key`, at most `seconds` old. What `make` raises is raised for whoever asks, and nothing is kept."""
        with self._lock:
            made = self._made.setdefault(key, _Made())
            self._made.move_to_end(key)
            while len(self._made) > _MOST:
                self._made.popitem(last=False)
        with made.lock:
            if self._clock() >= made.until:
                made.value = make()
                made.until = self._clock() + seconds
            value: T = made.value
            return value
