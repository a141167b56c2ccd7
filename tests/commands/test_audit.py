"""``python -m core audit``: its exit status, and that what it found is told."""

import json
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from core.market import SECOND_US
from core.store import Commit, GapRecord, Store, market_url
from tests.commands.conftest import Desk
from tests.trading import BTC, ETH, NOW_US, PATIENCE, START_US, Deal, trades

Command = Callable[..., "subprocess.CompletedProcess[str]"]
DEALS = [Deal(i, at=i) for i in range(1, 200)]


@pytest.fixture
def filled(desk: Desk) -> Desk:
    store = Store.open(market_url(f"sqlite:///{desk.database}", "binance"), "binance", NOW_US)
    times = (START_US + 49 * SECOND_US, START_US + 61 * SECOND_US)
    gap = GapRecord(50, 60, *times, "lost on the way", NOW_US)
    batch = (trades(DEALS[:49] + DEALS[60:]), trades(DEALS, symbol=ETH))
    store.append(Commit(batch, opened={BTC: (gap,)}, now_us=NOW_US)).result(PATIENCE)
    store.close()
    return desk


def meddle(database: Path, statement: str) -> None:
    connection = sqlite3.connect(str(database))
    with connection:
        connection.execute(statement)
    connection.close()


def test_all_is_well(filled: Desk) -> None:
    done = filled.run("audit")
    assert (done.returncode, done.stderr) == (0, "")
    first, file, btc, missing, eth, none, last = done.stdout.splitlines()
    assert first == f"{filled.database}: all is well"
    assert file == "  the file: sound"
    assert btc.startswith("BTCUSDT: 188 rows, ids 1 to 199; 192 bars compared; ")
    assert missing == "  missing and in the gap ledger: 11 open"
    assert eth.startswith("ETHUSDT: 199 rows, ids 1 to 199; ")
    assert none == "  missing and in the gap ledger: none"
    assert last.startswith("387 trades in ")


def test_as_json(filled: Desk, command: Command) -> None:
    done = command("audit", "--json", "--full", "--symbols", "btcusdt")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert (told["sound"], told["damages"], told["database"]) == (True, [], str(filled.database))
    (symbol,) = told["symbols"]
    assert symbol.pop("seconds") >= 0
    assert symbol.pop("trades_per_second") > 0
    nothing = {"count": 0, "first": []}
    assert symbol == {
        "symbol": "BTCUSDT", "sound": True, "failed": None, "trades": 188, "first_id": 1, "last_id": 199,
        "missing": {"open": 11, "repairing": 0, "lost": 0}, "unledgered": nothing, "unfounded": nothing,
        "overlapping": nothing, "impossible": nothing, "bars": 192, "wrong_bars": [], "wrong_bar_count": 0,
    }  # fmt: skip


def test_what_differs_is_told(filled: Desk, command: Command) -> None:
    meddle(filled.database, "DELETE FROM trades WHERE trade_id IN (100, 102, 103) AND symbol_id = 1")
    meddle(filled.database, "UPDATE trades SET price = -1 WHERE trade_id = 7 AND symbol_id = 1")
    done = command("audit")
    assert done.returncode == 3
    assert done.stdout.startswith(f"{filled.database}: something differs\n")
    assert "\n  3 ids missing, and not in the gap ledger: 100, 102-103\n" in done.stdout
    assert "\n  1 id of rows that no trade can be: 7\n" in done.stdout
    assert "\n  6 bars are not the sum of their trades:\n" in done.stdout
    assert "\n    1s 2024-08-09T00:01:40.000Z: unfounded\n" in done.stdout
    told = json.loads(command("audit", "--json").stdout)
    btc, eth = told["symbols"]
    assert (told["sound"], btc["sound"], eth["sound"]) == (False, False, True)
    assert btc["unledgered"] == {"count": 3, "first": [[100, 100], [102, 103]]}
    assert {"interval": "1s", "open_time": 1723161700000, "fields": ["unfounded"]} in btc["wrong_bars"]


def test_more_than_is_told(filled: Desk, command: Command) -> None:
    meddle(filled.database, "UPDATE bars SET volume = volume + 1 WHERE interval_s = 1 AND symbol_id = 2")
    done = command("audit", "--symbols", "ETHUSDT")
    assert done.returncode == 3
    assert "\n    and 179 more\n" in done.stdout


def test_only_a_window_and_quietly(filled: Desk, command: Command) -> None:
    meddle(filled.database, "DELETE FROM trades WHERE trade_id = 100")
    done = command("audit", "--quiet")
    assert (done.returncode, done.stdout) == (3, "")
    assert command("audit", "--quiet", "--from", "2024-08-09T00:02:00Z").returncode == 0
    assert command("audit", "--quiet", "--to", "2024-08-09T00:01:00Z").returncode == 0
    assert command("audit", "--quiet", "--to", "2024-08-09T00:01:01Z").returncode == 3, "a minute that is begun counts"


def test_a_damaged_file_is_told(filled: Desk, command: Command) -> None:
    data = bytearray(filled.database.read_bytes())
    data[8 * 4096 + 8 : 12 * 4096] = bytes(4 * 4096 - 8)
    filled.database.write_bytes(data)
    done = command("audit")
    assert done.returncode == 3
    assert done.stdout.startswith(f"{filled.database}: something differs\n")
    assert "  the file: sound" not in done.stdout
    assert "Traceback" not in done.stderr


def test_absurd_times_are_told(filled: Desk, command: Command) -> None:
    meddle(filled.database, f"UPDATE bars SET open_time_us = {2**61} WHERE interval_s = 60 AND first_trade_id = 120")
    done = command("audit", "--symbols", "ETHUSDT")
    assert done.returncode == 3
    assert f"1m {2**61} us: unfounded" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--symbols", "SOLUSDT"], 1, "there are no trades of SOLUSDT in the database; there are of: BTCUSDT, ETHUSDT"),
        (["--symbols", ","], 1, "there are no trades of ','"),
        (["--symbols", "a b"], 1, "is not a symbol"),
        (["--from", "soon"], 1, "'soon' is not a time"),
        (["--from", "1723161700", "--to", "1723161600"], 1, "is not before --to"),
        (["--what"], 2, "unrecognized arguments"),
    ],
)
def test_what_cannot_be_audited(filled: Desk, command: Command, arguments: list[str], status: int, words: str) -> None:
    done = command("audit", *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert words in done.stderr


def test_no_database(desk: Desk, command: Command) -> None:
    done = command("audit")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: there is no database {desk.database}")
    desk.database.write_text("no database at all, but some text that is long enough to be looked at")
    done = command("audit")
    assert done.returncode == 1
    assert "damaged" in done.stderr


def test_beside_a_desk_that_collects(desk: Desk, serving: Callable[..., tuple["subprocess.Popen[str]", int]]) -> None:
    """The simulated market, stored by one process and audited by another."""
    _, port = serving()
    settings = {**Desk.at(port), "SYMBOLS": "BTCUSDT,ETHUSDT"}
    collecting = desk.start("collect", "--quiet", **settings)
    try:
        while not (
            desk.database.exists() and '"trades": 0' not in (told := desk.run("audit", "--json").stdout) and told
        ):
            assert collecting.poll() is None
        for _ in range(3):
            done = desk.run("audit", "--json")
            assert done.returncode == 0, done.stdout + done.stderr
    finally:
        collecting.terminate()
        collecting.communicate(timeout=60)
    done = desk.run("audit", "--json", "--full")
    assert done.returncode == 0, done.stdout
    assert sum(each["trades"] for each in json.loads(done.stdout)["symbols"]) > 0
