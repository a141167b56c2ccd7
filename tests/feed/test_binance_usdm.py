"""The USD-M market's messages and requests: aggregates, made of the real trades of a capture, and noise."""

import gzip
import json
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import MalformedMessage
from core.feed.base import ControlKind, Messages, Venue
from core.feed.binance import BinanceSpot
from core.feed.binance_usdm import BinanceUsdm
from core.market import HOUR_US, MINUTE, SECOND, Interval, Scale, Symbol
from tests.trading import BTC, START_US, said

PERPETUAL = Symbol("BTCUSDT", perpetual=True)
ETHER = Symbol("ETHUSDT", perpetual=True)
REAL = {
    "e": "aggTrade", "E": 1_723_161_255_343, "s": "BTCUSDT", "a": 2_301_234_567, "p": "61800.30", "q": "0.205",
    "nq": "0.205", "f": 5_266_583_935, "l": 5_266_583_937, "T": 1_723_161_255_342, "m": True, "st": 1,
}  # fmt: skip


def bare(**changes: Any) -> bytes:
    return json.dumps({**REAL, **changes}, ensure_ascii=False, separators=(",", ":")).encode()


def framed(event: bytes, stream: str = "btcusdt@aggTrade") -> bytes:
    return b'{"stream":"%s","data":%s}' % (stream.encode(), event)


def real(**changes: Any) -> bytes:
    return framed(bare(**changes))


def parse(*frames: bytes) -> Messages:
    return BinanceUsdm().parse(frames, np.arange(len(frames), dtype=np.int64))


def found(messages: Messages) -> list[int]:
    return [i for seen in messages.observed for i in seen.trades.trade_id.tolist()]


def test_it_is_a_venue() -> None:
    venues: list[Venue] = [BinanceSpot(), BinanceUsdm()]
    assert [(v.name, v.weight_per_minute, v.repairable_us, v.connection_seconds) for v in venues] == [
        ("Binance spot", 6000, None, 86_400.0),
        ("Binance USD-M", 2400, 48 * HOUR_US, 86_400.0),
    ]


def test_an_aggregate() -> None:
    (seen,) = parse(
        real(), real(a=2_301_234_568, f=5_266_583_940, l=5_266_583_940, p="61800.40", q="1", m=False)
    ).observed
    trades = seen.trades
    assert (trades.symbol, str(trades.symbol)) == (PERPETUAL, "BTCUSDT.P")
    assert said(trades) == [
        (2_301_234_567, Decimal("61800.30"), Decimal("0.205"), 1_723_161_255_342_000, True),
        (2_301_234_568, Decimal("61800.40"), Decimal("1"), 1_723_161_255_342_000, False),
    ]
    assert trades.trade_count.tolist() == [3, 1]
    assert trades.last_id.tolist() == trades.trade_id.tolist()
    assert seen.event_time_us.tolist() == [1_723_161_255_343_000] * 2


@pytest.mark.shared_data
def test_aggregates_of_real_trades(shared_data: Path) -> None:
    """The capture's trades, merged as the venue merges: same price, side and time. All is found as it was sent."""
    with gzip.open(shared_data / "binance_usdm_trade_wire_20240808-09.txt.gz", "rt") as lines:
        trades = [json.loads(line.split(" ", 1)[1])["data"] for line in lines]
    frames, expected = [], {}
    for number, (key, group) in enumerate(groupby(trades, lambda t: (t["s"], t["T"], t["p"], t["m"]))):
        fills = list(group)
        quantity = sum(Decimal(fill["q"]) for fill in fills)
        ids = [fill["t"] for fill in fills]
        frames.append(
            framed(
                bare(s=key[0], T=key[1], E=key[1], p=key[2], m=key[3], q=str(quantity), a=number, f=ids[0], l=ids[-1])
            )
        )
        row = (number, Decimal(key[2]), quantity, key[1] * 1000, key[3])
        expected.setdefault(key[0] + ".P", []).append((row, ids[-1] - ids[0] + 1))
    messages = parse(*frames)
    assert (messages.malformed, messages.ignored) == ((), 0)
    got = {str(s.trades.symbol): list(zip(said(s.trades), s.trades.trade_count.tolist(), strict=True))
           for s in messages.observed}  # fmt: skip
    assert got == expected
    assert sum(map(len, expected.values())) > 10_000


