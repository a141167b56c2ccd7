"""Long computations: begun once for all who ask, one after the other, on a thread of their own, with their progress."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Generic, TypeVar, cast

T = TypeVar("T")


class Cancelled(Exception):
    """Whoever asked does not want it any more."""


class Job(Generic[T]):
    """One computation. Any thread may look."""

    def __init__(self) -> None:
        self.progress = 0.0
        self.words = "waiting for its turn"
        self._future: Future[T] = Future()
        self._cancelled = False

    @property
    def done(self) -> bool:
        return self._future.done()

    def result(self, timeout_seconds: float | None = None) -> T:
        """The answer, waiting for it. Raise what the computation raised, or TimeoutError."""
        return self._future.result(timeout_seconds)

    @property
    def error(self) -> BaseException | None:
        """What was raised; None where nothing was, or it is not done."""
        return self._future.exception() if self.done else None

    def cancel(self) -> None:
        """End it at its next step."""
        self._cancelled = True

    def step(self, progress: float, words: str = "") -> None:
        """Say how far it is, from 0 to 1; called by the computation. Raise Cancelled where it is to end."""
        if self._cancelled:
            raise Cancelled
        self.progress, self.words = progress, words

    def run(self, compute: Callable[["Job[T]"], T]) -> None:
        try:
            self.step(0.0)
            answer = compute(self)
        except BaseException as error:  # noqa: BLE001 - it belongs to those who wait for the answer
            self._future.set_exception(error)
        else:
            self.progress = 1.0
            self._future.set_result(answer)


class Jobs:
    """Keeps the `most` jobs that were asked for last; those that fall out are cancelled."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._known: OrderedDict[Hashable, Job[object]] = OrderedDict()
        self._worker = ThreadPoolExecutor(1, "job")

    def of(self, key: Hashable, compute: Callable[[Job[T]], T]) -> Job[T]:
        """The job under `key`, begun by `compute` where there is none, or where it was cancelled."""
        with self._lock:
            known = self._known.get(key)
            if known is None or isinstance(known.error, Cancelled):
                known = Job()
                self._known[key] = known
                self._worker.submit(known.run, cast("Callable[[Job[object]], object]", compute))
            self._known.move_to_end(key)
            while len(self._known) > self._most:
                self._known.popitem(last=False)[1].cancel()
        return cast("Job[T]", known)

    def known(self, key: Hashable) -> bool:
        """Whether somebody has asked for it."""
        return key in self._known

    def close(self) -> None:
        """Cancel everything, and wait for what runs to take notice."""
        for job in tuple(self._known.values()):
            job.cancel()
        self._worker.shutdown(wait=True, cancel_futures=True)
