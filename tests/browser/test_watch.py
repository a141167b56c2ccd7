"""Presets and watch-lists in a browser: what one viewer saves another finds, and a click on a row opens its pair."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Watched
from tests.desk_server import DeskServer

pytestmark = pytest.mark.browser


def presets(page: Page) -> None:
    """Open the presets' menu."""
    page.locator(".st-key-presets").get_by_test_id("stPopoverButton").first.click()
    expect(page.get_by_text("Always there")).to_be_visible()


def save(page: Page, name: str) -> None:
    presets(page)
    field = page.get_by_label("Save what is chosen as")
    field.fill(name)
    field.press("Enter")
    page.get_by_role("button", name="Save", exact=False).last.click()
    expect(page.get_by_text(f"{name} is saved.")).to_be_visible()


def cell(page: Page, row: int) -> None:
    """Click the pair of a row of the table: it is painted, so that there is nothing to name."""
    table = page.get_by_test_id("stDataFrame").first
    expect(table).to_be_visible()
    expect(table.locator("td").first).to_be_attached()  # what a screen reader reads is there with the paint
    page.locator("[data-test-script-state=notRunning]").wait_for()  # until then the table may still be put elsewhere
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 50, box["y"] + 32 + 15 + 30 * row)


def test_a_preset_saved_here_is_the_same_there(
    server: DeskServer, browser: Browser, page: Page, watched: Watched
) -> None:
    page.goto(f"{server.url}/?tf=5m&lb=3d&w=120&est=tls&entry=2.5")
    save(page, "mine")
    there = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    there.goto(server.url)
    presets(there)
    there.get_by_role("button", name="mine").last.click()
    for part in ("w=120", "est=tls", "entry=2.5"):
        expect(there).to_have_url(re.compile(part))
    found = dict(part.split("=") for part in there.url.split("?")[1].split("&"))
    assert found == {"tf": "5m", "lb": "3d", "w": "120", "est": "tls", "entry": "2.5"}
    there.context.close()


def test_a_file_of_presets_is_what_was_saved_and_comes_back(server: DeskServer, page: Page, tmp_path: Path) -> None:
    page.goto(f"{server.url}/?w=90")
    save(page, "for a file")
    page.get_by_text("Export and import").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export your own as JSON").click()
    file = tmp_path / "presets.json"
    download.value.save_as(file)
    found = json.loads(file.read_text())
    assert {each["name"]: each["window"] for each in found["presets"]}["for a file"] == 90
    found["presets"] = [{**each, "name": "from a file"} for each in found["presets"] if each["name"] == "for a file"]
    file.write_text(json.dumps(found))
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Import 1").click()
    expect(page.get_by_text("1 imported.")).to_be_visible()
    expect(page.get_by_role("button", name="from a file")).to_be_visible()


def test_a_pair_put_on_the_list_is_opened_from_its_row(server: DeskServer, page: Page) -> None:
    page.goto(f"{server.url}/?y=XRPUSDT&x=ETHUSDT&w=100")
    page.get_by_role("button", name="Watch", exact=False).filter(has_text=re.compile("Watch$")).last.click()
    expect(page.get_by_role("button", name="Watched")).to_be_visible()
    page.goto(f"{server.url}/watch?by=own")
    expect(page.get_by_text(re.compile(r"of 2 pairs live"))).to_be_visible()
    cell(page, 1)
    expect(page).to_have_url(f"{server.url}/?y=XRPUSDT&x=ETHUSDT&w=100")
    expect(page.get_by_role("button", name="Watched")).to_be_visible()


def test_the_rail_opens_its_pair_and_keeps_the_page(server: DeskServer, page: Page) -> None:
    page.goto(f"{server.url}/?y=XRPUSDT&x=BTCUSDT&tf=5m&lb=3d")
    row = page.locator(".desk-rail-row").first
    row.focus()
    name = str(row.get_attribute("data-name"))
    row.press("Enter")
    expect(page.get_by_role("button", name="Watched")).to_be_visible()
    expect(page).not_to_have_url(re.compile("tf=5m"))
    y, x = name.partition(" · ")[0].split(" on ")
    page.wait_for_function(f"window.__desk_pair.drawn.series.startsWith('/api/v1/pairs/{y}/{x}/series')")


def test_the_keyboard_reaches_every_pair(server: DeskServer, page: Page) -> None:
    page.goto(f"{server.url}/watch")
    button = page.locator(".st-key-list_edit").get_by_test_id("stPopoverButton").first
    button.focus()
    page.keyboard.press("Enter")
    opening = page.locator(".st-key-list_open").get_by_role("button")
    expect(opening).to_be_visible()
    opening.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{server.url}/")  # the pair that an address without one names
    expect(page.get_by_role("button", name="Watched")).to_be_visible()


def test_the_order_and_the_states_are_in_the_address(server: DeskServer, page: Page, watched: Watched) -> None:
    page.goto(server.url)
    page.get_by_role("link", name="Watch-list").click()
    expect(page.get_by_text(re.compile("pairs live"))).to_be_visible()
    watched.complaints.clear()  # those of the page before
    page.get_by_role("radio", name="quality").or_(page.get_by_role("button", name="quality")).first.click()
    expect(page).to_have_url(re.compile("by=quality"))
    page.get_by_role("button", name="live", exact=True).click()
    expect(page).to_have_url(re.compile("state=live"))
    expect(page.get_by_text(re.compile("pairs live"))).to_be_visible()
    assert watched.complaints == []


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_nothing_is_wider_than_the_screen(server: DeskServer, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{server.url}/watch")
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
