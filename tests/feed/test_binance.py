"""Binance's messages: real captures, exactly; and noise, of which nothing may be believed or raised."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import MalformedMessage
from core.feed.base import ControlKind, Messages
from core.feed.binance import BinanceSpot
from core.market import MINUTE, Interval, Scale, Symbol
from tests.trading import BTC, ETH, START_US, said

Capture = Callable[[str], tuple[list[bytes], list[int]]]
quick = settings(deadline=None, derandomize=True, max_examples=300)

REAL = {
    "e": "trade", "E": 1_723_161_255_343, "s": "BTCUSDT", "t": 3_735_683_259, "p": "61837.63000000",
    "q": "0.02000000", "T": 1_723_161_255_342, "m": True, "M": True,
}  # fmt: skip


def bare(**changes: Any) -> bytes:
    return json.dumps({**REAL, **changes}, ensure_ascii=False, separators=(",", ":")).encode()


def framed(event: bytes, stream: str = "btcusdt@trade") -> bytes:
    return b'{"stream":"%s","data":%s}' % (stream.encode(), event)


def real(**changes: Any) -> bytes:
    return framed(bare(**changes))


def parse(*frames: bytes) -> Messages:
    return BinanceSpot().parse(frames, np.arange(len(frames), dtype=np.int64))


def found(messages: Messages) -> list[int]:
    """The ids of all trades, symbol by symbol."""
    return [i for seen in messages.observed for i in seen.trades.trade_id.tolist()]


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "counts", "others"),
    [
        ("binance_spot_trade_wire_20240808-09", {"BTCUSDT": 19_904, "ETHUSDT": 14_515}, 0),
        ("binance_usdm_trade_wire_20240808-09", None, 0),
        ("binance_spot_mixed_wire_first60s_20240809", None, None),
    ],
)
def test_real_captures(capture: Capture, name: str, counts: dict[str, int] | None, others: int | None) -> None:
    """Every trade of the capture, as Python's own JSON and Decimal read it, and nothing else."""
    frames, received = capture(name)
    messages = BinanceSpot().parse(frames, np.array(received))
    events = [(at, json.loads(frame).get("data", {})) for at, frame in zip(received, frames, strict=True)]
    expected: dict[str, list[tuple[Any, ...]]] = {}
    arrivals: dict[str, list[tuple[int, int]]] = {}
    for at, e in events:
        if e.get("e") == "trade":
            row = (e["t"], Decimal(e["p"]), Decimal(e["q"]), e["T"] * 1000, e["m"])
            expected.setdefault(e["s"], []).append(row)
            arrivals.setdefault(e["s"], []).append((at, e["E"] * 1000))
    assert messages.malformed == messages.controls == ()
    assert {str(seen.trades.symbol): said(seen.trades) for seen in messages.observed} == expected
    for seen in messages.observed:
        times = list(zip(seen.trades.received_us.tolist(), seen.event_time_us.tolist(), strict=True))
        assert times == arrivals[str(seen.trades.symbol)]
    total = sum(map(len, expected.values()))
    assert messages.ignored == len(frames) - total
    assert counts is None or {name: len(rows) for name, rows in expected.items()} == counts
    assert others is None or messages.ignored == others
    assert total > 100


@pytest.mark.shared_data
def test_any_batches_of_frames_give_the_same(spot_frames: tuple[list[bytes], list[int]]) -> None:
    frames, received = spot_frames[0][:3000], spot_frames[1][:3000]
    whole = [i for seen in BinanceSpot().parse(frames, np.array(received)).observed for i in said(seen.trades)]
    pieces: list[Any] = []
    venue = BinanceSpot()
    for start in range(0, 3000, 7):
        pieces += venue.parse(frames[start : start + 7], np.array(received[start : start + 7])).observed
    parts = [
        row for symbol in (BTC, ETH) for seen in pieces if seen.trades.symbol == symbol for row in said(seen.trades)
    ]
    assert parts == whole


