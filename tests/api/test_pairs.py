"""A pair's bars by HTTP and on the stream: the monitor's own numbers, thinned for a screen."""

import asyncio
import json
from typing import Any

import numpy as np
import pytest

from core.api import encode_pair
from core.api.protocol import BadRequest, Kind, News
from core.api.topics import Topic, open_topic
from core.market import MINUTE_US
from core.monitor import Change
from core.pairs import PairSpec
from tests.api.conftest import BTC, ETH, START_US, Desk, Market

WINDOW = 5
SPEC = PairSpec(BTC, ETH, lookback_us=60 * MINUTE_US, window=WINDOW)
PATH = f"/pairs/BTCUSDT/ETHUSDT/series?lookback=1h&window={WINDOW}"
RNG = np.random.default_rng(2)


def fill(market: Market, minutes: range) -> None:
    """A trade of each leg in each minute, and one that begins the next."""
    for minute in minutes:
        walk = int(1000 * RNG.standard_normal())
        market.trade(BTC, 60 * minute + 1, 6_000_000 + 3 * walk + int(100 * RNG.standard_normal()))
        market.trade(ETH, 60 * minute + 2, 2_000_000 + walk)


@pytest.fixture
def filled(market: Market) -> Market:
    fill(market, range(61))
    market.now_us = START_US + 61 * MINUTE_US
    return market


def test_every_row_is_the_monitors_own_to_seven_digits(filled: Market, desk: Desk) -> None:
    found = desk.get(PATH).json()
    series = filled.monitor.drawn(SPEC).series
    assert (found["rows"], found["drawn"], found["bars"]) == (60, 60, 60)
    assert found["columns"]["time"] == (series.times // 1000).tolist()
    for name in ("y", "x", "spread", "centre", "scale", "z", "slope", "correlation"):
        told = np.array([np.nan if v is None else v for v in found["columns"][name]])
        np.testing.assert_allclose(told, getattr(series, name), rtol=1e-6, atol=0, equal_nan=True)
    assert found["columns"]["z"][0] is None
    assert found["topic"] == f"pair:y=BTCUSDT&x=ETHUSDT&window={WINDOW}&lookback=1h"
    assert found["hindsight"] is True
    assert found["hedge"]["slope"] == filled.monitor.analysis(SPEC).hedge.slope


def test_fewer_points_keep_the_extremes_and_a_range_has_its_own(filled: Market, desk: Desk) -> None:
    whole = desk.get(PATH).json()["columns"]
    thin = desk.get(f"{PATH}&points=12").json()
    assert thin["thinned"]
    assert thin["drawn"] < 20
    for name in ("y", "z", "spread"):
        known = [v for v in whole[name] if v is not None]
        shown = [v for v in thin["columns"][name] if v is not None]
        assert (max(shown), min(shown)) == (max(known), min(known))
    part = desk.get(f"{PATH}&from={whole['time'][10]}&to={whole['time'][20]}").json()
    assert part["columns"]["time"] == whole["time"][10:20]
    assert not part["thinned"]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/pairs/BTCUSDT/BTCUSDT/series", 422, "a pair needs two symbols"),
        ("/pairs/BTCUSDT/LUNAUSDT/series", 404, "LUNAUSDT is not being collected"),
        ("/pairs/BTCUSDT/ETHUSDT/series?window=abc", 422, "window is 'abc'"),
        ("/pairs/BTCUSDT/ETHUSDT/series?colour=red", 422, "a pair has no 'colour'"),
        ("/pairs/BTCUSDT/ETHUSDT/series?y=SOLUSDT", 422, "y and x are in the path"),
        (f"{PATH}&points=5", 422, "points"),
        (f"{PATH}&from=yesterday", 422, "from"),
    ],
)
def test_what_cannot_be_is_refused_with_words(filled: Market, desk: Desk, path: str, status: int, words: str) -> None:
    answer = desk.get(path)
    assert answer.status_code == status
    assert words in answer.text


def test_too_few_bars_say_how_many_there_are(market: Market, desk: Desk) -> None:
    found = desk.get(PATH).json()
    assert (found["rows"], found["columns"]) == (0, {})
    assert "needs 1 bars of both BTCUSDT and ETHUSDT" in found["unknown"]["z"]


def opened(market: Market, name: str) -> Topic:
    topic = open_topic(name, market.monitor, market.monitor.symbols())
    market.monitor.bus.subscribe(topic.note)
    return topic


def snapshot(topic: Topic) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(asyncio.run(_of(topic.snapshot())))
    return data


def news(topic: Topic) -> dict[str, Any] | None:
    found = asyncio.run(_of(topic.news()))
    if found is None:
        return None
    assert isinstance(found, News)
    assert found.kind is Kind.DELTA
    data: dict[str, Any] = json.loads(found.data)
    return data


async def _of(answer: Any) -> Any:
    return await answer


def test_a_trade_moves_the_forming_bar_and_nothing_else(filled: Market) -> None:
    topic = opened(filled, encode_pair.topic(SPEC))
    first = snapshot(topic)
    assert len(first["columns"]["time"]) == 2
    news(topic)
    filled.trade(BTC, 60 * 60 + 30, 6_100_000)
    filled.commit(ETH, 60 * 60 + 31)
    told = news(topic)
    assert told is not None
    assert "columns" not in told
    assert told["moment"]["y"] == 61_000.0
    assert told["moment"]["z"] == filled.monitor.quote(SPEC).moment.z  # type: ignore[union-attr]
    assert told["state"] == "live"


def test_a_bar_that_closes_is_told_once(filled: Market) -> None:
    topic = opened(filled, encode_pair.topic(SPEC))
    before = snapshot(topic)
    fill(filled, range(61, 62))
    filled.commit(BTC, 60 * 61 + 5)
    told = news(topic)
    assert told is not None
    assert told["columns"]["time"] == [before["last"] + 60_000]
    assert told["anew"] is False
    filled.commit(BTC, 60 * 61 + 6)
    again = news(topic)
    assert again is None or "columns" not in again


def test_a_late_trade_says_that_bars_are_others_now(filled: Market) -> None:
    topic = opened(filled, encode_pair.topic(SPEC))
    snapshot(topic)
    filled.monitor.bus.publish(Change(filled.final_us))
    news(topic)
    fill(filled, range(61, 90))
    filled.commit(BTC, 60 * 89 + 5)
    told = news(topic)
    assert told is not None
    assert told["anew"] is True
    assert len(told["columns"]["time"]) == 20


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pair:y=BTCUSDT", "x is missing"),
        ("pair:BTCUSDT:ETHUSDT", "bad query field"),
        ("pair:y=BTCUSDT&x=LUNAUSDT", "LUNAUSDT is not being collected"),
        ("pair:y=BTCUSDT&x=ETHUSDT&window=2", "window is 2"),
    ],
)
def test_what_names_no_pair_is_told(market: Market, name: str, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        open_topic(name, market.monitor, market.monitor.symbols())


def test_names_leave_out_what_is_usual_and_are_canonical(market: Market) -> None:
    name = "pair:x=ETHUSDT&window=240&y=btcusdt&interval=60s&z=robust"
    assert opened(market, name).name == "pair:y=BTCUSDT&x=ETHUSDT&z=robust"
