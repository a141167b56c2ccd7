"""The proof from end to end: the real capture through the built-in exchange into the real client, by the commands."""

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest

from tests.commands.conftest import SECONDS, Desk
from tests.trading import START_US

pytestmark = pytest.mark.shared_data
NAME = "binance_spot_trade_wire_20240808-09"
MINUTE_MS = 60_000
IDS = {"BTCUSDT": (3_735_683_259, 3_735_703_162), "ETHUSDT": (1_520_538_925, 1_520_553_439)}


class Replayed(NamedTuple):
    """A desk that has collected the capture, twice, and what the two runs reported."""

    desk: Desk
    status: int
    report: dict[str, Any]
    second_status: int
    second_report: dict[str, Any]
    before: list[Any]
    after: list[Any]


def everything(path: Path) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        tables = ("symbols", "scales", "trades", "bars", "gaps")
        return [connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in tables]


def replay(desk: Desk, capture: Path) -> tuple[int, dict[str, Any]]:
    """Exchange and collector as two commands of a user."""
    exchange = desk.start("exchange", "--port", "0", "--replay", str(capture), "--speed", "max", "--once")
    try:
        assert exchange.stdout is not None
        port = int(exchange.stdout.readline().split("http://127.0.0.1:")[1].split(" ")[0])
        status, report = desk.collect(port, "--symbols", "BTCUSDT,ETHUSDT", "--until-idle", "2")
        _, err = exchange.communicate(timeout=SECONDS)
        assert (exchange.returncode, err) == (0, ""), "it ends by itself once everything is delivered"
    finally:
        exchange.kill()
        exchange.wait()
    return status, report


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Replayed:
    desk = Desk(tmp_path_factory.mktemp("replay"))
    capture = shared_data / f"{NAME}.txt.gz"
    first = replay(desk, capture)
    before = everything(desk.database)
    second = replay(desk, capture)
    return Replayed(desk, *first, *second, before, everything(desk.database))


def exported(replayed: Replayed, *arguments: str) -> list[dict[str, str]]:
    done = replayed.desk.run("export", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return list(csv.DictReader(io.StringIO(done.stdout)))


def test_the_report(replayed: Replayed) -> None:
    report = replayed.report
    assert replayed.status == 0
    assert report["received"] == report["stored"] == 34_419
    for name in ("duplicates", "gaps", "missing", "rejected", "malformed", "errors", "frames_dropped"):
        assert report[name] == 0, name
    assert report["consistency"] == 100.0
    assert {s["symbol"]: (s["stored"], s["last_trade_id"]) for s in report["symbols"]} == {
        symbol: (last - first + 1, last) for symbol, (first, last) in IDS.items()
    }


@pytest.mark.parametrize("symbol", sorted(IDS))
def test_every_trade_is_there_once_and_exact(
    replayed: Replayed, capture: Callable[[str], tuple[list[bytes], list[int]]], symbol: str
) -> None:
    rows = exported(replayed, "trades", "--symbol", symbol)
    first, last = IDS[symbol]
    assert [int(row["trade_id"]) for row in rows] == list(range(first, last + 1))
    events = [e for e in (json.loads(f)["data"] for f in capture(NAME)[0]) if e["s"] == symbol]
    assert [(int(r["trade_time"]), Decimal(r["price"]), Decimal(r["quantity"]), r["is_buyer_maker"]) for r in rows] == [
        (e["T"] * 1000, Decimal(e["p"]), Decimal(e["q"]), str(e["m"]).lower()) for e in events
    ]


def test_minutes_equal_binances_own(replayed: Replayed, shared_data: Path) -> None:
    ours = {int(row["open_time"]): row for row in exported(replayed, "candles", "--symbol", "BTCUSDT")}
    with (shared_data / "binance_spot_BTCUSDT_1m_slice_20240808T2350-0010.csv").open() as file:
        theirs = {int(row["open_time"]): row for row in csv.DictReader(file)}
    for minute in range(-5, 5):
        open_ms = START_US // 1000 + minute * MINUTE_MS
        for name in ("open", "high", "low", "close", "volume"):
            assert Decimal(ours[open_ms][name]) == Decimal(theirs[open_ms][name]), (minute, name)
        assert ours[open_ms]["state"] == "confirmed"


@pytest.mark.parametrize("open_ms", [1_723_161_300_000, 1_723_161_600_000])
def test_five_minutes_equal_binances_own_in_all_twelve_fields(
    replayed: Replayed, shared_data: Path, open_ms: int
) -> None:
    (ours,) = exported(
        replayed, "candles", "--symbol", "BTCUSDT", "--interval", "5m", "--from", str(open_ms), "--to", str(open_ms + 1)
    )
    with (shared_data / "binance_spot_BTCUSDT_5m_slice_official12col.csv").open() as file:
        theirs = next(row for row in csv.reader(file) if int(row[0]) == open_ms)
    names = ("open_time", "open", "high", "low", "close", "volume", None, "quote_volume", "trade_count",
             "taker_buy_volume", "taker_buy_quote_volume", None)  # fmt: skip
    assert [Decimal(theirs[i]) for i in range(12) if names[i]] == [Decimal(ours[name]) for name in names if name]
    assert int(theirs[6]) == int(ours["open_time"]) + 5 * MINUTE_MS - 1
    assert theirs[11] == "0"


@pytest.mark.parametrize("what", ["trades", "candles"])
def test_all_formats_agree(replayed: Replayed, what: str) -> None:
    rows = exported(replayed, what, "--symbol", "ETHUSDT")
    found: dict[str, list[dict[str, Any]]] = {"csv": rows}
    for form in ("jsonl", "parquet"):
        path = replayed.desk.folder / f"eth.{what}.{form}"
        done = replayed.desk.run("export", what, "--symbol", "ETHUSDT", "--format", form, "--out", str(path))
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        found[form] = (
            [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            if form == "jsonl" else pq.read_table(path).to_pylist()
        )  # fmt: skip

    def plain(row: dict[str, Any]) -> list[str]:
        """As CSV writes it, which has no word for what is unknown."""
        known = ("" if value is None else value for value in row.values())
        return [str(value).lower() if isinstance(value, bool) else str(value) for value in known]

    assert list(map(plain, found["csv"])) == list(map(plain, found["jsonl"])) == list(map(plain, found["parquet"]))
    assert list(found["csv"][0]) == list(found["parquet"][0])


def test_the_same_again_is_all_duplicates_and_changes_nothing(replayed: Replayed) -> None:
    report = replayed.second_report
    assert (report["received"], report["stored"], report["duplicates"]) == (34_419, 0, 34_419)
    assert (report["missing"], report["gaps"], report["errors"]) == (0, 0, 0)
    assert replayed.second_status == 0
    assert replayed.after == replayed.before
