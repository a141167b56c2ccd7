"""``python -m core export``: usage and errors; the content is proven by the replay and by the exporter's own tests."""

import subprocess
from collections.abc import Callable

import pytest

from core.store import Commit, Store, market_url
from tests.commands.conftest import Desk
from tests.trading import NOW_US, PATIENCE, Deal, trades

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def filled(desk: Desk) -> Desk:
    store = Store.open(market_url(f"sqlite:///{desk.database}", "binance"), "binance", NOW_US)
    store.append(Commit((trades([Deal(i, at=i) for i in range(1, 100)]),), now_us=NOW_US)).result(PATIENCE)
    store.close()
    return desk


def test_to_standard_output_and_quiet(filled: Desk) -> None:
    done = filled.run("export", "candles", "--symbol", "btcusdt", "--from", "2024-08-09T00:01:00Z")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "open_time,open,high,low,close,volume,quote_volume,trade_count,taker_buy_volume,taker_buy_quote_volume,vwap,state,present",
        "1723161660000,100.00,100.00,100.00,100.00,40.00000,4000.0000000,40,40.00000,4000.0000000,100.000000,forming,",
    ]


def test_to_a_file(filled: Desk) -> None:
    done = filled.run(
        "export", "trades", "--symbol", "BTCUSDT", "--format", "jsonl", "--to", "1723161602", "--out", "t.jsonl"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (filled.folder / "t.jsonl").read_text(encoding="utf-8") == (
        '{"trade_id":1,"trade_time":1723161601000000,"price":"100.00","quantity":"1.00000","is_buyer_maker":false,'
        '"received_time":1723161601001000,"trade_count":1}\n'
    )


def test_a_reader_that_leaves_early_is_no_disaster(filled: Desk) -> None:
    process = filled.start("export", "trades", "--symbol", "BTCUSDT", "--format", "csv")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    process.stderr.close()
    process.wait(60)
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["trades", "--symbol", "ETHUSDT"], 1, "there are no trades of ETHUSDT in the database; there are of: BTCUSDT"),
        (["candles", "--symbol", "BTCUSDT", "--interval", "1M"], 1, "'1M' is not an interval"),
        (["candles", "--symbol", "BTCUSDT", "--from", "soon"], 1, "'soon' is not a time"),
        (["trades", "--symbol", "BTCUSDT", "--from", "1723161700", "--to", "1723161600"], 1, "is not before --to"),
        (
            ["trades", "--symbol", "BTCUSDT", "--out", "no/such/folder/x"],
            1,
            "no/such/folder/x cannot be written: No such file",
        ),
        (["trades"], 2, "--symbol"),
        (["bars", "--symbol", "BTCUSDT"], 2, "invalid choice: 'bars'"),
        (["trades", "--symbol", "BTCUSDT", "--format", "xml"], 2, "invalid choice: 'xml'"),
    ],
)
def test_what_cannot_be_exported(filled: Desk, command: Command, arguments: list[str], status: int, words: str) -> None:
    done = command("export", *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_no_database(desk: Desk, command: Command) -> None:
    done = command("export", "trades", "--symbol", "BTCUSDT")
    assert done.returncode == 1
    assert done.stderr == f"error: there is no database {desk.database}: collect first, or set DATABASE_URL or SOURCE\n"
    assert not desk.database.exists()


def test_made_up_markets_are_not_mixed_in(filled: Desk, command: Command) -> None:
    done = command("export", "trades", "--symbol", "BTCUSDT", SOURCE="simulated")
    assert done.returncode == 1
    assert "desk.simulated.db" in done.stderr
