"""How many may look at once: viewers at the pace of the page's own timers, until what they wait for is too slow."""

import math
from typing import Any

from tests.benchmarks.page_servers import Served
from tests.benchmarks.processes import child
from tests.benchmarks.report import Options, Table

_VIEWERS = (1, 10, 25, 50, 75, 100, 150, 200, 300)
_LIMIT_MS = 250.0


def run(desk: Served, naive: Served, options: Options) -> Table:
    """The desk and the naive page in turn, at each number of viewers, each until it is beyond the limit."""
    seconds = 5.0 if options.quick else 20.0
    table = Table(
        f"Viewers of a page, each with its timers at their pace ({seconds:g} s for each row, until p95 passes {_LIMIT_MS:g} ms)",
        (
            "",
            "viewers",
            "rerun p50 ms",
            "p95 ms",
            "reruns/s",
            "asked/s",
            "server CPU %",
            "CPU ms/viewer-s",
            "KB/viewer-s",
        ),
    )
    idle = {each.name: _idle(each, seconds) for each in (desk, naive)}
    running = {"desk": desk, "naive": naive}
    lateness = 0.0
    for viewers in (1, 3) if options.quick else _VIEWERS:
        for name, server in list(running.items()):
            found = measured(server, viewers, seconds)
            table.rows.append(_row(name, found, idle[name]))
            if found["unopened"]:
                table.notes.append(
                    f"{found['unopened']} of {viewers} viewers of the {name} page had no page after a minute."
                )
            lateness = max(lateness, found["late"])
            if not found["p95"] <= _LIMIT_MS:
                del running[name]
    table.notes += _notes(idle["desk"], lateness)
    return table


def measured(server: Served, viewers: int, seconds: float) -> dict[str, Any]:
    """What `viewers` see in `seconds`, told by their process."""
    arguments = ["--port", str(server.port), "--server", str(server.process)]
    arguments += ["--count", str(viewers), "--seconds", str(seconds)]
    if server.topic is not None:
        arguments += ["--topic", server.topic]
    with child("tests.benchmarks.viewers", *arguments) as process:
        process.line()
        return process.line()


def _idle(server: Served, seconds: float) -> float:
    """The share of a core that the server takes without any viewer, once it has shown its page."""
    measured(server, 1, 1.0)
    found = measured(server, 0, seconds)
    return float(found["cpu"] / found["seconds"])


def _row(name: str, found: dict[str, Any], idle: float) -> list[Any]:
    seconds, viewers = found["seconds"], found["viewers"]
    if found["failed"]:
        raise RuntimeError(f"{found['failed']} elements of the {name} page are exceptions")
    times = [None if math.isnan(found[name]) else found[name] for name in ("p50", "p95")]
    share = found["cpu"] / seconds
    return [
        "Pair page" if name == "desk" else "naive page",
        viewers,
        *times,
        found["reruns"] / seconds,
        found["asked"] / seconds,
        100 * share,
        1000 * (share - idle) / viewers,
        (found["page_bytes"] + found["stream_bytes"]) / 1000 / viewers / seconds,
    ]


def _notes(idle: float, late: float) -> list[str]:
    return [
        "A rerun: from the message that asks for it to the end of its run, as the viewer's socket tells. Viewers are sockets in a process of",
        "their own that speak as a browser does and draw nothing; its CPU is not counted. The Pair page has fragments each second, each two",
        "and each five, and the stream of the pair; the naive page one each second, which is all of it. What was asked and is overdue counts",
        f"with its age. Server CPU is of one core; {100 * idle:.0f} % are the desk's collecting without viewers, taken off in CPU a viewer-second.",
        f"The viewers' own process ran up to {late:.0f} ms late (p95, in the worst row), which is part of what is shown.",
    ]
