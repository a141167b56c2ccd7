"""What is asked before and beside the stream."""

import json
from collections.abc import Callable

import pytest

from core.feed.binance import BinanceSpot
from core.monitor import Bus
from core.store import Store
from core.workers import preparation as module
from core.workers.preparation import Preparation
from tests.raw_venue import RawVenue
from tests.trading import BTC, ETH, START_US, wait_until
from tests.workers.conftest import rest_client


def test_a_venue_that_does_not_answer_at_first_is_asked_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "backoff", lambda *_: iter([0.0] * 10))
    time = f'{{"serverTime":{START_US // 1000}}}'
    info = json.dumps({"symbols": [{"symbol": "BTCUSDT"}]})
    venue = RawVenue(
        lambda peer: peer.refuse(503, body="busy"),
        lambda peer: peer.refuse(200, body=time),
        lambda peer: peer.refuse(503, body="busy"),
        lambda peer: peer.refuse(200, body=time),
        lambda peer: peer.refuse(200, body=info),
        lambda peer: peer.refuse(200, body="[]"),
    )
    listed: list[object] = []
    notes: list[tuple[str, str]] = []
    client = rest_client(f"http://{venue.host}")
    preparation = Preparation(
        client, BinanceSpot(), [BTC, ETH], store, Bus(), listed.append, lambda *note: notes.append(note)
    )
    try:
        assert preparation.ask() is None
        preparation.start()
        wait_until(lambda: listed)
        assert [set(found) for found in listed] == [{BTC}]
        assert [kind for kind, _ in notes] == ["listing", "listing"]
    finally:
        preparation.stop()
        venue.close()


def test_stopping_before_the_start(store: Store) -> None:
    def unused(_: object) -> None:
        raise AssertionError("nothing was listed")

    calls: Callable[..., None] = lambda *_: None  # noqa: E731
    preparation = Preparation(rest_client("http://127.0.0.1:1"), BinanceSpot(), [BTC], store, Bus(), unused, calls)
    assert preparation.ask() is None
    preparation.stop()
