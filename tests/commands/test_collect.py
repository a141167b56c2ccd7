"""``python -m core collect``: what it stores, reports and returns."""

import json
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from core.commands.collect import Report, report_of
from core.health import FeedHealth, FeedState, Health, QueueHealth, StoreHealth, StoreState, SymbolHealth, SymbolState
from core.market import Scale
from tests.commands.conftest import SECONDS, Desk
from tests.conftest import cut
from tests.raw_venue import Peer, RawVenue
from tests.trading import BTC, ETH, Deal, wait_until
from tests.workers.conftest import frame

Command = Callable[..., "subprocess.CompletedProcess[str]"]
Serving = Callable[..., tuple["subprocess.Popen[str]", int]]


def in_database(path: Path) -> int:
    """How many trades another program sees."""
    if not path.exists():
        return 0
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        try:
            return int(connection.execute("SELECT count(*) FROM trades").fetchone()[0])
        except sqlite3.OperationalError:  # the tables are being made
            return 0


def test_sigterm_commits_and_ends_cleanly(desk: Desk, serving: Serving) -> None:
    _, port = serving()
    process = desk.start("collect", "--symbols", "BTCUSDT,ETHUSDT,XRPUSDT", "--json", **desk.at(port))
    try:
        wait_until(lambda: in_database(desk.database) > 20, SECONDS)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=SECONDS)
    finally:
        process.kill()
        process.wait()
    report = json.loads(out)
    assert (process.returncode, err) == (0, "")
    assert not Path(f"{desk.database}-wal").exists(), "everything is in the file itself"
    assert report["received"] == report["stored"] == in_database(desk.database) > 20
    assert (report["consistency"], report["missing"], report["duplicates"]) == (100.0, 0, 0)


def test_for_so_many_seconds_in_words(desk: Desk) -> None:
    venue = RawVenue(trading)
    done = desk.run(
        "collect", "--symbols", "btcusdt", "--for", "1", BINANCE_WS_URL=venue.url, BINANCE_REST_URL="http://127.0.0.1:1"
    )
    venue.close()
    lines = done.stdout.splitlines()
    assert lines[0].startswith("binance market, ")
    assert str(desk.database) in lines[0]
    assert "consistency" in lines[1]
    assert lines[3].split()[0] == "BTCUSDT"


@pytest.mark.shared_data
def test_quiet_tells_by_its_status_alone(desk: Desk, serving: Serving, small_capture: Path) -> None:
    _, port = serving("--replay", str(small_capture), "--speed", "max")
    done = desk.run("collect", "--quiet", "--until-idle", "1", "--symbols", "BTCUSDT,ETHUSDT", **desk.at(port))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert in_database(desk.database) == 3000


@pytest.mark.shared_data
def test_the_other_streams_of_a_capture_are_ignored(
    desk: Desk, serving: Serving, capture: Callable[[str], tuple[list[bytes], list[int]]], shared_data: Path
) -> None:
    name = "binance_spot_mixed_wire_first60s_20240809"
    _, port = serving("--replay", str(shared_data / f"{name}.txt.gz"), "--speed", "max")
    status, report = desk.collect(port, "--symbols", "BTCUSDT,ETHUSDT", "--until-idle", "1.5")
    events = [json.loads(each).get("data", {}) for each in capture(name)[0]]
    expected = sum(event.get("e") == "trade" for event in events)
    assert (status, report["stored"], report["malformed"], report["errors"]) == (0, expected, 0, 0)


@pytest.mark.shared_data
def test_a_hole_is_reported_and_the_status_is_three(
    desk: Desk, serving: Serving, spot_frames: tuple[list[bytes], list[int]], tmp_path: Path
) -> None:
    frames, received = spot_frames
    holed = [*range(100), *range(130, 400)]
    path = cut(([frames[i] for i in holed], [received[i] for i in holed]), slice(None), tmp_path / "holed.txt")
    _, port = serving("--replay", str(path), "--speed", "max")
    status, report = desk.collect(port, "--symbols", "BTCUSDT,ETHUSDT", "--until-idle", "1.5")
    assert (status, report["stored"], report["missing"]) == (3, 370, 30)
    assert report["consistency"] == 92.5


def trading(peer: Peer) -> None:
    peer.accept().say(frame(Deal(1, 0)), b"noise", frame(Deal(2, 1)))
    peer.hear_out()


