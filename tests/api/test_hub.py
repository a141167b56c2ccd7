"""Fan-out, history, pace and the end of tasks, on an event loop of the test's own."""

import asyncio
import json
from collections.abc import Coroutine
from typing import Any

import pytest

from core.api.hub import HISTORY, Channel, Hub
from core.api.protocol import Since
from core.api.topics import open_topic
from core.market import Symbol
from core.monitor import Change

BTC = Symbol("BTCUSDT")
NAME = "bars:BTCUSDT:1s"
PATIENCE = 20.0
FAST_HZ = 10_000.0


class Ear:
    """A listener that keeps what it hears."""

    def __init__(self) -> None:
        self._heard: asyncio.Queue[str] = asyncio.Queue()

    def offer(self, message: str) -> None:
        self._heard.put_nowait(message)

    async def hear(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(self._heard.get(), PATIENCE))
        return message


def play(scene: Coroutine[Any, Any, None]) -> None:
    asyncio.run(scene)


def hub_of(market: Any, **options: Any) -> Hub:
    return Hub(market.monitor, FAST_HZ, **options)


def channel_of(hub: Hub, name: str = NAME) -> Channel:
    return hub.channel(open_topic(name, hub.monitor, hub.monitor.symbols()))


def tasks() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith(("bars:", "health"))]


def listeners(market: Any) -> int:
    return len(market.monitor.bus._listeners)


