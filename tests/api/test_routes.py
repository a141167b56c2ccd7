"""The HTTP routes, over a real server."""

from typing import Any

import httpx
import pytest

from core.api.schemas import CandlePage, SymbolList
from core.api.schemas_health import HealthModel

FROM_US = 1_723_161_600_000_000


def test_health_says_what_is_known_and_null_for_the_rest(desk: Any, market: Any) -> None:
    market.trade(market.monitor.symbols()[0], 60.0)
    answer = desk.get("/health")
    health = answer.json()
    assert answer.status_code == 200
    assert HealthModel.model_fields.keys() == health.keys()
    assert health["collecting"] is True
    assert health["uptime"] == 90.0
    assert health["feed"]["since"] == FROM_US
    bitcoin, ether = health["symbols"]
    assert bitcoin["price"] == "61837.63"
    assert bitcoin["last_trade_time"] == FROM_US + 60_000_000
    assert bitcoin["age"] == pytest.approx(29.995)
    assert (ether["state"], ether["price"], ether["age"], ether["last_trade_id"]) == ("waiting", None, None, None)


def test_symbols_have_their_exponents(desk: Any, market: Any) -> None:
    market.trade(market.monitor.symbols()[0], 0.0)
    bitcoin, ether = SymbolList.model_validate(desk.get("/symbols").json()).symbols
    assert (bitcoin.symbol, bitcoin.price_exponent, bitcoin.quantity_exponent, bitcoin.price) == (
        "BTCUSDT", 2, 5, "61837.63",
    )  # fmt: skip
    assert (ether.state, ether.price_exponent, ether.price) == ("waiting", None, None)


def test_candles_are_exact_and_say_their_state(desk: Any, market: Any) -> None:
    symbol = market.monitor.symbols()[0]
    market.trade(symbol, 10, 6_183_763, 1)
    market.trade(symbol, 20, 6_183_764, 2)
    market.trade(symbol, 61, 100, 3)
    page = desk.get("/candles?symbol=btcusdt&interval=1m").json()
    CandlePage.model_validate(page)
    assert page["watermark"] == FROM_US + 61_000_000
    assert (page["symbol"], page["interval"], page["count"], page["truncated"]) == ("BTCUSDT", "1m", 2, False)
    assert page["candles"][0] == {
        "open_time": FROM_US // 1000,
        "open": "61837.63",
        "high": "61837.64",
        "low": "61837.63",
        "close": "61837.64",
        "volume": "0.00003",
        "quote_volume": "1.8551291",
        "trade_count": 2,
        "taker_buy_volume": "0.00003",
        "taker_buy_quote_volume": "1.8551291",
        "vwap": "61837.636667",
        "state": "confirmed",
        "revision": 0,
        "source": "own",
        "flags": [],
    }
    assert page["quality"]["words"] == "every one of 2 trades proven present by id"
    assert page["candles"][1]["state"] == "forming"
    assert page["candles"][1]["close"] == "1.00"


def test_columns_hold_the_same_numbers(desk: Any, market: Any) -> None:
    for second in range(5):
        market.trade(market.monitor.symbols()[0], second)
    rows = desk.get("/candles?symbol=BTCUSDT&interval=1s").json()
    columns = desk.get("/candles?symbol=BTCUSDT&interval=1s&shape=columns").json()
    CandlePage.model_validate(columns)
    names = list(columns["candles"])
    found = [dict(zip(names, row, strict=True)) for row in zip(*columns.pop("candles").values(), strict=True)]
    assert found == [{"present": 1.0} | row for row in rows.pop("candles")]
    assert columns == rows


@pytest.mark.parametrize(
    ("query", "opens", "truncated"),
    [
        ("", [0, 1, 2, 3, 4, 5], False),
        ("&limit=2", [4, 5], True),
        ("&limit=6", [0, 1, 2, 3, 4, 5], False),
        ("&limit=2&from=1723161601", [1, 2], True),
        ("&limit=2&from=1723161604000", [4, 5], False),
        ("&from=1723161602000000&to=2024-08-09T00:00:04Z", [2, 3], False),
        ("&to=2024-08-09T02:00:02+02:00", [0, 1], False),
        ("&to=2024-08-09 00:00:02", [0, 1], False),
        ("&limit=1&to=1723161602", [1], True),
        ("&from=1723161602&to=1723161602", [], False),
    ],
)
def test_ranges(desk: Any, market: Any, query: str, opens: list[int], truncated: bool) -> None:
    for second in range(6):
        market.trade(market.monitor.symbols()[0], second)
    page = desk.get(f"/candles?symbol=BTCUSDT&interval=1s{query}").json()
    assert [bar["open_time"] - FROM_US // 1000 for bar in page["candles"]] == [1000 * second for second in opens]
    assert page["truncated"] is truncated


@pytest.mark.parametrize(
    ("path", "status", "code", "words"),
    [
        ("/nowhere", 404, "not_found", "nothing at /api/v1/nowhere"),
        ("/candles", 422, "invalid_request", "symbol is missing"),
        ("/candles?symbol=LUNAUSDT", 404, "not_found", "LUNAUSDT is not being collected; collected are: BTCUSDT, ETHUSDT"),
        ("/candles?symbol=$", 422, "invalid_request", "'$' is not a symbol"),
        ("/candles?symbol=BTCUSDT&interval=5x", 422, "invalid_request", "'5x' is not an interval"),
        ("/candles?symbol=BTCUSDT&limit=5001", 422, "invalid_request", "limit=5001 is more than the 5000 rows"),
        ("/candles?symbol=BTCUSDT&limit=0", 422, "invalid_request", "limit='0'"),
        ("/candles?symbol=BTCUSDT&limit=ten", 422, "invalid_request", "limit='ten'"),
        ("/candles?symbol=BTCUSDT&from=noon", 422, "invalid_request", "from: 'noon' is not a time"),
        ("/candles?symbol=BTCUSDT&from=9&to=8", 422, "invalid_request", "from='9' is after to='8'"),
        ("/candles?symbol=BTCUSDT&shape=round", 422, "invalid_request", "shape='round'"),
    ],
)  # fmt: skip
def test_errors_say_what_was_found_and_expected(desk: Any, path: str, status: int, code: str, words: str) -> None:
    answer = desk.get(path)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert words in error["message"]


def test_a_database_that_fails_is_503(desk: Any, market: Any, logged: list[str]) -> None:
    market.broken = "the database is locked"
    answer = desk.get("/candles?symbol=BTCUSDT")
    assert answer.status_code == 503
    assert answer.json()["error"] == {"code": "service_unavailable", "message": "the database is locked"}
    assert "the database is locked" in logged.pop()


def test_other_methods_are_refused_in_the_same_shape(desk: Any) -> None:
    answer = httpx.post(f"{desk.origin}/api/v1/health")
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET"


def test_the_schema_stays_and_the_pages_that_need_the_internet_are_off(desk: Any) -> None:
    schema = httpx.get(f"{desk.origin}/api/openapi.json").json()
    assert set(schema["paths"]) == {
        "/v1/health", "/v1/symbols", "/v1/candles", "/v1/gaps", "/v1/quality", "/v1/pairs/{y}/{x}/series",
    }  # fmt: skip
    assert schema["servers"] == [{"url": "/api"}]
    for page in ("docs", "redoc"):
        assert httpx.get(f"{desk.origin}/api/{page}").json()["error"]["code"] == "not_found"
