"""Venues that misbehave on request, and what real frames look like."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.raw_venue import Peer, RawVenue


@pytest.fixture
def venue() -> Iterator[Callable[..., RawVenue]]:
    """Start raw venues that end with the test."""
    with ExitStack() as stack:

        def start(*acts: Callable[[Peer], None]) -> RawVenue:
            raw = RawVenue(*acts)
            stack.callback(raw.close)
            return raw

        yield start
