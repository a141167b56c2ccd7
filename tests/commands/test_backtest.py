"""``python -m core backtest``: gross, costs and net apart, hindsight and look-ahead named, and a placebo beside it."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.analytics.reference import tied
from tests.commands.conftest import Desk

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def pair(desk: Desk) -> Path:
    y, x = (np.exp(leg) for leg in tied(1, 900, phi=0.8))
    rows = "\n".join(f"{60 * row},{a!r},{b!r}" for row, (a, b) in enumerate(zip(y.tolist(), x.tolist(), strict=True)))
    path = desk.folder / "pair.csv"
    path.write_text(f"time,A,B\n{rows}\n", encoding="utf-8")
    return path


def test_a_report_to_read(desk: Desk, pair: Path, command: Command) -> None:
    legs = ("--csv", pair.name, "--y", "A", "--x", "B", "--log", "--window", "60")
    done = command("backtest", *legs, "--placebo", "20", "--stop", "5", "--max-bars", "100", "--trades")
    assert (done.returncode, done.stderr) == (0, "")
    for words in (
        "HINDSIGHT",
        "enter at 2, leave at 0.5, stop 5, at most 100 bars",
        "assumed costs of 6 bps",
        "placebo: by a rolling hedge",
        "z-scores were others",
        "01-01 ",
        "bought",
    ):
        assert words in done.stdout
    assert "nan" not in done.stdout.lower()
    causal = command(
        "backtest",
        *legs,
        "--placebo",
        "0",
        "--estimator",
        "rolling_ols",
        "--fee",
        "0",
        "--half-spread",
        "0",
        "--slippage",
        "0",
    )
    assert "HINDSIGHT" not in causal.stdout
    assert "look-ahead: none found" in causal.stdout
    assert "placebo" not in causal.stdout


def test_the_same_as_json_adds_up(desk: Desk, pair: Path, command: Command) -> None:
    done = command(
        "backtest",
        "--csv",
        pair.name,
        "--y",
        "A",
        "--x",
        "B",
        "--log",
        "--window",
        "60",
        "--placebo",
        "20",
        "--trials",
        "9",
        "--json",
    )
    found = json.loads(done.stdout)
    report, trades = found["report"], found["trades"]
    assert report["trades"] == len(trades) > 3
    assert report["net"] == pytest.approx(report["gross"] - report["fees"] - report["spread"] - report["slippage"])
    assert report["gross"] == pytest.approx(sum(trade["gross"] for trade in trades))
    assert report["trials"] == 9
    assert found["hindsight"] is True
    assert found["placebo"]["runs"] == 20
    assert found["break_even_z"]["z"] > 0
    assert found["provenance"]["bars"] == 900


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--entry", "0"), "the entry is 0"),
        (("--exit", "3"), "the exit is 3"),
        (("--stop", "1"), "expected above the entry"),
        (("--half-spread", "-1"), "half_spread_bps is -1"),
        (("--window", "2"), "window is 2"),
    ],
)
def test_wrong_usage_says_what_to_do(
    desk: Desk, pair: Path, arguments: tuple[str, ...], words: str, command: Command
) -> None:
    done = command("backtest", "--csv", pair.name, "--y", "A", "--x", "B", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr
