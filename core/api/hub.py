"""From one commit to many browsers: a topic is read and encoded once, however many listen.

Everything here runs on the server's event loop. Commits are told on the writer's thread, which only hands them over. A
topic's task runs while it has listeners. After the last one left, its history is kept for a while, without a task,
so that a client that comes back gets what it missed; then nothing is left, neither timer nor bus subscription.
"""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from loguru import logger

from core.api import protocol
from core.api.protocol import Kind, Since
from core.api.topics import Topic
from core.errors import DeskError
from core.monitor import Change, Monitor

#: Messages of a topic that can be sent again: a minute at two a second.
HISTORY = 120
#: How long a topic's history outlives its last listener, seconds.
LINGER_SECONDS = 60.0


class Listener(Protocol):
    """One subscription of one connection."""

    def offer(self, message: str) -> None:
        """Take the next message, without waiting."""
        ...


class Channel:
    """A topic's listeners, history and task."""

    def __init__(
        self, topic: Topic, epoch: str, pace_seconds: float, linger_seconds: float, forget: Callable[[], None]
    ) -> None:
        self.topic = topic
        self.listeners: set[Listener] = set()
        # Counting starts at the clock [ms], which outruns any counter here: a seq from before a restart, or from a
        # channel that was forgotten, is never taken for one of this channel's.
        self.seq = time.time_ns() // 1_000_000
        self._epoch = epoch
        self._pace_seconds = pace_seconds
        self._linger_seconds = linger_seconds
        self._forget = forget
        self._history: deque[tuple[int, str]] = deque(maxlen=HISTORY)
        self._lock = asyncio.Lock()
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._farewell: asyncio.TimerHandle | None = None
        self._joining = 0
        self._failing = False
        self._settle()

    def note(self, change: Change) -> None:
        """Remember what a commit changed, and wake the task."""
        self.topic.note(change)
        self._look()

    async def join(self, listener: Listener, since: Since | None) -> list[str]:
        """Offer `listener` every message from now on; the answer comes before them: what it missed, or a snapshot."""
        self._joining += 1
        self._settle()
        try:
            async with self._lock:
                messages = self._missed(since)
                if messages is None:
                    data = await self.topic.snapshot()
                    messages = [protocol.message(self.topic.name, self.seq, self._epoch, Kind.SNAPSHOT, data)]
                self.listeners.add(listener)
                self._look()
        finally:
            self._joining -= 1
            self._settle()
        return messages

    def leave(self, listener: Listener) -> None:
        """Offer `listener` nothing more. Does nothing where it has not joined."""
        self.listeners.discard(listener)
        self._settle()

    def dropped(self) -> str:
        """What a listener is told that has missed messages."""
        return protocol.message(self.topic.name, self.seq, self._epoch, Kind.DROPPED)

    def _missed(self, since: Since | None) -> list[str] | None:
        if since is None or since.epoch not in (None, self._epoch):
            return None
        oldest = self._history[0][0] if self._history else self.seq + 1
        if not oldest - 1 <= since.seq <= self.seq:
            return None
        return [message for seq, message in self._history if seq > since.seq]

    def _settle(self) -> None:
        """A task while there are listeners; a timer while there is nobody at all."""
        if self._farewell is not None:
            self._farewell.cancel()
            self._farewell = None
        if self.listeners and self._task is None:
            self._task = asyncio.create_task(self._run(), name=self.topic.name)
        elif not self.listeners and self._task is not None:
            self._task.cancel()
            self._task = None
        if not self.listeners and not self._joining:
            self._farewell = asyncio.get_running_loop().call_later(self._linger_seconds, self._forget)

    async def _run(self) -> None:
        poll_seconds = self.topic.poll_seconds
        self._look()
        while True:
            await (self._woken.wait() if poll_seconds is None else asyncio.sleep(poll_seconds))
            self._woken.clear()
            try:
                await self._tell()
                self._failing = False
            except Exception as error:  # noqa: BLE001 - the task must live on; logged with its traceback
                self._failed(error)
            self._look()
            await asyncio.sleep(self._pace_seconds if poll_seconds is None else 0)

    async def _tell(self) -> None:
        async with self._lock:
            news = await self.topic.news()
            if news is None:
                return
            self.seq += 1
            message = protocol.message(self.topic.name, self.seq, self._epoch, news.kind, news.data)
            if news.kind is Kind.SNAPSHOT:
                self._history.clear()  # it replaces all that was said before
            self._history.append((self.seq, message))
            self._offer(message)

    def _look(self) -> None:
        """Wake the task where there is something to tell: a change may come in the middle of a read, or before the task."""
        if self.topic.due:
            self._woken.set()

    def _failed(self, error: Exception) -> None:
        """Say so once; what could not be told is tried again at the next tick."""
        if not self._failing:
            self._failing = True
            logger.opt(exception=error).warning("the stream cannot read {}; it keeps trying", self.topic.name)
            words = str(error) if isinstance(error, DeskError) else "the desk failed to read it; its log says why"
            self._offer(protocol.error(self.topic.name, self._epoch, f"{words}; it is tried again"))

    def _offer(self, message: str) -> None:
        for listener in self.listeners:
            listener.offer(message)


class Hub:
    """The channels in use, and their one subscription to the bus."""

    def __init__(self, monitor: Monitor, live_rate_hz: float, linger_seconds: float = LINGER_SECONDS) -> None:
        self.monitor = monitor
        self.epoch = secrets.token_hex(4)
        self._pace_seconds = 1 / live_rate_hz
        self._linger_seconds = linger_seconds
        self._channels: dict[str, Channel] = {}
        self._unsubscribe: Callable[[], None] | None = None

    def channel(self, topic: Topic) -> Channel:
        """The channel of the topic of that name: the one in use, or else a new one for `topic`."""
        known = self._channels.get(topic.name)
        if known is not None:
            return known
        if self._unsubscribe is None:
            self._unsubscribe = self._listen(asyncio.get_running_loop())

        def forget() -> None:
            self._forget(topic.name)

        made = Channel(topic, self.epoch, self._pace_seconds, self._linger_seconds, forget)
        self._channels[topic.name] = made
        return made

    def _listen(self, loop: asyncio.AbstractEventLoop) -> Callable[[], None]:
        def on_change(change: Change) -> None:
            with suppress(RuntimeError):  # the loop is closed: the server has ended before the writer
                loop.call_soon_threadsafe(self._note, change)

        return self.monitor.bus.subscribe(on_change)

    def _note(self, change: Change) -> None:
        for channel in self._channels.values():
            channel.note(change)

    def _forget(self, name: str) -> None:
        del self._channels[name]
        if not self._channels and self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