async def idle() -> None:
    """Let every callback that is ready run, and those that they made ready."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_two_listeners_cost_one_read_a_tick_and_seq_is_contiguous(market: Any) -> None:
    async def scene() -> None:
        channel = channel_of(hub_of(market))
        ears = Ear(), Ear()
        for ear in ears:
            (first,) = await channel.join(ear, None)
        seq = json.loads(first)["seq"]
        assert len(market.reads) == 2
        for step in range(1, 6):
            market.commit(BTC, step)
            heard = [await ear.hear() for ear in ears]
            assert heard[0] == heard[1]
            assert (heard[0]["seq"], heard[0]["type"]) == (seq + step, "delta")
            assert len(market.reads) == 2 + step
        for ear in ears:
            channel.leave(ear)

    play(scene())


def test_many_commits_between_two_ticks_are_one_delta(market: Any) -> None:
    async def scene() -> None:
        channel, ear = channel_of(hub_of(market)), Ear()
        await channel.join(ear, None)
        market.gate.clear()
        market.commit(BTC, 0.1)
        await idle()
        for second in range(1, 50):
            market.commit(BTC, second)
        market.gate.set()
        first = await ear.hear()
        second_delta = await ear.hear()
        assert first["seq"] + 1 == second_delta["seq"]
        assert len(second_delta["data"]["candles"]["open_time"]) >= 49
        assert len(market.reads) == 3
        channel.leave(ear)

    play(scene())


@pytest.mark.parametrize("with_epoch", [True, False])
def test_who_comes_back_gets_what_it_missed(market: Any, with_epoch: bool) -> None:
    async def scene() -> None:
        hub = hub_of(market)
        channel, stays = channel_of(hub), Ear()
        (first,) = await channel.join(stays, None)
        seq = json.loads(first)["seq"]
        deltas = []
        for step in range(1, 4):
            market.commit(BTC, step)
            deltas.append(await stays.hear())
        back = Ear()
        missed = await channel.join(back, Since(seq + 1, hub.epoch if with_epoch else None))
        assert [json.loads(message) for message in missed] == deltas[1:]
        market.commit(BTC, 4)
        assert (await back.hear())["seq"] == seq + 4
        assert len(market.reads) == 5, "coming back reads nothing"
        assert await channel.join(back, Since(seq + 4)) == []
        channel.leave(back)
        channel.leave(stays)

    play(scene())


def test_what_cannot_be_resumed_is_a_snapshot(market: Any) -> None:
    async def scene() -> None:
        hub = hub_of(market)
        channel, ear = channel_of(hub), Ear()
        await channel.join(ear, None)
        market.commit(BTC, 1)
        seq = (await ear.hear())["seq"]
        for since in (Since(seq, "of another start"), Since(seq + 1), Since(41), Since(-1), Since(seq - 2)):
            (message,) = await channel.join(Ear(), since)
            assert (json.loads(message)["type"], json.loads(message)["seq"]) == ("snapshot", seq)
        channel.listeners.clear()
        channel.leave(ear)

    play(scene())


def test_history_is_bounded(market: Any) -> None:
    async def scene() -> None:
        channel, ear = channel_of(hub_of(market)), Ear()
        (first,) = await channel.join(ear, None)
        seq = json.loads(first)["seq"]
        for step in range(1, HISTORY + 2):
            market.commit(BTC, step)
            await ear.hear()
        assert len(await channel.join(ear, Since(seq + 1))) == HISTORY
        (message,) = await channel.join(ear, Since(seq))
        assert json.loads(message)["type"] == "snapshot"
        channel.leave(ear)

    play(scene())


def test_a_snapshot_in_place_of_a_delta_ends_the_history_before_it(market: Any) -> None:
    async def scene() -> None:
        channel, ear = channel_of(hub_of(market)), Ear()
        for second in range(600):
            market.trade(BTC, second)
        await channel.join(ear, None)
        market.commit(BTC, 600)
        seq = (await ear.hear())["seq"]
        market.commit(BTC, 1.5)
        heard = await ear.hear()
        assert (heard["type"], heard["seq"]) == ("snapshot", seq + 1)
        assert [json.loads(message) for message in await channel.join(ear, Since(seq))] == [heard]
        channel.leave(ear)

    play(scene())


def test_no_task_without_listeners_and_nothing_at_all_in_the_end(market: Any) -> None:
    async def scene() -> None:
        hub = hub_of(market, linger_seconds=0.0)
        assert listeners(market) == 0
        channel, one, other = channel_of(hub), Ear(), Ear()
        assert channel_of(hub) is channel
        assert tasks() == []
        await channel.join(one, None)
        await channel.join(other, None)
        assert tasks() == [NAME]
        assert listeners(market) == 1
        channel.leave(one)
        await idle()
        assert tasks() == [NAME]
        channel.leave(other)
        await idle()
        assert tasks() == []
        assert listeners(market) == 0
        assert channel_of(hub) is not channel

    play(scene())


def test_changes_while_nobody_listens_are_told_to_who_comes_back(market: Any) -> None:
    async def scene() -> None:
        channel, ear = channel_of(hub_of(market)), Ear()
        (first,) = await channel.join(ear, None)
        seq = json.loads(first)["seq"]
        channel.leave(ear)
        market.commit(BTC, 1)
        market.commit(BTC, 0.5)
        await idle()
        assert len(market.reads) == 1
        assert await channel.join(ear, Since(seq)) == []
        heard = await ear.hear()
        assert (heard["seq"], len(heard["data"]["candles"]["open_time"])) == (seq + 1, 2)
        channel.leave(ear)

    play(scene())


def test_leaving_while_another_joins_keeps_the_channel(market: Any) -> None:
    async def scene() -> None:
        hub = hub_of(market, linger_seconds=0.0)
        channel, one, other = channel_of(hub), Ear(), Ear()
        await channel.join(one, None)
        market.gate.clear()
        joining = asyncio.create_task(channel.join(other, None))
        await idle()
        channel.leave(one)
        await idle()
        market.gate.set()
        await joining
        await idle()
        assert channel_of(hub) is channel
        market.commit(BTC, 1)
        assert (await other.hear())["type"] == "delta"
        channel.leave(other)

    play(scene())


def test_a_read_that_fails_is_told_once_and_tried_again(market: Any, logged: list[str]) -> None:
    async def scene() -> None:
        channel, ear = channel_of(hub_of(market)), Ear()
        (first,) = await channel.join(ear, None)
        market.broken = "the database is locked"
        market.commit(BTC, 1)
        heard = await ear.hear()
        assert (heard["type"], heard["seq"]) == ("error", None)
        assert heard["data"]["message"] == "the database is locked; it is tried again"
        while len(market.reads) < 5:
            await asyncio.sleep(0)
        market.broken = None
        heard = await ear.hear()
        assert (heard["type"], heard["seq"]) == ("delta", json.loads(first)["seq"] + 1)
        channel.leave(ear)

    play(scene())
    (line,) = logged
    assert "the stream cannot read bars:BTCUSDT:1s" in line
    logged.clear()


def test_a_commit_after_the_server_ended_is_nothing(market: Any) -> None:
    async def scene() -> None:
        channel_of(hub_of(market))

    play(scene())
    assert listeners(market) == 1
    market.monitor.bus.publish(Change(1, {BTC: 1}))


def test_a_bar_that_is_confirmed_while_it_is_read_is_told_without_another_commit(
    market: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        channel, ear = channel_of(hub_of(market)), Ear()
        market.trade(BTC, 0.5)
        read = market.candles

        def read_and_confirm(*ask: Any) -> Any:
            bars = read(*ask)
            market.final_us = bars.watermark_us + 1_000_000
            market.monitor.bus.publish(Change(market.final_us))
            return bars

        with monkeypatch.context() as patch:
            patch.setattr(market, "candles", read_and_confirm)
            (first,) = await channel.join(ear, None)
        assert json.loads(first)["data"]["candles"]["state"] == ["forming"]
        assert (await ear.hear())["data"]["candles"]["state"] == ["confirmed"]
        channel.leave(ear)

    play(scene())
