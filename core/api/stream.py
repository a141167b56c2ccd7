"""The live stream: one WebSocket a browser, speaking ``protocol`` about ``topics``.

A connection is two tasks around a bounded queue. The first puts requests in line and waits where there is no room; the
second follows them and sends, alone, so that a topic's messages leave in order. A client that reads too slowly loses
messages of a topic, is told so, and gets a fresh snapshot once it has caught up.
"""

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from loguru import logger
from starlette.websockets import WebSocket, WebSocketDisconnect

from core.api import protocol
from core.api.hub import Channel, Hub
from core.api.protocol import BadRequest, Request, Since
from core.api.topics import Topic, open_topic
from core.errors import DeskError

#: Messages a second and topic at most: often enough for eyes, seldom enough for browsers.
LIVE_RATE_HZ = 2.0
#: Messages that may wait for one client.
QUEUE_MESSAGES = 256

Send = Callable[[str], Awaitable[None]]


def create_router(hub: Hub, queue_messages: int = QUEUE_MESSAGES) -> APIRouter:
    """The route of the stream. Who may connect is checked before, in ``security``."""
    router = APIRouter()

    @router.websocket("/v1/stream")
    async def stream(websocket: WebSocket) -> None:
        await serve(websocket, hub, queue_messages)

    return router


async def serve(websocket: WebSocket, hub: Hub, queue_messages: int) -> None:
    """Talk with one client until it leaves, or the server ends."""
    connection = Connection(hub, websocket.send_text, queue_messages)
    try:
        await websocket.accept()
        tasks = [asyncio.create_task(_receive(websocket, connection)), asyncio.create_task(connection.run())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _end(tasks)
    except WebSocketDisconnect:
        pass  # gone before the handshake was over
    finally:
        connection.close()


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception) and not isinstance(outcome, WebSocketDisconnect):
            logger.opt(exception=outcome).error("a stream's connection failed")


async def _receive(websocket: WebSocket, connection: "Connection") -> None:
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text")
        await connection.take(message.get("bytes", b"") if text is None else text)


class Subscription:
    """One topic of one client."""

    def __init__(self, channel: Channel, queue: "asyncio.Queue[Item]") -> None:
        self.channel = channel
        self.ended = False
        self.lost = False
        self._queue = queue

    def offer(self, message: str) -> None:
        """Put a message in line. Where there is no room the topic is lost, until it is sent afresh."""
        if self.lost:
            return
        try:
            self._queue.put_nowait((self, message))
        except asyncio.QueueFull:
            self.lost = True

    def end(self) -> None:
        """Take no more messages, and let those in line be passed over."""
        self.ended = True
        self.channel.leave(self)


#: What waits in line: a request to follow, or a message, of a subscription or of none.
Item = Request | tuple[Subscription | None, str]


class Connection:
    """One client: its subscriptions, and the line of what to send and what to do."""

    def __init__(self, hub: Hub, send: Send, queue_messages: int) -> None:
        self._hub = hub
        self._send = send
        self._queue: asyncio.Queue[Item] = asyncio.Queue(queue_messages)
        self._subscriptions: dict[str, Subscription] = {}

    async def take(self, text: str | bytes) -> None:
        """Put a client's message in line."""
        try:
            await self._queue.put(protocol.parse(text))
        except BadRequest as bad:
            await self._queue.put((None, protocol.error(None, self._hub.epoch, str(bad))))

    async def run(self) -> None:
        """Send what is in line, and what was lost afresh once the line is empty."""
        while True:
            item = await self._queue.get()
            if isinstance(item, Request):
                await self._follow(item)
            else:
                subscription, message = item
                if subscription is None or not subscription.ended:
                    await self._send(message)
            while self._queue.empty() and (lost := self._lost()) is not None:
                await self._send(lost.channel.dropped())
                await self._join(lost.channel, None)

    def close(self) -> None:
        """Leave every topic."""
        for subscription in self._subscriptions.values():
            subscription.end()
        self._subscriptions.clear()

    def _lost(self) -> Subscription | None:
        return next((subscription for subscription in self._subscriptions.values() if subscription.lost), None)

    async def _follow(self, request: Request) -> None:
        known = await asyncio.to_thread(self._hub.monitor.symbols)
        topics: dict[str, tuple[Topic, Since | None]] = {}
        problems: list[str] = []
        for asked in request.topics:
            try:
                topic = open_topic(asked, self._hub.monitor, known)
                topics[topic.name] = (topic, request.last_of(asked))
            except BadRequest as bad:
                problems.append(protocol.error(asked, self._hub.epoch, str(bad)))
        await self._send(protocol.acknowledgement(request, list(topics)))
        for problem in problems:
            await self._send(problem)
        for name, (topic, since) in topics.items():
            if request.op == "unsubscribe":
                self._end(name)
            else:
                await self._subscribe(topic, since)

    async def _subscribe(self, topic: Topic, since: Since | None) -> None:
        if len(self._subscriptions) >= protocol.MAX_TOPICS and topic.name not in self._subscriptions:
            words = f"this connection has its {protocol.MAX_TOPICS} topics; unsubscribe one, or open another"
            await self._send(protocol.error(topic.name, self._hub.epoch, words))
        else:
            await self._join(self._hub.channel(topic), since)

    async def _join(self, channel: Channel, since: Since | None) -> None:
        name = channel.topic.name
        self._end(name)
        self._subscriptions[name] = subscription = Subscription(channel, self._queue)
        try:
            messages = await channel.join(subscription, since)
        except DeskError as error:
            self._end(name)
            messages = [protocol.error(name, self._hub.epoch, f"{error}; subscribe again")]
        for message in messages:
            await self._send(message)

    def _end(self, name: str) -> None:
        subscription = self._subscriptions.pop(name, None)
        if subscription is not None:
            subscription.end()
