"""One computation for all who ask."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Lock

import pytest

from core.monitor.answers import Answers


class Counted:
    """A computation that counts its calls and waits to be let go."""

    def __init__(self) -> None:
        self.calls = 0
        self.started, self.go = Event(), Event()
        self._lock = Lock()

    def __call__(self) -> int:
        with self._lock:
            self.calls += 1
        self.started.set()
        assert self.go.wait(10)
        return self.calls


def returns(value: int) -> Callable[[], int]:
    return lambda: value


def refuses() -> int:
    pytest.fail("it was computed again")


def test_those_who_ask_meanwhile_wait_for_the_one_computation() -> None:
    answers: Answers[str, int] = Answers(4)
    work, ready = Counted(), Barrier(6)

    def ask() -> int:
        ready.wait(10)
        return answers.of("pair", work)

    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(ask) for _ in range(6)]
        assert work.started.wait(10)
        work.go.set()
        assert [each.result(10) for each in asked] == [1] * 6
    assert work.calls == 1
    assert answers.of("pair", refuses) == 1


def test_the_oldest_asked_for_goes_first() -> None:
    answers: Answers[int, int] = Answers(2)
    answers.of(1, returns(1))
    answers.of(2, returns(2))
    answers.of(1, refuses)
    answers.of(3, returns(3))
    assert len(answers) == 2
    answers.of(1, refuses)
    assert answers.of(2, returns(20)) == 20


def test_an_error_reaches_all_who_waited_and_is_not_kept() -> None:
    answers: Answers[str, int] = Answers(2)
    started, go = Event(), Event()

    def fails() -> int:
        started.set()
        assert go.wait(10)
        raise ValueError("no bars")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(answers.of, "pair", fails)
        assert started.wait(10)
        second = pool.submit(answers.of, "pair", fails)
        go.set()
        for each in (first, second):
            with pytest.raises(ValueError, match="no bars"):
                each.result(10)
    assert len(answers) == 0
    assert answers.of("pair", returns(7)) == 7
