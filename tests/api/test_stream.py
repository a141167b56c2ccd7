"""The stream over a real server, and a connection whose client reads slowly."""

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from core.api import protocol
from core.api.hub import Hub
from core.api.stream import LIVE_RATE_HZ, Connection
from core.market import Symbol
from core.monitor import Change

BTC = Symbol("BTCUSDT")
ETH = Symbol("ETHUSDT")
BARS = "bars:BTCUSDT:1m"
PATIENCE = 20.0


def test_a_topic_is_acknowledged_then_whole_then_told_by_change(desk: Any, market: Any) -> None:
    market.trade(BTC, 5)
    client = desk.connect()
    assert client.subscribe(BARS, ticket="t", since={}) == {"op": "subscribe", "id": 1, "topics": [BARS]}
    whole = client.receive()
    assert (whole["topic"], whole["type"]) == (BARS, "snapshot")
    assert whole["data"]["candles"]["close"] == ["61837.63"]
    market.commit(BTC, 10, 70)
    delta = client.receive()
    assert (delta["type"], delta["seq"], delta["epoch"]) == ("delta", whole["seq"] + 1, whole["epoch"])
    assert delta["data"]["candles"]["state"] == ["confirmed", "forming"]


def test_two_browsers_cost_one_read_a_change(desk: Any, market: Any) -> None:
    clients = desk.connect(), desk.connect()
    for client in clients:
        client.subscribe(BARS)
        client.receive()
    assert desk.server.channels() == [BARS]
    market.commit(BTC, 1)
    one, other = (client.receive() for client in clients)
    assert one == other
    assert len(market.reads) == 3
    assert desk.market.monitor.bus._listeners


def test_a_connection_that_was_cut_resumes(desk: Any, market: Any) -> None:
    client = desk.connect()
    client.subscribe(BARS)
    whole = client.receive()
    client.socket.shutdown()
    market.commit(BTC, 1)
    again = desk.connect()
    again.subscribe(BARS, since={BARS: {"seq": whole["seq"], "epoch": whole["epoch"]}})
    delta = again.receive()
    assert (delta["type"], delta["seq"]) == ("delta", whole["seq"] + 1)


def test_after_a_restart_a_seq_means_a_snapshot(market: Any, serve: Callable[..., Any]) -> None:
    with serve(market) as desk:
        desk.connect().subscribe(BARS)
        before = desk.clients[0].receive()
    with serve(market) as desk:
        client = desk.connect()
        client.subscribe(BARS, since={BARS: before["seq"]})
        after = client.receive()
        assert after["type"] == "snapshot"
        assert after["epoch"] != before["epoch"]
        assert after["seq"] > before["seq"]


def test_bad_input_is_told_and_the_connection_stays(desk: Any) -> None:
    client = desk.connect()
    for text in ("", "nonsense", "[1]", '{"op": "dance", "topics": ["health"]}', "x" * 100_000, '"\\ud800"'):
        client.send(text)
        answer = client.receive()
        assert (answer["topic"], answer["type"]) == (None, "error")
        assert "expected" in answer["data"]["message"] or "allowed" in answer["data"]["message"]
    client.socket.send_binary(b"\xff\xfe")
    assert client.receive()["type"] == "error"
    assert client.subscribe("bars:LUNAUSDT:1m", "health") == {"op": "subscribe", "id": 1, "topics": ["health"]}
    wrong, pulse = client.receive(), client.receive()
    assert (wrong["topic"], wrong["type"]) == ("bars:LUNAUSDT:1m", "error")
    assert "collected are: BTCUSDT, ETHUSDT" in wrong["data"]["message"]
    assert (pulse["topic"], pulse["data"]["collecting"]) == ("health", True)


def test_unsubscribing_ends_the_task(desk: Any) -> None:
    client = desk.connect()
    client.subscribe(BARS, "health")
    client.receive(), client.receive()
    assert desk.server.channels() == [BARS, "health"]
    client.send({"op": "unsubscribe", "id": "x", "topics": [BARS, "health", "nothing"]})
    assert client.receive() == {"op": "unsubscribe", "id": "x", "topics": [BARS, "health"]}
    assert client.receive()["type"] == "error"
    client.send({"op": "unsubscribe", "topics": [BARS]})
    client.receive()
    assert desk.server.channels() == []


def test_a_database_that_fails_is_told_to_who_subscribes(desk: Any, market: Any) -> None:
    market.broken = "the database is locked"
    client = desk.connect()
    client.subscribe(BARS)
    assert client.receive()["data"]["message"] == "the database is locked; subscribe again"
    market.broken = None
    client.subscribe(BARS)
    assert client.receive()["type"] == "snapshot"


def test_topics_of_a_connection_are_limited(desk: Any) -> None:
    client = desk.connect()
    names = [f"bars:BTCUSDT:{second}s" for second in range(1, protocol.MAX_TOPICS + 1)]
    client.subscribe(*names)
    assert {client.receive()["type"] for _ in names} == {"snapshot"}
    client.subscribe("health", names[0])
    assert "unsubscribe one" in client.receive()["data"]["message"]
    assert client.receive()["type"] == "snapshot"


def test_health_comes_by_itself_when_it_changes(desk: Any, market: Any) -> None:
    client = desk.connect()
    client.subscribe("health")
    first = client.receive()
    market.trade(BTC, 1)
    seen = client.receive()
    while seen["data"]["symbols"][0]["price"] is None:
        seen = client.receive()
    assert seen["seq"] > first["seq"]
    assert seen["type"] == "snapshot"