def test_what_else_comes_by() -> None:
    messages = parse(
        b'{"result":null,"id":1}',
        b'{"error":{"code":2,"msg":"Invalid request"},"id":3}',
        b'{"stream":"btcusdt@trade","data":{"e":"trade","s":"BTCUSDT","t":1,"p":"1","q":"1","X":"MARKET","m":false}}',
        b'{"stream":"btcusdt@markPrice","data":{"e":"markPriceUpdate","E":1,"s":"BTCUSDT","p":"1.5","T":5}}',
        b'{"e":"serverShutdown","E":1723161600000}',
        real(a=5),
    )
    kinds = [control.kind for control in messages.controls]
    assert kinds == [ControlKind.ACKNOWLEDGED, ControlKind.REFUSED, ControlKind.SHUTDOWN]
    assert (found(messages), messages.ignored, messages.malformed) == ([5], 2, ())


BAD = {
    "no number": {"a": -1}, "number of a wrong type": {"a": "7"}, "number out of range": {"a": 2**63},
    "last before first": {"l": REAL["f"] - 1}, "no first": {"f": -1}, "first of a wrong type": {"f": None},
    "last out of range": {"l": 2**70}, "absurdly many": {"l": REAL["f"] + 10**7}, "all ids": {"f": 0, "l": 2**63 - 1},
    "price": {"p": "0.00"}, "quantity": {"q": "-1"}, "side": {"m": None}, "time": {"T": 0}, "time apart": {"T": 1_623_161_255_342},
    "name": {"s": "btcusdt"}, "the desk's name": {"s": "BTCUSDT.P"},
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_aggregates_are_told_and_good_ones_around_them_kept(name: str) -> None:
    messages = parse(real(a=1), real(**BAD[name]), bare(a=2), real(a=9, s="ETHUSDT"))
    assert sorted(found(messages)) == [1, 2, 9]
    assert len(messages.malformed) == 1
    assert messages.malformed[0].reason


CHANGES = st.dictionaries(
    st.sampled_from(list(REAL)),
    st.none() | st.booleans() | st.integers(-3, 2**65) | st.text(max_size=5) | st.sampled_from(["1.5", "NaN", "1e9"]),
    max_size=4,
)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.lists(CHANGES.map(lambda changes: real(**changes)) | st.binary(max_size=40), max_size=6), st.integers(0, 6))
def test_noise_raises_nothing_and_hides_nothing(noise: list[bytes], place: int) -> None:
    frames = [*noise[:place], real(a=777, s="LTCUSDT"), *noise[place:]]
    together = parse(*frames)
    assert 777 in found(together)
    assert sorted(found(together)) == sorted(i for frame in frames for i in found(parse(frame)))
    for seen in together.observed:
        assert seen.trades.symbol.perpetual
        assert (seen.trades.trade_count > 0).all()


def test_addresses() -> None:
    venue = BinanceUsdm()
    symbols = [PERPETUAL, Symbol("币USDT", perpetual=True)]
    assert (
        venue.stream_url("wss://host/", symbols)
        == "wss://host/market/stream?streams=btcusdt@aggTrade/%E5%B8%81usdt@aggTrade"
    )
    assert venue.stream_url("ws://h", []) == "ws://h/market/stream"
    assert json.loads(venue.subscribe(symbols, 3)) == {
        "method": "SUBSCRIBE", "params": ["btcusdt@aggTrade", "币usdt@aggTrade"], "id": 3
    }  # fmt: skip
    assert json.loads(venue.unsubscribe([ETHER], 4)) == {
        "method": "UNSUBSCRIBE", "params": ["ethusdt@aggTrade"], "id": 4
    }  # fmt: skip


