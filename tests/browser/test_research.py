"""The Screener and the Backtest page in a browser: run, look, click, and what was chosen is in the address."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Watched
from tests.desk_server import DeskServer

pytestmark = pytest.mark.browser

#: A day of history comes with the start; until it is there a page says so.
HISTORY_MS = 90_000


def main(page: Page) -> Locator:
    return page.get_by_test_id("stMain")


def open_backtest(page: Page, server: DeskServer, query: str) -> None:
    page.goto(f"{server.url}/backtest?{query}")
    expect(main(page).get_by_role("button", name="Study this rule")).to_be_visible(timeout=HISTORY_MS)


def metric(page: Page, label: str) -> str:
    return (
        main(page).get_by_test_id("stMetric").filter(has_text=label).first.get_by_test_id("stMetricValue").inner_text()
    )


def tick(page: Page, table: Locator, row: int) -> None:
    """Tick the box of a row: it is painted, so that there is nothing to name."""
    expect(table.locator("td").first).to_be_attached()  # what a screen reader reads is there with the paint
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 18, box["y"] + 35 + 17 + 35 * row)


def test_a_cost_a_trade_and_a_study(server: DeskServer, page: Page, watched: Watched) -> None:
    open_backtest(page, server, "est=rolling_ols&entry=1.5&exit=0.25&w=120")
    before = metric(page, "Costs")
    fee = page.get_by_role("spinbutton", name="Fee, bps")
    fee.fill("12")
    fee.press("Enter")
    expect(page).to_have_url(re.compile("fee=12"))
    expect(main(page).get_by_test_id("stMetric").filter(has_text="Costs").first).not_to_contain_text(before)
    bands = "document.querySelector('.js-plotly-plot')?.layout?.shapes.filter(s => s.type === 'rect').length"
    page.wait_for_function(f"{bands} === 0")
    tick(page, main(page).get_by_test_id("stDataFrame").first, 0)
    page.wait_for_function(f"{bands} === 1")
    with page.expect_download() as download:
        main(page).get_by_test_id("stDownloadButton").get_by_role("button").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text(encoding="utf-8").splitlines()))
    assert len(rows) == int(metric(page, "Trades"))
    assert re.fullmatch(
        r"backtest_ETHUSDT_BTCUSDT_1m_120_\d{8}T\d{4}_\d{8}T\d{4}_UTC\.csv", download.value.suggested_filename
    )
    main(page).get_by_role("button", name="Study this rule").click()
    apply = page.get_by_role("button", name=re.compile("Apply the robust cell"))
    expect(apply).to_be_visible(timeout=HISTORY_MS)
    expect(main(page).get_by_text("No knowledge of the future")).to_be_visible()
    entry = re.search(r"enter ([\d.]+)", apply.inner_text())
    assert entry is not None
    apply.click()
    expect(page).to_have_url(
        re.compile(f"entry={entry.group(1)}") if float(entry.group(1)) != 2 else re.compile("fee=12")
    )
    assert watched.hosts == {f"127.0.0.1:{server.port}"}


def test_hindsight_is_one_click_from_none(server: DeskServer, page: Page) -> None:
    open_backtest(page, server, "w=120")
    expect(main(page).get_by_text("HINDSIGHT: the hedge was fitted")).to_be_visible()
    page.get_by_role("button", name="Use rolling_ols").click()
    expect(page).to_have_url(re.compile("est=rolling_ols"))
    expect(main(page).get_by_text("HINDSIGHT: the hedge was fitted")).to_have_count(0)


def test_a_screen_opens_the_pair_that_is_clicked(server: DeskServer, page: Page) -> None:
    page.goto(f"{server.url}/screener?adj=none&lev=0.5")
    main(page).get_by_role("button", name="Screen", exact=False).first.click()
    expect(main(page).get_by_text("Every pair")).to_be_visible(timeout=HISTORY_MS)
    expect(main(page).get_by_text(re.compile(r"of 3 pairs passed\. 3 were tested"))).to_be_visible()
    main(page).get_by_role("radio", name="all", exact=True).or_(
        main(page).get_by_role("button", name="all", exact=True)
    ).first.click()
    table = main(page).get_by_test_id("stDataFrame").first
    expect(table.locator("td").first).to_be_attached()
    legs = table.locator("td", has_text=" on ").first.inner_text().split(" on ")
    tick(page, table, 0)
    page.wait_for_function("window.__desk_pair && window.__desk_pair.drawn", timeout=HISTORY_MS)
    assert page.evaluate("window.__desk_pair.drawn.series").startswith(f"/api/v1/pairs/{legs[0]}/{legs[1]}/series")


@pytest.mark.parametrize("width", [390, 1920])
@pytest.mark.parametrize("path", ["screener", "backtest"])
def test_nothing_is_wider_than_the_screen(server: DeskServer, page: Page, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{server.url}/{path}")
    expect(main(page).get_by_role("button", name=re.compile("Screen|Study")).first).to_be_visible(timeout=HISTORY_MS)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
