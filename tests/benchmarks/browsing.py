"""A page in a real browser: its share of the main thread, what its sockets bring, and how soon a trade is in the z-score shown.

A trade's way begins with its time at the simulated market, whose clock is this machine's, and ends when the chart's script has drawn
the z-score that knows of it.
"""

import base64
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
from playwright.sync_api import Browser, CDPSession, sync_playwright
from sqlalchemy import make_url

from core.market import Symbol
from core.store import Store
from tests.benchmarks.live import CHROMIUM_FLAGS, chromium
from tests.benchmarks.page_servers import Served
from tests.benchmarks.report import Options, Table, median, percentile

_READY = {
    "desk": "window.__desk_pair?.drawn && window.__desk_pair.live.length > 0",
    "naive": "document.querySelector('.js-plotly-plot .trace')",
}
_LIVE = "window.__desk_pair.live"
_LEGS = (Symbol("ETHUSDT"), Symbol("BTCUSDT"))
_TRADES = 100_000
_SETTLE_SECONDS = 5
_TASKS = ("TaskDuration", "ScriptDuration", "LayoutDuration", "RecalcStyleDuration")


def run(desk: Served, naive: Served, options: Options) -> list[Table]:
    path = chromium()
    if path is None:
        return [Table("Pages in a browser: skipped, there is no Chromium on this machine", ("",))]
    seconds = 5 if options.quick else 30
    watched: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        for _ in range(1 if options.quick else 3):
            for server in (desk, naive):
                watched[server.name].append(_watch(browser, server, seconds))
        browser.close()
    return [_cost(watched, seconds), _freshness(desk, [each["live"] for each in watched["desk"]])]


def _watch(browser: Browser, server: Served, seconds: int) -> dict[str, Any]:
    """The page by itself for `seconds`, after it has drawn."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    try:
        session = page.context.new_cdp_session(page)
        frames = _frames(session)
        page.goto(server.url)
        page.wait_for_function(_READY[server.name], timeout=120_000)
        page.wait_for_timeout(1000 * _SETTLE_SECONDS)
        for sizes in frames.values():
            sizes.clear()
        before = _tasks(session)
        page.wait_for_timeout(1000 * seconds)
        after = _tasks(session)
        shares = {name: (after[name] - before[name]) / (after["Timestamp"] - before["Timestamp"]) for name in _TASKS}
        live = page.evaluate(_LIVE) if server.name == "desk" else []
        return {"shares": shares, "live": live, **{name: list(sizes) for name, sizes in frames.items()}}
    finally:
        page.close()


def _frames(session: CDPSession) -> Mapping[str, list[int]]:
    """The sizes of the frames that arrive from now on [bytes], of the page's own socket and of the stream's."""
    sizes: dict[str, list[int]] = {"page": [], "stream": []}
    kinds: dict[str, str] = {}

    def created(event: dict[str, Any]) -> None:
        kinds[event["requestId"]] = "stream" if "/api/v1/stream" in event["url"] else "page"

    def received(event: dict[str, Any]) -> None:
        frame = event["response"]
        data = frame["payloadData"]
        sizes[kinds[event["requestId"]]].append(len(base64.b64decode(data) if frame["opcode"] == 2 else data.encode()))

    session.on("Network.webSocketCreated", created)
    session.on("Network.webSocketFrameReceived", received)
    session.send("Network.enable")
    session.send("Performance.enable")
    return sizes


def _tasks(session: CDPSession) -> dict[str, float]:
    return {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}


def _cost(watched: Mapping[str, list[dict[str, Any]]], seconds: int) -> Table:
    rounds = len(watched["desk"])
    table = Table(
        f"A page in Chromium, left alone (medians of {rounds} rounds of {seconds} s, in turn)",
        (
            "",
            "main thread %",
            "worst round",
            "script %",
            "layout and style %",
            "page KB/s",
            "stream KB/s",
            "stream messages/s",
            "bytes each",
        ),
    )
    for name, found in watched.items():
        busy = [100 * each["shares"]["TaskDuration"] for each in found]
        script = median([100 * each["shares"]["ScriptDuration"] for each in found])
        layout = median(
            [100 * (each["shares"]["LayoutDuration"] + each["shares"]["RecalcStyleDuration"]) for each in found]
        )
        rates = [median([sum(each[kind]) for each in found]) / seconds / 1000 for kind in ("page", "stream")]
        told = [size for each in found for size in each["stream"]]
        messages: list[Any] = [len(told) / seconds / rounds, median(told)] if told else [None, None]
        table.rows.append(
            [
                "Pair page" if name == "desk" else "naive page",
                median(busy),
                max(busy),
                script,
                layout,
                *rates,
                *messages,
            ]
        )
    table.notes += [
        "Main thread: the time of its tasks by the browser's own account (TaskDuration), drawn in software, 1280 × 900. Bytes: of the frames'",
        "payload after decompression: `page` is Streamlit's socket, `stream` the API's. Both pages have their numbers anew each second.",
    ]
    return table


def _freshness(desk: Served, rounds: list[list[dict[str, Any]]]) -> Table:
    table = Table("From a trade to the live z-score that knows of it", ("", "trades", "p50 ms", "p95 ms", "most"))
    reader = Store.read_only(make_url(f"sqlite:///{desk.database}"))
    try:
        delays = []
        for leg, symbol in enumerate(_LEGS):
            times = reader.last_trades(symbol, _TRADES).trade_time_us / 1000
            delays.append(np.concatenate([_delays(times, live, leg) for live in rounds]))
    finally:
        reader.close()
    for symbol, found in zip((*_LEGS, "both legs"), (*delays, np.concatenate(delays)), strict=True):
        values = found.tolist()
        table.rows.append(
            [
                str(symbol),
                len(values),
                *((median(values), percentile(values, 95), max(values)) if values else (None,) * 3),
            ]
        )
    table.notes.append(
        "Every trade of either leg while the Pair page was watched, by the market's own time; both ends read this machine's clock."
    )
    return table


def _delays(times: np.ndarray, live: list[dict[str, Any]], leg: int) -> np.ndarray:
    """How long after each of `times` [ms] the first update that knows of it was drawn [ms]; before the first one nobody looked."""
    told = [(each["traded"][leg], each["at"]) for each in live if each["traded"][leg] is not None]
    if len(told) < 2:
        return np.empty(0)
    newest, shown = (np.array(column, dtype=np.float64) for column in zip(*told, strict=True))
    made = times[(np.floor(times) > newest[0]) & (np.floor(times) <= newest[-1])]
    return np.asarray(shown[np.searchsorted(newest, np.floor(made))] - made)
