"""The futures market's REST without a socket: weights, rows, and what it refuses."""

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from core.exchange.rest import Answer, Rest
from core.exchange.usdm import UsdmMarket
from core.exchange.weight import WeightBudget
from core.market import DAY_US, HOUR_US

#: 2026-03-04 05:06:07 UTC
_NOW = 1_772_600_767_000_000
_NOW_MS = _NOW // 1000
_SYMBOLS = ("BTCUSDT", "LTCUSDT")
Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def market() -> UsdmMarket:
    return UsdmMarket(7, 3, _SYMBOLS, clock=lambda: _NOW)


@pytest.fixture
def rest(market: UsdmMarket) -> Rest:
    return Rest(market, WeightBudget(2400, lambda: 0.0))


@pytest.fixture
def ask(rest: Rest) -> Ask:
    """The parsed body of a good answer."""

    def get(path: str, **headers: str) -> Any:
        answer = rest.answer("GET", f"/fapi/v1/{path}", headers)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    return get


@pytest.fixture
def refusal(rest: Rest) -> Callable[[str], tuple[int, int]]:
    def get(path: str) -> tuple[int, int]:
        answer = rest.answer("GET", f"/fapi/v1/{path}", {})
        return answer.status, json.loads(answer.body)["code"]

    return get


def _used(answer: Answer) -> int:
    return int(dict(answer.headers)["X-MBX-USED-WEIGHT-1M"])


def test_times_are_milliseconds(ask: Ask) -> None:
    assert ask("ping") == {}
    assert ask("time", **{"x-mbx-time-unit": "MICROSECOND"}) == {"serverTime": _NOW_MS}


def test_the_spot_paths_are_not_there(rest: Rest) -> None:
    assert rest.answer("GET", "/api/v3/ping", {}).status == 404


def test_exchange_info(ask: Ask) -> None:
    info = ask("exchangeInfo")
    assert info["rateLimits"][0]["limit"] == 2400
    bitcoin, litecoin = info["symbols"]
    assert (bitcoin["symbol"], bitcoin["contractType"], bitcoin["pricePrecision"]) == ("BTCUSDT", "PERPETUAL", 2)
    filters = {f["filterType"]: f for f in bitcoin["filters"]}
    assert (filters["PRICE_FILTER"]["tickSize"], filters["LOT_SIZE"]["stepSize"]) == ("0.10", "0.001")
    assert litecoin["quantityPrecision"] == 3


@pytest.mark.parametrize(
    ("path", "weight"),
    [
        ("ping", 1), ("exchangeInfo", 1), ("trades?symbol=LTCUSDT", 5), ("aggTrades?symbol=LTCUSDT", 20),
        ("historicalTrades?symbol=LTCUSDT", 200), ("ticker/24hr?symbol=LTCUSDT", 1), ("ticker/24hr", 40),
        ("klines?symbol=LTCUSDT&interval=1m", 5), ("klines?symbol=LTCUSDT&interval=1m&limit=99", 1),
        ("klines?symbol=LTCUSDT&interval=1m&limit=100", 2), ("klines?symbol=LTCUSDT&interval=1m&limit=499", 2),
        ("klines?symbol=LTCUSDT&interval=1m&limit=1000", 5), ("klines?symbol=LTCUSDT&interval=1m&limit=1001", 10),
    ],
)  # fmt: skip
def test_weights(rest: Rest, path: str, weight: int) -> None:
    assert _used(rest.answer("GET", f"/fapi/v1/{path}", {})) == weight


def test_aggregates_by_id_and_by_time(ask: Ask) -> None:
    newest = ask("aggTrades?symbol=BTCUSDT&limit=300")
    assert list(newest[0]) == ["a", "p", "q", "nq", "f", "l", "T", "m"]
    assert all(after["a"] == before["a"] + 1 and after["f"] > before["l"] for before, after in pairwise(newest))
    assert ask(f"aggTrades?symbol=BTCUSDT&fromId={newest[40]['a']}&limit=60") == newest[40:100]
    start = newest[40]["T"]
    assert ask(f"aggTrades?symbol=BTCUSDT&startTime={start}&limit=1000") == [row for row in newest if row["T"] >= start]
    assert ask(f"aggTrades?symbol=BTCUSDT&fromId={newest[-1]['a'] + 1}") == []
    assert {len(row["p"].partition(".")[2]) for row in newest} == {2}


def test_the_quantity_without_improved_fills(ask: Ask) -> None:
    rows = ask("aggTrades?symbol=BTCUSDT&limit=200")
    without = [row for row in rows if row["nq"] != row["q"]]
    assert 0 < len(without) < 10
    last = without[-1]
    fills = ask(f"historicalTrades?symbol=BTCUSDT&fromId={last['f']}", **{"x-mbx-apikey": "any"})
    assert all(row["isRPITrade"] for row in fills if row["id"] <= last["l"])
    assert not all(row["isRPITrade"] for row in fills)


