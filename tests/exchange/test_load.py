"""Every kind of recording is recognised by what it holds, and anything else is refused in words."""

import gzip
import zipfile
from pathlib import Path

import pytest

from core.errors import ExchangeError
from core.exchange.load import load

_TRADES = "5,100.5,2,201.0,1700000000000,True,True\n6,100.25,1,100.25,1700000000001,False,True\n"
_AGGREGATES = "50,100.5,2,5,7,1735689600000000,True,True\n51,100.25,1,8,8,1735689600000001,False,True\n"


def _write(path: Path, text: str) -> Path:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{path.stem}.csv", text)
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.shared_data
def test_trade_capture(trade_capture: Path) -> None:
    recording = load(trade_capture)
    assert len(recording) == 34_419
    assert {symbol: len(block) for symbol, block in recording.blocks.items()} == {"BTCUSDT": 19_904, "ETHUSDT": 14_515}
    assert recording.first_us == 1_723_161_255_343_000
    assert not recording.futures


@pytest.mark.shared_data
def test_mixed_capture(mixed_capture: Path) -> None:
    recording = load(mixed_capture)
    assert len(recording) == 18_427
    assert {symbol: len(block) for symbol, block in recording.blocks.items()} == {"BTCUSDT": 1936, "ETHUSDT": 1257}


@pytest.mark.shared_data
def test_futures_capture(shared_file) -> None:
    assert load(shared_file("binance_usdm_trade_wire_20240808-09.txt.gz")).futures


@pytest.mark.parametrize("ending", [".csv", ".zip", ".csv.gz"])
@pytest.mark.parametrize("header", ["", "id,price,qty,quote_qty,time,is_buyer_maker,is_best_match\n"])
def test_trades_dump(tmp_path: Path, ending: str, header: str) -> None:
    recording = load(_write(tmp_path / f"AAAUSDT-trades-2023-11-14{ending}", header + _TRADES))
    block = recording.blocks["AAAUSDT"]
    assert block.id.tolist() == [5, 6]
    assert block.price.tolist() == [100_50000000, 100_25000000]
    assert block.time_us.tolist() == [1_700_000_000_000_000, 1_700_000_000_001_000]
    assert block.buyer_maker.tolist() == [True, False]
    assert [step.row for step in recording.steps()] == [0, 1]


def test_aggregates_dump_in_microseconds(tmp_path: Path) -> None:
    recording = load(_write(tmp_path / "AAAUSDT-aggTrades-2025-01-01.csv", _AGGREGATES))
    block = recording.blocks["AAAUSDT"]
    assert not recording.singles
    assert (block.id.tolist(), block.last_id.tolist(), block.aggregate_id.tolist()) == ([5, 8], [7, 8], [50, 51])
    assert block.time_us.tolist() == [1_735_689_600_000_000, 1_735_689_600_000_001]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("x.txt", "hello\n", "begins with 'hello"),
        ("x.txt", "", "begins with ''"),
        ("x.txt", '12 {"no": \n', "line 1 is not a captured frame"),
        ("x.txt", '12 {"stream":"a@depth","data":{"e":"depthUpdate"}}\n', "without any trade"),
        ("A-trades-2024.csv", "1,2\n", "row 1 is '1,2', expected id, price"),
        ("A-trades-2024.csv", "1,x,1,1,1700000000000,True,True\n", "row 1"),
        ("A-trades-2024.csv", _TRADES + _TRADES, "row 3 repeats"),
        ("A-trades-2024.csv", "", "no rows"),
        ("A-trades-2024.csv", "1,1,1,1,1700000000000,maybe,True\n", "row 1"),
        ("x.zip", "a", "begins with 'a'"),
    ],
)
def test_refused(tmp_path: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(ExchangeError, match=words):
        load(_write(tmp_path / name, text))


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ExchangeError, match="there is no recording"):
        load(tmp_path / "nothing.csv")


@pytest.mark.parametrize("content", [b"\x1f\x8b broken", b"PK\x03\x04 broken", b"\xff\xfe\x00 binary"])
def test_broken_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(content)
    with pytest.raises(ExchangeError, match="cannot be read"):
        load(path)


def test_zip_with_two_files(tmp_path: Path) -> None:
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "")
        archive.writestr("b.csv", "")
    with pytest.raises(ExchangeError, match="holds 2 csv files"):
        load(path)


def test_repeated_frames_are_one_trade(small_file: Path) -> None:
    text = small_file.read_text(encoding="utf-8")
    small_file.write_text(text + text, encoding="utf-8")
    recording = load(small_file)
    assert (len(recording), len(recording.blocks["AAAUSDT"])) == (20, 10)
