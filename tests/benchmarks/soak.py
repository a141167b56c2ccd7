"""Memory while ten look on: whether it grows, and how fast."""

import time

import numpy as np

from tests.benchmarks.page_servers import Served
from tests.benchmarks.processes import Child, child
from tests.benchmarks.report import Options, Table
from tests.benchmarks.viewers import resident_mb

_VIEWERS = 10
_LOOK_SECONDS = 10.0


def run(desk: Served, options: Options) -> Table:
    seconds = 60 * options.minutes
    arguments = [
        "--port",
        str(desk.port),
        "--server",
        str(desk.process),
        "--count",
        str(_VIEWERS),
        "--seconds",
        str(seconds),
    ]
    with child("tests.benchmarks.viewers", *arguments, *(("--topic", desk.topic) if desk.topic else ())) as viewers:
        viewers.line()
        times, sizes = _watched(viewers, desk.process, seconds, 1.0 if options.quick else _LOOK_SECONDS)
        found = viewers.line()
    later = times >= seconds / 3
    slope = float(np.polyfit(times[later], sizes[later], 1)[0])
    table = Table(
        f"Memory of the server over {options.minutes:g} min of the Pair page with {_VIEWERS} viewers",
        ("", "reruns", "MB at first", "after a third", "at the end", "most", "MB/h after a third"),
    )
    table.rows.append(
        ["resident", found["reruns"], sizes[0], sizes[later][0], sizes[-1], float(sizes.max()), slope * 3600]
    )
    table.notes.append(
        f"Least squares through {len(times)} looks at what is resident; the collector and ten symbols' trades are part of it."
    )
    return table


def _watched(viewers: Child, process: int, seconds: float, every: float) -> tuple[np.ndarray, np.ndarray]:
    """Times [s] and sizes [MB] until shortly before the viewers go."""
    times, sizes = [], []
    started = time.monotonic()
    while (now := time.monotonic() - started) < seconds - every / 2:
        if viewers.process.poll() is not None:
            raise RuntimeError("the viewers ended before their time")
        times.append(now)
        sizes.append(resident_mb(process))
        time.sleep(max(0.0, started + len(times) * every - time.monotonic()))
    return np.array(times), np.array(sizes)
