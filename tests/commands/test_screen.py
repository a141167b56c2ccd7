"""``python -m core screen``: a file's symbols and the database's, what is left out, and nothing found in noise."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.market import Symbol
from core.store import Commit, Store, market_url
from tests.analytics.reference import tied, walk
from tests.commands.conftest import Desk
from tests.trading import NOW_US, PATIENCE, Deal, trades

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def market(rows: int = 800) -> dict[str, np.ndarray]:
    """A and B are tied, C and D walk by themselves."""
    a, b = tied(1, rows, phi=0.8)
    return {"A": np.exp(a), "B": np.exp(b), "C": np.exp(walk(50, rows)), "D": np.exp(walk(51, rows))}


def file(path: Path, symbols: dict[str, np.ndarray], absent: dict[str, slice] | None = None) -> Path:
    parts = []
    for name, closes in symbols.items():
        times = pd.date_range("2025-01-01", periods=len(closes), freq="min", tz="UTC")
        part = pd.DataFrame({"symbol": name, "open_time": times, "close": closes})
        if absent and name in absent:
            part = part.drop(part.index[absent[name]])
        parts.append(part)
    frame = pd.concat(parts)
    frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_csv(path, index=False)
    return path


def test_a_file_with_one_pair(desk: Desk, command: Command) -> None:
    for name in ("market.csv", "market.parquet"):
        file(desk.folder / name, market())
        done = command("screen", "--file", name, "--json")
        assert (done.returncode, done.stderr) == (0, "")
        found = json.loads(done.stdout)
        assert found["standing"]["rows"] == found["standing"]["intervals"] == 800
        assert (found["formation_rows"], found["held_out_rows"], found["tested"]) == (560, 240, 6)
        passed = [pair for pair in found["pairs"] if pair["fell_at"] is None]
        assert [{pair["y"], pair["x"]} for pair in passed] == [{"A", "B"}]
        assert passed[0]["held_out"]["p_value"] < 0.05
        assert all(pair["why"] for pair in found["pairs"])


def test_a_report_to_read(desk: Desk, command: Command) -> None:
    file(desk.folder / "m.csv", market(), {"D": slice(0, 400), "C": slice(100, 110)})
    done = command("screen", "--file", "m.csv", "--processes", "2")
    assert (done.returncode, done.stderr) == (0, "")
    for words in (
        "3 symbols, 3 pairs, 1m bars, m.csv",
        "stands on 790 of 800 intervals",
        "left out: D has a close in 50.0% of the intervals; asked was 90%",
        "3 pairs were tested",
        "1 pairs passed",
    ):
        assert words in done.stdout
    filled = command("screen", "--file", "m.csv", "--stale-limit", "10", "--symbols", "A,C")
    assert "stands on 800 of 800 intervals" in filled.stdout
    assert "10 closes carried forward" in filled.stdout
    assert "no pair passed; the closest were" in filled.stdout


def test_real_closes_have_no_pair_after_adjustment(desk: Desk, shared_data: Path, command: Command) -> None:
    done = command("screen", "--file", str(shared_data / "binance_usdm_10symbols_1m_20250512-18.parquet"), "--json")
    found = json.loads(done.stdout)
    assert (len(found["symbols"]), found["tested"], found["standing"]["rows"]) == (10, 45, 10080)
    assert found["expected_false_unadjusted"] == pytest.approx(2.25)
    assert [pair for pair in found["pairs"] if pair["fell_at"] is None] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--file", "none.csv"), "none.csv cannot be read"),
        (("--file", "wide.csv"), "expected symbol, open_time and close"),
        (("--file", "m.csv", "--symbols", "A,E"), "of E; there are of: A, B, C, D"),
        (("--file", "m.csv", "--level", "2"), "level"),
        (("--file", "m.csv", "--half-life", "soon"), "expected LOW:HIGH"),
        (("--file", "m.csv", "--processes", "0"), "expected a number from 1"),
        (("--file", "m.csv", "--interval", "7s"), "off the grid"),
        ((), "there is no database"),
    ],
)
def test_wrong_usage_says_what_to_do(desk: Desk, command: Command, arguments: tuple[str, ...], words: str) -> None:
    file(desk.folder / "m.csv", market(60))
    (desk.folder / "wide.csv").write_text("A,B\n1,2\n", encoding="utf-8")
    done = command("screen", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_the_symbols_of_the_database_with_their_traffic(desk: Desk, command: Command) -> None:
    store = Store.open(market_url(f"sqlite:///{desk.database}", "binance"), "binance", NOW_US)
    for name, closes in market(400).items():
        deals = [Deal(i + 1, at=60 * i, price=f"{close:.2f}") for i, close in enumerate(closes)]
        columns = trades(deals, symbol=Symbol(f"{name}USDT"))
        store.append(Commit((columns,), watermark_us=int(columns.trade_time_us[-1]), now_us=NOW_US)).result(PATIENCE)
    store.close()
    done = command("screen", "--json", "--least-trades", "0.5")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["standing"]["source"] == "binance"
    assert found["standing"]["rows"] == 399
    assert [{pair["y"], pair["x"]} for pair in found["pairs"] if pair["fell_at"] is None] == [{"AUSDT", "BUSDT"}]
    busy = json.loads(command("screen", "--json", "--least-trades", "2").stdout)
    assert {pair["fell_at"] for pair in busy["pairs"]} == {"liquidity"}
