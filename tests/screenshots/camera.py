"""Opening a page, waiting until it stands still, taking its picture whole, and noting what is wrong with it."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page
from playwright.sync_api import Error as BrowserError

from tests.browser.conftest import noise
from tests.screenshots.shots import Shot, file_name

_HEIGHTS = {390: 844, 1280: 900, 1920: 1080}
#: No picture is higher: a page that is has to be scrolled by its reader as well.
_MOST_HEIGHT = 6000
_PATIENCE_MS = 90_000
#: A page is at rest once it has been so for so long; its timers leave it as much in between even on a busy machine.
_REST_SECONDS = 0.15
_LOOK_MS, _LAYOUT_MS = 40, 400

_AT_REST = """
!document.querySelector('[data-testid="stSkeleton"], [data-testid="stSpinner"], [data-testid="stProgress"], [data-stale="true"]')
  && document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === 'notRunning'
"""
_HEIGHT = """
Math.max(...['stMain', 'stSidebarContent'].map((name) => document.querySelector(`[data-testid="${name}"]`)?.scrollHeight ?? 0))
"""
_TOO_WIDE = """
Math.max(document.documentElement.scrollWidth - innerWidth,
  ...[...document.querySelectorAll('[data-testid="stMain"]')].map((main) => main.scrollWidth - main.clientWidth))
"""
_EXCEPTIONS = (
    "[...document.querySelectorAll('[data-testid=\"stException\"]')].map((each) => each.innerText.split('\\n')[0])"
)


@dataclass
class Seen:
    """What a page complained of while it was pictured."""

    complaints: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        page.on("console", lambda m: self.add(f"console: {m.text}") if m.type == "error" and not noise(m) else None)
        page.on("pageerror", lambda error: self.add(f"script: {error}"))

    def add(self, words: str) -> None:
        if words not in self.complaints:
            self.complaints.append(words)


def session(browser: Browser, width: int, theme: str) -> BrowserContext:
    """A browser of that width and theme, moving nothing that need not move."""
    size = {"width": width, "height": _HEIGHTS.get(width, 900)}
    return browser.new_context(viewport=size, color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]


def picture(context: BrowserContext, url: str, shot: Shot, width: int, theme: str, folder: Path) -> list[str]:
    """Take the picture; what is wrong with the page."""
    page, seen = context.new_page(), Seen()
    seen.listen(page)
    try:
        page.goto(url + shot.path)
        _wait(page, shot, seen)
        whole(page)
        for words in faults(page):
            seen.add(words)
        page.screenshot(path=folder / file_name(shot.name, width, theme))
    finally:
        page.close()
    return seen.complaints


def _wait(page: Page, shot: Shot, seen: Seen) -> None:
    try:
        page.wait_for_function(shot.ready, timeout=_PATIENCE_MS)
        at_rest(page)
        if shot.press:
            page.get_by_role("button", name=shot.press).last.click()
            page.wait_for_function(shot.pressed, timeout=_PATIENCE_MS)
            at_rest(page)
    except BrowserError as error:
        seen.add(f"it does not come to rest: {error.message.splitlines()[0]}")


def at_rest(page: Page) -> None:
    """Until nothing runs, loads or is about to be replaced. Raise the browser's error where that takes too long."""
    deadline = time.monotonic() + _PATIENCE_MS / 1000
    since = time.monotonic()
    while time.monotonic() - since < _REST_SECONDS:
        page.wait_for_timeout(_LOOK_MS)
        if not page.evaluate(_AT_REST):
            since = time.monotonic()
        if time.monotonic() > deadline:
            raise BrowserError("its script runs on and on")


def whole(page: Page) -> None:
    """Make the window as high as the page, which scrolls inside of it."""
    size = page.viewport_size
    assert size is not None
    height = min(max(size["height"], page.evaluate(_HEIGHT)), _MOST_HEIGHT)
    page.set_viewport_size({"width": size["width"], "height": height})
    page.wait_for_timeout(_LAYOUT_MS)  # what depends on the size is laid out anew


def faults(page: Page) -> list[str]:
    """What is wrong with the page as it stands."""
    found = [f"exception: {words}" for words in page.evaluate(_EXCEPTIONS)]
    wider = page.evaluate(_TOO_WIDE)
    return [*found, *([f"{wider} px wider than the screen"] if wider > 0 else [])]
