"""Moving a slider: from the key to the chart that is drawn anew, with a day of one-second bars of both legs."""

import math
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import make_url

from core.market import DAY_US, SECOND, SECOND_US, Symbol, Trades
from core.store import Commit, Store
from tests.benchmarks import market
from tests.benchmarks.live import CHROMIUM_FLAGS, chromium
from tests.benchmarks.page import listening_to
from tests.benchmarks.page_servers import ready
from tests.benchmarks.processes import child
from tests.benchmarks.report import Options, Table, median, percentile
from tests.desk_server import DeskServer

BARS = DAY_US // SECOND_US
_SERIES = "/api/v1/pairs/ETHUSDT/BTCUSDT/series?interval=1s&lookback=1d"
_PAGE = "/?tf=1s"
_COMMIT = 50_000
#: Seconds of load: for the server's start, and for a move.
_START_SECONDS, _MOVE_SECONDS = 60, 6
_REST_MS = 700
_LEAST_BARS = BARS // 2

_NOTE_KEYS = "document.addEventListener('keydown', () => { window.__pressed = performance.now() }, true)"
_DRAWN = "window.__desk_pair?.drawn?.series"
_TOOK = "window.__desk_pair.drawn.at - window.__pressed"


def run(options: Options) -> Table:
    path = chromium()
    if path is None:
        return Table("Slider: skipped, there is no Chromium on this machine", ("",))
    moves = 5 if options.quick else 30
    table = Table(
        f"Window slider to the redrawn chart: a day of 1 s bars of both legs ({moves} moves each)",
        ("", "moves", "p50 ms", "p95 ms", "range ms", "bars"),
    )
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        filled = _filled(Path(folder))
        for words, rate in (
            ("no trades come", 0),
            (f"{market.TRADES_PER_SECOND:,} trades/s come", market.TRADES_PER_SECOND),
        ):
            bars, times = _moved(Path(folder), path, rate, moves)
            span = f"{min(times):,.0f} - {max(times):,.0f}"
            table.rows.append([words, len(times), median(times), percentile(times, 95), span, bars])
    table.notes += [
        "From the key pressed on the slider to Plotly's return with the new bars, both by the browser's clock: Streamlit's own wait for further",
        f"keys, the script, the request of the pair's series, and its drawing are in it. The database was filled in {filled:.0f} s.",
    ]
    return table


def _filled(folder: Path) -> float:
    """Store the trades of a day; how long that took [s]."""
    started = time.monotonic()
    store = Store.open(make_url(f"sqlite:///{folder / 'desk.db'}"), "binance", _now_us())
    try:
        fill(store, _now_us())
    finally:
        store.close()
    return time.monotonic() - started


def fill(store: Store, now_us: int) -> None:
    """A day up to `now_us` of one trade of either leg a second; the ids end where those of the load begin."""
    start_us = SECOND.floor(now_us) - DAY_US
    both = pair(start_us)
    for at in range(0, BARS, _COMMIT):
        store.append(Commit(tuple(leg.take(slice(at, at + _COMMIT)) for leg in both))).result()
    store.append(Commit((), watermark_us=start_us + DAY_US)).result()


def pair(start_us: int) -> tuple[Trades, Trades]:
    """Two legs that hang together: a walk, and one that comes back to it within some minutes."""
    random = np.random.default_rng(market.SEED)
    walk = np.cumsum(random.normal(0.0, 4e-5, BARS))
    apart = _coming_back(random.normal(0.0, 3e-5, BARS), 1 - math.log(2) / 600)
    return _leg(0, walk, start_us), _leg(1, 1.2 * walk + apart, start_us)


def _coming_back(steps: np.ndarray, keep: float) -> np.ndarray:
    out, value = np.empty_like(steps), 0.0
    for at, step in enumerate(steps.tolist()):
        value = keep * value + step
        out[at] = value
    return out


def _leg(row: int, log_price: np.ndarray, start_us: int) -> Trades:
    listed = market.LISTED[row]
    made = market.trades(BARS, start_us, 1.0)
    times = start_us + np.arange(BARS) * SECOND_US + SECOND_US // 2
    prices = np.rint(listed.price * np.exp(log_price - log_price[-1])).astype(np.int64)
    ids = listed.first_id - BARS + np.arange(BARS)
    return replace(
        made,
        symbol=Symbol(listed.name),
        scale=listed.scale,
        trade_id=ids,
        price=prices,
        trade_time_us=times,
        received_us=times + 40_000,
    )


def _moved(folder: Path, chromium_path: str, rate: int, moves: int) -> tuple[int, list[float]]:
    """How many bars there are, and how long each of `moves` took [ms]."""
    trades = rate * (_START_SECONDS + _MOVE_SECONDS * moves)
    with (
        child("tests.benchmarks.load", "--trades", str(trades), "--rate", str(rate or 1)) as load,
        DeskServer(folder, listening_to(int(load.line()["port"]))) as desk,
        sync_playwright() as playwright,
    ):
        ready(desk, _SERIES, _LEAST_BARS)
        browser = playwright.chromium.launch(executable_path=chromium_path, args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.add_init_script(_NOTE_KEYS)
        page.goto(desk.url + _PAGE)
        page.wait_for_function(_DRAWN, timeout=120_000)
        _move(page)  # the first one pays for what the others share
        times = [_move(page) for _ in range(moves)]
        found: dict[str, Any] = desk.get(_SERIES)
        browser.close()
    return int(found["bars"]), times


def _move(page: Page) -> float:
    """One step to the right [ms]."""
    page.wait_for_timeout(_REST_MS)
    before = page.evaluate(_DRAWN)
    slider = page.get_by_role("slider").first
    slider.focus()
    slider.press("ArrowRight")
    page.wait_for_function(f"before => {_DRAWN} !== before", arg=before, timeout=120_000)
    return float(page.evaluate(_TOOK))


def _now_us() -> int:
    return time.time_ns() // 1000
