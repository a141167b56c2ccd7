"""The Market page in a browser: bars move, and what the user did to the view stays."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Watched
from tests.desk_server import DeskServer

pytestmark = pytest.mark.browser

UPDATES = "window.__desk_chart && window.__desk_chart.updates"
#: Open time and close of every closed bar that is drawn, the exchange's own among them.
CLOSED = (
    "document.querySelector('.desk-plot').data"
    """.filter(t => ["Candles", "Exchange's bars"].includes(t.name))"""
    ".flatMap(t => t.customdata.map((time, i) => [time, t.close[i]])).sort((a, b) => a[0] - b[0])"
)
#: The simulated market has quiet minutes, as real ones have: a wait for its trades outlasts one.
QUIET_MS = 90_000


def open_chart(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_function(f"{UPDATES} >= 2", timeout=QUIET_MS)


def wait_for_updates(page: Page, count: int) -> None:
    before = page.evaluate(UPDATES)
    page.wait_for_function(f"{UPDATES} >= {before + count}", timeout=QUIET_MS)


def view(page: Page) -> list[float]:
    """The chart's time range as it is drawn [ms]."""
    found: list[float] = page.evaluate(
        "(() => { const axis = document.querySelector('.desk-plot')._fullLayout.xaxis; return axis.range.map(v => axis.r2l(v)) })()"
    )
    return found


def traces(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(
        "document.querySelector('.desk-plot')._fullData.map(t => ({name: t.name, visible: t.visible, n: t.x.length}))"
    )
    return found


def zoom(page: Page) -> None:
    box = page.locator(".desk-plot").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 5, box["y"] + box["height"] / 3)
    page.mouse.wheel(0, -400)
    page.get_by_role("button", name="Jump to now").wait_for()
    page.mouse.wheel(0, -400)  # now the newest bar is out of view, and following would be no excuse for moving


def test_zoom_hidden_traces_and_the_node_survive_updates(server: DeskServer, page: Page, watched: Watched) -> None:
    open_chart(page, f"{server.url}/market")
    page.evaluate("document.querySelector('.desk-plot').__mine = true")
    before = view(page)
    zoom(page)
    page.wait_for_function(f"JSON.stringify({json.dumps(before)}) !== JSON.stringify((() => {{ const a = document.querySelector('.desk-plot')._fullLayout.xaxis; return a.range.map(v => a.r2l(v)) }})())")  # fmt: skip
    page.locator(".desk-plot .traces", has_text="VWAP").locator(".legendtoggle").click()
    page.wait_for_function("document.querySelector('.desk-plot')._fullData.some(t => t.visible === 'legendonly')")
    wait_for_updates(page, 1)
    zoomed, hidden = view(page), [t["name"] for t in traces(page) if t["visible"] == "legendonly"]
    assert zoomed[1] - zoomed[0] < before[1] - before[0]
    price = page.evaluate("window.__desk_chart.paints.length")
    wait_for_updates(page, 5)
    assert view(page) == pytest.approx(zoomed, abs=1.0)
    assert [t["name"] for t in traces(page) if t["visible"] == "legendonly"] == hidden == ["VWAP"]
    assert page.evaluate("document.querySelector('.desk-plot').__mine") is True
    assert page.evaluate("window.__desk_chart.paints.length") >= price + 5
    page.get_by_role("button", name=re.compile("Jump to now")).click()
    wait_for_updates(page, 1)
    assert view(page)[1] > zoomed[1]
    assert watched.complaints == []
    assert watched.hosts == {f"127.0.0.1:{server.port}"}


def test_the_forming_bar_moves_and_closed_ones_stay(server: DeskServer, page: Page) -> None:
    open_chart(page, f"{server.url}/market?interval=1s&symbol=XRPUSDT")
    before = page.evaluate(f"({CLOSED}).slice(-40, -10)")
    assert before
    wait_for_updates(page, 5)
    after = page.evaluate(f"times => ({CLOSED}).filter(bar => times.includes(bar[0]))", [time for time, _ in before])
    assert after == before
    paints = page.evaluate("window.__desk_chart.paints.map(p => p.time + ':' + p.count)")
    assert len(set(paints)) > 1, "the newest bar never changed"


def test_symbol_and_interval_change_without_a_new_node(server: DeskServer, page: Page) -> None:
    open_chart(page, f"{server.url}/market")
    page.evaluate("document.querySelector('.desk-plot').__mine = true")
    page.get_by_role("radio", name="5m").or_(page.get_by_role("button", name="5m", exact=True)).first.click()
    page.wait_for_function("document.querySelector('.desk-plot').getAttribute('aria-label').includes('5m candles')")
    assert page.evaluate("document.querySelector('.desk-plot').__mine") is True
    assert "interval=5m" in page.url
    bars = page.evaluate(CLOSED)
    assert bars
    assert all(time % 300_000 == 0 for time, _ in bars)


def test_a_link_opens_what_it_names(server: DeskServer, page: Page) -> None:
    open_chart(page, f"{server.url}/market?symbol=ETHUSDT&other=7s")
    label = page.locator(".desk-plot").get_attribute("aria-label")
    assert label is not None
    assert label.startswith("ETHUSDT, 7s candles")


def test_the_banner_and_the_badge_are_on_every_page(server: DeskServer, page: Page, watched: Watched) -> None:
    for path in ("/market", "/health"):
        page.goto(server.url + path)
        expect(page.get_by_text("SIMULATED MARKET:")).to_be_visible()
        expect(page.get_by_text(re.compile(r"\bLIVE$")).first).to_be_visible()
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    assert watched.hosts == {f"127.0.0.1:{server.port}"}


def test_leaving_the_page_closes_its_stream(server: DeskServer, page: Page) -> None:
    sockets: list[str] = []
    closed: list[str] = []
    page.on("websocket", lambda ws: (sockets.append(ws.url), ws.on("close", lambda _: closed.append(ws.url))))
    open_chart(page, f"{server.url}/market")
    page.get_by_role("link", name="Health").click()
    expect(page.get_by_text("What happened")).to_be_visible()
    expect(page.locator(".desk-plot")).to_have_count(0)
    page.wait_for_function("window.__desk_chart !== undefined")
    stream = next(url for url in sockets if url.endswith("/api/v1/stream"))
    page.get_by_role("link", name="Market").click()
    page.wait_for_selector(".desk-plot")
    assert stream in closed


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_nothing_is_wider_than_the_screen(server: DeskServer, context: BrowserContext, width: int) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 844})
    open_chart(page, f"{server.url}/market")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_one_collector_whatever_the_tabs(server: DeskServer, context: BrowserContext) -> None:
    for _ in range(3):
        open_chart(context.new_page(), f"{server.url}/market")
    health = server.get("/api/v1/health")
    assert health["feed"]["connections"] == 1
    assert all(symbol["duplicates"] == 0 for symbol in health["symbols"])
