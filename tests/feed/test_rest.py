"""Requests over REST against a venue of raw sockets, and against the built-in exchange."""

import json
import socket
import time
from collections.abc import Callable
from contextlib import closing, suppress
from threading import Event, Thread

import pytest

from core.errors import MalformedMessage, RestError
from core.exchange.child import ExchangeProcess
from core.feed.base import Request
from core.feed.binance import BinanceSpot
from core.feed.binance_usdm import BinanceUsdm
from core.feed.budget import Budget
from core.feed.rest import RestClient, listings
from core.market import MINUTE, Scale, Symbol
from tests.raw_venue import Peer, RawVenue
from tests.trading import BTC, ETH, PATIENCE, START_US, wait_until

Venues = Callable[..., RawVenue]
TIME = Request("/api/v3/time", {"a": "b"}, 10)


def answer(body: str, status: int = 200, *headers: str) -> Callable[[Peer], None]:
    return lambda peer: peer.refuse(status, *headers, body=body)


def base(raw: RawVenue) -> str:
    return f"http://{raw.host}"


def asking(*bases: str, budget: Budget | None = None, stop: Event | None = None) -> closing[RestClient]:
    return closing(RestClient(bases, budget or Budget(6000, time.time), 5.0, stop))


def ask(*bases: str, budget: Budget | None = None) -> bytes:
    with asking(*bases, budget=budget) as client:
        return client.get(TIME)


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
        (503, "<html>busy</html>", ("Retry-After: later",), (None, None, "HTTP 503$")),
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
    with asking(base(blocked), "", base(open_)) as client:
        assert client.base == base(blocked)
        assert [client.get(TIME), client.get(TIME)] == [b"yes", b"yes"]
        assert client.base == base(open_)
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
    with pytest.raises(RestError, match=r"no answer from http.*: connection refused$") as caught:
        ask(f"http://127.0.0.1:{port}")
    assert caught.value.status == 0


@pytest.mark.parametrize("url", ["nonsense", "http://", "ftp://x"])
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(RestError, match="no answer from"):
        ask(url)


def test_no_address_at_all() -> None:
    with asking("") as client:
        assert client.base == ""
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
    with asking(base(venue(answer(info("BTCUSDT", "XRPUSDT"))))) as client:
        assert set(listings(client, BinanceSpot(), [BTC, ETH])) == {BTC}


def test_an_answer_that_is_no_listing(venue: Venues) -> None:
    with asking(base(venue(answer("<html>")))) as client, pytest.raises(MalformedMessage):
        listings(client, BinanceSpot(), [BTC])


def test_other_refusals_of_the_listing_are_errors(venue: Venues) -> None:
    raw = venue(answer('{"code":-1000,"msg":"m"}', 503))
    with asking(base(raw)) as client, pytest.raises(RestError, match="HTTP 503"):
        listings(client, BinanceSpot(), [BTC, ETH])
    raw.close()
    assert raw.connections == 1


def test_an_unknown_symbol_costs_one_more_request(venue: Venues) -> None:
    raw = venue(answer('{"code":-1121,"msg":"Invalid symbol."}', 400), answer(info("BTCUSDT", "XRPUSDT", "XUSDT")))
    budget = Budget(6000, lambda: START_US / 1e6)
    with asking(base(raw), budget=budget) as client:
        assert set(listings(client, BinanceSpot(), [BTC, Symbol("NOSUCH"), Symbol("XRPUSDT")])) == {
            BTC,
            Symbol("XRPUSDT"),
        }
    raw.close()
    assert [("symbols" in target) for target in raw.targets] == [True, False]
    assert budget.state().used == 40


def test_many_symbols_are_asked_for_in_parts(venue: Venues) -> None:
    names = [f"S{number}USDT" for number in range(250)]
    raw = venue(*(answer(info(*names[start : start + 100])) for start in (0, 100, 200)))
    with asking(base(raw)) as client:
        assert len(listings(client, BinanceSpot(), [Symbol(name) for name in names])) == 250
    raw.close()
    assert raw.connections == 3
    assert max(map(len, raw.targets)) < 4000


def test_a_venue_that_lists_everything_at_once_is_asked_once(venue: Venues) -> None:
    symbols = [Symbol(f"S{number}USDT", perpetual=True) for number in range(250)]
    raw = venue(answer(info(*(symbol.name for symbol in symbols))))
    with asking(base(raw)) as client:
        assert list(listings(client, BinanceUsdm(), symbols)) == symbols
        assert listings(client, BinanceUsdm(), []) == {}
    raw.close()
    assert raw.targets == ["/fapi/v1/exchangeInfo"]


@pytest.mark.parametrize("header", ["X-MBX-USED-WEIGHT-1M: 777", "x-mbx-used-weight-1m: 777"])
def test_the_venues_count_is_heard_whatever_it_answers(venue: Venues, header: str) -> None:
    for status in (200, 400):
        budget = Budget(6000, lambda: START_US / 1e6)
        with asking(base(venue(answer("", status, header))), budget=budget) as client, suppress(RestError):
            client.get(TIME)
        assert budget.state().used == 777


