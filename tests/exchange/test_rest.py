"""REST without a socket: parameter rules, limits, order, bounds and codes."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from core.exchange.recorded import RecordedMarket
from core.exchange.recording import Recording
from core.exchange.rest import Answer, Rest
from core.exchange.weight import WeightBudget

_BASE = 1_700_000_000_000
Ask = Callable[..., Any]


@pytest.fixture
def rest(small_recording: Recording, play: Callable[[RecordedMarket], None]) -> Rest:
    market = RecordedMarket(small_recording, None, False)
    play(market)
    return Rest(market, WeightBudget(6000, lambda: 0.0))


@pytest.fixture
def ask(rest: Rest) -> Ask:
    """The parsed body of a good answer."""

    def get(path: str, **headers: str) -> Any:
        answer = rest.answer("GET", f"/api/v3/{path}", headers)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    return get


@pytest.fixture
def refusal(rest: Rest) -> Callable[[str], tuple[int, int]]:
    def get(path: str) -> tuple[int, int]:
        answer = rest.answer("GET", f"/api/v3/{path}", {})
        return answer.status, json.loads(answer.body)["code"]

    return get


def _used(answer: Answer) -> int:
    return int(dict(answer.headers)["X-MBX-USED-WEIGHT-1M"])


def test_ping_and_time(ask: Ask) -> None:
    assert ask("ping") == {}
    assert ask("time") == {"serverTime": _BASE + 125_001}
    assert ask("time", **{"x-mbx-time-unit": "MICROSECOND"}) == {"serverTime": (_BASE + 125_001) * 1000}


def test_exchange_info(ask: Ask) -> None:
    info = ask("exchangeInfo?symbol=AAAUSDT")
    assert info == ask("exchangeInfo") == ask("exchangeInfo?symbols=%5B%22AAAUSDT%22%5D")
    assert info["rateLimits"][0]["limit"] == 6000
    (listed,) = info["symbols"]
    filters = {f["filterType"]: f for f in listed["filters"]}
    assert (listed["symbol"], listed["baseAsset"], listed["quoteAsset"]) == ("AAAUSDT", "AAA", "USDT")
    assert (listed["status"], listed["permissions"]) == ("TRADING", [])
    assert filters["PRICE_FILTER"]["tickSize"] == "0.01000000"
    assert filters["LOT_SIZE"]["stepSize"] == "0.01000000"


def test_newest_trades_ascend(ask: Ask) -> None:
    rows = ask("trades?symbol=AAAUSDT&limit=3")
    assert [row["id"] for row in rows] == [8, 9, 10]
    assert rows[-1] == {
        "id": 10, "price": "100.02000000", "qty": "0.50000000", "quoteQty": "50.01000000", "time": _BASE + 125_000,
        "isBuyerMaker": False, "isBestMatch": True,
    }  # fmt: skip


def test_historical_trades_by_id(ask: Ask) -> None:
    def ids(query: str) -> list[int]:
        return [row["id"] for row in ask(f"historicalTrades?symbol=AAAUSDT{query}")]

    assert ids("&fromId=4&limit=2") == [4, 5]
    assert ids("&fromId=9") == [9, 10]
    assert ids("&fromId=0&limit=1") == [1]
    assert ids("&fromId=11") == []
    assert ids("&limit=2") == [9, 10]


def test_aggregates(ask: Ask) -> None:
    def ids(query: str) -> list[int]:
        return [row["a"] for row in ask(f"aggTrades?symbol=AAAUSDT{query}")]

    assert ids("") == [1, 2, 3, 4, 5, 6, 7, 8]
    assert ids("&limit=2") == [7, 8]
    assert ids("&fromId=3&limit=2") == [3, 4]
    assert ids(f"&startTime={_BASE + 300}&endTime={_BASE + 5000}") == [3, 4, 5]
    assert ids(f"&startTime={_BASE}&limit=2") == [1, 2]
    assert ids(f"&endTime={_BASE + 300}&limit=2") == [2, 3]
    assert ids(f"&endTime={(_BASE + 300) * 1000}&limit=1") == [3]
    assert ids(f"&endTime={_BASE - 1}") == []
    assert ask("aggTrades?symbol=AAAUSDT&fromId=1&limit=1") == [
        {"a": 1, "p": "100.00000000", "q": "1.50000000", "f": 1, "l": 2, "T": _BASE, "m": False, "M": True}
    ]


def test_klines(ask: Ask) -> None:
    def opens(query: str) -> list[int]:
        return [row[0] - _BASE for row in ask(f"klines?symbol=AAAUSDT{query}")]

    assert opens("&interval=1m") == [-20_000, 40_000, 100_000]
    assert opens("&interval=1m&limit=2") == [40_000, 100_000]
    assert opens(f"&interval=1m&startTime={_BASE - 20_000}&limit=1") == [-20_000]
    assert opens(f"&interval=1m&startTime={_BASE - 19_999}") == [40_000, 100_000]
    assert opens(f"&interval=1m&endTime={_BASE + 40_000}") == [-20_000, 40_000]
    assert opens(f"&interval=1m&endTime={_BASE + 39_999}") == [-20_000]
    assert opens(f"&interval=1m&startTime={_BASE + 100_001}") == []
    assert len(opens("&interval=1s&limit=1000")) == 126
    assert len(ask("klines?symbol=AAAUSDT&interval=1M")[0]) == 12


@pytest.mark.parametrize(
    "interval", ["1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"]
)
def test_every_interval_ends_in_the_open_bar(ask: Ask, interval: str) -> None:
    rows = ask(f"klines?symbol=AAAUSDT&interval={interval}&limit=1000")
    assert sum(row[8] for row in rows) == 10
    assert rows[-1][0] <= _BASE + 125_001 <= rows[-1][6]


def test_klines_in_microseconds(ask: Ask) -> None:
    row = ask("klines?symbol=AAAUSDT&interval=1m&limit=1", **{"x-mbx-time-unit": "microsecond"})[0]
    assert (row[0], row[6]) == ((_BASE + 100_000) * 1000, (_BASE + 160_000) * 1000 - 1)


def test_day_ticker(ask: Ask) -> None:
    day = ask("ticker/24hr?symbol=AAAUSDT")
    assert (day["openPrice"], day["lastPrice"], day["priceChange"]) == ("100.00000000", "100.02000000", "0.02000000")
    assert (day["priceChangePercent"], day["count"], day["firstId"], day["lastId"]) == ("0.020", 10, 1, 10)
    assert ask("ticker/24hr") == [day] == ask('ticker/24hr?symbols=["AAAUSDT"]&type=FULL')
    mini = ask("ticker/24hr?symbol=AAAUSDT&type=MINI")
    assert len(mini) == 12
    assert mini.items() <= day.items()


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("klines?interval=1m", -1102), ("klines?symbol=AAAUSDT", -1102), ("klines?symbol=AAAUSDT&interval=7m", -1120),
        ("klines?symbol=AAAUSDT&interval=1H", -1120), ("klines?symbol=NOSUCH&interval=1m", -1121),
        ("klines?symbol=aaausdt&interval=1m", -1100), ("klines?symbol=AAAUSDT&interval=1m&limit=x", -1100),
        ("klines?symbol=AAAUSDT&interval=1m&limit=-1", -1100), ("klines?symbol=AAAUSDT&interval=1m&limit=0", -1130),
        ("trades?symbol=AAAUSDT&limit=", -1105), ("trades?symbol=AAAUSDT&nonsense=1", -1101),
        ("trades?symbol=AAAUSDT&symbol=AAAUSDT", -1101), ("aggTrades?symbol=AAAUSDT&fromId=1&startTime=1", -1128),
        ("aggTrades?symbol=AAAUSDT&fromId=99999999999999999999", -1130),
        ("exchangeInfo?symbol=AAAUSDT&symbols=[]", -1128), ('exchangeInfo?symbols=["AAAUSDT","AAAUSDT"]', -1151),
        ("exchangeInfo?symbols=AAAUSDT", -1100), ("exchangeInfo?symbol=NOSUCH", -1121),
        ("ticker/24hr?symbol=AAAUSDT&type=BIG", -1130),
    ],
)  # fmt: skip
def test_refusals(refusal: Callable[[str], tuple[int, int]], path: str, code: int) -> None:
    assert refusal(path) == (400, code)


def test_bad_time_unit(rest: Rest) -> None:
    answer = rest.answer("GET", "/api/v3/time", {"x-mbx-time-unit": "HOUR"})
    assert (answer.status, json.loads(answer.body)["code"]) == (400, -1194)


@pytest.mark.parametrize("path", ["/", "/api/v1/trades", "/api/v3/nothing"])
def test_unknown_paths(rest: Rest, path: str) -> None:
    assert rest.answer("GET", path, {}).status == 404


def test_only_get(rest: Rest) -> None:
    assert rest.answer("POST", "/api/v3/ping", {}).status == 405


def test_more_than_the_most_is_the_most(small_recording: Recording) -> None:
    from core.exchange.query import Query

    assert Query("limit=5000", frozenset({"limit"})).limit() == 1000
    assert Query("", frozenset({"limit"})).limit() == 500


@pytest.mark.parametrize(
    ("path", "weight"),
    [("ping", 1), ("time", 1), ("exchangeInfo", 20), ("trades?symbol=AAAUSDT", 25), ("historicalTrades?symbol=AAAUSDT", 25),
     ("aggTrades?symbol=AAAUSDT", 4), ("klines?symbol=AAAUSDT&interval=1m", 2), ("ticker/24hr?symbol=AAAUSDT", 2),
     ("ticker/24hr", 80), ("klines?symbol=NOSUCH&interval=1m", 2), ("klines", 2)],
)  # fmt: skip
def test_weights(rest: Rest, path: str, weight: int) -> None:
    assert _used(rest.answer("GET", f"/api/v3/{path}", {})) == weight


def test_over_the_budget(rest: Rest) -> None:
    answers = [rest.answer("GET", "/api/v3/trades?symbol=AAAUSDT", {}) for _ in range(241)]
    assert {answer.status for answer in answers[:240]} == {200}
    last = answers[-1]
    assert (last.status, json.loads(last.body)["code"], dict(last.headers)["Retry-After"]) == (429, -1003, "60")
