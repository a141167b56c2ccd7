"""Answers that several ask for and one computes."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Answers(Generic[K, T]):
    """Keeps the `most` answers that were asked for last. Whoever asks while one is computed waits for it.

    What is raised goes to all who waited, and is not kept. Any thread may ask.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._known: OrderedDict[K, Future[T]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def of(self, key: K, compute: Callable[[], T]) -> T:
        """The answer under `key`, by `compute` where it is not there yet."""
        with self._lock:
            known = self._known.get(key)
            if known is None:
                mine: Future[T] = Future()
                self._known[key] = mine
                while len(self._known) > self._most:
                    self._known.popitem(last=False)
            self._known.move_to_end(key)
        if known is not None:
            return known.result()
        try:
            answer = compute()
        except BaseException as error:
            with self._lock:
                if self._known.get(key) is mine:
                    del self._known[key]
            mine.set_exception(error)
            raise
        mine.set_result(answer)
        return answer