def test_requests() -> None:
    venue = BinanceUsdm()
    assert venue.listing_request([PERPETUAL]) == venue.listing_request([]) == ("/fapi/v1/exchangeInfo", {}, 1)
    assert venue.time_request() == ("/fapi/v1/time", {}, 1)
    page = {"symbol": "BTCUSDT", "fromId": "7", "limit": "1000"}
    assert venue.page_request(PERPETUAL, 7) == ("/fapi/v1/aggTrades", page, 20)
    by_time = {"symbol": "BTCUSDT", "startTime": str(START_US // 1000), "limit": "1000"}
    assert venue.aggregates_request(PERPETUAL, START_US + 999) == ("/fapi/v1/aggTrades", by_time, 20)
    newest = {"symbol": "BTCUSDT", "limit": "1"}
    assert venue.newest_requests([PERPETUAL, ETHER])[0] == ((PERPETUAL,), ("/fapi/v1/aggTrades", newest, 20))
    path, params, _ = venue.klines_request(PERPETUAL, MINUTE, START_US, 10)
    assert (path, params["symbol"], params["interval"]) == ("/fapi/v1/klines", "BTCUSDT", "1m")
    limits = (1, 99, 100, 499, 500, 1000, 1001, 1500)
    weights = [venue.klines_request(PERPETUAL, MINUTE, START_US, limit).weight for limit in limits]
    assert weights == [1, 1, 2, 2, 5, 5, 10, 10]
    assert [venue.klines_interval(i) for i in (SECOND, MINUTE, Interval.parse("4h"), Interval.parse("2m"))] == [
        False, True, True, False
    ]  # fmt: skip


def test_the_newest_id() -> None:
    row = {"a": 26129, "p": "0.01", "q": "4.7", "f": 27781, "l": 27783, "T": 1_498_793_709_153, "m": True}
    assert BinanceUsdm().read_newest(json.dumps([row]).encode(), [PERPETUAL]) == {PERPETUAL: 26129}
    assert BinanceUsdm().read_newest(b"[]", [PERPETUAL]) == {}
    with pytest.raises(MalformedMessage, match="an aggregate's number is none"):
        BinanceUsdm().read_newest(json.dumps([{**row, "a": -1}]).encode(), [PERPETUAL])
    with pytest.raises(MalformedMessage, match="ask for each by itself"):
        BinanceUsdm().read_newest(b"[]", [PERPETUAL, ETHER])


def test_only_perpetuals_are_listed() -> None:
    filters = [
        {"filterType": "PRICE_FILTER", "tickSize": "0.10"}, {"filterType": "LOT_SIZE", "stepSize": "0.001"},
    ]  # fmt: skip
    body = json.dumps({"symbols": [
        {"symbol": "BTCUSDT", "contractType": "PERPETUAL", "status": "TRADING", "filters": filters},
        {"symbol": "BTCUSDT_261225", "contractType": "CURRENT_QUARTER", "status": "TRADING", "filters": filters},
        {"symbol": "TSLAUSDT", "contractType": "TRADIFI_PERPETUAL", "status": "SETTLING", "filters": []},
        {"symbol": "OLDUSDT", "contractType": "", "status": "CLOSE"},
    ]}).encode()  # fmt: skip
    listed = BinanceUsdm().read_listing(body)
    assert {str(s): (x.symbol == s, x.status, x.scale) for s, x in listed.items()} == {
        "BTCUSDT.P": (True, "TRADING", Scale(1, 3)),
        "TSLAUSDT.P": (True, "SETTLING", Scale(8, 8)),
        "OLDUSDT.P": (True, "CLOSE", Scale(8, 8)),
    }


def test_bars() -> None:
    ms = START_US // 1000
    row = [
        ms,
        "61800.10",
        "61800.20",
        "61799.90",
        "61800.00",
        "2.001",
        ms + 59_999,
        "123661.79990",
        5,
        "1.000",
        "61800.0",
        "0",
    ]
    bars = BinanceUsdm().read_klines(json.dumps([row]).encode(), PERPETUAL, MINUTE, Scale(1, 3))
    assert (bars.symbol, bars.quote_volume.tolist(), bars.volume.tolist()) == (PERPETUAL, [1_236_617_999], [2001])
    assert BinanceUsdm().read_time(b'{"serverTime":1723161600000}') == START_US


def test_the_two_markets_do_not_mix() -> None:
    """A frame of the one is nobody's concern for the other."""
    spot = framed(b'{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":1,"p":"1","q":"1","T":1723161255343,"m":true}')
    assert (parse(spot).observed, parse(spot).ignored) == ((), 1)
    other = BinanceSpot().parse([real()], np.zeros(1, dtype=np.int64))
    assert (other.observed, other.ignored, other.malformed) == ((), 1, ())
    assert BTC != PERPETUAL
