"""Requests over REST against a venue of raw sockets, and against the built-in exchange."""

import json
import socket
from collections.abc import Callable

import pytest

from core.errors import MalformedMessage, RestError
from core.exchange.child import ExchangeProcess
from core.feed.binance import BinanceSpot
from core.feed.rest import RestClient, listings
from core.market import MINUTE, Scale, Symbol
from tests.raw_venue import Peer, RawVenue
from tests.trading import BTC, ETH

Venues = Callable[..., RawVenue]


def answer(body: str, status: int = 200, *headers: str) -> Callable[[Peer], None]:
    return lambda peer: peer.refuse(status, *headers, body=body)


def base(raw: RawVenue) -> str:
    return f"http://{raw.host}"


def ask(*bases: str) -> bytes:
    client = RestClient(bases, 5.0)
    try:
        return client.get("/api/v3/time", {"a": "b"})
    finally:
        client.close()


def test_an_answer(venue: Venues) -> None:
    raw = venue(answer('{"serverTime":1}'))
    assert ask(base(raw) + "/") == b'{"serverTime":1}'
    raw.close()
    assert raw.targets == ["/api/v3/time?a=b"]


@pytest.mark.parametrize(
    ("status", "body", "headers", "expected"),
    [
        (400, '{"code":-1121,"msg":"Invalid symbol."}', (), (-1121, None, "HTTP 400: Invalid symbol.")),
        (429, '{"code":-1003,"msg":"Too many"}', ("Retry-After: 12",), (-1003, 12.0, "HTTP 429: Too many")),
        (503, "<html>busy</html>", ("Retry-After: later",), (None, None, "HTTP 503: <html>busy")),
        (500, "[1]", (), (None, None, r"HTTP 500: \[1\]")),
        (418, '{"code":"x"}', (), (None, None, "HTTP 418")),
    ],
)
def test_refusals(
    venue: Venues, status: int, body: str, headers: tuple[str, ...], expected: tuple[object, object, str]
) -> None:
    with pytest.raises(RestError, match=expected[2]) as caught:
        ask(base(venue(answer(body, status, *headers))))
    assert (caught.value.status, caught.value.code, caught.value.retry_after) == (status, *expected[:2])


def test_451_turns_to_the_next_address_and_stays_there(venue: Venues) -> None:
    blocked, open_ = venue(answer('{"code":0,"msg":"restricted"}', 451)), venue(answer("yes"))
    client = RestClient((base(blocked), "", base(open_)))
    assert [client.get("/x", {}), client.get("/y", {})] == [b"yes", b"yes"]
    client.close()
    blocked.close()
    open_.close()
    assert (blocked.connections, open_.connections) == (1, 2)


def test_451_everywhere(venue: Venues) -> None:
    raw = venue(answer('{"code":0,"msg":"restricted"}', 451))
    with pytest.raises(RestError, match="HTTP 451: restricted") as caught:
        ask(base(raw), base(raw))
    assert caught.value.status == 451
    assert raw.connections == 2 or raw.close() is None


def test_other_errors_do_not_turn_to_the_next(venue: Venues) -> None:
    other = venue(answer("yes"))
    with pytest.raises(RestError, match="HTTP 500"):
        ask(base(venue(answer("", 500))), base(other))
    assert other.connections == 0


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(RestError, match="no answer from") as caught:
        ask(f"http://127.0.0.1:{port}")
    assert caught.value.status == 0


@pytest.mark.parametrize("url", ["nonsense", "http://", "ftp://x"])
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(RestError, match="no answer from"):
        ask(url)


def test_no_address_at_all() -> None:
    with pytest.raises(RestError, match="set BINANCE_REST_URL"):
        ask("", "")


def test_an_answer_cut_short(venue: Venues) -> None:
    def act(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    with pytest.raises(RestError, match="no answer from"):
        ask(base(venue(act)))


def info(*names: str) -> str:
    return json.dumps({"symbols": [{"symbol": name, "status": "TRADING", "filters": []} for name in names]})


def test_symbols_that_are_not_asked_for_are_left_out(venue: Venues) -> None:
    client = RestClient([base(venue(answer(info("BTCUSDT", "XRPUSDT"))))])
    assert set(listings(client, BinanceSpot(), [BTC, ETH])) == {BTC}
    client.close()


def test_an_answer_that_is_no_listing(venue: Venues) -> None:
    client = RestClient([base(venue(answer("<html>")))])
    with pytest.raises(MalformedMessage):
        listings(client, BinanceSpot(), [BTC])
    client.close()


def test_other_refusals_of_the_listing_are_errors(venue: Venues) -> None:
    client = RestClient([base(venue(answer('{"code":-1003,"msg":"m"}', 429)))])
    with pytest.raises(RestError, match="HTTP 429"):
        listings(client, BinanceSpot(), [BTC, ETH])
    client.close()


def test_the_built_in_exchange(exchange: Callable[..., ExchangeProcess]) -> None:
    """One unknown name among many is found out, and the others keep their scales."""
    process = exchange(symbols=("BTCUSDT", "ETHUSDT", "XRPUSDT"), history_days=1)
    client, venue = RestClient([process.rest_url]), BinanceSpot()
    try:
        names = [BTC, Symbol("NOSUCHUSDT"), ETH, Symbol("XRPUSDT"), Symbol("ALSONOT")]
        found = listings(client, venue, names)
        assert list(found) == [BTC, ETH, Symbol("XRPUSDT")]
        assert found[BTC].scale == Scale(2, 5)
        assert listings(client, venue, [Symbol("NOSUCHUSDT")]) == {}
        now_us = venue.read_time(client.get(*venue.time_request()))
        bars = venue.read_klines(client.get(*venue.klines_request(BTC, MINUTE, now_us, 50)), BTC, MINUTE, Scale(2, 5))
        assert 0 < len(bars) <= 50
        assert bars.open_time_us[-1] <= now_us
    finally:
        client.close()