def test_aggregates_of_two_days_only(ask: Ask, refusal: Callable[[str], tuple[int, int]], market: UsdmMarket) -> None:
    old_ms = _NOW_MS - 48 * HOUR_US // 1000
    assert refusal(f"aggTrades?symbol=LTCUSDT&startTime={old_ms - 1}") == (400, -4166)
    assert refusal(f"aggTrades?symbol=LTCUSDT&endTime={old_ms - 2}") == (400, -4166)
    rows = ask(f"aggTrades?symbol=LTCUSDT&startTime={old_ms}&limit=5")
    assert len(rows) == 5
    assert ask(f"aggTrades?symbol=LTCUSDT&fromId={rows[0]['a']}&limit=5") == rows
    assert refusal(f"aggTrades?symbol=LTCUSDT&fromId={rows[0]['a'] - 1}") == (400, -4166)
    first = market.tapes["LTCUSDT"].first()
    assert first is not None
    assert first.time_us < _NOW - 3 * DAY_US


def test_trades(ask: Ask, market: UsdmMarket) -> None:
    rows = ask("trades?symbol=LTCUSDT&limit=10")
    assert list(rows[0]) == ["id", "price", "qty", "quoteQty", "time", "isBuyerMaker", "isRPITrade"]
    assert [row["id"] for row in rows] == [trade.id for trade in market.tapes["LTCUSDT"].newest(10)]
    whole = {key: int(rows[0][key].replace(".", "")) for key in ("price", "qty", "quoteQty")}
    assert whole["price"] * whole["qty"] == whole["quoteQty"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("klines?symbol=LTCUSDT&interval=1s", (400, -1120)), ("klines?symbol=NOUSDT&interval=1m", (400, -1121)),
        ("aggTrades?symbol=LTCUSDT&fromId=1&startTime=1", (400, -4166)), ("exchangeInfo?symbol=LTCUSDT", (400, -1101)),
        ("historicalTrades?symbol=LTCUSDT", (401, -2014)), ("trades?symbol=LTCUSDT&fromId=1", (400, -1101)),
    ],
)  # fmt: skip
def test_refusals(refusal: Callable[[str], tuple[int, int]], path: str, code: tuple[int, int]) -> None:
    assert refusal(path) == code


def test_klines(ask: Ask, market: UsdmMarket) -> None:
    assert len(ask("klines?symbol=LTCUSDT&interval=1m&limit=1500")) == 1500
    row = ask("klines?symbol=LTCUSDT&interval=1m&limit=3")[0]
    trades = list(market.tapes["LTCUSDT"].since("time_us", row[0] * 1000, row[6] * 1000 + 1000))
    assert row[8] == len(trades)
    assert int(row[5].replace(".", "")) == sum(trade.quantity for trade in trades) // 10**5


def test_ticker(ask: Ask) -> None:
    day = ask("ticker/24hr?symbol=LTCUSDT")
    assert len(day) == 16
    assert "bidPrice" not in day
    assert [row["symbol"] for row in ask("ticker/24hr")] == list(_SYMBOLS)


def test_an_aggregate_is_told_by_the_time_of_its_first_trade_when_it_is_over(market: UsdmMarket) -> None:
    tape = market.tapes["BTCUSDT"]
    block = tape.aggregated.block(tape._flow.number_of(_NOW) - 1)
    raw = tape.block(tape._flow.number_of(_NOW) - 1)
    last_us = raw.time_us[np.searchsorted(raw.id, block.last_id)]
    row = int(np.flatnonzero(last_us - block.time_us > 20_000)[-1])  # its trades came at different times
    number, began_ms = int(block.aggregate_id[row]), int(block.time_us[row]) // 1000

    def ids(now_us: int, query: str) -> list[int]:
        seen = Rest(UsdmMarket(7, 3, _SYMBOLS, clock=lambda: now_us), WeightBudget(2400, lambda: 0.0))
        return [a["a"] for a in json.loads(seen.answer("GET", f"/fapi/v1/aggTrades?symbol=BTCUSDT&{query}", {}).body)]

    told_us = int(block.event_us[row])
    assert ids(told_us - 1, f"startTime={began_ms}&limit=1000")[-1:] != [number]
    assert number not in ids(told_us - 1, "limit=5")
    assert number in ids(told_us, "limit=5")
    assert number in ids(told_us, f"startTime={began_ms}")
    assert number not in ids(told_us, f"startTime={began_ms + 1}")
