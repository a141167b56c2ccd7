"""The queue between socket and store."""

import threading

from core.feed.buffer import FrameBuffer, Received
from tests.trading import PATIENCE, wait_until

LONG = PATIENCE


def item(count: int, name: bytes = b"x", dropped: int = 0) -> Received:
    return Received(1, 1, [name] * count, dropped)


def run(work: object) -> tuple[threading.Thread, list[object]]:
    """Do `work` in a thread; its answers are in the list when it has ended."""
    answers: list[object] = []
    thread = threading.Thread(target=lambda: answers.append(work()))
    thread.start()
    return thread, answers


def test_what_goes_in_comes_out_in_order() -> None:
    buffer = FrameBuffer(100, 0)
    items = [item(3, b"a"), item(2, b"b"), item(5, b"c")]
    assert all(buffer.put(each) for each in items)
    assert buffer.take(10, LONG) == items
    health = buffer.health()
    assert (health.depth, health.capacity, health.high_water, health.dropped) == (0, 100, 10, 0)


def test_taking_waits_for_enough_or_for_the_time() -> None:
    buffer = FrameBuffer(100, 0)
    assert buffer.take(5, 0.0) == []
    buffer.put(item(2))
    assert [len(each.frames) for each in buffer.take(5, 0.01)] == [2]
    thread, answers = run(lambda: buffer.take(5, LONG))
    wait_until(lambda: buffer._wanted == 5)
    buffer.put(item(3))
    assert thread.is_alive()
    buffer.put(item(2))
    thread.join(PATIENCE)
    assert [[len(each.frames) for each in answer] for answer in answers] == [[3, 2]]


def test_taking_is_bounded() -> None:
    buffer = FrameBuffer(1000, 0)
    for _ in range(5):
        buffer.put(item(10))
    assert len(buffer.take(10, LONG)) == 2
    buffer.put(item(500))
    assert len(buffer.take(10, LONG)) == 2
    assert len(buffer.take(10, LONG)) == 1
    assert [len(each.frames) for each in buffer.take(10, LONG)] == [500], "one read is never cut"


def test_a_full_buffer_holds_the_producer_back_until_there_is_room() -> None:
    buffer = FrameBuffer(10, LONG)
    assert buffer.put(item(8))
    thread, answers = run(lambda: buffer.put(item(5)))
    wait_until(lambda: buffer.health().blocked_seconds > 0 or thread.is_alive())
    assert answers == []
    assert len(buffer.take(1, LONG)) == 1
    thread.join(PATIENCE)
    assert answers == [True]
    assert buffer.health().blocked_seconds > 0
    assert buffer.health().dropped == 0


def test_a_buffer_that_stays_full_drops_counts_and_says_so_in_the_next() -> None:
    buffer = FrameBuffer(10, 0.0)
    buffer.put(item(10))
    assert not buffer.put(item(3))
    assert not buffer.put(item(4))
    assert buffer.health().dropped == 7
    buffer.take(10, LONG)
    assert buffer.put(item(2))
    assert buffer.put(item(1))
    assert [each.dropped for each in buffer.take(3, LONG)] == [7, 0]
    assert buffer.health().dropped == 7


def test_once_dropping_it_does_not_wait_again() -> None:
    buffer = FrameBuffer(10, 0.01)
    buffer.put(item(10))
    buffer.put(item(1))
    waited = buffer.health().blocked_seconds
    assert waited > 0
    for _ in range(50):
        buffer.put(item(1))
    assert buffer.health().blocked_seconds == waited
    assert buffer.health().dropped == 51


def test_a_read_larger_than_the_buffer_goes_into_an_empty_one() -> None:
    buffer = FrameBuffer(10, 0.0)
    assert buffer.put(item(50))
    assert not buffer.put(item(1))
    assert len(buffer.take(1, LONG)) == 1


def test_closing_lets_nobody_wait_and_loses_nothing() -> None:
    buffer = FrameBuffer(10, LONG)
    taking, taken = run(lambda: buffer.take(5, LONG))
    wait_until(lambda: buffer._wanted == 5)
    buffer.close()
    taking.join(PATIENCE)
    assert taken == [[]]
    assert buffer.drained

    buffer = FrameBuffer(10, LONG)
    buffer.put(item(10))
    putting, put = run(lambda: buffer.put(item(1)))
    buffer.close()
    putting.join(PATIENCE)
    assert put == [False]
    assert not buffer.drained
    assert [len(each.frames) for each in buffer.take(5, LONG)] == [10]
    assert buffer.drained
