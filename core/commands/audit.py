"""``python -m core audit``: the database against itself."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.commands.database import located, reading
from core.config import Settings
from core.errors import ConfigError, DeskError, StoreUnavailable
from core.market import Symbol, iso, parse_time
from core.store import Reader
from core.store.check import check_symbol
from core.store.findings import Ids, SymbolCheck
from core.store.integrity import Examination

#: Exit status where something differs.
DIFFERS = 3


@dataclass(frozen=True, slots=True)
class SymbolReport:
    """One symbol's part: what its check found, or why it `failed`."""

    symbol: Symbol
    found: SymbolCheck | None
    failed: str | None
    seconds: float

    @property
    def sound(self) -> bool:
        return self.found is not None and self.found.sound

    @property
    def rate(self) -> float | None:
        """Trades checked a second; None without any."""
        return self.found.trades / self.seconds if self.found and self.found.trades and self.seconds else None


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What an audit found: `damages` are SQLite's words on the file, none where it is sound."""

    database: str
    damages: tuple[str, ...]
    symbols: tuple[SymbolReport, ...]
    seconds: float

    @property
    def sound(self) -> bool:
        return not self.damages and all(each.sound for each in self.symbols)


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "audit",
        help="check the database: the file, the trade ids, and every bar against its trades",
        description="Check the file, that every trade id is there or in the gap ledger, and that every bar of the desk's "
        "own is the sum of its trades. A desk may write meanwhile. Exit status 0: all is well; 3: something differs; 1: it "
        "could not run.",
    )
    parser.add_argument("--symbols", help="symbols, separated by commas (default: all in the database)")
    parser.add_argument("--from", dest="start", metavar="T", help="first time, ISO 8601 or Unix; its whole minute")
    parser.add_argument("--to", dest="end", metavar="T", help="time after the last")
    parser.add_argument("--full", action="store_true", help="compare every index of the file with its table too")
    parser.add_argument("--json", action="store_true", help="report as JSON")
    parser.add_argument("--quiet", action="store_true", help="no report; the exit status tells")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    start, end = (parse_time(text) if text else None for text in (arguments.start, arguments.end))
    if start is not None and end is not None and start >= end:
        raise ConfigError(f"--from {arguments.start} is not before --to {arguments.end}")
    settings = Settings.load()
    with reading(settings) as reader:
        asked = _asked(reader, arguments.symbols)
        report = audit(reader, located(settings), asked, start, end, arguments.full)
    if not arguments.quiet:
        text = json.dumps(_as_json(report), indent=2) if arguments.json else _as_text(report)
        sys.stdout.write(text + "\n")
    return 0 if report.sound else DIFFERS


def audit(
    reader: Reader, database: str, asked: Sequence[Symbol] | None, start_us: int | None, end_us: int | None, full: bool
) -> AuditReport:
    """Check the file and the `asked` symbols, or all. Damage is part of the report; raise StoreUnavailable."""
    started = time.monotonic()
    found: list[str] = []
    symbols: Sequence[Symbol] = asked or ()
    try:
        found += Examination(reader).damages(full)
        symbols = reader.symbols() if asked is None else asked
    except StoreUnavailable:
        raise
    except DeskError as error:
        found.append(str(error))
    reports = tuple(_check(reader, symbol, start_us, end_us) for symbol in symbols)
    return AuditReport(database, tuple(found), reports, time.monotonic() - started)


def _check(reader: Reader, symbol: Symbol, start_us: int | None, end_us: int | None) -> SymbolReport:
    started = time.monotonic()
    found, failed = None, None
    try:
        found = check_symbol(reader, symbol, time.time_ns() // 1000, start_us, end_us)
    except StoreUnavailable:
        raise
    except DeskError as error:
        failed = str(error)
    return SymbolReport(symbol, found, failed, time.monotonic() - started)


def _asked(reader: Reader, names: str | None) -> list[Symbol] | None:
    if names is None:
        return None
    asked = [Symbol.parse(name) for name in names.split(",") if name.strip()]
    known = reader.symbols()
    unknown = [str(symbol) for symbol in asked if symbol not in known]
    if unknown or not asked:
        there = ", ".join(map(str, known)) or "none"
        raise ConfigError(
            f"there are no trades of {', '.join(unknown) or repr(names)} in the database; there are of: {there}"
        )
    return asked


def _as_json(report: AuditReport) -> dict[str, Any]:
    return {
        "database": report.database,
        "sound": report.sound,
        "seconds": round(report.seconds, 3),
        "damages": report.damages,
        "symbols": [_symbol_as_json(each) for each in report.symbols],
    }


def _symbol_as_json(report: SymbolReport) -> dict[str, Any]:
    told: dict[str, Any] = {"symbol": str(report.symbol), "sound": report.sound, "failed": report.failed}
    if report.found is not None:
        told |= asdict(report.found) | {"symbol": str(report.symbol)}
        told["missing"] = {state.value: count for state, count in report.found.missing}
        told["wrong_bars"] = [
            {"interval": str(bar.interval), "open_time": bar.open_time_us // 1000, "fields": bar.fields}
            for bar in report.found.wrong_bars
        ]
    rate = None if report.rate is None else round(report.rate)
    return told | {"seconds": round(report.seconds, 3), "trades_per_second": rate}


def _as_text(report: AuditReport) -> str:
    lines = [f"{report.database}: {'all is well' if report.sound else 'something differs'}"]
    lines += [f"  the file: {line}" for line in report.damages or ("sound",)]
    for each in report.symbols:
        lines += (
            [f"{each.symbol} could not be checked: {each.failed}"] if each.found is None else _lines(each, each.found)
        )
    trades = sum(each.found.trades for each in report.symbols if each.found)
    lines.append(f"{trades:,} trades in {report.seconds:.1f} s")
    return "\n".join(lines)


def _lines(report: SymbolReport, found: SymbolCheck) -> list[str]:
    ids = "no trades" if found.first_id is None else f"{found.trades:,} rows, ids {found.first_id} to {found.last_id}"
    rate = "" if report.rate is None else f", {report.rate:,.0f} trades/s"
    missing = ", ".join(f"{count:,} {state}" for state, count in found.missing if count) or "none"
    lines = [
        f"{found.symbol}: {ids}; {found.bars:,} bars compared; {report.seconds:.1f} s{rate}",
        f"  missing and in the gap ledger: {missing}",
    ]
    for ids_, words in (
        (found.unledgered, "missing, and not in the gap ledger"),
        (found.unfounded, "in the gap ledger as missing, and stored"),
        (found.overlapping, "covered by two rows"),
        (found.impossible, "of rows that no trade can be"),
    ):
        lines += [f"  {ids_.count:,} id{'' if ids_.count == 1 else 's'} {words}: {_ranges(ids_)}"] if ids_.count else []
    if found.wrong_bar_count:
        lines.append(f"  {found.wrong_bar_count:,} bars are not the sum of their trades:")
    lines += [f"    {bar.interval} {_moment(bar.open_time_us)}: {', '.join(bar.fields)}" for bar in found.wrong_bars]
    more = found.wrong_bar_count - len(found.wrong_bars)
    return [*lines, f"    and {more:,} more"] if more else lines


def _ranges(ids: Ids) -> str:
    told = [str(first) if first == last else f"{first}-{last}" for first, last in ids.first]
    more = ids.count - sum(last - first + 1 for first, last in ids.first)
    return ", ".join([*told, f"and {more:,} more"] if more else told)


def _moment(time_us: int) -> str:
    """A stored time, however absurd."""
    try:
        return iso(time_us)
    except (ValueError, OverflowError):
        return f"{time_us} us"
