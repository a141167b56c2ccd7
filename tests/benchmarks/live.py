"""Seeing it: the Market page in a real browser, while the load plays the venue at a paced rate.

A tick's way begins when the load hands it to its socket, and ends when Plotly has drawn the bar that holds it; the
browser shows that with its next frame. Both ends read the same machine's clock.
"""

import json
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, WebSocket, sync_playwright

from core.market import MINUTE_US
from tests.benchmarks.market import TRADES_PER_SECOND
from tests.benchmarks.page import listening_to, wait_for_server
from tests.benchmarks.processes import child
from tests.benchmarks.report import Options, Table, median, percentile, spread
from tests.desk_server import DeskServer

_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
_PAGE = "/market?symbol=BTCUSDT&interval=1m"
_PAINTED = "window.__desk_chart && window.__desk_chart.paints.length > 0"
_FIRST_PAINT_MS = "window.__desk_chart.paints[0].at - performance.timeOrigin"
_PAINTS = "window.__desk_chart.paints"
#: Seconds of load beyond those that are watched: for the server's start, and for each pair of page loads.
_START_SECONDS, _PAIR_SECONDS = 30, 14
_SETTLE_SECONDS = 3


def run(options: Options) -> list[Table]:
    path = chromium()
    if path is None:
        return [Table("Live: skipped, there is no Chromium on this machine", ("",))]
    seconds, loads = (8, 2) if options.quick else (40, 5)
    lasting = seconds + _START_SECONDS + _PAIR_SECONDS * loads
    with tempfile.TemporaryDirectory(dir=options.folder) as folder, _server(Path(folder), lasting) as (desk, load, log):
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
            paints = _first_paints(browser, desk.url + _PAGE, loads)
            watched = _watch(browser, desk.url + _PAGE, seconds)
            browser.close()
        sent = load.line()
        delays = _delays(json.loads(log.read_text()), watched["paints"])
    return [_paint_table(paints), _live_table(watched, delays, sent, seconds)]


def chromium() -> str | None:
    """Where the browser is, if there is one."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


@contextmanager
def _server(folder: Path, seconds: int) -> Iterator[tuple[DeskServer, Any, Path]]:
    log = folder / "sent.json"
    count = TRADES_PER_SECOND * seconds
    arguments = ("--trades", str(count), "--rate", str(TRADES_PER_SECOND), "--shown", str(log))
    with (
        child("tests.benchmarks.load", *arguments) as load,
        DeskServer(folder, listening_to(int(load.line()["port"]))) as desk,
    ):
        wait_for_server(desk)
        yield desk, load, log


def _first_paints(browser: Browser, url: str, loads: int) -> dict[str, list[float]]:
    """From the navigation to the first bars drawn [ms]: in a new browser profile, and again in the same."""
    found: dict[str, list[float]] = {"empty cache": [], "warm cache": []}
    for _ in range(loads):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        for times in found.values():
            page = context.new_page()
            _open(page, url)
            times.append(page.evaluate(_FIRST_PAINT_MS))
            page.close()
        context.close()
    return found


def _open(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_function(_PAINTED, timeout=60_000)


def _watch(browser: Browser, url: str, seconds: int) -> dict[str, Any]:
    """What the stream sent and the chart drew in `seconds`."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    frames: list[str] = []

    def listen(socket: WebSocket) -> None:
        if "/api/v1/stream" in socket.url:
            socket.on("framereceived", lambda data: frames.append(data if isinstance(data, str) else data.decode()))

    page.on("websocket", listen)
    _open(page, url)
    page.wait_for_timeout(1000 * _SETTLE_SECONDS)
    frames.clear()
    before = time.time_ns() // 1_000_000
    page.wait_for_timeout(1000 * seconds)
    paints = [paint for paint in page.evaluate(_PAINTS) if paint["at"] >= before]
    page.close()
    return {"sizes": [len(text.encode()) for text in frames if '"delta"' in text[:200]], "paints": paints}


def _delays(sent: list[tuple[int, int]], paints: list[dict[str, Any]]) -> list[float]:
    """From the socket to the chart, of each trade of the charted symbol while it was watched [ms].

    A paint tells how many trades its newest bar holds; the load tells when it sent the n-th trade of each minute.
    """
    times: dict[int, list[float]] = defaultdict(list)
    for time_us, count in sent:
        times[time_us // MINUTE_US * MINUTE_US // 1000].extend([time_us / 1000] * count)
    delays: list[float] = []
    bar, shown = 0, 0
    for number, paint in enumerate(paints):
        if paint["time"] != bar:
            fresh = times[bar][shown:]  # what the bar before got at its end is drawn with the new bar
            bar, shown = paint["time"], 0
        else:
            fresh = []
        fresh += times[bar][shown : paint["count"]]
        shown = max(shown, paint["count"])
        if number:  # the first one only says where to begin
            delays.extend(paint["at"] - at for at in fresh)
    return delays


def _paint_table(paints: dict[str, list[float]]) -> Table:
    table = Table("Market page, first paint of the chart, at 1,000 trades/s", ("", "loads", "median ms", "range"))
    for words, times in paints.items():
        table.rows.append([words, len(times), median(times), spread(times)])
    return table


def _live_table(watched: dict[str, Any], delays: list[float], sent: dict[str, Any], seconds: int) -> Table:
    sizes, paints = watched["sizes"], watched["paints"]
    table = Table(
        f"Live chart over {seconds} s, BTCUSDT 1m, at a paced {TRADES_PER_SECOND:,} trades/s of 10 symbols",
        ("", "count", "p50", "p95", "a second"),
    )
    table.rows.append(["bytes per live update", len(sizes), median(sizes), percentile(sizes, 95), len(sizes) / seconds])
    table.rows.append(["paints", len(paints), None, None, len(paints) / seconds])
    table.rows.append(["tick on the socket to drawn, ms", len(delays), median(delays), percentile(delays, 95), None])
    table.notes.append(f"The load sent {sent['rate']:,.0f} trades/s; {sent['late']} of its ticks were late.")
    return table
