"""What each topic tells, without a hub."""

import asyncio
import json
from typing import Any

import pytest

from core.api.protocol import BadRequest, Kind, News
from core.api.topics import SNAPSHOT_BARS, Topic, open_topic
from core.errors import StoreUnavailable
from core.market import SECOND_US, Symbol
from core.monitor import Change

BTC = Symbol("BTCUSDT")
FROM_MS = 1_723_161_600_000


def opened(market: Any, name: str) -> Topic:
    topic = open_topic(name, market.monitor, market.monitor.symbols())
    market.monitor.bus.subscribe(topic.note)
    return topic


def snapshot(topic: Topic) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(asyncio.run(_of(topic.snapshot())))
    return data


def news(topic: Topic) -> News:
    found = asyncio.run(_of(topic.news()))
    assert isinstance(found, News)
    return found


async def _of(answer: Any) -> Any:
    return await answer


def told(data: bytes | dict[str, Any]) -> dict[int, str]:
    """The state of each bar by its open time in seconds after the start."""
    columns = (json.loads(data) if isinstance(data, bytes) else data)["candles"]
    times = [(time - FROM_MS) // 1000 for time in columns["open_time"]]
    return dict(zip(times, columns["state"], strict=True))


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("bars:BTCUSDT:1m", "bars:BTCUSDT:1m"),
        ("bars:btcusdt:60s", "bars:BTCUSDT:1m"),
        ("bars:BINANCE:BTCUSDT:7s", "bars:BTCUSDT:7s"),
        ("health", "health"),
    ],
)
def test_names_are_made_canonical(market: Any, asked: str, name: str) -> None:
    assert opened(market, asked).name == name


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("", "is not a topic"),
        ("bars", "is not a topic"),
        ("bars:BTCUSDT", "is not a topic"),
        ("bars:BTCUSDT:", "is not an interval"),
        ("bars::1m", "is not a symbol"),
        ("bars:LUNAUSDT:1m", "LUNAUSDT is not being collected; collected are: BTCUSDT, ETHUSDT"),
        ("health:all", "is not a topic"),
        ("pair:", "is not a topic"),
    ],
)
def test_what_is_no_topic_is_told(market: Any, asked: str, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        opened(market, asked)


def test_a_snapshot_has_the_newest_bars(market: Any) -> None:
    for second in range(SNAPSHOT_BARS + 5):
        market.trade(BTC, second)
    data = snapshot(opened(market, "bars:BTCUSDT:1s"))
    assert list(told(data)) == list(range(5, SNAPSHOT_BARS + 5))
    assert data["changed_from"] is None


def test_a_delta_has_what_was_touched_and_what_was_confirmed(market: Any) -> None:
    topic = opened(market, "bars:BTCUSDT:1s")
    market.trade(BTC, 0.5)
    market.trade(BTC, 1.5)
    assert told(snapshot(topic)) == {0: "confirmed", 1: "forming"}
    assert not topic.due
    market.commit(BTC, 1.8)
    assert told(news(topic).data) == {1: "forming"}
    market.commit(BTC, 3.2, 3.4)
    assert told(news(topic).data) == {1: "confirmed", 3: "forming"}
    assert not topic.due


def test_a_late_trade_sends_its_bar_and_those_after_it(market: Any) -> None:
    topic = opened(market, "bars:BTCUSDT:1s")
    for second in range(6):
        market.trade(BTC, second)
    snapshot(topic)
    market.commit(BTC, 2.5)
    found = news(topic)
    assert list(told(found.data)) == [2, 3, 4, 5]
    assert json.loads(found.data)["changed_from"] == FROM_MS + 2000


def test_a_watermark_that_another_symbol_moved_confirms(market: Any) -> None:
    topic = opened(market, "bars:BTCUSDT:1s")
    market.trade(BTC, 0.5)
    snapshot(topic)
    market.commit(Symbol("ETHUSDT"), 0.9)
    assert not topic.due
    market.commit(Symbol("ETHUSDT"), 1.0)
    assert told(news(topic).data) == {0: "confirmed"}
    market.commit(Symbol("ETHUSDT"), 5.0)
    assert not topic.due
    assert asyncio.run(_of(topic.news())) is None


def test_a_bar_told_as_forming_to_one_is_confirmed_to_all(market: Any) -> None:
    topic = opened(market, "bars:BTCUSDT:1s")
    market.trade(BTC, 0.5)
    assert told(snapshot(topic)) == {0: "forming"}
    market.commit(Symbol("ETHUSDT"), 1.0)
    assert told(snapshot(topic)) == {0: "confirmed"}, "a second listener joins in between"
    assert told(news(topic).data) == {0: "confirmed"}


def test_a_forming_bar_before_the_touched_one_is_not_forgotten(market: Any) -> None:
    topic = opened(market, "bars:BTCUSDT:1s")
    market.trade(BTC, 0.5)
    market.final_us -= SECOND_US
    snapshot(topic)
    market.trades[BTC].append(market.trades[BTC][0]._replace(id=2, trade_time_us=FROM_MS * 1000 + 1_500_000))
    market.monitor.bus.publish(Change(market.final_us, {BTC: FROM_MS * 1000 + 1_500_000}))
    assert told(news(topic).data) == {1: "forming"}
    market.final_us = (FROM_MS + 1100) * 1000
    market.monitor.bus.publish(Change(market.final_us))
    assert told(news(topic).data) == {0: "confirmed", 1: "forming"}


def test_a_change_beyond_a_snapshot_sends_one_and_says_from_where(market: Any) -> None:
    topic = opened(market, "bars:BTCUSDT:1s")
    for second in range(SNAPSHOT_BARS + 5):
        market.trade(BTC, second)
    snapshot(topic)
    market.commit(BTC, 1.5)
    found = news(topic)
    assert found.kind is Kind.SNAPSHOT
    assert len(told(found.data)) == SNAPSHOT_BARS
    assert json.loads(found.data)["changed_from"] == FROM_MS + 1000


def test_what_could_not_be_read_stays_due(market: Any) -> None:
    topic = opened(market, "bars:BTCUSDT:1s")
    snapshot(topic)
    market.commit(BTC, 2.5)
    market.broken = "the database is locked"
    with pytest.raises(StoreUnavailable):
        asyncio.run(_of(topic.news()))
    market.commit(BTC, 3.5)
    market.broken = None
    assert topic.due
    assert told(news(topic).data) == {2: "confirmed", 3: "forming"}


def test_health_is_told_where_it_changed(market: Any) -> None:
    topic = opened(market, "health")
    first = news(topic)
    assert first.kind is Kind.SNAPSHOT
    assert json.loads(first.data)["symbols"][0]["price"] is None
    assert asyncio.run(_of(topic.news())) is None
    market.commit(BTC, 1.0)
    assert json.loads(news(topic).data)["symbols"][0]["price"] == "61837.63"
