"""What the pictures' camera finds wrong with a page, and viewers that only speak the protocol."""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.benchmarks.processes import child
from tests.desk_server import DeskServer
from tests.screenshots.camera import faults, picture, whole
from tests.screenshots.shots import SHOTS, file_name

pytestmark = pytest.mark.browser

GOOD = '<section data-testid="stMain" style="height: 100vh; overflow: auto"><p>fine</p></section>'


def test_a_page_that_fits_has_no_fault(page: Page) -> None:
    page.set_content(GOOD)
    assert faults(page) == []


def test_an_exception_and_what_is_too_wide_are_found(page: Page) -> None:
    page.set_content(GOOD + '<div data-testid="stException">KeyError: gone<br>Traceback</div>')
    assert faults(page) == ["exception: KeyError: gone"]
    page.set_content(GOOD.replace("<p>", '<p style="width: 1500px">'))
    (found,) = faults(page)
    assert found.endswith("px wider than the screen")
    page.set_content('<div style="width: 1300px">wide</div>')
    assert len(faults(page)) == 1


def test_the_window_becomes_as_high_as_what_scrolls_in_it(page: Page) -> None:
    page.set_content(GOOD.replace("<p>", '<p style="height: 2000px; margin: 0">'))
    whole(page)
    assert page.evaluate("innerHeight") >= 2000


def test_a_page_is_pictured_and_has_nothing_wrong(server: DeskServer, context: BrowserContext, tmp_path: Path) -> None:
    health = next(shot for shot in SHOTS if shot.name == "health")
    assert picture(context, server.url, health, 1280, "dark", tmp_path) == []
    assert (tmp_path / file_name("health", 1280, "dark")).stat().st_size > 10_000


def test_a_viewer_that_only_speaks_the_protocol_is_answered(server: DeskServer) -> None:
    assert server.process is not None
    topic = server.get("/api/v1/pairs/ETHUSDT/BTCUSDT/series")["topic"]
    arguments = ["--port", str(server.port), "--server", str(server.process.pid), "--topic", topic]
    with child("tests.benchmarks.viewers", *arguments, "--count", "1", "--seconds", "3", "--settle", "0") as viewers:
        assert viewers.line() == {"measuring": 1}
        found = viewers.line()
    assert found["failed"] == 0
    assert found["asked"] >= 3, "the side panel asks once a second, the rail every other"
    assert found["reruns"] > 0
    assert found["p95"] > 0
    assert found["page_bytes"] > 0
    assert found["stream_bytes"] > 0
    assert found["cpu"] > 0
