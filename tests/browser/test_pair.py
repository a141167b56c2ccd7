"""The Pair page in a browser: what the user chooses is in the address and on the chart, and stays while it moves."""

import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Watched
from tests.desk_server import DeskServer

pytestmark = pytest.mark.browser

STATE = "window.__desk_pair"
#: The simulated market has quiet minutes, as real ones have: a wait for its trades outlasts one.
QUIET_MS = 90_000


def open_pair(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_function(f"{STATE} && {STATE}.drawn && {STATE}.paints > 0 && {STATE}.updates > 1", timeout=QUIET_MS)


def wait_for_updates(page: Page, count: int) -> None:
    before = page.evaluate(f"{STATE}.updates")
    page.wait_for_function(f"{STATE}.updates >= {before + count}", timeout=QUIET_MS)


def series(page: Page) -> str:
    found: str = page.evaluate(f"{STATE}.drawn.series")
    return found


def row(page: Page, name: str) -> Any:
    return page.locator(f".desk-row[data-name='{name}']")


def pane(page: Page, name: str) -> list[list[Any]]:
    """Times and values of a trace as it is drawn."""
    found: list[list[Any]] = page.evaluate(
        "name => { const t = document.querySelector('.desk-pair .desk-plot')._fullData.find(t => t.name === name); return [[...t.x], [...t.y]] }", name
    )  # fmt: skip
    return found


def test_the_chart_is_drawn_of_the_desks_own_numbers(server: DeskServer, page: Page, watched: Watched) -> None:
    open_pair(page, server.url)
    z = pane(page, "z")[1]
    told = server.get(f"{series(page)}?points=1500")
    assert [v for v in z if v is not None][-100:-20] == [v for v in told["columns"]["z"] if v is not None][-100:-20]
    expect(row(page, "z_confirmed").or_(row(page, "z")).first).to_be_visible()
    summary = page.locator(".desk-summary")
    expect(summary).to_contain_text(re.compile(r"ETHUSDT on BTCUSDT: z-score [+−]\d"))
    assert watched.complaints == []
    assert watched.hosts == {f"127.0.0.1:{server.port}"}


def test_a_slider_changes_the_address_and_another_browser_sees_the_same(
    server: DeskServer, browser: Browser, page: Page
) -> None:
    open_pair(page, f"{server.url}/?entry=2.5&scale=percent&panes=volume")
    slider = page.get_by_role("slider")
    slider.focus()
    slider.press("ArrowRight")
    expect(page).to_have_url(re.compile("w=250"))
    page.wait_for_function(f"{STATE}.drawn.series.includes('window=250')")
    other = browser.new_context(viewport={"width": 1280, "height": 900})
    there = other.new_page()
    open_pair(there, page.url)
    assert series(there) == series(page)
    levels = "document.querySelector('.desk-pair .desk-plot').layout.shapes.filter(s => s.type === 'line' && s.yref === 'y4').map(s => s.y0)"
    assert there.evaluate(levels) == page.evaluate(levels)
    assert 2.5 in there.evaluate(levels)
    assert [name for name in ("correlation", "ETHUSDT traded") if there.evaluate("name => document.querySelector('.desk-pair .desk-plot').data.some(t => t.name === name)", name)] == ["ETHUSDT traded"]  # fmt: skip
    other.close()


def test_another_pair_is_picked_without_a_new_node(server: DeskServer, page: Page) -> None:
    open_pair(page, server.url)
    page.evaluate("document.querySelector('.desk-pair .desk-plot').__mine = true")
    page.get_by_role("combobox", name=re.compile("^Selected ETHUSDT")).or_(
        page.locator(".st-key-y input")
    ).first.click()
    page.get_by_role("option", name="XRPUSDT").click()
    expect(page).to_have_url(re.compile("y=XRPUSDT"))
    page.wait_for_function(f"{STATE}.drawn.series.includes('XRPUSDT/BTCUSDT')")
    expect(page.locator(".desk-summary")).to_contain_text("XRPUSDT on BTCUSDT")
    assert page.evaluate("document.querySelector('.desk-pair .desk-plot').__mine") is True
    page.get_by_role("button", name="⇄").click()
    page.wait_for_function(f"{STATE}.drawn.series.includes('BTCUSDT/XRPUSDT')")


def test_a_zoom_is_kept_over_updates_and_is_in_the_address(server: DeskServer, browser: Browser, page: Page) -> None:
    open_pair(page, server.url)
    box = page.locator(".desk-pair .desk-plot").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 60)
    page.mouse.wheel(0, -500)
    page.get_by_role("button", name=re.compile("Jump to now")).wait_for()
    expect(page).to_have_url(re.compile("from=.*to="))
    zoomed = page.evaluate(f"{STATE}.range")
    wait_for_updates(page, 8)
    assert page.evaluate(f"{STATE}.range") == zoomed
    there = browser.new_page()
    open_pair(there, page.url)
    assert there.evaluate(f"{STATE}.range") == pytest.approx(zoomed, abs=1000)
    there.close()
    page.get_by_role("button", name=re.compile("Jump to now")).click()
    expect(page).not_to_have_url(re.compile("from="))


