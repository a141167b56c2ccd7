"""``python -m tests.screenshots [FOLDER] [--docs] [--only NAME ...] [--width PX ...] [--theme dark|light]``.

Starts the desk over a fresh simulated market, takes a picture of every page, and fails where a page shows an exception, is wider than
the screen or complains in the console, or where the server's log has a traceback.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

from core.config import DEFAULT_SYMBOLS
from tests.benchmarks.live import CHROMIUM_FLAGS, chromium
from tests.benchmarks.page_servers import ready
from tests.desk_server import ROOT, DeskServer
from tests.screenshots import documents
from tests.screenshots.camera import picture, session
from tests.screenshots.shots import SHOTS, THEMES, WIDTHS

_SETTINGS = {"SYMBOLS": DEFAULT_SYMBOLS, "SIMULATION_SEED": "1"}
#: The state of 1 s bars needs some minutes of them beside the history, which is of minutes.
_SECONDS_PAIR = "/api/v1/pairs/ETHUSDT/BTCUSDT/series?interval=1s&lookback=15m&window=60"
_LEAST_SECONDS = 300


def main() -> int:
    options = _arguments()
    path = chromium()
    if path is None:
        print(
            "no Chromium on this machine: install it (on Debian or Ubuntu: apt-get install chromium)", file=sys.stderr
        )
        return 1
    options.folder.mkdir(parents=True, exist_ok=True)
    complaints = []
    for line in _taken(options, path):
        complaints.append(line)
        print(line, flush=True)
    if options.docs:
        print("docs:", ", ".join(documents.write(options.folder, ROOT / "docs")))
    print(f"{len(complaints)} complaints; the pictures are in {options.folder}")
    return 1 if complaints else 0


def _taken(options: argparse.Namespace, chromium_path: str) -> Iterator[str]:
    """Take all pictures; what is wrong, each with its picture."""
    with tempfile.TemporaryDirectory() as folder, DeskServer(Path(folder), _SETTINGS) as desk:
        ready(desk)
        ready(desk, _SECONDS_PAIR, _LEAST_SECONDS)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium_path, args=CHROMIUM_FLAGS)
            for theme in options.theme:
                for width in options.width:
                    context = session(browser, width, theme)
                    for shot in (each for each in SHOTS if not options.only or each.name in options.only):
                        started = time.monotonic()
                        found = picture(context, desk.url, shot, width, theme, options.folder)
                        yield from (f"{shot.name} {width} {theme}: {words}" for words in found)
                        print(f"  {shot.name} {width} {theme} ({time.monotonic() - started:.1f} s)", flush=True)
                    context.close()
            browser.close()
        if "Traceback" in desk.log():
            shutil.copy(Path(folder) / "server.log", options.folder)
            yield f"server.log: there is a traceback, see {options.folder / 'server.log'}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots", description="Pictures of every page.")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "screenshots")
    parser.add_argument("--docs", action="store_true", help="reduce the README's pictures into docs/ as well")
    parser.add_argument("--only", nargs="+", choices=[shot.name for shot in SHOTS], help="only these; all by default")
    parser.add_argument("--width", nargs="+", type=int, default=list(WIDTHS))
    parser.add_argument("--theme", nargs="+", choices=THEMES, default=list(THEMES))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
