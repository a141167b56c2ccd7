"""Venues that misbehave on request, and what real frames look like."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.feed.listening import Listening
from tests.raw_venue import Peer, RawVenue


@pytest.fixture
def venue() -> Iterator[Callable[..., RawVenue]]:
    """Start raw venues that end with the test."""
    with ExitStack() as stack:

        def start(*acts: Callable[[Peer], None], tls: ssl.SSLContext | None = None) -> RawVenue:
            raw = RawVenue(*acts, tls=tls)
            stack.callback(raw.close)
            return raw

        yield start


@pytest.fixture
def listen() -> Iterator[Callable[..., Listening]]:
    """Start readers that end with the test."""
    with ExitStack() as stack:

        def start(*bases: str, **options: object) -> Listening:
            listening = Listening(*bases, **options)
            stack.callback(listening.reader.stop)
            return listening

        yield start