def test_the_live_z_moves_without_redrawing(server: DeskServer, page: Page) -> None:
    open_pair(page, f"{server.url}/?tf=5m&w=20")
    wait_for_updates(page, 2)
    paints = page.evaluate(f"{STATE}.paints")
    wait_for_updates(page, 12)
    seen = page.evaluate(f"{STATE}.live.slice(-12).map(each => each.z)")
    assert len(set(seen)) > 3
    assert page.evaluate(f"{STATE}.paints") - paints <= 4
    expect(page.locator(".desk-overlay circle").first).to_be_attached()
    shown = page.evaluate("[...document.querySelectorAll('.desk-tag')].at(-1).textContent")
    assert float(shown.replace("−", "-")) == pytest.approx(page.evaluate(f"{STATE}.z"), abs=0.3)


def test_keys_choose_swap_pause_and_show_the_sheet(server: DeskServer, page: Page) -> None:
    open_pair(page, server.url)
    page.keyboard.press("3")
    expect(page).to_have_url(re.compile("tf=5m"))
    page.wait_for_function(f"{STATE}.drawn.series.includes('interval=5m')")
    for key in ("]", "i", "Space"):  # faster than the desk answers: each is followed, in this order
        page.keyboard.press(key)
    expect(page.locator(".desk-words")).to_contain_text("PAUSED since")
    page.wait_for_function(f"{STATE}.drawn.series.includes('BTCUSDT/ETHUSDT/series?interval=5m&window=250')")
    expect(page).to_have_url(re.compile(r"\?tf=5m&w=250&y=BTCUSDT&x=ETHUSDT"))
    z = page.evaluate(f"{STATE}.z")
    wait_for_updates(page, 4)
    assert page.evaluate(f"{STATE}.z") == z
    page.keyboard.press("Space")
    expect(page.locator(".desk-words")).not_to_contain_text("PAUSED")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("swap y and x")


def test_a_number_tells_what_it_stands_on(server: DeskServer, page: Page) -> None:
    open_pair(page, f"{server.url}/?lens=true")
    half_life = row(page, "half_life")
    expect(half_life).to_contain_text("noise")
    half_life.focus()
    expect(half_life.locator(".desk-row-tip")).to_contain_text(re.compile(r"stands on [\d,]+ bars, .* UTC"))


def test_times_follow_the_zone(server: DeskServer, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, timezone_id="Asia/Kolkata")
    page = context.new_page()
    open_pair(page, server.url)
    utc = pane(page, "z")[0][-30]
    page.get_by_role("radio", name="local").or_(page.get_by_role("button", name="local", exact=True)).first.click()
    expect(page).to_have_url(re.compile("zone=local"))
    expect(page.locator(".desk-time")).to_contain_text("IST")
    shift = "([a, b]) => Date.parse(b + 'Z') - Date.parse(a + 'Z')"
    assert page.evaluate(shift, [utc, pane(page, "z")[0][-30]]) in (19_800_000, 19_860_000)  # a bar may have closed
    context.close()


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_nothing_is_wider_than_the_screen(server: DeskServer, context: BrowserContext, width: int) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 844})
    open_pair(page, server.url)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_stalled_exchange_is_stale_and_does_not_look_tradable(tmp_path: Path, page: Page) -> None:
    """The exchange's own process is stopped: nothing arrives, and nothing says why."""
    with DeskServer(tmp_path, {"SYMBOLS": "BTCUSDT,ETHUSDT"}) as desk:
        desk.wait_until_collecting()
        open_pair(page, f"{desk.url}/?tf=5m&w=20&lb=12h&entry=0.1&exit=0")
        expect(row(page, "z_live")).to_have_attribute("data-state", "live", timeout=QUIET_MS)
        exchange = _child(desk)
        os.kill(exchange, signal.SIGSTOP)
        try:
            expect(row(page, "z_live")).to_have_attribute("data-state", "stale", timeout=QUIET_MS)
            expect(row(page, "signal")).to_have_attribute("data-state", "stale")
            expect(page.locator(".desk-pair")).to_have_class(re.compile("desk-stale"))
            expect(page.locator(".desk-words")).to_contain_text("STALE")
            struck = "getComputedStyle(document.querySelector(\".desk-row[data-name='signal'] .desk-row-value\")).textDecorationLine"
            assert page.evaluate(struck) == "line-through"
        finally:
            os.kill(exchange, signal.SIGCONT)
        expect(row(page, "z_live")).to_have_attribute("data-state", "live", timeout=QUIET_MS)
        assert "Traceback" not in desk.log()


def _child(desk: DeskServer) -> int:
    """The process of the built-in exchange, which the desk's own has started."""
    assert desk.process is not None
    children = Path(f"/proc/{desk.process.pid}/task").glob("*/children")
    found = [int(pid) for path in children for pid in path.read_text().split()]
    return next(pid for pid in found if b"exchange" in Path(f"/proc/{pid}/cmdline").read_bytes())
