"""The Features page in a browser: what is chosen is in the address, and the file that comes down is what the desk knows."""

import re
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Watched
from tests.desk_server import DeskServer
from tests.trading import wait_until

pytestmark = pytest.mark.browser

ADDRESS = "/features?y=ETHUSDT&x=BTCUSDT&follow=false&cols=y&cols=x&cols=z&cols=vwap_x&cols=trades_y&rows=60"


def opened(server: DeskServer, page: Page, query: str = ADDRESS) -> None:
    wait_until(lambda: all(len(stored(server, symbol)) == 1000 for symbol in ("ETHUSDT", "BTCUSDT")))
    page.goto(server.url + query)
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    expect(page.get_by_text(re.compile("confirmed bars of 1m"))).to_be_visible()


def downloaded(page: Page, name: str, folder: Path) -> Path:
    page.locator('[data-test-script-state="notRunning"]').first.wait_for()  # the table is there before its button is
    with page.expect_download() as waiting:
        page.get_by_role("button", name=name, exact=True).click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_the_file_holds_every_number_that_the_desk_has(
    server: DeskServer, page: Page, watched: Watched, tmp_path: Path
) -> None:
    opened(server, page)
    path = downloaded(page, "CSV", tmp_path)
    found = pd.read_csv(path)
    assert list(found.columns) == ["open_time", "y", "x", "z", "vwap_x", "trades_y"]
    assert len(found) == 60
    times = found["open_time"].tolist()
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00Z", time) for time in times)
    assert times == sorted(times, reverse=True)
    first, last = (time.replace(":", "") for time in (times[-1], times[0]))
    assert path.name == f"features_ETHUSDT_BTCUSDT_1m_240_{first}_{last}_UTC.csv"
    bars = {symbol: stored(server, symbol) for symbol in ("ETHUSDT", "BTCUSDT")}
    for row in found.itertuples():
        y, x = (bars[symbol][pd.Timestamp(row.open_time).value // 1_000_000] for symbol in ("ETHUSDT", "BTCUSDT"))
        assert (row.y, row.x) == (float(y["close"]), float(x["close"]))
        assert row.trades_y == y["trade_count"]
        assert row.vwap_x == pytest.approx(float(x["vwap"]), rel=1e-6)
    whole = pd.read_parquet(downloaded(page, "Parquet", tmp_path))
    pd.testing.assert_series_equal(whole["z"], found["z"])
    assert watched.complaints == []
    assert watched.hosts == {f"127.0.0.1:{server.port}"}


def stored(server: DeskServer, symbol: str) -> dict[int, dict[str, str]]:
    """The newest bars by open time [ms], as the API tells them."""
    answer = server.get(f"/api/v1/candles?symbol={symbol}&interval=1m&limit=1000")
    return {int(bar["open_time"]): bar for bar in answer["candles"]}


def test_columns_and_rows_are_chosen_in_the_address(
    server: DeskServer, page: Page, context: BrowserContext, tmp_path: Path
) -> None:
    opened(server, page, "/features?y=ETHUSDT&x=BTCUSDT&follow=false")
    assert "cols" not in page.url
    page.get_by_role("button", name="Columns", exact=True).click()
    page.get_by_role("button", name="Returns").click()
    page.wait_for_url(re.compile("cols=corr&cols=vol_y&cols=vol_x&cols=marks"))
    expect(page.locator("button[data-variant=pills][aria-pressed=true]")).to_have_text(
        ["corr", "vol_y", "vol_x", "marks"]
    )
    page.keyboard.press("Escape")
    page.get_by_role("radio", name="60", exact=True).or_(
        page.get_by_role("button", name="60", exact=True)
    ).first.click()
    page.wait_for_url(re.compile("rows=60"))
    expect(page.get_by_text(re.compile("60 confirmed bars of 1m"))).to_be_visible()
    here = pd.read_csv(downloaded(page, "CSV", tmp_path))
    assert list(here.columns) == ["open_time", "corr", "vol_y", "vol_x", "marks"]
    other = context.new_page()
    opened(server, other, page.url.removeprefix(server.url))
    there = pd.read_csv(downloaded(other, "CSV", tmp_path))
    assert list(there.columns) == list(here.columns)
    both = here.merge(there, on="open_time")
    assert len(both) >= 58
    assert both["vol_y_x"].tolist() == both["vol_y_y"].tolist()


def test_what_is_not_there_yet_says_why(server: DeskServer, page: Page) -> None:
    opened(server, page, "/features?y=ETHUSDT&x=BTCUSDT&follow=false&cols=error&rows=60&est=rolling_ols&w=1000&lb=1d")
    expect(page.get_by_text(re.compile("confirmed bars of 1m"))).to_be_visible()
    opened(server, page, "/features?y=ETHUSDT&x=BTCUSDT&follow=false&cols=error&rows=60&est=theil_sen")
    expect(page.get_by_text(re.compile("hedge error: needs an estimator that gives one"))).to_be_visible()


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_nothing_is_wider_than_the_screen(server: DeskServer, context: BrowserContext, width: int) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 844})
    for path in (ADDRESS, "/data", "/health"):
        page.goto(server.url + path)
        expect(page.locator("[data-testid=stDataFrame]:visible").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
