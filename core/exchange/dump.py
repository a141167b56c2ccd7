"""Reads an official dump: the CSV of trades or of aggregate trades, as data.binance.vision publishes them."""

import csv
import re
from collections.abc import Iterable

from core.errors import ExchangeError
from core.exchange.listing import parse_amount
from core.exchange.recording import Columns, Recording
from core.exchange.tape import Trade
from core.market import MICROSECOND_THRESHOLD

_NAME = re.compile(r"(?P<symbol>.+?)-(?P<kind>trades|aggTrades)-.*")
_SHAPES = {"trades": "id, price, qty, quoteQty, time, isBuyerMaker[, isBestMatch]",
           "aggTrades": "id, price, qty, first, last, time, isBuyerMaker[, isBestMatch]"}  # fmt: skip


def dump_name(name: str) -> tuple[str, str] | None:
    """Symbol and kind that a file's name says: ``BTCUSDT-trades-2025-01-01.csv``; None where it is no dump's name."""
    match = _NAME.fullmatch(name)
    return (match["symbol"].upper(), match["kind"]) if match else None


def read_dump(lines: Iterable[str], name: str, symbol: str, kind: str) -> Recording:
    """Read the lines of the file called `name`. Raise ExchangeError where a row is not of the published shape."""
    columns = Columns(symbol)
    single = kind == "trades"
    for number, row in enumerate(csv.reader(lines), 1):
        if not row or (number == 1 and not row[0].strip().isdigit()):
            continue
        try:
            known = columns.append(_single(row) if single else _aggregate(row)) is not None
        except (IndexError, ValueError) as error:
            raise ExchangeError(f"{name}: row {number} is {','.join(row)[:80]!r}, expected {_SHAPES[kind]}") from error
        if not known:
            raise ExchangeError(f"{name}: row {number} repeats or goes back behind id {columns.id[-1]}")
    if not columns.id:
        raise ExchangeError(f"{name} has no rows: there is nothing to replay")
    block = columns.block(numbered=not single)
    return Recording({symbol: columns.listing()}, {symbol: block}, None, singles=single)


def _single(row: list[str]) -> Trade:
    number, time_us = int(row[0]), _time_us(row[4])
    return Trade(number, number, parse_amount(row[1]), parse_amount(row[2]), time_us, time_us, _truth(row[5]), 0)


def _aggregate(row: list[str]) -> Trade:
    time_us = _time_us(row[5])
    return Trade(int(row[3]), int(row[4]), parse_amount(row[1]), parse_amount(row[2]), time_us, time_us, _truth(row[6]),
                 int(row[0]))  # fmt: skip


def _time_us(text: str) -> int:
    value = int(text)
    return value if value >= MICROSECOND_THRESHOLD else value * 1000


def _truth(text: str) -> bool:
    value = text.strip().lower()
    if value not in ("true", "false", "1", "0"):
        raise ValueError(f"{text!r} is no truth value")
    return value in ("true", "1")
