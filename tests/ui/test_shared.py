"""What is made once for all who look."""

from threading import Barrier, Thread

import pytest

from core.ui.shared import Shared


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_value_is_made_once_while_it_is_fresh() -> None:
    clock, made = Clock(), []
    shared = Shared(clock)
    for now in (0.0, 0.29, 0.3, 0.59):
        clock.now = now
        shared.of("pair", lambda: made.append(clock.now))
    assert made == [0.0, 0.3]


def test_each_key_has_its_own() -> None:
    shared = Shared(Clock())
    assert [shared.of(key, lambda key=key: key * 2) for key in (1, 2, 1)] == [2, 4, 2]


def test_what_failed_is_tried_again_by_the_next() -> None:
    shared = Shared(Clock())
    with pytest.raises(ZeroDivisionError):
        shared.of("pair", lambda: 1 // 0)
    assert shared.of("pair", lambda: 1) == 1


def test_many_at_once_make_it_once() -> None:
    made: list[int] = []
    shared, barrier = Shared(Clock()), Barrier(8)

    def look() -> None:
        barrier.wait()
        shared.of("pair", lambda: made.append(1))

    threads = [Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1]


def test_what_nobody_asks_for_is_forgotten() -> None:
    shared, made = Shared(Clock()), []
    for key in (*range(300), 0):
        shared.of(key, lambda key=key: made.append(key))
    assert made.count(0) == 2
