"""The Data page in a browser: the span and the ledger's states are in the address, and the numbers are the store's."""

import re
import sqlite3
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Watched
from tests.desk_server import DeskServer

pytestmark = pytest.mark.browser


def metric(page: Page, label: str) -> str:
    return page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue").inner_text()


def test_the_numbers_are_those_of_the_store(server: DeskServer, page: Page, watched: Watched) -> None:
    page.goto(server.url + "/data")
    expect(page.get_by_text(re.compile(r"minutes of 3 symbols are accounted for"))).to_be_visible()
    shown = int(metric(page, "Trades stored").replace(",", ""))
    path: Path = server.database.with_name("desk.simulated.db")
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        stored = database.execute("SELECT count(*) FROM trades").fetchone()[0]
    database.close()
    assert 0 < shown <= stored, "it is some seconds old, and trades go on"
    assert metric(page, "Growth a day") == "–"
    expect(page.get_by_text(re.compile("Its growth is measured after an hour"))).to_be_visible()
    expect(page.get_by_role("heading", name="Gap ledger")).to_be_visible()
    assert watched.complaints == []


def test_the_span_is_chosen_in_the_address_and_drawn(server: DeskServer, page: Page) -> None:
    page.goto(server.url + "/data")
    chart = page.locator(".js-plotly-plot")
    expect(chart).to_be_visible()
    days = "(() => { const r = document.querySelector('.js-plotly-plot')._fullLayout.xaxis.range; return (Date.parse(r[1]) - Date.parse(r[0])) / 864e5 })()"
    page.wait_for_function(f"Math.abs({days} - 1) < 1e-6")
    page.get_by_role("radio", name="7d").or_(page.get_by_role("button", name="7d", exact=True)).first.click()
    page.wait_for_url(re.compile("span=7d"))
    page.wait_for_function(f"Math.abs({days} - 7) < 1e-6")
    drawn = page.evaluate(
        "document.querySelector('.js-plotly-plot').data.filter(t => t.x?.length).map(t => [t.name, t.marker.pattern.shape])"
    )
    assert dict(drawn)["not in the record"] == "", "a week is more than the simulated market tells"
    assert dict(drawn)["the exchange's own bar"] == "/"


def test_the_ledgers_states_are_chosen_in_the_address(server: DeskServer, page: Page) -> None:
    page.goto(server.url + "/data")
    page.get_by_role("button", name="lost for good").click()
    page.wait_for_url(re.compile("gap_states="))
    expect(page.get_by_text("No gap in these states.")).to_be_visible()


def test_health_leads_to_the_ledger(server: DeskServer, page: Page) -> None:
    page.goto(server.url + "/health")
    page.get_by_role("link", name="Gap ledger and storage").click()
    page.wait_for_url(re.compile("/data"))
    expect(page.get_by_role("heading", name="Gap ledger")).to_be_visible()


def test_times_are_the_browsers_own_where_that_is_chosen(server: DeskServer, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, timezone_id="Asia/Kolkata")
    page = context.new_page()
    page.goto(server.url + "/data?zone=local")
    expect(page.get_by_text(re.compile(r"trades of 3 symbols since .* IST"))).to_be_visible()
    page.wait_for_function("document.querySelector('.js-plotly-plot')?.layout.xaxis.title.text.startsWith('IST')")
    ahead = page.evaluate(
        "(() => { const p = document.querySelector('.js-plotly-plot'); return Date.parse(p.layout.xaxis.range[1] + 'Z') - Date.now() })()"
    )
    assert 5.4 * 3600e3 < ahead < 5.5 * 3600e3, "the newest minute that is final, on the wall of India"
    context.close()


def test_the_market_page_leads_to_the_pair_of_its_symbol(server: DeskServer, page: Page) -> None:
    page.goto(server.url + "/market?symbol=XRPUSDT")
    page.get_by_role("link", name="Pair with BTCUSDT").click()
    expect(page).to_have_url(re.compile(r":\d+/\?.*y=XRPUSDT"))
