"""Files out of the store: three formats, one content, exact."""

import csv
import io
import json
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from core import export
from core.market import MINUTE, Interval, Scale
from core.store import Commit, Store
from tests.trading import BTC, ETH, NOW_US, PATIENCE, SCALE, START_US, Deal, reference_bars, trades

DEALS = [
    Deal(i, at=i * 7.5, price=f"{60000 + i}.{i:02d}", quantity=f"{i}.00001", maker=i % 3 == 0) for i in range(1, 41)
]


@pytest.fixture
def filled(store: Store) -> Store:
    store.append(Commit((trades(DEALS),), watermark_us=START_US + 240_000_000, now_us=NOW_US)).result(PATIENCE)
    store.append(Commit((trades([Deal(41, 10, "1.00", "2")]),), now_us=NOW_US)).result(PATIENCE)
    return store


def in_all_formats(
    fields: tuple[str, ...], rows: list[dict[str, Any]], scale: Scale = SCALE
) -> dict[str, list[dict[str, Any]]]:
    """What a reader of each format gets, decimals as Decimal."""
    outs = {name: io.BytesIO() for name in ("csv", "jsonl", "parquet")}
    counts = {
        export.write_csv(outs["csv"], fields, iter(rows)),
        export.write_jsonl(outs["jsonl"], fields, iter(rows)),
        export.write_parquet(outs["parquet"], fields, iter(rows), scale),
    }
    assert counts == {len(rows)}
    table = pq.read_table(io.BytesIO(outs["parquet"].getvalue()))
    assert tuple(table.column_names) == fields
    return {
        "csv": list(csv.DictReader(io.StringIO(outs["csv"].getvalue().decode()))),
        "jsonl": [json.loads(line) for line in outs["jsonl"].getvalue().splitlines()],
        "parquet": table.to_pylist(),
    }


def trade_rows(store: Store, start: int | None = None, end: int | None = None) -> list[dict[str, Any]]:
    return [row for page in export.trade_pages(store.reader, BTC, start, end) for row in export.trade_rows(page)]


def candle_rows(
    store: Store, interval: Interval = MINUTE, start: int | None = None, end: int | None = None
) -> list[dict[str, Any]]:
    pages = export.candle_pages(store.reader, BTC, interval, start, end)
    return [row for page in pages for row in export.candle_rows(page, np.ones(len(page)))]


def test_trades(filled: Store) -> None:
    found = in_all_formats(export.TRADE_FIELDS, trade_rows(filled))
    everything = sorted([*DEALS, Deal(41, 10, "1.00", "2")])
    assert [row["price"] for row in found["jsonl"]] == [f"{Decimal(d.price):.2f}" for d in everything]
    for name, rows in found.items():
        assert [int(row["trade_id"]) for row in rows] == [d.id for d in everything], name
        assert [int(row["trade_time"]) for row in rows] == [d.time_us for d in everything], name
        assert [int(row["received_time"]) for row in rows] == [d.time_us + 1000 for d in everything], name
        assert [Decimal(row["price"]) for row in rows] == [Decimal(d.price) for d in everything], name
        assert [Decimal(row["quantity"]) for row in rows] == [Decimal(d.quantity) for d in everything], name
        truth = [str(row["is_buyer_maker"]).lower() for row in rows]
        assert truth == [str(d.maker).lower() for d in everything], name


@pytest.mark.parametrize("interval", ["1s", "7s", "1m", "5m"])
def test_candles(filled: Store, interval: str) -> None:
    length = Interval.parse(interval)
    expected = reference_bars([*DEALS, Deal(41, 10, "1.00", "2")], length.us)
    found = in_all_formats(export.CANDLE_FIELDS, candle_rows(filled, length))
    for name, rows in found.items():
        assert [int(row["open_time"]) * 1000 for row in rows] == sorted(expected), name
        for row in rows:
            bar = expected[int(row["open_time"]) * 1000]
            for field in ("open", "high", "low", "close", "volume", "quote_volume", "taker_buy_volume",
                          "taker_buy_quote_volume"):  # fmt: skip
                assert Decimal(row[field]) == getattr(bar, field), (name, field)
            assert int(row["trade_count"]) == bar.trade_count
            assert abs(Decimal(row["vwap"]) - bar.quote_volume / bar.volume) <= Decimal("0.0000005")
    states = [row["state"] for row in found["csv"]]
    if interval == "1m":
        assert states == ["amended", "confirmed", "confirmed", "confirmed", "forming", "forming"]


def test_the_share_that_is_present_is_never_rounded_up(filled: Store) -> None:
    bars = filled.reader.candles(BTC, MINUTE, START_US, limit=3)
    rows = list(export.candle_rows(bars, np.array([1.0, 0.99999999, np.nan])))
    assert [row["present"] for row in rows] == ["1.000000", "0.999999", None]
    found = in_all_formats(export.CANDLE_FIELDS, rows)
    assert [row["present"] for row in found["csv"]] == ["1.000000", "0.999999", ""]
    assert [row["present"] for row in found["parquet"]] == [Decimal("1.000000"), Decimal("0.999999"), None]


def test_from_is_inclusive_and_to_is_exclusive(filled: Store) -> None:
    start, end = START_US + 15_000_000, START_US + 150_000_000
    expected = [d.id for d in DEALS if start <= d.time_us < end]
    assert [row["trade_id"] for row in trade_rows(filled, start, end)] == expected
    bars = candle_rows(filled, MINUTE, START_US + 60_000_000, START_US + 180_000_000)
    assert [row["open_time"] * 1000 - START_US for row in bars] == [60_000_000, 120_000_000]
    assert trade_rows(filled, end, start) == []
    assert trade_rows(filled, START_US + 10**12) == []


def test_pages_do_not_show(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = trade_rows(filled), candle_rows(filled), candle_rows(filled, Interval.parse("7s"))
    monkeypatch.setattr(export, "_PAGE", 3)
    assert (trade_rows(filled), candle_rows(filled), candle_rows(filled, Interval.parse("7s"))) == whole
    assert len(in_all_formats(export.TRADE_FIELDS, whole[0])["parquet"]) == 41


def test_nothing_is_a_header(store: Store) -> None:
    assert list(export.trade_pages(store.reader, ETH, None, None)) == []
    found = in_all_formats(export.CANDLE_FIELDS, [])
    assert found == {"csv": [], "jsonl": [], "parquet": []}


def test_a_bar_without_volume(filled: Store) -> None:
    bars = filled.reader.candles(BTC, MINUTE, limit=1)
    bars.volume[0] = 0
    rows = list(export.candle_rows(bars, np.ones(1)))
    assert rows[0]["vwap"] is None
    found = in_all_formats(export.CANDLE_FIELDS, rows)
    assert (found["csv"][0]["vwap"], found["jsonl"][0]["vwap"], found["parquet"][0]["vwap"]) == ("", None, None)


def test_the_largest_numbers(store: Store) -> None:
    huge = trades([Deal(1)])
    huge.price[:], huge.quantity[:] = 1, 2**63 - 1
    store.append(Commit((huge,), now_us=NOW_US)).result(PATIENCE)
    found = in_all_formats(export.CANDLE_FIELDS, candle_rows(store))
    assert {Decimal(rows[0]["volume"]) for rows in found.values()} == {Decimal(2**63 - 1).scaleb(-5)}