def test_malformed_frames_are_reported_and_the_status_is_three(desk: Desk) -> None:
    venue = RawVenue(trading)
    done = desk.run(
        "collect", "--json", "--symbols", "BTCUSDT", "--until-idle", "1",
        BINANCE_WS_URL=venue.url, BINANCE_REST_URL="http://127.0.0.1:1",
    )  # fmt: skip
    venue.close()
    report = json.loads(done.stdout)
    assert (done.returncode, report["stored"], report["malformed"]) == (3, 2, 1)
    assert "malformed: not JSON" in done.stderr


def test_no_trades_is_status_three(desk: Desk) -> None:
    done = desk.run(
        "collect", "--json", "--for", "1", BINANCE_WS_URL="ws://127.0.0.1:1", BINANCE_REST_URL="http://127.0.0.1:1"
    )
    report = json.loads(done.stdout)
    assert (done.returncode, report["received"], report["consistency"]) == (3, 0, None)


@pytest.mark.parametrize(
    ("arguments", "settings", "status", "words"),
    [
        (["--for", "0"], {}, 2, "not a number of seconds above 0"),
        (["--for", "x"], {}, 2, "--for"),
        (["--for", "1", "--until-idle", "1"], {}, 2, "not allowed with argument"),
        ([], {"QUEUE_FRAMES": "none"}, 1, "error: bad settings: QUEUE_FRAMES='none'"),
        (["--symbols", "BTC/USDT"], {}, 1, "error: 'BTC/USDT' is not a symbol"),
        (["--symbols", ","], {}, 1, "error: SYMBOLS is empty"),
        ([], {"DATABASE_URL": "postgresql://h/d"}, 1, "this version stores in SQLite only"),
        ([], {"DATABASE_URL": "sqlite://"}, 1, "names an in-memory database"),
        ([], {"SOURCE": "replay"}, 1, "error: SOURCE=replay needs REPLAY_FILE"),
        ([], {"DATABASE_URL": "sqlite:////proc/desk/desk.db"}, 1, "error: the data folder /proc/desk cannot be made"),
    ],
)
def test_what_cannot_be_run(
    command: Command, arguments: list[str], settings: dict[str, str], status: int, words: str
) -> None:
    done = command("collect", *arguments, **settings)
    assert (done.returncode, done.stdout) == (status, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_corrupt_database_is_status_one(desk: Desk, command: Command) -> None:
    desk.database.write_bytes(b"no database " * 1000)
    done = command("collect", "--for", "1")
    assert done.returncode == 1
    assert done.stderr.startswith("error: the database ")
    assert "is damaged" in done.stderr


def health(**changes: object) -> Health:
    """The health of a collector that received ten trades and lacks nothing."""
    symbol = SymbolHealth(
        BTC,
        SymbolState.LIVE,
        "",
        Scale(2, 5),
        first_trade_id=1,
        last_trade_id=10,
        last_price=6_183_763,
        received=10,
        stored=10,
        **changes,
    )
    silent = SymbolHealth(ETH, SymbolState.WAITING, "")
    return Health(
        "binance", None, 0, 0, None, (FeedHealth(FeedState.STOPPED, 0, "", "", 1),), QueueHealth(0, 1, 0, 0.0, 1),
        StoreHealth(StoreState.OK, "", "desk.db", 1, 3, 0), (symbol, silent), 0, 0, (),
    )  # fmt: skip


def test_the_report_of_a_whole_run() -> None:
    report = report_of(health(), 4.0, {BTC: SymbolState.LIVE})
    assert report.complete
    assert report.symbols[0].state == "live"
    assert (report.received, report.rate, report.consistency) == (10, 2.5, 100.0)
    assert (report.symbols[0].last_price, report.symbols[1].last_price) == ("61837.63", None)
    assert report.symbols[1].consistency is None


def test_consistency_is_of_the_whole_record_and_completeness_of_this_run() -> None:
    """Ten trades came in this run, after a night in which five of twenty went by."""
    report = report_of(health(missing=5), 4.0, {})
    assert report.consistency == 50.0
    assert report.complete
    assert not report_of(health(missing=5, lost=1), 4.0, {}).complete


@pytest.mark.parametrize("name", ["lost", "malformed", "frames_dropped"])
def test_whatever_is_lacking_makes_it_incomplete(name: str) -> None:
    whole = report_of(health(), 1.0, {})
    assert not replace(whole, **{name: 1}).complete
    assert not replace(whole, received=0).complete
    assert not replace(whole, stored=9).complete, "received, and neither stored nor known before"
    assert replace(whole, stored=5, duplicates=5).complete
    assert isinstance(whole, Report)
