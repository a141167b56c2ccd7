"""The bus on which the workers say what changed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from core.market import Symbol


@dataclass(frozen=True, slots=True)
class Change:
    """What one commit changed: by symbol, the earliest trade time touched; how far bars are final; and whether gaps opened."""

    watermark_us: int
    touched: Mapping[Symbol, int] = field(default_factory=dict)
    gaps: bool = False


class Bus:
    """Tells listeners of each commit, on the writer's thread: a listener must only take note and return."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._listeners: tuple[Callable[[Change], None], ...] = ()

    def subscribe(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Call `listener` with every Change from now on; the answer ends it."""
        with self._lock:
            self._listeners = (*self._listeners, listener)

        def unsubscribe() -> None:
            with self._lock:
                self._listeners = tuple(known for known in self._listeners if known is not listener)

        return unsubscribe

    def publish(self, change: Change) -> None:
        for listener in self._listeners:
            listener(change)
