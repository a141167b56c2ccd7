"""Where to connect to next, and when."""

import pytest

from core.errors import ConnectionRefused, FeedError, GeoBlocked
from core.feed.attempts import Attempts
from core.health import FeedState


def attempts(*bases: str) -> Attempts:
    return Attempts(bases, lambda: 1.0)


def test_delays_grow_until_a_connection_lived_long() -> None:
    tries = attempts("a")
    waits = []
    for now in (100.0, 200.0, 300.0):
        assert tries.failed(FeedError("cut"), now).state is FeedState.RECONNECTING
        waits.append(tries.not_before - now)
    assert waits == [0.5, 1.0, 2.0]
    assert not tries.lived(5.0)
    assert tries.failed(FeedError("cut"), 400.0).words == "cut; next try in 4.0 s"
    assert tries.lived(31.0)
    assert tries.failed(FeedError("cut"), 500.0).words == "cut; next try in 0.5 s"


def test_what_a_venue_asked_for_is_kept() -> None:
    tries = attempts("a")
    refused = tries.failed(ConnectionRefused("no: HTTP 429", 429, 600.0), 100.0)
    assert refused == (FeedState.RECONNECTING, "no: HTTP 429; next try in 600 s")
    assert tries.failed(FeedError("cut"), 200.0).words == "cut; next try in 500 s"
    assert tries.not_before == 700.0


def test_addresses_in_turn_where_one_is_not_served() -> None:
    tries = attempts("a", "", "b")
    error = GeoBlocked("HTTP 451", 451)
    assert tries.base == "a"
    assert tries.failed(error, 10.0) == (None, "HTTP 451; trying b")
    assert (tries.base, tries.not_before) == ("b", 0.0)
    assert tries.failed(error, 10.0) == (FeedState.BLOCKED, "HTTP 451; next try in 300 s")
    assert (tries.base, tries.not_before) == ("a", 310.0)
    assert tries.failed(error, 310.0).state is None, "after the wait both are tried again"


def test_short_lives_delay_the_next_successor() -> None:
    tries = attempts("a")
    tries.replaced(3600.0, True, 100.0)
    tries.replaced(1.0, False, 100.0)
    assert tries.not_before == 0.0
    tries.replaced(1.0, True, 200.0)
    tries.replaced(1.0, True, 300.0)
    assert tries.not_before == 301.0


def test_no_address() -> None:
    with pytest.raises(FeedError, match="set BINANCE_WS_URL"):
        _ = attempts("", "").base