def test_no_frames() -> None:
    assert parse() == Messages((), (), (), 0) or parse().observed == ()


def test_both_framings_unknown_keys_and_any_order_of_keys() -> None:
    shuffled = json.dumps({"x": {"deep": [1]}, **dict(reversed(REAL.items())), "a": 1, "b": 2}).encode()
    messages = parse(
        real(t=1), bare(t=2), framed(shuffled), b'{"data":%s,"stream":"btcusdt@trade","new":1}' % bare(t=4)
    )
    assert found(messages) == [1, 2, 3_735_683_259, 4]
    assert messages.malformed == ()


def test_milliseconds_and_microseconds() -> None:
    messages = parse(real(T=1_723_161_600_000, E=1_723_161_600_001), real(T=START_US + 7, E=START_US + 8))
    (seen,) = messages.observed
    assert seen.trades.trade_time_us.tolist() == [START_US, START_US + 7]
    assert seen.event_time_us.tolist() == [START_US + 1000, START_US + 8]


def test_controls_in_every_shape() -> None:
    messages = parse(
        b'{"result":null,"id":1}',
        b'{"result":["btcusdt@trade"],"id":"a"}',
        b'{"error":{"code":2,"msg":"Invalid request: invalid stream"},"id":3}',
        b'{"code":3,"msg":"Invalid JSON"}',
        b'{"error":{"code":2,"msg":"no id"},"id":null}',
        b'{"e":"serverShutdown","E":1723161600000}',
        b'{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1723161600000}}',
    )
    kinds = [control.kind for control in messages.controls]
    refused, shutdown, done = ControlKind.REFUSED, ControlKind.SHUTDOWN, ControlKind.ACKNOWLEDGED
    assert kinds == [done, done, refused, refused, refused, shutdown, shutdown]
    assert messages.controls[2].words == "request 3 refused: 2 Invalid request: invalid stream"
    assert messages.controls[3].words == "request None refused: 3 Invalid JSON"
    assert (messages.malformed, messages.ignored) == ((), 0)


OTHERS = [
    b'{"stream":"btcusdt@bookTicker","data":{"u":1,"s":"BTCUSDT","b":"1","B":"1","a":"2","A":"1"}}',
    b'{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":1,"u":2,"b":[],"a":[]}}',
    b'{"stream":"btcusdt@kline_1m","data":{"e":"kline","E":1,"s":"BTCUSDT","k":{"t":1,"o":"1"}}}',
    b'{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","s":"BTCUSDT","a":1,"p":"1","q":"1","f":1,"l":2}}',
    b'{"stream":"!miniTicker@arr","data":[{"e":"24hrMiniTicker","s":"BTCUSDT"}]}',
    b'[{"e":"24hrMiniTicker","s":"BTCUSDT"}]',
    b'{"lastUpdateId":1,"bids":[],"asks":[]}',
    b"{}", b"[]", b"null", b"1", b'"text"',
]  # fmt: skip


@pytest.mark.parametrize("frame", OTHERS)
def test_other_streams_are_ignored(frame: bytes) -> None:
    messages = parse(real(t=1), frame, real(t=2))
    assert found(messages) == [1, 2]
    assert (messages.ignored, messages.controls, messages.malformed) == (1, (), ())