def test_the_server_ends_under_a_client_that_listens_and_one_that_never_reads(
    market: Any, serve: Callable[..., Any], logged: list[str]
) -> None:
    with serve(market) as desk:
        desk.connect().subscribe(BARS, "health")
        desk.connect().send({"op": "subscribe", "topics": [BARS, "bars:ETHUSDT:1s"]})
        vanished = desk.connect()
        vanished.subscribe(BARS)
        vanished.socket.sock.close()
        market.commit(BTC, 1)
        desk.clients[0].receive()
    market.commit(BTC, 2)


def test_the_live_rate_is_twice_a_second() -> None:
    assert LIVE_RATE_HZ == 2.0


class SlowClient:
    """A client whose connection lets a message through only when it is told to."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.blocked = asyncio.Event()
        self.heard: asyncio.Queue[str] = asyncio.Queue()

    async def send(self, text: str) -> None:
        if not self.open.is_set():
            self.blocked.set()
        await self.open.wait()
        self.heard.put_nowait(text)

    async def hear(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(self.heard.get(), PATIENCE))
        return message


def request(*topics: str, op: str = "subscribe") -> str:
    return json.dumps({"op": op, "topics": topics})


def test_a_slow_client_loses_messages_is_told_and_starts_afresh(market: Any) -> None:
    async def scene() -> None:
        hub = Hub(market.monitor, 10_000.0)
        slow, quick = SlowClient(), SlowClient()
        connections = [Connection(hub, client.send, size) for client, size in ((slow, 2), (quick, 100))]
        tasks = [asyncio.create_task(connection.run()) for connection in connections]
        for client, connection in zip((slow, quick), connections, strict=True):
            await connection.take(request(BARS))
            assert (await client.hear())["topics"] == [BARS]
            seq = (await client.hear())["seq"]
        slow.open.clear()
        for step in range(1, 8):
            market.commit(BTC, step)
            assert (await quick.hear())["seq"] == seq + step
            if step == 1:
                await asyncio.wait_for(slow.blocked.wait(), PATIENCE)
        slow.open.set()
        heard = [await slow.hear() for _ in range(5)]
        assert [(message["type"], message["seq"] - seq) for message in heard] == [
            ("delta", 1), ("delta", 2), ("delta", 3), ("dropped", 7), ("snapshot", 7),
        ]  # fmt: skip
        market.commit(BTC, 8)
        assert [(await client.hear())["seq"] for client in (slow, quick)] == [seq + 8] * 2
        await finish(connections, tasks)

    asyncio.run(scene())


def test_every_lost_topic_is_sent_afresh(market: Any) -> None:
    async def scene() -> None:
        hub = Hub(market.monitor, 10_000.0)
        slow, quick = SlowClient(), SlowClient()
        connections = [Connection(hub, client.send, size) for client, size in ((slow, 1), (quick, 100))]
        tasks = [asyncio.create_task(connection.run()) for connection in connections]
        names = [BARS, "bars:BTCUSDT:1s", "bars:ETHUSDT:1s"]
        for client, connection in zip((slow, quick), connections, strict=True):
            await connection.take(request(*names))
            assert len([await client.hear() for _ in range(4)]) == 4
        slow.open.clear()
        for step in range(1, 5):
            touched = {symbol: market.trade(symbol, step) for symbol in (BTC, ETH)}
            market.monitor.bus.publish(Change(market.final_us, touched))
            assert {(await quick.hear())["topic"] for _ in names} == set(names)
            await asyncio.wait_for(slow.blocked.wait(), PATIENCE)
        slow.open.set()
        heard = [await slow.hear() for _ in range(8)]
        assert [message["type"] for message in heard] == ["delta"] * 2 + ["dropped", "snapshot"] * 3
        assert {message["topic"] for message in heard[2:]} == set(names)
        await finish(connections, tasks)

    asyncio.run(scene())


def test_what_is_in_line_of_an_ended_subscription_is_passed_over(market: Any) -> None:
    async def scene() -> None:
        hub, client = Hub(market.monitor, 10_000.0), SlowClient()
        connection = Connection(hub, client.send, 100)
        ear = SlowClient()
        other = Connection(hub, ear.send, 100)
        tasks = [asyncio.create_task(c.run()) for c in (connection, other)]
        for c, listener in ((connection, client), (other, ear)):
            await c.take(request(BARS))
            await listener.hear(), await listener.hear()
        client.open.clear()
        await connection.take(request("health", op="unsubscribe"))
        await asyncio.wait_for(client.blocked.wait(), PATIENCE)
        await connection.take(request(BARS))
        market.commit(BTC, 1)
        seq = (await ear.hear())["seq"]
        client.open.set()
        assert (await client.hear())["op"] == "unsubscribe"
        assert (await client.hear())["op"] == "subscribe"
        whole = await client.hear()
        assert (whole["type"], whole["seq"]) == ("snapshot", seq)
        market.commit(BTC, 2)
        assert (await client.hear())["seq"] == seq + 1
        await finish([connection, other], tasks)

    asyncio.run(scene())


async def finish(connections: list[Connection], tasks: list["asyncio.Task[None]"]) -> None:
    for connection, task in zip(connections, tasks, strict=True):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        connection.close()
    await asyncio.sleep(0)
    assert [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("bars:")] == []


def test_no_thread_is_left_behind(market: Any, serve: Callable[..., Any]) -> None:
    before = threading.active_count()
    with serve(market) as desk:
        desk.connect().subscribe(BARS, "health")
    assert threading.active_count() <= before
