"""The budget of REST: against a venue that counts for itself, on clocks that are off, set, and jump."""

import itertools
from threading import Thread

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.feed.budget import Budget
from tests.trading import PATIENCE, START_US

MINUTE = START_US / 1e6
quick = settings(deadline=None, derandomize=True, max_examples=200)


class Time:
    """A wall clock that can be set, and the time that passes whatever it shows [s]."""

    def __init__(self, second: float = 10.0) -> None:
        self.wall = MINUTE + second
        self.elapsed = 1000.0

    def passes(self, seconds: float) -> None:
        self.wall += seconds
        self.elapsed += seconds

    def budget(self, per_minute: int = 1000) -> Budget:
        return Budget(per_minute, lambda: self.wall, lambda: self.elapsed)


class CountingVenue:
    """Counts as the venue does, by its own clock: that many seconds behind ours."""

    def __init__(self, time: Time, behind: float) -> None:
        self._time, self._behind = time, behind
        self.by_minute: dict[int, int] = {}

    @property
    def minute(self) -> int:
        return int((self._time.wall - self._behind) // 60)

    def asked(self, weight: int) -> int:
        self.by_minute[self.minute] = self.by_minute.get(self.minute, 0) + weight
        return self.by_minute[self.minute]


def test_a_minute_of_the_foreground_and_of_the_background() -> None:
    time = Time()
    budget = time.budget()
    charged = list(itertools.takewhile(lambda _: budget.claim(25, background=True) == 0.0, range(100)))
    assert len(charged) == 20, "half of the weight"
    assert budget.wait_seconds(25, background=True) == pytest.approx(50.0)
    assert budget.claim(450) == 0.0
    assert budget.wait_seconds(1) == pytest.approx(50.0), "the last twentieth is left"
    assert budget.state().used == 950
    assert budget.state().words == "950 of 1,000 request weight used in this minute"
    time.passes(50)
    assert budget.claim(25, background=True) == 0.0
    assert budget.state().used == 25


def test_the_background_keeps_off_the_last_fifth_of_what_all_use() -> None:
    time = Time()
    budget = time.budget()
    budget.heard(790)
    assert budget.wait_seconds(10, background=True) == 0.0
    assert budget.wait_seconds(11, background=True) > 0.0
    assert budget.wait_seconds(11) == 0.0


def test_what_is_asked_for_without_asking_counts() -> None:
    budget = Time().budget()
    budget.charge(400, background=True)
    budget.charge(500)
    assert budget.state().used == 900
    assert budget.wait_seconds(100) > 0.0


def test_a_minute_that_begins_late_on_the_venues_clock() -> None:
    """What the background used until then was of the minute before."""
    time = Time(0.0)
    budget = time.budget()
    for _ in range(20):
        assert budget.claim(25, background=True) == 0.0
    time.passes(3.0)
    budget.heard(25)
    assert budget.claim(25, background=True) == 0.0
    time.passes(59.0)
    assert budget.state().used == 50, "the venue's minute is not over"


def test_a_clock_that_is_set_back_gives_nothing_back() -> None:
    time = Time()
    budget = time.budget()
    budget.charge(900)
    time.wall -= 7200
    assert budget.state().used == 900
    time.passes(60)
    assert budget.state().used == 0


def test_a_request_that_no_minute_has_room_for_goes_in_an_untouched_one() -> None:
    budget = Time().budget(per_minute=20)
    assert budget.claim(25, background=True) == 0.0
    assert budget.wait_seconds(25, background=True) > 0.0


def test_the_venues_count_wins_where_it_is_higher() -> None:
    time = Time(30.0)
    budget = time.budget()
    assert budget.claim(25) == 0.0
    for said, used in ((None, 25), (10, 25), (700, 700), (650, 700)):
        budget.heard(said)
        assert budget.state().used == used


@pytest.mark.parametrize("background", [False, True])
@pytest.mark.parametrize("behind", [-8.0, -3.0, -0.1, 0.0, 0.1, 3.0, 8.0])
def test_clocks_that_are_a_little_off_cost_no_minute(behind: float, background: bool) -> None:
    """Asking for ten minutes without a rest: each minute's share is had, whoever's minute begins first."""
    time = Time(5.0)
    budget, venue = time.budget(), CountingVenue(time, behind)
    share, start = (500 if background else 950), time.elapsed
    while time.elapsed < start + 600:
        if budget.claim(25, background) == 0.0:
            time.passes(0.9)
            budget.heard(venue.asked(25))
        time.passes(0.1)
    whole = [used for _, used in sorted(venue.by_minute.items())][2:-1]
    assert len(whole) >= 7
    assert min(whole) >= 0.85 * share, whole
    assert max(whole) <= share + 50, whole


@quick
@given(
    behind=st.floats(-9, 9),
    per_minute=st.sampled_from([600, 2400, 6000]),
    weights=st.lists(st.sampled_from([1, 2, 4, 20, 25]), min_size=1, max_size=8),
    pauses=st.lists(st.sampled_from([0.0, 0.01, 0.2, 1.0, 7.0]), min_size=1, max_size=5),
    silent=st.booleans(),
)
@example(9.0, 2400, [20], [0.0], False)
@example(-9.0, 2400, [20], [0.0], False)
def test_the_venue_never_counts_more_than_its_limit(
    behind: float, per_minute: int, weights: list[int], pauses: list[float], silent: bool
) -> None:
    """Clients in the foreground and in the background ask for all that they get."""
    time = Time(0.0)
    budget, venue = time.budget(per_minute), CountingVenue(time, 0.0 if silent else behind)
    in_background: dict[int, int] = {}
    asked = itertools.cycle(itertools.product(weights, (True, False)))
    waits = itertools.cycle(pauses)
    for (weight, background), _ in zip(asked, range(1500), strict=False):
        wait = budget.claim(weight, background)
        assert 0.0 <= wait <= 60.0
        if wait > 0.0 and not background:
            time.passes(wait)
        elif wait == 0.0:
            minute = venue.minute
            in_background[minute] = in_background.get(minute, 0) + (weight if background else 0)
            used = venue.asked(weight)
            budget.heard(None if silent else used)
        time.passes(next(waits))
    assert max(venue.by_minute.values()) <= per_minute
    if silent or behind == 0.0:
        assert max(in_background.values()) <= per_minute / 2


@quick
@given(st.integers(0, 59), st.lists(st.integers(1, 30), min_size=1, max_size=6), st.integers(2, 6))
def test_clients_that_ask_at_once(second: int, weights: list[int], clients: int) -> None:
    """All that was promised to any of them fits."""
    time = Time(float(second))
    budget = time.budget()
    charged: list[int] = []

    def ask() -> None:
        asked = itertools.islice(itertools.cycle(weights), 100)
        charged.extend(weight for weight in asked if budget.claim(weight) == 0.0)

    threads = [Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert sum(charged) == budget.state().used <= 950


def test_429() -> None:
    time = Time(20.0)
    budget = time.budget()
    budget.refused(429, 12)
    assert budget.wait_seconds(1) == pytest.approx(12.0)
    assert budget.state().refused_until_us == START_US + 32_000_000
    assert "refused with HTTP 429: nothing is asked before 2024-08-09T00:00:32.000Z" in budget.state().words
    time.passes(12.5)
    assert budget.claim(1) == 0.0
    budget.refused(429)
    assert budget.wait_seconds(1) == pytest.approx(27.5), "until the next minute"


def test_418() -> None:
    time = Time()
    budget = time.budget()
    budget.refused(418)
    budget.refused(418)
    assert budget.wait_seconds(1) == pytest.approx(120.0), "a second answer to the same ban makes it no longer"
    budget.refused(429, 5)
    assert budget.wait_seconds(1) == pytest.approx(120.0)
    time.passes(121)
    budget.refused(418)
    assert budget.wait_seconds(1) == pytest.approx(240.0)
    time.passes(1000)
    budget.refused(418, None, START_US + 1_631_000_000)
    assert budget.wait_seconds(1) == pytest.approx(500.0), "the venue's own words"
    time.passes(501)
    budget.refused(418, 7, START_US)
    assert budget.wait_seconds(1) == pytest.approx(7.0)
    time.passes(86_400)
    budget.refused(418, 0, START_US)
    assert budget.wait_seconds(1) == pytest.approx(120.0)
    budget.refused(418, 10**12)
    assert budget.wait_seconds(1) == pytest.approx(3 * 86_400.0), "no ban is longer"


HAPPENINGS = st.one_of(
    st.tuples(st.just("passes"), st.floats(0, 90)),
    st.tuples(st.just("jumps"), st.floats(-20_000, 20_000)),
    st.tuples(st.just("claims"), st.integers(1, 50)),
    st.tuples(st.just("claims in the background"), st.integers(1, 50)),
    st.tuples(st.just("hears"), st.integers(-1, 1200)),
    st.tuples(st.just("refuses"), st.sampled_from([(429, None), (429, 30), (418, None), (418, 600)])),
)


@quick
@given(st.lists(HAPPENINGS, max_size=40))
def test_whatever_the_clock_does(happenings: list[tuple[str, object]]) -> None:
    """Nothing is sent during a ban, and nobody waits for more than a minute after it."""
    time = Time()
    budget = time.budget()
    banned_until = 0.0
    for what, value in happenings:
        if what == "passes":
            time.passes(value)
        elif what == "jumps":
            time.wall += value
        elif what == "hears":
            budget.heard(value)
        elif what == "refuses":
            before = budget.wait_seconds(0)
            budget.refused(*value)
            assert budget.wait_seconds(1) >= (value[1] or 0.0)
            banned_until = time.elapsed + max(budget.wait_seconds(1), before if banned_until > time.elapsed else 0.0)
        else:
            wait = budget.claim(value, "background" in what)
            assert wait >= banned_until - time.elapsed - 1e-6
            assert wait <= max(0.0, banned_until - time.elapsed) + 60.0
    time.passes(max(0.0, banned_until - time.elapsed) + 61.0)
    assert budget.claim(25, background=True) == 0.0, "a minute later all is free again"
