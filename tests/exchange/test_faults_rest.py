"""What faults do to REST, without a socket; and how they are asked for."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from core.errors import ExchangeError
from core.exchange.child import ExchangeProcess
from core.exchange.faults import Faults
from core.exchange.http_side import HttpSide
from core.exchange.kinds import KINDS, Fault, Refuse, RestErrors, RestLag, Truncate, Vision, read
from core.exchange.recorded import RecordedMarket
from core.exchange.recording import Recording
from core.exchange.rest import Answer, Rest
from core.exchange.weight import WeightBudget

PATIENCE = 30.0


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """A recording's REST side, with its faults and its clock."""

    def __init__(self, market: RecordedMarket) -> None:
        self.clock = Clock()
        self.faults = Faults(seed=1, clock=self.clock)
        self.budget = WeightBudget(6000, self.clock)
        self._rest = Rest(market, self.budget, self.faults)

    def ask(self, path: str) -> Answer:
        return self._rest.answer("GET", f"/api/v3/{path}", {"x-mbx-apikey": "any"})

    def ids(self, path: str) -> list[int]:
        answer = self.ask(path)
        assert answer.status == 200, answer.body
        return [row.get("id", row.get("a")) for row in json.loads(answer.body)]

    def bites(self, kind: type[Fault]) -> int:
        return int(self.faults.told()["bites"].get(kind.name(), 0))


@pytest.fixture
def bench(small_recording: Recording, play: Callable[[RecordedMarket], None]) -> Bench:
    market = RecordedMarket(small_recording, None, False)
    play(market)
    return Bench(market)


_HISTORY = "historicalTrades?symbol=AAAUSDT&fromId=1"


def test_the_newest_are_not_visible_yet(bench: Bench) -> None:
    assert bench.ids(_HISTORY) == list(range(1, 11))
    bench.faults.hold(RestLag(trades=3))
    assert bench.ids(_HISTORY) == list(range(1, 8))
    assert bench.ids("trades?symbol=AAAUSDT&limit=2") == [9, 10], "this one is answered from memory"
    assert bench.bites(RestLag) == 1
    bench.faults.end(RestLag)
    assert bench.ids(_HISTORY)[-1] == 10


def test_what_is_younger_than_the_lag_is_not_visible_yet(bench: Bench) -> None:
    bench.faults.hold(RestLag(seconds=64.0, lasts=5.0))
    assert bench.ids(_HISTORY) == list(range(1, 9))
    assert not json.loads(bench.ask("aggTrades?symbol=AAAUSDT&fromId=9").body)
    bars = json.loads(bench.ask("klines?symbol=AAAUSDT&interval=1m").body)
    assert sum(bar[8] for bar in bars) == 8, "bars have no trade that cannot be had"
    bench.clock.now += 5.0
    assert bench.ids(_HISTORY)[-1] == 10


def test_a_page_is_short_whatever_its_limit(bench: Bench) -> None:
    bench.faults.hold(Truncate(rows=4))
    assert bench.ids(f"{_HISTORY}&limit=1000") == [1, 2, 3, 4]
    assert bench.ids(f"{_HISTORY}&limit=2") == [1, 2]
    assert bench.bites(Truncate) == 1
    assert json.loads(bench.ask("time").body)["serverTime"]


def test_a_share_of_answers_is_an_error(bench: Bench) -> None:
    bench.faults.hold(RestErrors(share=0.5, status=502, retry_after=9))
    answers = [bench.ask("ping") for _ in range(200)]
    failed = [answer for answer in answers if answer.status == 502]
    assert 60 < len(failed) < 140
    assert bench.bites(RestErrors) == len(failed)
    assert dict(failed[0].headers) == {"Retry-After": "9", "Content-Type": "text/html"}


def test_rest_is_refused_only_where_that_was_asked_for(bench: Bench) -> None:
    bench.faults.hold(Refuse(status=451))
    assert bench.ask("ping").status == 200
    bench.faults.hold(Refuse(status=451, rest=True))
    answer = bench.ask("ping")
    assert (answer.status, json.loads(answer.body)["code"]) == (451, 0)


def test_the_host_of_market_data_has_no_single_trades(bench: Bench) -> None:
    bench.faults.hold(Vision())
    assert bench.ask(_HISTORY).status == 404
    assert bench.ask("aggTrades?symbol=AAAUSDT").status == 200
    assert bench.bites(Vision) == 1