def test_counts_that_are_none_are_not_heard(venue: Venues) -> None:
    budget = Budget(6000, lambda: START_US / 1e6)
    for text in ("", "many", "-5", "9" * 30, "1.5"):
        ask(base(venue(answer("yes", 200, f"X-MBX-USED-WEIGHT-1M: {text}"))), budget=budget)
    assert budget.state().used == 50


@pytest.mark.parametrize(
    ("status", "headers", "body", "seconds"),
    [
        (429, ("Retry-After: 12",), "{}", 12.0),
        (429, (), "<html>", 50.0),
        (418, ("Retry-After: 33",), '{"code":-1003,"msg":"IP banned until 1723161900000."}', 33.0),
        (418, (), '{"code":-1003,"msg":"Way too much request weight used; IP banned until 1723161900000. Please"}', 290.0),
        (418, (), '{"code":-1003,"msg":"banned until 17231619000009999"}', 120.0),
        (418, ("Retry-After: soon",), "", 120.0),
    ],
)  # fmt: skip
def test_a_refusal_is_told_to_the_budget(
    venue: Venues, status: int, headers: tuple[str, ...], body: str, seconds: float
) -> None:
    budget = Budget(6000, lambda: START_US / 1e6 + 10, lambda: 0.0)
    with pytest.raises(RestError, match=f"HTTP {status}"):
        ask(base(venue(answer(body, status, *headers))), budget=budget)
    assert budget.wait_seconds(1) == pytest.approx(seconds)


@pytest.mark.parametrize("by", ["stop", "close"])
def test_waiting_for_the_budget_ends_with_the_desk(venue: Venues, by: str) -> None:
    raw = venue(answer("yes"))
    budget = Budget(6000, time.time)
    budget.refused(418, 3600)
    stop = Event()
    said: list[str] = []

    def wait(client: RestClient) -> None:
        try:
            client.get(TIME)
        except RestError as error:
            said.append(str(error))

    with asking(base(raw), budget=budget, stop=stop if by == "stop" else None) as client:
        thread = Thread(target=wait, args=(client,), daemon=True)
        thread.start()
        stop.set() if by == "stop" else client.close()
        thread.join(PATIENCE)
    assert said == ["the desk is closing"]
    assert raw.connections == 0


def test_what_waits_is_sent_when_there_is_room_again(venue: Venues) -> None:
    raw = venue(answer("yes"))
    budget = Budget(100, lambda: START_US / 1e6 + 59.9 + time.monotonic() - began)
    began = time.monotonic()
    budget.charge(90)
    assert ask(base(raw), budget=budget) == b"yes"
    assert time.monotonic() - began >= 0.1
    assert budget.state().used == 10, "in the next minute"


def test_the_background_waits_where_the_foreground_goes(venue: Venues) -> None:
    raw = venue(answer("yes"))
    budget, stop = Budget(100, lambda: START_US / 1e6), Event()
    budget.charge(75)
    with asking(base(raw), budget=budget, stop=stop) as client:
        assert client.get(TIME) == b"yes"
        stop.set()
        with pytest.raises(RestError, match="closing"):
            client.get(TIME, background=True)
    wait_until(lambda: raw.connections == 1)


def test_the_built_in_exchange(exchange: Callable[..., ExchangeProcess]) -> None:
    """One unknown name among many is found out, and the others keep their scales."""
    process = exchange(symbols=("BTCUSDT", "ETHUSDT", "XRPUSDT"), history_days=1)
    venue = BinanceSpot()
    with asking(process.rest_url) as client:
        names = [BTC, Symbol("NOSUCHUSDT"), ETH, Symbol("XRPUSDT"), Symbol("ALSONOT")]
        found = listings(client, venue, names)
        assert list(found) == [BTC, ETH, Symbol("XRPUSDT")]
        assert found[BTC].scale == Scale(2, 5)
        assert listings(client, venue, [Symbol("NOSUCHUSDT")]) == {}
        now_us = venue.read_time(client.get(venue.time_request()))
        bars = venue.read_klines(client.get(venue.klines_request(BTC, MINUTE, now_us, 50)), BTC, MINUTE, Scale(2, 5))
        assert 0 < len(bars) <= 50
        assert bars.open_time_us[-1] <= now_us


def test_the_built_in_exchange_is_never_asked_for_more_than_it_gives(exchange: Callable[..., ExchangeProcess]) -> None:
    """It would answer 429 beyond its limit. The count starts in the middle: others have asked before."""
    process = exchange(symbols=("BTCUSDT",), history_days=1, weight_per_minute=200)
    venue, stop = BinanceSpot(), Event()
    budget = Budget(200, time.time)
    with asking(process.rest_url) as other, asking(process.rest_url, budget=budget, stop=stop) as client:
        for _ in range(3):
            other.get(venue.page_request(BTC, 0))
        while budget.wait_seconds(25) == 0.0:
            client.get(venue.page_request(BTC, 0))
        assert 150 <= budget.state().used <= 190 or budget.state().used <= 75, "full, or a new minute"
