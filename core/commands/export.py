"""``python -m core export``: trades or candles out of the database, exact."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from core import export
from core.commands.database import reading
from core.config import Settings
from core.errors import ConfigError, DeskError
from core.market import Interval, Symbol, parse_time
from core.quality import bar_quality
from core.store import Reader
from core.store.gaps import UNFINISHED

_ALL = 1_000_000


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "export",
        help="write trades or candles as CSV, JSON lines or Parquet",
        description="Write trades or candles of one symbol. Times are ISO 8601 (UTC) or Unix times; FROM is inclusive, "
        "TO is exclusive.",
    )
    parser.add_argument("what", choices=("trades", "candles"))
    parser.add_argument("--symbol", required=True, help="such as BTCUSDT")
    parser.add_argument("--interval", default="1m", help="of candles: 1s, 7s, 1m, 5m, 1h, 1d, ... (default 1m)")
    parser.add_argument("--from", dest="start", metavar="T", help="first time")
    parser.add_argument("--to", dest="end", metavar="T", help="time after the last")
    parser.add_argument("--format", choices=("csv", "jsonl", "parquet"), default="csv")
    parser.add_argument("--out", type=Path, metavar="FILE", help="file to write; without it, standard output")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    symbol, interval = Symbol.parse(arguments.symbol), Interval.parse(arguments.interval)
    start, end = (parse_time(text) if text else None for text in (arguments.start, arguments.end))
    if start is not None and end is not None and start >= end:
        raise ConfigError(f"--from {arguments.start} is not before --to {arguments.end}")
    settings = Settings.load()
    with reading(settings) as reader:
        if symbol not in reader.symbols():
            known = ", ".join(map(str, reader.symbols())) or "none"
            raise ConfigError(f"there are no trades of {symbol} in the database; there are of: {known}")
        with _output(arguments.out) as out:
            _write(reader, out, arguments.what, arguments.format, symbol, interval, start, end)
    return 0


def _write(
    reader: Reader,
    out: IO[bytes],
    what: str,
    form: str,
    symbol: Symbol,
    interval: Interval,
    start: int | None,
    end: int | None,
) -> None:
    fields: tuple[str, ...]
    if what == "trades":
        fields = export.TRADE_FIELDS
        rows = (row for page in export.trade_pages(reader, symbol, start, end) for row in export.trade_rows(page))
    else:
        fields = export.CANDLE_FIELDS
        gaps, last = reader.gaps(symbol, UNFINISHED, _ALL), reader.last(symbol)
        proven_us = last.trade_time_us if last else 0
        pages = export.candle_pages(reader, symbol, interval, start, end)
        rows = (row for page in pages for row in export.candle_rows(page, bar_quality(page, gaps, proven_us)))
    if form == "parquet":
        export.write_parquet(out, fields, rows, reader.scale(symbol))
    elif form == "jsonl":
        export.write_jsonl(out, fields, rows)
    else:
        export.write_csv(out, fields, rows)


@contextmanager
def _output(path: Path | None) -> Iterator[IO[bytes]]:
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        with path.open("wb") as out:
            yield out
    except OSError as error:
        raise DeskError(f"{path} cannot be written: {error.strerror}") from error
