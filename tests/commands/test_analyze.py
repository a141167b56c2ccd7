"""``python -m core analyze``: a file of any aligned series, and a pair of the database."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.store import Commit, Store, market_url
from tests.analytics.reference import NORRIS, NORRIS_X, NORRIS_Y, tied
from tests.commands.conftest import Desk
from tests.trading import ETH, NOW_US, PATIENCE, Deal, trades

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def analyzed(command: Command, *arguments: str) -> dict[str, Any]:
    done = command("analyze", *arguments, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_file_row_by_row(desk: Desk, command: Command) -> None:
    rows = "\n".join(f"{y},{x}" for y, x in zip(NORRIS_Y, NORRIS_X, strict=True))
    (desk.folder / "norris.csv").write_text(f"y,x\n{rows}\n", encoding="utf-8")
    found = analyzed(command, "--csv", "norris.csv", "--y", "y", "--x", "x", "--lags", "0")
    for name, value in NORRIS.items():
        assert found["hedge"][name] == pytest.approx(value, rel=1e-12)
    assert found["provenance"]["bars"] == found["provenance"]["joined"] == 36
    assert found["provenance"]["from_us"] is None
    assert found["spec"]["price"] == "level"
    assert found["metrics"]["quality"]["value"] is None
    assert "nothing is known" in found["metrics"]["quality"]["unknown"]["reason"]
    assert "series" not in found
    assert len(analyzed(command, "--csv", "norris.csv", "--y", "y", "--x", "x", "--series")["series"]["z"]) == 36


def test_r_on_real_closes_as_a_user_asks_for_them(desk: Desk, shared_data: Path, command: Command) -> None:
    file = str(shared_data / "g1_btc_eth_spot_1m_close_20240808.csv")
    found = analyzed(command, "--csv", file, "--y", "btc", "--x", "eth", "--lags", "1", "--trend", "c")
    test = found["cointegration"]["y_on_x"]
    assert test["statistic"] == pytest.approx(-2.30440540302979, abs=1e-11)
    assert test["hedge_ratios"][0] == pytest.approx(18.3015988004731, rel=1e-13)
    assert found["spec"]["interval"] == "1m"
    assert found["provenance"]["from_us"] == 1723075200000000
    logs = analyzed(command, "--csv", file, "--y", "btc", "--x", "eth", "--log")
    assert logs["spec"]["price"] == "log"
    assert logs["hedge"]["slope"] == pytest.approx(0.786177, abs=1e-6)


def test_a_report_to_read(desk: Desk, command: Command) -> None:
    y, x = (np.exp(leg) for leg in tied(1, 300))
    rows = "\n".join(f"{60 * row},{a!r},{b!r}" for row, (a, b) in enumerate(zip(y.tolist(), x.tolist(), strict=True)))
    (desk.folder / "pair.csv").write_text(f"time,A,B\n{rows}\n", encoding="utf-8")
    done = command("analyze", "--csv", "pair.csv", "--y", "A", "--x", "B", "--estimator", "kalman", "--z", "innovation")
    assert (done.returncode, done.stderr) == (0, "")
    for words in (
        "A on B, prices, 1m, pair.csv",
        "300 bars, 1970-01-01 00:00:00",
        "rejects below",
        "Memory of the filter",
        "nothing is known of the trades",
    ):
        assert words in done.stdout
    assert "nan" not in done.stdout.lower()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--csv", "none.csv", "--y", "a", "--x", "b"), "none.csv cannot be read"),
        (("--csv", "f.csv", "--y", "a", "--x", "c"), "f.csv has no column c; it has a, b, w"),
        (("--csv", "f.csv", "--y", "a", "--x", "w"), "w is 'x' in row 2 of the data"),
        (("--csv", "f.csv", "--y", "a"), "expected --y COL --x COL"),
        (("--csv", "f.csv", "--y", "a", "--x", "b", "--window", "2"), "window is 2"),
        (("--csv", "f.csv", "--y", "a", "--x", "b", "--z", "t"), "z is 't'"),
        (("--csv", "f.csv", "--y", "a", "--x", "b", "--log"), "there is no log of it"),
        (("BTCUSDT",), "expected two symbols"),
        (("BTCUSDT", "ETHUSDT"), "there is no database"),
    ],
)
def test_wrong_usage_says_what_to_do(desk: Desk, command: Command, arguments: tuple[str, ...], words: str) -> None:
    (desk.folder / "f.csv").write_text("a,b,w\n1,2,3\n-2,3,x\n3,5,4\n", encoding="utf-8")
    done = command("analyze", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_pair_of_the_database(desk: Desk, command: Command) -> None:
    store = Store.open(market_url(f"sqlite:///{desk.database}", "binance"), "binance", NOW_US)
    y, x = (np.exp(leg) for leg in tied(3, 200))
    for symbol, closes, skip in ((None, y, 7), (ETH, x, 11)):
        deals = [Deal(i + 1, at=60 * i, price=f"{close:.2f}") for i, close in enumerate(closes) if i % skip != 5]
        columns = trades(deals) if symbol is None else trades(deals, symbol=symbol)
        store.append(Commit((columns,), watermark_us=int(columns.trade_time_us[-1]), now_us=NOW_US)).result(PATIENCE)
    store.close()
    found = analyzed(command, "BTCUSDT", "ETHUSDT", "--lookback", "2h", "--window", "30")
    told = found["provenance"]
    assert (told["y"], told["x"], told["source"]) == ("BTCUSDT", "ETHUSDT", "binance")
    assert told["bars"] + told["dropped"] + told["absent"] == 120
    assert told["dropped"] > 20
    assert found["spec"]["price"] == "log"
    done = command("analyze", "BTCUSDT", "LUNAUSDT")
    assert done.returncode == 1
    assert "there are no trades of LUNAUSDT in the database; there are of: BTCUSDT, ETHUSDT" in done.stderr