def test_429_then_418_then_longer(bench: Bench) -> None:
    bench.budget.tighten(60, tolerance=2, ban_seconds=100.0)
    assert bench.ask(_HISTORY).status == 200
    assert bench.ask(_HISTORY).status == 200
    refused = [bench.ask(_HISTORY) for _ in range(3)]
    assert [answer.status for answer in refused] == [429] * 3
    assert int(dict(refused[0].headers)["Retry-After"]) == 60 - 1000 % 60
    assert bench.ask(_HISTORY).status == 418
    banned = bench.ask("ping")
    assert (banned.status, dict(banned.headers)["Retry-After"]) == (418, "100")
    assert "banned until 1100000" in json.loads(banned.body)["msg"]
    bench.clock.now += 101
    assert bench.ask(_HISTORY).status == 200
    assert [bench.ask(_HISTORY).status for _ in range(5)] == [200, 429, 429, 429, 418]
    assert dict(bench.ask("ping").headers)["Retry-After"] == "200"
    bench.budget.relax()
    assert bench.ask("ping").status == 200


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ([], "one of these names: reset, close"),
        ({"fault": 7}, "one of these names"),
        ({"fault": "flood"}, "'flood' is unknown: expected one of reset"),
        ({"fault": "close", "kode": 1000}, "close takes code, reason; found kode"),
        ({"fault": "reset", "share": 1.5}, "share of reset is 1.5: expected a number from 0 to 1"),
        ({"fault": "reset", "share": "all"}, "share of reset is 'all'"),
        ({"fault": "close", "code": 1006}, "1006 cannot be sent"),
        ({"fault": "close", "reason": "x" * 124}, "a text of at most 123 bytes"),
        ({"fault": "slow_rest"}, r"slow_rest takes delay \(needed\), seconds|seconds, delay \(needed\)"),
        ({"fault": "truncate", "rows": 2.5}, "a whole number from 0"),
        ({"fault": "truncate", "rows": True}, "a whole number from 0"),
        ({"fault": "half_open", "seconds": float("nan")}, "expected a number from 0"),
        ({"fault": "vision", "on": "yes"}, "true or false"),
        ({"fault": "burst", "symbol": None}, "symbol of burst is None"),
    ],
)
def test_what_is_wrong_with_a_fault_is_said(asked: object, words: str) -> None:
    with pytest.raises(ExchangeError, match=words):
        read(asked)


def test_every_kind_is_named_as_it_is_asked_for() -> None:
    assert len(KINDS) == 20
    assert all(name == kind.name() and name.replace("_", "").isalpha() for name, kind in KINDS.items())


def _send(process: ExchangeProcess, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
    request = urllib.request.Request(f"{process.rest_url}/_exchange/{path}", body, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("POST", "faults", b"{", 400, "not JSON"),
        ("POST", "faults", b"[" * 100_000, 400, "not JSON"),
        ("POST", "faults", b'{"fault": "vision", "off": 1}', 400, "vision takes on; found off"),
        ("POST", "faults", b'{"fault": "quiet", "symbol": "NOSUCH", "seconds": 1}', 400, "symbol 'NOSUCH' is unknown"),
        ("PUT", "faults", b"{}", 405, "expected GET, POST or DELETE"),
        ("DELETE", "faults?fault=flood", None, 400, "'flood' is unknown"),
        ("POST", "stats", b"", 405, "expected GET"),
        ("GET", "nothing", None, 404, "stats, faults, trades or klines"),
        ("GET", "trades?symbol=BTCUSDT&fromId=x&toId=5", None, 400, "fromId is 'x'"),
        ("GET", "trades?symbol=NOSUCH&fromId=1&toId=5", None, 400, "symbol 'NOSUCH' is unknown"),
        ("GET", "klines?symbol=BTCUSDT&interval=7m", None, 400, "interval '7m' is unknown"),
    ],
)
def test_what_is_wrong_with_a_request_is_said(
    simulated: ExchangeProcess, method: str, path: str, body: bytes | None, status: int, words: str
) -> None:
    found, told = _send(simulated, method, path, body)
    assert (found, words in told["error"]) == (status, True), told


def test_a_fault_is_switched_on_and_off_by_http(simulated: ExchangeProcess) -> None:
    _, told = _send(simulated, "POST", "faults", b'{"fault": "vision"}')
    assert told["active"] == [{"fault": "vision", "on": True, "left": None}]
    _, told = _send(simulated, "POST", "faults", b'{"fault": "truncate", "rows": 3, "seconds": 3600}')
    (truncate,) = (each for each in told["active"] if each["fault"] == "truncate")
    assert 3000 < truncate["left"] <= 3600
    assert [each["fault"] for each in _send(simulated, "DELETE", "faults?fault=vision")[1]["active"]] == ["truncate"]
    assert _send(simulated, "DELETE", "faults")[1]["active"] == []


def test_a_body_may_come_after_its_head() -> None:
    side = HttpSide()
    for _ in range(2):  # and the connection can be used again
        side.receive(b"POST /_exchange/faults HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n")
        for part in (b'{"fa', b"ul"):
            assert side.next_request() is None
            side.receive(part)
        assert side.next_request() is None
        side.receive(b't":0')
        request = side.next_request()
        assert request is not None
        assert (request.method, request.body) == ("POST", b'{"fault":0')
        assert side.respond(Answer(200, "{}"))[1]
