"""What the feed says of itself."""

from itertools import count

from core.feed.journal import Journal
from core.health import FeedState


def test_states_and_their_history() -> None:
    clock = count(100)
    journal = Journal(lambda: next(clock))
    assert (journal.state, journal.health().since_us) == (FeedState.STARTING, 100)
    journal.enter(FeedState.LIVE, "trades arrive")
    journal.enter(FeedState.LIVE, "trades arrive")
    journal.enter(FeedState.RECONNECTING, "cut; next try in 1 s")
    since = journal.health().since_us
    journal.enter(FeedState.RECONNECTING, "cut; next try in 2 s")
    journal.note("refused", "request 1 refused")
    assert journal.health().since_us == since
    assert [(e.kind, e.words) for e in journal.events()] == [
        ("live", "trades arrive"),
        ("reconnecting", "cut; next try in 1 s"),
        ("reconnecting", "cut; next try in 2 s"),
        ("refused", "request 1 refused"),
    ]
    assert [e.time_us for e in journal.events()] == sorted(e.time_us for e in journal.events())


def test_counters() -> None:
    journal = Journal(lambda: 7)
    assert [journal.connected("ws://a"), journal.connected("ws://b")] == [1, 2]
    journal.received(3, 300)
    journal.received(1, 50)
    health = journal.health()
    assert (health.url, health.connections, health.frames, health.bytes, health.last_frame_us) == (
        "ws://b",
        2,
        4,
        350,
        7,
    )


def test_a_successor_is_not_the_connection_before_it_takes_over() -> None:
    journal = Journal(lambda: 7)
    assert (journal.connected("ws://a"), journal.succeeding(), journal.connection) == (1, 2, 1)
    assert journal.succeeding() == 3, "the second one came to nothing"
    journal.handed_over(3, "ws://b", "handed over")
    health = journal.health()
    assert (journal.connection, health.connections, health.handovers, health.url) == (3, 3, 1, "ws://b")
    assert (journal.events()[-1].kind, journal.events()[-1].words) == ("handover", "handed over")
    assert journal.connected("ws://a") == journal.connection == 4


def test_history_is_bounded() -> None:
    journal = Journal(lambda: 0)
    for i in range(1000):
        journal.note("n", str(i))
    assert len(journal.events()) == 200
    assert journal.events()[-1].words == "999"
