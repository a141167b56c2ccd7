"""Pages of trades over REST: against the built-in exchange, and whatever else may come for an answer."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import websocket
from hypothesis import given, settings
from hypothesis import strategies as st

from core.candles import from_trades
from core.errors import MalformedMessage
from core.exchange.child import ExchangeProcess
from core.feed.base import Venue
from core.feed.binance import BinanceSpot
from core.feed.binance_usdm import BinanceUsdm
from core.feed.budget import Budget
from core.feed.rest import RestClient
from core.market import DAY_US, MINUTE, Scale, Symbol, Trades
from tests.trading import BTC, PATIENCE, SCALE, START_US, said

PERPETUAL = Symbol("BTCUSDT", perpetual=True)
MS = START_US // 1000
quick = settings(deadline=None, derandomize=True, max_examples=300)


def single(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": number, "price": "100.50000000", "qty": "0.20000000", "quoteQty": "20.10000000", "time": MS + number,
        "isBuyerMaker": number % 2 == 0, "isBestMatch": True, **changes,
    }  # fmt: skip


def aggregate(number: int, first: int, last: int, **changes: Any) -> dict[str, Any]:
    return {"a": number, "p": "100.50", "q": "0.200", "f": first, "l": last, "T": MS + number, "m": False, **changes}


def body(*rows: object) -> bytes:
    return json.dumps(rows).encode()


def page(*rows: object) -> Trades:
    return BinanceSpot().read_page(body(*rows), BTC, START_US + 5)


def aggregates(*rows: object) -> Trades:
    return BinanceSpot().read_aggregates(body(*rows), BTC, START_US + 5)


def perpetuals(*rows: object) -> Trades:
    return BinanceUsdm().read_page(body(*rows), PERPETUAL, START_US + 5)


def test_a_page() -> None:
    found = page(single(1, price="0.10000000"), single(2), single(9, time=START_US + 7, extra=None))
    assert found.trade_id.tolist() == found.last_id.tolist() == [1, 2, 9]
    assert found.trade_count.tolist() == [1, 1, 1]
    assert (found.symbol, found.scale) == (BTC, Scale(1, 1)), "the coarsest that holds them"
    assert (found.price.tolist(), found.quantity.tolist()) == ([1, 1005, 1005], [2, 2, 2])
    assert found.trade_time_us.tolist() == [START_US + 1000, START_US + 2000, START_US + 7], "ms or us"
    assert found.received_us.tolist() == [START_US + 5] * 3
    assert found.is_buyer_maker.tolist() == [False, True, False]


def test_a_spot_aggregate_covers_the_ids_of_its_trades() -> None:
    found = aggregates(aggregate(1, 10, 10), aggregate(2, 11, 14), aggregate(4, 20, 21))
    assert found.trade_id.tolist() == [10, 11, 20]
    assert found.last_id.tolist() == [10, 14, 21]
    assert found.trade_count.tolist() == [1, 4, 2]


def test_a_perpetuals_aggregate_covers_its_own_id() -> None:
    found = perpetuals(aggregate(1, 10, 10, nq="0.1"), aggregate(2, 11, 14), aggregate(3, 20, 21))
    assert found.trade_id.tolist() == found.last_id.tolist() == [1, 2, 3]
    assert found.trade_count.tolist() == [1, 4, 2]
    assert found.symbol == PERPETUAL


@pytest.mark.parametrize("read", [page, aggregates, perpetuals])
def test_a_page_of_nothing(read: Callable[..., Trades]) -> None:
    found = read()
    assert len(found) == len(found.last_id) == 0
    assert len(from_trades(found.rescaled(Scale(2, 5)), MINUTE)) == 0


BAD_SINGLES = {
    "price": ["0", "-1", "NaN", "1e5", "", 1.5, None, "9000000000000000000", "0.000000000000000001"],
    "qty": ["0.00000000", "-0.1", "Infinity", 3],
    "id": [-1, 2**63, 2**70, "1", 1.5, None],
    "time": [0, -5, 1000, 10**18, 2**70, "x", None, (START_US + 2 * DAY_US) // 1000],
    "isBuyerMaker": [None, 1, "true"],
}
BAD_AGGREGATES = {
    "p": ["0", "-1", "NaN", ""],
    "q": ["0", "x"],
    "f": [-1, 6, None, "5"],
    "l": [4, -1, 5 + 10**7, 2**63 - 1, 2**70, 1.5],
    "T": [0, 10**18],
    "m": [None, 0],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key in BAD_SINGLES for value in BAD_SINGLES[key]])
def test_a_bad_trade_is_left_out_or_makes_a_bad_page(key: str, value: object) -> None:
    assert len(page(single(1), single(5))) == 2
    missing = {name: v for name, v in single(5).items() if name != key}
    for row in (single(5, **{key: value}), missing):
        with pytest.raises(MalformedMessage, match="a page of trades of BTCUSDT is not what the protocol says"):
            page(row)
        try:
            found = page(single(1), row, single(9))
        except MalformedMessage:
            continue  # not of the types that a trade has: it is not known what this is
        assert found.trade_id.tolist() == [1, 9]


def test_an_unsound_price_costs_one_trade() -> None:
    assert page(single(1), single(5, price="0"), single(9)).trade_id.tolist() == [1, 9]
    assert perpetuals(aggregate(1, 4, 4), aggregate(2, 5, 5, q="0")).trade_id.tolist() == [1]


@pytest.mark.parametrize("read", [aggregates, perpetuals])
@pytest.mark.parametrize(("key", "value"), [(key, value) for key in BAD_AGGREGATES for value in BAD_AGGREGATES[key]])
def test_a_bad_aggregate_is_left_out_or_makes_a_bad_page(read: Callable[..., Trades], key: str, value: object) -> None:
    assert len(read(aggregate(1, 4, 4), aggregate(2, 5, 5))) == 2
    with pytest.raises(MalformedMessage, match="a page of aggregates of BTCUSDT"):
        read(aggregate(2, 5, 5, **{key: value}))
    try:
        found = read(aggregate(1, 4, 4), aggregate(2, 5, 5, **{key: value}))
    except MalformedMessage:
        return  # not of the types that an aggregate has: it is not known what this is
    assert found.last_id.tolist() == read(aggregate(1, 4, 4)).last_id.tolist()


def test_pages_out_of_order() -> None:
    with pytest.raises(MalformedMessage, match="ids that do not ascend"):
        page(single(2), single(1))
    with pytest.raises(MalformedMessage, match="ids that do not ascend"):
        page(single(2), single(2))
    with pytest.raises(MalformedMessage, match="ids that do not ascend"):
        aggregates(aggregate(1, 1, 5), aggregate(2, 5, 6))
    with pytest.raises(MalformedMessage, match="ids that do not ascend"):
        perpetuals(aggregate(2, 1, 5), aggregate(2, 6, 6))
    assert len(perpetuals(aggregate(1, 6, 7), aggregate(2, 6, 7))) == 2, "the trades' own ids prove nothing here"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["1.5", "-1", "NaN"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
KEYS = ["id", "price", "qty", "time", "isBuyerMaker", "a", "p", "q", "f", "l", "T", "m", "lastId", "symbol", "count"]
CHANGED = st.tuples(st.integers(1, 9), st.dictionaries(st.sampled_from(KEYS), JSON, max_size=3)).map(
    lambda made: {**single(made[0]), **aggregate(made[0], made[0], made[0]), **made[1]}
)
ANSWERS = st.binary(max_size=60) | st.lists(CHANGED | JSON, max_size=4).map(lambda rows: json.dumps(rows).encode())


@quick
@given(ANSWERS)
def test_noise_is_refused_or_sound(answer: bytes) -> None:
    spot, usdm = BinanceSpot(), BinanceUsdm()
    for read in (
        lambda: spot.read_page(answer, BTC, START_US),
        lambda: spot.read_aggregates(answer, BTC, START_US),
        lambda: usdm.read_page(answer, PERPETUAL, START_US),
        lambda: usdm.read_aggregates(answer, PERPETUAL, START_US),
    ):
        try:
            found = read()
        except MalformedMessage:
            continue
        assert (found.price > 0).all()
        assert (found.quantity > 0).all()
        assert (found.trade_count > 0).all()
        assert (found.trade_id[1:] > found.last_id[:-1]).all()
        assert len({len(getattr(found, name)) for name in ("trade_id", "price", "is_buyer_maker", "trade_count")}) == 1
    for venue, symbols in ((spot, [BTC]), (usdm, [PERPETUAL])):
        try:
            newest = venue.read_newest(answer, symbols)
        except MalformedMessage:
            continue
        assert all(0 <= number < 2**63 for number in newest.values())


def pages(client: RestClient, venue: Venue, symbol: Symbol, first_id: int) -> Iterator[Trades]:
    """All pages from `first_id` to the end."""
    while len(found := venue.read_page(client.get(venue.page_request(symbol, first_id)), symbol, START_US + DAY_US)):
        yield found
        first_id = int(found.last_id[-1]) + 1


def play(url: str, count: int) -> int:
    """Listen to a recording until `count` frames of it were played."""
    with closing(websocket.create_connection(url, timeout=PATIENCE)) as socket:
        return sum(1 for _ in range(count) if socket.recv())


@pytest.mark.shared_data
def test_a_recording_read_by_pages_is_what_its_frames_say(
    exchange: Callable[..., ExchangeProcess], small_capture: Path, spot_frames: tuple[list[bytes], list[int]]
) -> None:
    """Ids, prices and times of every trade; the newest id; and aggregates that add up to the same bars."""
    venue = BinanceSpot()
    frames, received = spot_frames[0][:3000], spot_frames[1][:3000]
    by_stream = {o.trades.symbol: o.trades for o in venue.parse(frames, np.array(received)).observed}
    process = exchange(replay=small_capture, speed="max")
    with closing(RestClient([process.rest_url], Budget(1_000_000, lambda: START_US / 1e6))) as client:
        heard = play(venue.stream_url(process.ws_url, list(by_stream)), len(frames))
        assert heard == len(frames)
        ((asked, request),) = venue.newest_requests(list(by_stream))
        newest = venue.read_newest(client.get(request), asked)
        for symbol, streamed in by_stream.items():
            first, last = int(streamed.trade_id[0]), int(streamed.trade_id[-1])
            assert newest[symbol] == last
            paged = [row for found in pages(client, venue, symbol, first) for row in said(found)]
            assert paged == said(streamed)
            aggregated = venue.aggregates_request(symbol, int(streamed.trade_time_us[0]))
            assert aggregated is not None
            found = venue.read_aggregates(client.get(aggregated), symbol, START_US)
            assert found.trade_id.tolist() == [first, *(found.last_id[:-1] + 1).tolist()], "they tile the ids"
            assert len(found) < found.trade_count.sum()
            exact = streamed.take(streamed.trade_id <= found.last_id[-1]).coarsened(SCALE)
            assert exact is not None
            ours, theirs = (from_trades(each, MINUTE) for each in (exact, found.rescaled(SCALE)))
            for name in ("open_time_us", "open", "high", "low", "close", "volume", "trade_count", "taker_buy_volume"):
                assert getattr(ours, name).tolist() == getattr(theirs, name).tolist(), name
