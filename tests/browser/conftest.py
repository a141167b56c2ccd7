"""A real server and a real browser."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.desk_server import DeskServer

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")  # its event loop must be gone before other tests run theirs
def browser() -> Iterator[Browser]:
    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if path is None:
        words = "no Chromium on this machine: install it (on Debian or Ubuntu: apt-get install chromium)"
        pytest.fail(words) if os.environ.get("REQUIRE_ALL_TESTS") else pytest.skip(words)
    expect.set_options(timeout=30_000)  # a busy machine draws late
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskServer]:
    folder: Path = tmp_path_factory.mktemp("desk")
    with DeskServer(folder) as desk:
        desk.wait_until_collecting()
        yield desk
        desk.terminate()
        assert "Traceback" not in desk.log()
        assert "closed: everything received was stored" in desk.log()


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="dark", reduced_motion="reduce")
    yield made
    made.close()


#: What Streamlit asks for below a page's own address before it asks at the root, where it is.
_NOISE = re.compile(r"/\w+/_stcore/(health|host-config)$")


class Watched:
    """What a page complained of, and whom it asked."""

    def __init__(self, page: Page) -> None:
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" and not noise(m) else None)
        page.on("pageerror", lambda e: self.complaints.append(str(e)))
        page.on("request", lambda r: self.hosts.add(r.url.split("/")[2]) if "://" in r.url else None)


def noise(message: ConsoleMessage) -> bool:
    return _NOISE.search(message.location["url"]) is not None


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    made = context.new_page()
    yield made
    made.close()


@pytest.fixture
def watched(page: Page) -> Watched:
    return Watched(page)
