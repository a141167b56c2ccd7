"""Trades and candles as files: CSV, JSON lines or Parquet, exact and page by page.

Candle open times leave as epoch milliseconds, trade and receive times as epoch microseconds; prices and volumes are
exact decimals: text in CSV and JSON, decimal128 in Parquet. Every bar says which share of its trades is proven present, at
least; nothing where that is unknown.
"""

import csv
import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import IO, Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.market import Candles, Floats, Interval, Scale, Symbol, Trades, decimal_text, vwap_text

Row = dict[str, Any]

TRADE_FIELDS = ("trade_id", "trade_time", "price", "quantity", "is_buyer_maker", "received_time", "trade_count")
CANDLE_FIELDS = (
    "open_time", "open", "high", "low", "close", "volume", "quote_volume", "trade_count", "taker_buy_volume",
    "taker_buy_quote_volume", "vwap", "state", "present",
)  # fmt: skip
_COUNTED = CANDLE_FIELDS[1:-3]
_INTEGERS = frozenset(("trade_id", "trade_time", "received_time", "open_time", "trade_count"))
_PAGE = 50_000
#: decimal128 holds 38 digits; 64-bit integers have at most 19, and a VWAP four more places.
_DIGITS = 38
_SHARE_PLACES = 6


class Source(Protocol):
    """Where pages come from."""

    def candles(
        self, symbol: Symbol, interval: Interval, start_us: int | None, end_us: int | None, limit: int
    ) -> Candles: ...

    def trades_after(self, symbol: Symbol, after_id: int, limit: int, last_id: int | None = None) -> Trades: ...

    def id_range(self, symbol: Symbol, start_us: int | None, end_us: int | None) -> tuple[int, int] | None: ...


def trade_pages(source: Source, symbol: Symbol, start_us: int | None, end_us: int | None) -> Iterator[Trades]:
    """The trades with start_us <= trade time < end_us, ascending by id."""
    ids = source.id_range(symbol, start_us, end_us)
    if ids is None:
        return
    after, last = ids[0] - 1, ids[1]
    while len(page := source.trades_after(symbol, after, _PAGE, last)):
        after = int(page.trade_id[-1])
        times = page.trade_time_us
        inside = (times >= (start_us or 0)) & (times < (end_us if end_us is not None else times + 1))
        yield page.take(inside)


def candle_pages(
    source: Source, symbol: Symbol, interval: Interval, start_us: int | None, end_us: int | None
) -> Iterator[Candles]:
    """The bars with start_us <= open time < end_us, ascending."""
    start = start_us or 0
    while len(page := source.candles(symbol, interval, start, end_us, _PAGE)):
        yield page
        start = int(page.open_time_us[-1]) + 1


def trade_rows(trades: Trades) -> Iterator[Row]:
    """`trades` as rows of TRADE_FIELDS."""
    for trade, count in zip(trades.rows(), trades.trade_count.tolist(), strict=True):
        yield {
            "trade_id": trade.id,
            "trade_time": trade.trade_time_us,
            "price": decimal_text(trade.price, trades.scale.price),
            "quantity": decimal_text(trade.quantity, trades.scale.quantity),
            "is_buyer_maker": trade.is_buyer_maker,
            "received_time": trade.received_us,
            "trade_count": count,
        }


def candle_rows(bars: Candles, present: Floats) -> Iterator[Row]:
    """`bars` as rows of CANDLE_FIELDS; `present` is the share of each bar's trades that is proven present, NaN for unknown."""
    exponents = _exponents(bars.scale)
    columns = {name: getattr(bars, name).tolist() for name in _COUNTED}
    for i, (open_time_us, state) in enumerate(zip(bars.open_time_us.tolist(), bars.states(), strict=True)):
        row: Row = {"open_time": open_time_us // 1000}
        for name, values in columns.items():
            row[name] = values[i] if name in _INTEGERS else decimal_text(values[i], exponents[name])
        row["vwap"] = vwap_text(columns["quote_volume"][i], columns["volume"][i], bars.scale)
        row["state"] = state.value
        row["present"] = None if np.isnan(present[i]) else _share(float(present[i]))
        yield row


def _share(value: float) -> str:
    """A share with six decimals, rounded down: what lacks a trade is never called whole."""
    return decimal_text(int(value * 10**_SHARE_PLACES), _SHARE_PLACES)


def write_csv(out: IO[bytes], fields: Sequence[str], rows: Iterator[Row]) -> int:
    """Write a header and `rows`; the answer is how many."""
    text = _TextOut(out)
    writer = csv.DictWriter(text, fields, lineterminator="\n")
    writer.writeheader()
    count = 0
    for row in rows:
        writer.writerow({name: str(v).lower() if isinstance(v, bool) else v for name, v in row.items()})
        count += 1
    return count


def write_jsonl(out: IO[bytes], fields: Sequence[str], rows: Iterator[Row]) -> int:
    """Write one JSON object a line; decimals are strings, so that no digit is lost."""
    count = 0
    for row in rows:
        out.write(json.dumps({name: row[name] for name in fields}, separators=(",", ":")).encode() + b"\n")
        count += 1
    return count


def write_parquet(out: IO[bytes], fields: Sequence[str], rows: Iterator[Row], scale: Scale) -> int:
    """Write Parquet with decimal128 columns at the symbol's exponents."""
    exponents = _exponents(scale)
    schema = pa.schema([(name, _arrow_type(name, exponents)) for name in fields])
    count = 0
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for page in _chunks(rows):
            arrays = [pa.array([_arrow_value(row[f.name], f.type) for row in page], f.type) for f in schema]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            count += len(page)
    return count


class _TextOut:
    """Lets csv write UTF-8 into a binary file."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out

    def write(self, text: str) -> int:
        return self._out.write(text.encode())


def _exponents(scale: Scale) -> dict[str, int]:
    return {
        **dict.fromkeys(("price", "open", "high", "low", "close"), scale.price),
        **dict.fromkeys(("quantity", "volume", "taker_buy_volume"), scale.quantity),
        **dict.fromkeys(("quote_volume", "taker_buy_quote_volume"), scale.quote),
        "vwap": scale.price + 4,
        "present": _SHARE_PLACES,
    }


def _arrow_type(name: str, exponents: dict[str, int]) -> pa.DataType:
    if name in exponents:
        return pa.decimal128(_DIGITS, exponents[name])
    return pa.int64() if name in _INTEGERS else pa.bool_() if name == "is_buyer_maker" else pa.string()


def _arrow_value(value: Any, kind: pa.DataType) -> Any:
    return Decimal(value) if value is not None and pa.types.is_decimal(kind) else value


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    page: list[Row] = []
    for row in rows:
        page.append(row)
        if len(page) == _PAGE:
            yield page
            page = []
    if page:
        yield page
