"""The live chart against a scripted stream: what the market seldom does, and the chart must get right."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from core.ui import live
from core.ui.zone import Zone
from tests.browser.conftest import Watched
from tests.browser.scripted import MINUTE_MS, NOW_MS, TOPIC, Scripted, bar, bars, gap
from tests.desk_server import DeskServer

pytestmark = pytest.mark.browser

PLOT = "document.querySelector('.desk-plot')"
#: What stands on the axis, as if it were UTC [ms].
MS = "(text => Date.parse(text.replace(' ', 'T') + 'Z'))"
PAINTS = "(window.__desk_chart ? window.__desk_chart.paints.length : 0)"


def opened(server: DeskServer, page: Page, rows: list[dict[str, Any]], query: str = "") -> Scripted:
    script = Scripted(page, rows)
    page.goto(f"{server.url}/market{query}")
    painted = "window.__desk_chart.paints.length > 0" if rows else "true"
    page.wait_for_function(f"window.__desk_chart && window.__desk_chart.updates > 0 && {painted}", timeout=30_000)
    return script


def trace(page: Page, name: str) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(
        f"(name => {{ const t = {PLOT}.data.find(t => t.name === name);"
        f" return {{x: t.x.map({MS}), time: t.customdata, y: t.y, close: t.close}} }})", name
    )  # fmt: skip
    return found


def time_range(page: Page) -> list[float]:
    found: list[float] = page.evaluate(f"(() => {{ const a = {PLOT}._fullLayout.xaxis; return a.range.map(v => a.r2l(v)) }})()")  # fmt: skip
    return found


def drag(page: Page, pixels: int) -> None:
    box = page.locator(".desk-plot").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 120, box["y"] + 150)
    page.mouse.down()
    page.mouse.move(box["x"] + 120 + pixels, box["y"] + 150, steps=5)
    page.mouse.up()


def wait_for_close(page: Page, name: str, close: float) -> None:
    page.wait_for_function(
        f"([name, close]) => {PLOT}.data.find(t => t.name === name).close.at(-1) === close", arg=[name, close]
    )


def test_the_forming_bar_is_a_trace_of_its_own_and_joins_the_closed_ones(server: DeskServer, page: Page) -> None:
    script = opened(server, page, bars(NOW_MS, 100))
    assert trace(page, "Candles")["x"][-1] == NOW_MS - MINUTE_MS
    assert trace(page, "Forming")["x"] == [NOW_MS]
    script.tell("delta", [bar(NOW_MS, 102.0, "forming")])
    wait_for_close(page, "Forming", 102.0)
    page.evaluate(f"window.before = {PLOT}.data.find(t => t.name === 'Candles').close")
    script.tell("delta", [bar(NOW_MS, 103.0, "forming")])
    wait_for_close(page, "Forming", 103.0)
    assert page.evaluate(f"window.before === {PLOT}.data.find(t => t.name === 'Candles').close"), (
        "closed bars were redone"
    )
    script.tell("delta", [bar(NOW_MS, 104.0), bar(NOW_MS + MINUTE_MS, 104.5, "forming")])
    wait_for_close(page, "Candles", 104.0)
    assert trace(page, "Forming")["x"] == [NOW_MS + MINUTE_MS]


def test_what_is_known_to_be_wrong_with_a_bar_is_marked_and_told(server: DeskServer, page: Page) -> None:
    rows = bars(NOW_MS, 100)
    rows[-20]["flags"] = ["gap"]
    script = opened(server, page, rows)
    assert trace(page, "Marks")["x"] == [rows[-20]["open_time"]]
    script.tell("delta", [bar(NOW_MS - 10 * MINUTE_MS, 99.0, "amended", revision=1)])
    page.wait_for_function(f"{PLOT}.data.find(t => t.name === 'Marks').x.length === 2")
    script.tell("delta", [bar(NOW_MS, 101.0, "forming", flags=["gap"])])
    expect(page.locator(".desk-rest")).to_contain_text("trades of this bar are known to be missing")


def test_gaps_are_bands_with_their_story_and_the_exchanges_bars_are_lighter(server: DeskServer, page: Page) -> None:
    rows = bars(NOW_MS, 100)
    rows[-30]["source"] = "seeded"
    script = Scripted(page, rows)
    start = NOW_MS - 40 * MINUTE_MS
    script.gaps = [gap(start, start + 5 * MINUTE_MS, "lost", words="not to be had"), gap(0, 1000, "open")]
    page.goto(f"{server.url}/market")
    bands = f"{PLOT}?.layout?.shapes?.filter(shape => shape.type === 'rect')"
    page.wait_for_function(f"({bands})?.length === 1", timeout=30_000)
    left, right = page.evaluate(f"({bands}).flatMap(band => [band.x0, band.x1]).map({MS})")
    assert (left, right) == (start - MINUTE_MS / 2, start + 4.5 * MINUTE_MS), "a bar stands around its open time"
    assert page.evaluate(f'{PLOT}.data.find(t => t.name === "Exchange\'s bars").opacity') < 0.6
    assert trace(page, "Exchange's bars")["x"] == [rows[-30]["open_time"]]
    tip = page.locator(".desk-tip")
    expect(tip).to_be_hidden()
    box = page.locator(".desk-plot").bounding_box()
    assert box is not None
    at = page.evaluate(
        f"(time => {{ const a = {PLOT}._fullLayout.xaxis; return a._offset + a.l2p(time) }})", start + 2 * MINUTE_MS
    )
    page.mouse.move(box["x"] + at, box["y"] + 150)
    expect(tip).to_contain_text("3 trades missing, lost for good")
    expect(tip).to_contain_text("2024-08-08 23:20:00 to 23:25:00 UTC (300 s)")
    expect(tip).to_contain_text("cause: reconnected")
    expect(tip).to_contain_text("not to be had")
    script.gaps = []
    page.wait_for_function(f"({bands}).length === 0", timeout=30_000)
    expect(tip).to_be_hidden()


def test_a_missing_number_is_a_reason_to_ask_afresh(server: DeskServer, page: Page) -> None:
    script = opened(server, page, bars(NOW_MS, 100))
    drag(page, 300)
    page.get_by_role("button", name="Jump to now").wait_for()
    page.wait_for_function(f"{PLOT}._fullLayout.xaxis.range[1] < '2024-08-08 23:59'")
    away = time_range(page)
    page.evaluate(f"{PLOT}.__mine = true")
    script.rows[-1] = bar(NOW_MS, 105.0, "forming")
    script.tell("delta", [bar(NOW_MS, 102.0, "forming")], skip=1)
    page.wait_for_function("Math.abs(window.__desk_chart.paints.at(-1).close - 105) < 1e-9", timeout=30_000)
    assert len(script.sockets) == 2
    assert time_range(page) == pytest.approx(away, abs=1.0)
    assert page.evaluate(f"{PLOT}.__mine") is True


def test_a_lost_connection_is_told_and_greys_the_chart_until_it_is_back(server: DeskServer, page: Page) -> None:
    script = opened(server, page, bars(NOW_MS, 100))
    plot = page.locator(".desk-chart")
    expect(plot).not_to_have_class("desk-chart desk-stale")
    page.evaluate(
        "window.seen = []; new MutationObserver(() => window.seen.push(document.querySelector('.desk-words').textContent"
        " + '|' + document.querySelector('.desk-chart').className))"
        ".observe(document.querySelector('.desk-chart'), {attributes: true, subtree: true, childList: true})"
    )
    script.sockets[-1].close()
    page.wait_for_function("window.seen.some(s => s.includes('connection lost') && s.includes('desk-stale'))")
    expect(page.locator(".desk-words")).to_have_text("")
    expect(plot).to_have_class("desk-chart")
    assert len(script.sockets) == 2


def test_after_a_long_absence_no_hole_is_left(server: DeskServer, page: Page) -> None:
    script = opened(server, page, bars(NOW_MS, 100))
    later = NOW_MS + 700 * MINUTE_MS
    script.rows = bars(later, 800)
    asked = len(script.asked)
    script.sockets[-1].close()
    page.wait_for_function(f"{PLOT}.getAttribute('aria-label').includes('800 bars')", timeout=30_000)
    assert len(script.asked) == asked + 1


def test_a_first_snapshot_asks_for_nothing_more(server: DeskServer, page: Page) -> None:
    script = opened(server, page, bars(NOW_MS, 600))
    script.tell("delta", [bar(NOW_MS, 101.0, "forming")])
    wait_for_close(page, "Forming", 101.0)
    assert len(script.asked) == 1


def test_who_looks_further_back_gets_older_bars(server: DeskServer, page: Page) -> None:
    script = opened(server, page, bars(NOW_MS, 900), "?symbol=BTCUSDT")
    assert script.asked[0]["limit"] == "720"
    for _ in range(6):
        drag(page, 900)
    page.wait_for_function(f"{PLOT}.getAttribute('aria-label').includes('900 bars')", timeout=30_000)
    page.get_by_role("button", name="Jump to now").click()
    page.wait_for_function(f"{PLOT}.data.find(t => t.name === 'Forming').x.length === 1")
    assert time_range(page)[1] > NOW_MS


def test_a_zoom_with_the_newest_bar_in_view_goes_on_following(server: DeskServer, page: Page) -> None:
    script = opened(server, page, bars(NOW_MS, 300))
    before = time_range(page)
    box = page.locator(".desk-plot").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] - 120, box["y"] + 150)
    page.mouse.wheel(0, -400)
    page.get_by_role("button", name="Jump to now").wait_for()
    zoomed = time_range(page)
    assert zoomed[1] - zoomed[0] < before[1] - before[0]
    assert zoomed[1] > NOW_MS
    script.tell("delta", [bar(NOW_MS), bar(NOW_MS + MINUTE_MS, 101.0, "forming")])
    page.wait_for_function(f"{PLOT}.data.find(t => t.name === 'Forming').customdata[0] === {NOW_MS + MINUTE_MS}")
    assert time_range(page) == pytest.approx([edge + MINUTE_MS for edge in zoomed], abs=1.0)


def test_no_bar_yet_is_told_in_words(server: DeskServer, page: Page) -> None:
    script = opened(server, page, [])
    expect(page.get_by_text("No trade of BTCUSDT yet")).to_be_visible()
    expect(page.locator(".desk-plot")).to_be_hidden()
    script.tell("delta", [bar(NOW_MS, 101.0, "forming")])
    expect(page.locator(".desk-plot")).to_be_visible()
    expect(page.get_by_text("No trade of BTCUSDT yet")).to_have_count(0)


def test_an_error_of_the_stream_is_shown(server: DeskServer, page: Page) -> None:
    script = opened(server, page, bars(NOW_MS, 100))
    data = {"message": "the store is busy; it is tried again"}
    script.send({"topic": TOPIC, "seq": None, "epoch": "e", "type": "error", "data": data})
    expect(page.locator(".desk-words")).to_have_text("the store is busy; it is tried again")
    script.tell("delta", [bar(NOW_MS, 101.0, "forming")])
    expect(page.locator(".desk-words")).to_have_text("")


def test_the_theme_is_followed_on_the_same_node(server: DeskServer, page: Page, watched: Watched) -> None:
    opened(server, page, bars(NOW_MS, 100))
    page.evaluate(f"{PLOT}.__mine = true")
    dark = page.evaluate(f"{PLOT}.layout.paper_bgcolor")
    page.emulate_media(color_scheme="light")
    page.wait_for_function(f"(dark) => {PLOT}.layout.paper_bgcolor !== dark", arg=dark)
    assert page.evaluate(f"{PLOT}.__mine") is True
    assert watched.complaints == []


def test_a_hidden_line_stays_hidden_in_another_interval(server: DeskServer, page: Page) -> None:
    opened(server, page, bars(NOW_MS, 100))
    page.locator(".desk-plot .traces", has_text="VWAP").locator(".legendtoggle").click()
    page.wait_for_function(f"{PLOT}._fullData.find(t => t.name === 'VWAP').visible === 'legendonly'")
    painted = page.evaluate(PAINTS)
    page.get_by_role("radio", name="5m").or_(page.get_by_role("button", name="5m", exact=True)).first.click()
    page.wait_for_function(f"{PLOT}.getAttribute('aria-label').includes('5m candles') && {PAINTS} > {painted}")
    assert page.evaluate(f"{PLOT}._fullData.find(t => t.name === 'VWAP').visible") == "legendonly"


def test_a_hidden_line_stays_hidden_when_a_bar_closes(server: DeskServer, page: Page) -> None:
    script = opened(server, page, bars(NOW_MS, 100))
    page.locator(".desk-plot .traces", has_text="VWAP").locator(".legendtoggle").click()
    page.wait_for_function(f"{PLOT}._fullData.find(t => t.name === 'VWAP').visible === 'legendonly'")
    minute = 60_000
    for close, time, state in (
        (101.0, NOW_MS, "forming"),
        (102.0, NOW_MS, "forming"),
        (103.0, NOW_MS, "confirmed"),
        (104.0, NOW_MS + minute, "forming"),
    ):
        painted = page.evaluate(PAINTS)
        script.tell("delta", [bar(time, close, state)])
        page.wait_for_function(f"{PAINTS} > {painted}")
    assert page.evaluate(f"{PLOT}._fullData.find(t => t.name === 'VWAP').visible") == "legendonly"


def test_the_legend_tells_of_the_bar_that_is_pointed_at(server: DeskServer, page: Page) -> None:
    opened(server, page, bars(NOW_MS, 300))
    expect(page.locator(".desk-time")).to_have_text("2024-08-09 00:00 UTC")
    box = page.locator(".desk-plot").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 300, box["y"] + 150)
    expect(page.locator(".desk-time")).not_to_have_text("2024-08-09 00:00 UTC")
    expect(page.locator(".desk-rest")).to_contain_text("7 trades  ·  confirmed")


def axis(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(
        f"(() => {{ const a = {PLOT}._fullLayout.yaxis; return {{type: a.type, range: a.range, text: a.ticktext, at: a.tickvals,"
        f" note: document.querySelector('.desk-scale').textContent, label: {PLOT}.layout.annotations[0].text.trim()}} }})()"
    )
    return found


def choose(page: Page, words: str) -> None:
    page.get_by_role("radio", name=words).or_(page.get_by_role("button", name=words, exact=True)).first.click()


@pytest.fixture
def indian(browser: Browser) -> Iterator[Page]:
    """A page of a browser five and a half hours ahead of UTC."""
    made = browser.new_context(viewport={"width": 1280, "height": 900}, timezone_id="Asia/Kolkata")
    yield made.new_page()
    made.close()


def test_times_are_the_browsers_own_where_that_is_chosen(server: DeskServer, indian: Page) -> None:
    page = indian
    rows = bars(NOW_MS, 900)
    rows[-30]["flags"] = ["gap"]
    script = Scripted(page, rows)
    start = NOW_MS - 40 * MINUTE_MS
    script.gaps = [gap(start, start + 5 * MINUTE_MS, "open")]
    page.goto(f"{server.url}/market?zone=local")
    bands = f"{PLOT}?.layout?.shapes?.filter(shape => shape.type === 'rect')"
    page.wait_for_function(f"({bands})?.length === 1", timeout=30_000)
    ahead = 330 * MINUTE_MS
    assert trace(page, "Forming")["x"] == [NOW_MS + ahead]
    assert trace(page, "Forming")["time"] == [NOW_MS]
    assert trace(page, "Marks")["x"] == [rows[-30]["open_time"] + ahead]
    assert page.evaluate(f"{MS}(({bands})[0].x0)") == start + ahead - MINUTE_MS / 2
    newest = NOW_MS + ahead
    assert newest < time_range(page)[1] < newest + 30 * MINUTE_MS
    assert page.evaluate(f"{PLOT}._fullLayout.xaxis.range[1]").startswith("2024-08-09 05:")
    expect(page.locator(".desk-time")).to_have_text("2024-08-09 05:30 IST")
    assert page.evaluate(f"{PLOT}.layout.annotations[1].text") == "IST"
    box = page.locator(".desk-plot").bounding_box()
    assert box is not None
    at = page.evaluate(
        f"(time => {{ const a = {PLOT}._fullLayout.xaxis; return a._offset + a.l2p(time) }})", start + ahead
    )
    page.mouse.move(box["x"] + at, box["y"] + 150)
    expect(page.locator(".desk-tip")).to_contain_text("2024-08-09 04:50:00 to 04:55:00 IST (300 s)")
    expect(page.locator(".desk-time")).to_have_text(re.compile(r"2024-08-09 04:(49|50) IST"))
    for _ in range(6):  # older bars are asked for by the true time of the oldest
        drag(page, 900)
    page.wait_for_function(f"{PLOT}.getAttribute('aria-label').includes('900 bars')", timeout=30_000)
    assert {int(query["to"]) for query in script.asked if "to" in query} >= {NOW_MS - 719 * MINUTE_MS}
    choose(page, "UTC")
    page.wait_for_function(f"{PLOT}.layout.annotations[1].text === 'UTC'")
    page.get_by_role("button", name="Jump to now").click()
    page.wait_for_function(f"{PLOT}.data.find(t => t.name === 'Forming').customdata[0] === {NOW_MS}")
    assert "zone=" not in page.url


def test_the_scale_of_the_price_is_chosen_in_the_address(server: DeskServer, page: Page) -> None:
    script = opened(server, page, bars(NOW_MS, 300))
    linear = axis(page)
    assert (linear["type"], linear["text"], linear["note"]) == ("linear", None, "")
    page.evaluate(f"{PLOT}.__mine = true")
    choose(page, "log")
    page.wait_for_function(f"{PLOT}._fullLayout.yaxis.type === 'log'")
    assert [10**edge for edge in axis(page)["range"]] == pytest.approx(linear["range"])
    assert "scale=log" in page.url
    choose(page, "percent")
    page.wait_for_function(f"{PLOT}._fullLayout.yaxis.ticktext?.includes('0.0 %')")
    found = axis(page)
    assert [
        100 * (1 + float(text.removesuffix(" %").replace("−", "-")) / 100) for text in found["text"]
    ] == pytest.approx(found["at"])
    script.tell("delta", [bar(NOW_MS, 102.0, "forming")])
    wait_for_close(page, "Forming", 102.0)
    assert axis(page)["label"] == "+2.00 %"
    choose(page, "indexed")
    page.wait_for_function(
        f"{PLOT}.layout.annotations[0].text.includes('102.00') && {PLOT}._fullLayout.yaxis.ticktext[0].length < 8"
    )
    assert axis(page)["note"] == "first close in view = 100"
    assert trace(page, "Forming")["close"] == [102.0], "what is drawn stays the price"
    assert page.evaluate(f"{PLOT}.__mine") is True
    choose(page, "linear")
    page.wait_for_function(f"{PLOT}._fullLayout.yaxis.type === 'linear' && !{PLOT}._fullLayout.yaxis.ticktext")
    assert "scale" not in page.url


def test_the_view_is_moved_by_the_keyboard(server: DeskServer, page: Page) -> None:
    opened(server, page, bars(NOW_MS, 300))
    before = time_range(page)
    page.locator(".desk-plot").focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(f"{PAINTS} > 1")
    moved = time_range(page)
    width = before[1] - before[0]
    assert moved == pytest.approx([edge - 0.2 * width for edge in before], abs=1.0)
    page.keyboard.press("+")
    page.wait_for_function(
        f"(() => {{ const a = {PLOT}._fullLayout.xaxis; return a.r2l(a.range[1]) - a.r2l(a.range[0]) < {0.9 * width} }})()"
    )
    assert time_range(page)[1] == pytest.approx(moved[1], abs=1.0)
    page.keyboard.press("End")
    page.wait_for_function(f"(() => {{ const a = {PLOT}._fullLayout.xaxis; return a.r2l(a.range[1]) > {NOW_MS} }})()")
    expect(page.get_by_role("button", name="Jump to now")).to_be_hidden()


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia"])
def test_the_browsers_clock_is_that_of_the_pages(server: DeskServer, page: Page, name: str) -> None:
    """Over the changes to and from summer time, against the time zones of Python."""
    zone = Zone(name)
    times = [NOW_MS + hour * 3_600_000 for hour in range(0, 24 * 300, 7)]
    page.goto(f"{server.url}/api/v1/health")
    script = (
        "async ([name, labels, times]) => { const { Clock } = await import('/assets/clock.mjs'); const c = new Clock(name, labels);"
        " return times.map(t => [c.wall(t) + ' ' + c.label(t), c.unshift(c.shift(t)) - t]) }"
    )
    found = page.evaluate(script, [name, live.labels(zone, 1000 * times[-1]), times])
    assert [text for text, _ in found] == [zone.moment(1000 * time) for time in times]
    assert {abs(off) for _, off in found} <= {0, 3_600_000}, "only in the hour that comes twice it may be the other one"
    assert sum(off != 0 for _, off in found) <= 1