BAD = {
    "negative price": real(p="-1.00000000"),
    "zero price": real(p="0.00000000"),
    "zero quantity": real(q="0.00000000"),
    "NaN": real(p="NaN"),
    "infinity": real(q="Infinity"),
    "exponent": real(p="1e5"),
    "empty price": real(p=""),
    "number for text": real(p=61837.63),
    "null price": real(p=None),
    "absurd price": real(p="9000000000000000000"),
    "price out of 64 bits": real(p="99999999999999999999999.00000000"),
    "more decimals than the venue writes": real(q="0.000000000000000001"),
    "negative id": real(t=-5),
    "huge id": real(t=2**70),
    "id as text": real(t="12"),
    "fractional id": real(t=1.5),
    "no id": framed(b'{"e":"trade","E":1723161255343,"s":"BTCUSDT","p":"1.00000000","q":"1.00000000","T":1723161255343,"m":true}'),
    "no side": framed(b'{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":1,"p":"1.00000000","q":"1.00000000","T":1723161255343}'),
    "side as a number": real(m=1),
    "time zero": real(T=0),
    "negative time": real(T=-1),
    "absurd time": real(T=10**18),
    "event in 1970": real(E=1000),
    "no symbol": real(s=""),
    "no symbol's name": real(s="BTC/USDT"),
    "lower case": real(s="btcusdt"),
    "a perpetual's name": real(s="BTCUSDT.P"),
    "symbol of a wrong type": real(s=5),
    "event of a wrong type": framed(b'{"e":"trade","t":{}}'),
    "not JSON": b"hello",
    "cut": real()[:-5],
    "two in one": real() + real(),
    "not UTF-8": real().replace(b"BTCUSDT", b"BTC\xff\xfeUSDT"),
    "empty": b"",
    "only spaces": b"   ",
    "line break in the middle": b'{"data":\n' + bare() + b"}garbage",
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_trades_are_told_and_good_ones_around_them_kept(name: str) -> None:
    messages = parse(real(t=1), BAD[name], real(t=2), bare(t=3), real(t=9, s="ETHUSDT"))
    assert sorted(found(messages)) == [1, 2, 3, 9]
    assert len(messages.malformed) == 1
    assert messages.malformed[0].reason
    assert len(messages.malformed[0].sample) <= 200
    assert messages.observed[0].trades.received_us.tolist() == [0, 2, 3]
    alone = parse(BAD[name])
    assert (alone.observed, len(alone.malformed), alone.ignored) == ((), 1, 0)


def test_prices_that_are_sound_alone_but_not_together() -> None:
    """At one exponent they would not fit 64 bits: none of the batch may be lost for it, and nothing raised."""
    messages = parse(
        real(t=1, p="9000000000000000000"), real(t=2, p="0.5"), real(t=3, p="-1"), real(t=4, p="92233720368.5")
    )
    assert found(messages) == [2, 4]
    assert len(messages.malformed) == 2


def test_a_line_break_between_two_halves_of_frames() -> None:
    """Joined by line breaks, two broken frames could pass for one, and one frame for two."""
    whole = real(t=7)
    pretty = json.dumps({"stream": "btcusdt@trade", "data": {**REAL, "t": 8}}, indent=1).encode()
    half = len(whole) // 2
    messages = parse(pretty, whole[:half], whole[half:], real(t=9))
    assert found(messages) == [8, 9]
    assert len(messages.malformed) == 2
    assert found(parse(pretty, whole, b"\n")) == [8, 7]
    assert found(parse(whole + b"\n" + real(t=1), whole)) == [7]
    assert found(parse(b"", whole, real(t=8) + b"\n" + real(t=10))) == [7]


@pytest.mark.parametrize("odd", [".50000000", ".5", "0" * 50 + "1.50000000", "0" * 41 + "1", "1.", "1.5\n", "", "-1.5"])
def test_prices_that_one_way_of_reading_takes_and_the_other_refuses(odd: str) -> None:
    """Nothing is raised, and the good trade beside it is kept."""
    assert 7 in found(parse(real(t=6, p=odd), real(t=7, p="1.5", q="2")))


def test_non_ascii_symbols() -> None:
    name = "币安人生USDT"
    messages = parse(framed(bare(s=name), f"{name.lower()}@trade"), real())
    assert {seen.trades.symbol for seen in messages.observed} == {Symbol(name), BTC}
    assert messages.malformed == ()


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.sampled_from(["NaN", "trade", "-1", "1e9"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*REAL, "data", "error", "code", "msg", "result"]), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip
MUTATED_EVENTS = st.dictionaries(st.sampled_from(list(REAL)), JSON_VALUES, max_size=4).map(
    lambda changes: bare(**changes)
)
CUT_FRAMES = st.tuples(st.integers(0, 200), st.integers(0, 200), st.binary(max_size=6)).map(
    lambda cut: real()[: cut[0]] + cut[2] + real()[cut[1] :]
)
NOISE = (
    st.binary(max_size=60)
    | CUT_FRAMES
    | MUTATED_EVENTS
    | MUTATED_EVENTS.map(framed)
    | JSON_VALUES.map(lambda value: json.dumps(value).encode())
    | JSON_VALUES.map(lambda value: framed(json.dumps(value).encode()))
    | st.sampled_from([*OTHERS, *BAD.values(), b"\n", b'{"a":1}\n{"b":2}'])
)


@quick
@given(st.lists(NOISE, max_size=6), st.integers(0, 6))
@example([real(p="9000000000000000000"), real(p="0.50000000")], 0)
@example([b"\xff"], 0)
def test_noise_raises_nothing_and_hides_no_good_trade(noise: list[bytes], place: int) -> None:
    """Each frame means by a batch what it means alone, wherever it stands."""
    good = [bare(t=777_001, s="LTCUSDT"), real(t=777_002, s="LTCUSDT")]
    frames = [*noise[:place], *good, *noise[place:]]
    together = parse(*frames)
    ltc = next(seen.trades for seen in together.observed if seen.trades.symbol == Symbol("LTCUSDT"))
    assert {777_001, 777_002} <= set(ltc.trade_id.tolist())
    alone = [parse(frame) for frame in frames]
    rows = sorted(
        (str(s.trades.symbol), r, *row)
        for i, m in enumerate(alone)
        for s in m.observed
        for r, row in [(i, said(s.trades)[0])]
    )
    assert rows == sorted(
        (str(s.trades.symbol), r, *row)
        for s in together.observed for r, row in zip(s.trades.received_us.tolist(), said(s.trades), strict=True)
    )  # fmt: skip
    assert together.ignored == sum(m.ignored for m in alone)
    assert len(together.controls) == sum(len(m.controls) for m in alone)
    for seen in together.observed:
        assert (seen.trades.price > 0).all()
        assert (seen.trades.quantity > 0).all()
        assert (seen.trades.trade_id >= 0).all()


def test_addresses() -> None:
    venue = BinanceSpot()
    symbols = [BTC, Symbol("币USDT")]
    url = venue.stream_url("wss://host:9443/", symbols)
    assert url == "wss://host:9443/stream?streams=btcusdt@trade/%E5%B8%81usdt@trade&timeUnit=MICROSECOND"
    assert venue.stream_url("ws://h", []) == "ws://h/stream?timeUnit=MICROSECOND"
    assert json.loads(venue.subscribe(symbols, 3)) == {
        "method": "SUBSCRIBE", "params": ["btcusdt@trade", "币usdt@trade"], "id": 3
    }  # fmt: skip
    assert json.loads(venue.unsubscribe([ETH], 4))["method"] == "UNSUBSCRIBE"


def test_requests() -> None:
    venue = BinanceSpot()
    path, params, weight = venue.listing_request([BTC, Symbol("币USDT")])
    assert (path, json.loads(params["symbols"]), weight) == ("/api/v3/exchangeInfo", ["BTCUSDT", "币USDT"], 20)
    assert venue.listing_request([]) == ("/api/v3/exchangeInfo", {"showPermissionSets": "false"}, 20)
    assert venue.klines_request(BTC, MINUTE, START_US, 10) == (
        "/api/v3/klines",
        {"symbol": "BTCUSDT", "interval": "1m", "endTime": str(START_US // 1000 - 1), "limit": "10"},
        2,
    )
    assert venue.time_request() == ("/api/v3/time", {}, 1)
    assert venue.page_request(BTC, 7) == (
        "/api/v3/historicalTrades", {"symbol": "BTCUSDT", "fromId": "7", "limit": "1000"}, 25
    )  # fmt: skip
    assert venue.aggregates_request(BTC, START_US + 1999) == (
        "/api/v3/aggTrades", {"symbol": "BTCUSDT", "startTime": str(START_US + 1999), "limit": "1000"}, 4
    )  # fmt: skip


def test_intervals() -> None:
    asked = ("1s", "60s", "1m", "60m", "24h", "7d", "2s", "7m", "3d", "2w")
    assert [BinanceSpot().klines_interval(Interval.parse(text)) for text in asked] == [True] * 6 + [False] * 4


def test_newest_ids() -> None:
    symbols = [Symbol(f"S{number}USDT") for number in range(45)]
    requests = BinanceSpot().newest_requests(symbols)
    assert [symbol for part, _ in requests for symbol in part] == symbols
    for part, (path, params, weight) in requests:
        assert (path, params["type"], weight) == ("/api/v3/ticker/24hr", "MINI", 2)
        assert json.loads(params["symbols"]) == [symbol.name for symbol in part]
        assert 0 < len(part) <= 20
    assert BinanceSpot().newest_requests([]) == []
    body = json.dumps([
        {"symbol": "BTCUSDT", "firstId": 1, "lastId": 5_000_000_000, "count": 7, "openPrice": "1"},
        {"symbol": "ETHUSDT", "firstId": -1, "lastId": -1, "count": 0},
        {"symbol": "XRPUSDT", "firstId": 1, "lastId": 9, "count": 3},
    ]).encode()  # fmt: skip
    found = BinanceSpot().read_newest(body, [ETH, BTC, Symbol("NOSUCH")])
    assert found == {BTC: 5_000_000_000}


def test_listings() -> None:
    body = json.dumps({"timezone": "UTC", "symbols": [
        {"symbol": "BTCUSDT", "status": "TRADING", "filters": [
            {"filterType": "PRICE_FILTER", "tickSize": "0.01000000"}, {"filterType": "LOT_SIZE", "stepSize": "0.00001000"}]},
        {"symbol": "PEPEUSDT", "status": "BREAK", "filters": [
            {"filterType": "LOT_SIZE", "stepSize": "1.00000000"}, {"filterType": "PRICE_FILTER", "tickSize": "0.00000001"}]},
    ]}).encode()  # fmt: skip
    listings = BinanceSpot().read_listing(body)
    assert {str(s): (x.status, x.scale) for s, x in listings.items()} == {
        "BTCUSDT": ("TRADING", Scale(2, 5)),
        "PEPEUSDT": ("BREAK", Scale(8, 0)),
    }


def test_a_listing_of_all_may_hold_names_that_are_no_symbols() -> None:
    body = '{"symbols":[{"symbol":"A/B"},{"symbol":"BTCUSDT","status":"TRADING"},{"symbol":"eth"},{"symbol":"X.P"}]}'
    assert list(BinanceSpot().read_listing(body.encode())) == [BTC]


@pytest.mark.parametrize("body", [
    b"", b"[]", b"\xff", b'{"symbols":[{"symbol":"??"}]}', b'{"symbols":[{"symbol":5}]}',
    b'{"symbols":[{"symbol":"BTCUSDT","filters":[{"filterType":"LOT_SIZE","stepSize":"1e-5"}]}]}',
])  # fmt: skip
def test_listings_that_are_none(body: bytes) -> None:
    with pytest.raises(MalformedMessage, match="exchangeInfo is not what the protocol says"):
        BinanceSpot().read_listing(body)


def test_the_venues_time() -> None:
    assert BinanceSpot().read_time(b'{"serverTime":1723161600000}') == START_US
    assert BinanceSpot().read_time(b'{"serverTime":1723161600000000,"more":"x"}') == START_US


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"\xff", b'{"serverTime":"x"}', b'{"serverTime":1}', b'{"serverTime":99999999999999999999}']
)
def test_times_that_are_none(body: bytes) -> None:
    with pytest.raises(MalformedMessage):
        BinanceSpot().read_time(body)
