"""Viewers of a page, as a process of their own: each speaks to the server as a browser does, and draws nothing.

    python -m tests.benchmarks.viewers --port 8501 --server PID --count 10 --seconds 20 [--topic pair:y=...&x=...]

A viewer opens the page, and from then on sends, for every fragment that the page asked to have rerun, its auto-rerun at that
fragment's own interval. With a topic it also holds a subscription of the API's stream. All of them are open before the clock starts.
Prints one line of JSON: how long reruns took from the message that asked for them to their end [ms], and the server's CPU time.
"""

import argparse
import asyncio
import json
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from tests.benchmarks.report import percentile

#: Viewers come one after the other, so that their timers are not one.
_APART_SECONDS = 0.11
_OPEN_SECONDS = 60.0
_OVERDUE_MS = 1000.0
_LARGEST_BYTES = 1 << 28
_LATE_LOOK_SECONDS = 0.05


@dataclass(slots=True)
class Measured:
    """What all viewers saw since the clock started. `late` is how much later this process ran than it wanted to [ms]."""

    reruns: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    asked: int = 0
    page_bytes: int = 0
    stream_bytes: int = 0
    failed: int = 0


class Viewer:
    """A session of the page."""

    def __init__(self, port: int, path: str, topic: str | None) -> None:
        self._base = f"ws://127.0.0.1:{port}"
        self._path, _, self._query = path.partition("?")
        self._topic = topic
        self._waiting: dict[str, float] = {}
        self._timers: dict[str, asyncio.Task[None]] = {}
        self.opened = asyncio.Event()
        self.seen = Measured()

    async def view(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._page(tasks))
            if self._topic is not None:
                tasks.create_task(self._stream(self._topic))

    async def _page(self, tasks: asyncio.TaskGroup) -> None:
        address = f"{self._base}/_stcore/stream"
        async with connect(
            address, subprotocols=["streamlit"], compression=None, max_size=_LARGEST_BYTES, open_timeout=_OPEN_SECONDS
        ) as socket:  # type: ignore[list-item]
            await socket.send(self._rerun())
            async for data in socket:
                self.seen.page_bytes += len(data)
                self._heard(ForwardMsg.FromString(data), socket, tasks)  # type: ignore[arg-type]

    async def _stream(self, topic: str) -> None:
        async with connect(
            f"{self._base}/api/v1/stream", compression=None, max_size=_LARGEST_BYTES, open_timeout=_OPEN_SECONDS
        ) as socket:
            await socket.send(json.dumps({"op": "subscribe", "id": 1, "topics": [topic]}))
            async for text in socket:
                self.seen.stream_bytes += len(text)

    def _rerun(self, fragment: str = "") -> bytes:
        asked = BackMsg()
        state = asked.rerun_script
        state.query_string, state.page_name = self._query, self._path.strip("/")
        state.fragment_id, state.is_auto_rerun = fragment, bool(fragment)
        state.context_info.timezone, state.context_info.locale = "UTC", "en-US"
        state.context_info.url, state.context_info.color_scheme = f"{self._base}{self._path}", "dark"
        return bytes(asked.SerializeToString())

    def _heard(self, message: ForwardMsg, socket: ClientConnection, tasks: asyncio.TaskGroup) -> None:
        kind = message.WhichOneof("type")
        if kind == "auto_rerun" and message.auto_rerun.fragment_id not in self._timers:
            timer = self._ask(message.auto_rerun.fragment_id, message.auto_rerun.interval, socket)
            self._timers[message.auto_rerun.fragment_id] = tasks.create_task(timer)
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self._timers.pop(fragment).cancel()
        elif kind == "script_finished":
            self._finished(message.script_finished, message.metadata.run.fragment_ids)
        elif kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
            self.seen.failed += 1

    def _finished(self, how: int, fragments: Iterable[str]) -> None:
        """A run that another one follows at once is told as one that ended early for it: its fragments are drawn all the same."""
        self.seen.failed += how == ForwardMsg.FINISHED_WITH_COMPILE_ERROR
        for fragment in self._waiting.keys() & set(fragments):
            self.seen.reruns.append(1000 * (time.perf_counter() - self._waiting.pop(fragment)))
        self.opened.set()

    def give_up(self) -> None:
        """Count what is overdue with the time that it has waited so far: an answer that never came is not a quick one."""
        now = time.perf_counter()
        ages = [1000 * (now - asked) for asked in self._waiting.values()]
        self.seen.reruns += [age for age in ages if age > _OVERDUE_MS]

    async def _ask(self, fragment: str, interval: float, socket: ClientConnection) -> None:
        """As the browser does: by the clock, whether the one before was answered or not."""
        due = time.perf_counter()
        while True:
            due += interval
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            self._waiting.setdefault(fragment, time.perf_counter())
            self.seen.asked += 1
            await socket.send(self._rerun(fragment))


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    """What `count` viewers see in `seconds`, once all of them are there or have waited long. Raise where one is thrown out."""
    viewers = [Viewer(options.port, options.path, options.topic) for _ in range(options.count)]
    seen = Measured()
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(_later(viewer, at * _APART_SECONDS)) for at, viewer in enumerate(viewers)]
        with suppress(TimeoutError):  # the rows tell what they were kept waiting
            async with asyncio.timeout(_OPEN_SECONDS + _APART_SECONDS * options.count):
                for viewer in viewers:
                    await viewer.opened.wait()
        await asyncio.sleep(options.settle)
        for viewer in viewers:
            viewer.seen = seen
        running.append(tasks.create_task(_lateness(seen.late)))
        print(json.dumps({"measuring": options.count}), flush=True)
        started, cpu = time.perf_counter(), cpu_seconds(options.server)
        await asyncio.sleep(options.seconds)
        for viewer in viewers:
            viewer.give_up()
        found = _told(seen, time.perf_counter() - started, cpu_seconds(options.server) - cpu)
        for task in running:
            task.cancel()
    return {"viewers": options.count, "unopened": sum(not viewer.opened.is_set() for viewer in viewers), **found}


async def _later(viewer: Viewer, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await viewer.view()


async def _lateness(found: list[float]) -> None:
    while True:
        due = time.perf_counter() + _LATE_LOOK_SECONDS
        await asyncio.sleep(_LATE_LOOK_SECONDS)
        found.append(1000 * (time.perf_counter() - due))


def _told(seen: Measured, seconds: float, cpu: float) -> dict[str, Any]:
    reruns = seen.reruns or [float("nan")]
    return {
        "seconds": seconds,
        "cpu": cpu,
        "p50": percentile(reruns, 50),
        "p95": percentile(reruns, 95),
        "reruns": len(seen.reruns),
        "asked": seen.asked,
        "failed": seen.failed,
        "page_bytes": seen.page_bytes,
        "stream_bytes": seen.stream_bytes,
        "late": percentile(seen.late, 95),
    }


def cpu_seconds(process: int) -> float:
    """What the process has used of the processor since its start, its children's not counted [s]. Linux alone."""
    text = Path(f"/proc/{process}/stat").read_text(encoding="ascii")
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(process: int) -> float:
    """The memory that the process has [MB]. Linux alone."""
    with Path(f"/proc/{process}/status").open(encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--server", type=int, required=True, help="the server's process, whose CPU time is told")
    parser.add_argument("--path", default="/", help="address of the page, with its query")
    parser.add_argument("--topic", help="a topic of the API's stream that every viewer holds besides")
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--settle", type=float, default=4.0, help="between the last viewer's first page and the clock")
    return parser.parse_args()


if __name__ == "__main__":
    print(json.dumps(uvloop.run(measure(_arguments()))), flush=True)
