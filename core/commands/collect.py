"""``python -m core collect``: the collector without a user interface, and its report."""

import argparse
import json
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from threading import Event
from types import FrameType

from core.config import Settings
from core.health import Health, SymbolHealth, SymbolState
from core.market import Symbol, decimal_text
from core.runtime import Runtime

_POLL_SECONDS = 0.1
#: Exit status where trades are known to be missing, or none came.
INCOMPLETE = 3


@dataclass(frozen=True, slots=True)
class SymbolReport:
    """One symbol's part of the report.

    `missing` counts its whole record, `lost` this run; `repaired` rows were fetched by id in this run, and `given_up` ids
    of `missing` cannot be had any more. `consistency` is the share of its ids, first to last of the
    record, that are stored [%].
    """

    symbol: str
    state: str
    received: int
    stored: int
    duplicates: int
    out_of_order: int
    rejected: int
    gaps: int
    missing: int
    lost: int
    repaired: int
    given_up: int
    last_trade_id: int | None
    last_price: str | None
    consistency: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """What a run of the collector came to; `rate` is received trades a second of the run."""

    market: str
    database: str
    seconds: float
    received: int
    stored: int
    flushes: int
    duplicates: int
    gaps: int
    missing: int
    lost: int
    repaired: int
    given_up: int
    rejected: int
    malformed: int
    frames_dropped: int
    errors: int
    connections: int
    rate: float
    consistency: float | None
    symbols: tuple[SymbolReport, ...]

    @property
    def complete(self) -> bool:
        """Trades came in this run, and none of them was lost, refused or left unstored."""
        unstored = self.received - self.stored - self.duplicates
        return self.received > 0 and not (self.lost + unstored + self.malformed + self.frames_dropped)


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "collect",
        help="collect trades into the database, without a user interface",
        description="Collect until told to end, and report. Exit status 0: everything received is stored and nothing is "
        "lost on the way; 3: trades were lost or refused, or none came; 1: it could not run.",
    )
    parser.add_argument("--symbols", help="symbols, separated by commas (default: SYMBOLS)")
    parser.add_argument("--json", action="store_true", help="report as JSON")
    parser.add_argument("--quiet", action="store_true", help="no report; the exit status tells")
    ending = parser.add_mutually_exclusive_group()
    ending.add_argument("--for", dest="for_seconds", type=_seconds, metavar="SECONDS", help="end after so long")
    ending.add_argument(
        "--until-idle", type=_seconds, metavar="SECONDS", help="end when trades have come, then none for so long"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = Settings.load(**({"symbols": arguments.symbols} if arguments.symbols else {}))
    with _signals() as stop:
        started = time.monotonic()
        runtime = Runtime.start(settings)
        try:
            _wait(runtime, stop, arguments.for_seconds, arguments.until_idle)
        finally:
            seconds = time.monotonic() - started
            states = {s.symbol: s.state for s in runtime.monitor.health().symbols}  # of the run, not of its end
            runtime.close()
    report = report_of(runtime.monitor.health(), seconds, states)
    if not arguments.quiet:
        sys.stdout.write((json.dumps(asdict(report), indent=2) if arguments.json else _as_text(report)) + "\n")
    return 0 if report.complete else INCOMPLETE


def report_of(health: Health, seconds: float, states: Mapping[Symbol, SymbolState]) -> Report:
    """The report of a collector that ran for `seconds`; `states` are those before it was stopped."""
    symbols = tuple(
        SymbolReport(
            symbol=str(s.symbol),
            state=states.get(s.symbol, s.state).value,
            received=s.received,
            stored=s.stored,
            duplicates=s.duplicates,
            out_of_order=s.out_of_order,
            rejected=s.rejected,
            gaps=s.gaps,
            missing=s.missing,
            lost=s.lost,
            repaired=s.repaired,
            given_up=s.given_up,
            last_trade_id=s.last_trade_id,
            last_price=decimal_text(s.last_price, s.scale.price) if s.last_price is not None and s.scale else None,
            consistency=_consistency([s]),
        )
        for s in health.symbols
    )
    received, stored, missing = (sum(getattr(s, n) for s in symbols) for n in ("received", "stored", "missing"))
    return Report(
        market=health.market,
        database=health.store.location,
        seconds=round(seconds, 3),
        received=received,
        stored=stored,
        flushes=health.store.flushes,
        duplicates=sum(s.duplicates for s in symbols),
        gaps=sum(s.gaps for s in symbols),
        missing=missing,
        lost=sum(s.lost for s in symbols),
        repaired=sum(s.repaired for s in symbols),
        given_up=sum(s.given_up for s in symbols),
        rejected=sum(s.rejected for s in symbols),
        malformed=health.malformed,
        frames_dropped=health.queue.dropped,
        errors=health.errors,
        connections=sum(feed.connections for feed in health.feeds),
        rate=round(received / seconds, 1) if seconds else 0.0,
        consistency=_consistency(health.symbols),
        symbols=symbols,
    )


def _consistency(symbols: Sequence[SymbolHealth]) -> float | None:
    """The share of the ids from first to last that are stored [%]; None without a trade."""
    known = [s for s in symbols if s.first_trade_id is not None and s.last_trade_id is not None]
    span = sum((s.last_trade_id or 0) - (s.first_trade_id or 0) + 1 for s in known)
    return round(100 * (1 - sum(s.missing for s in known) / span), 4) if span else None


def _wait(runtime: Runtime, stop: Event, for_seconds: float | None, until_idle: float | None) -> None:
    started = time.monotonic()
    received, changed = 0, started
    while not stop.wait(_POLL_SECONDS):
        now = time.monotonic()
        if for_seconds is not None and now - started >= for_seconds:
            return
        if until_idle is None:
            continue
        count = sum(s.received for s in runtime.monitor.health().symbols)
        if count != received:
            received, changed = count, now
        if now - changed >= until_idle and (received or now - started >= max(until_idle, 30.0)):
            return


@contextmanager
def _signals() -> Iterator[Event]:
    """An event that SIGINT and SIGTERM set, until the end of the block."""
    stop = Event()
    numbers = (signal.SIGINT, signal.SIGTERM)
    previous = [signal.signal(number, _Handler(stop)) for number in numbers]
    try:
        yield stop
    finally:
        for number, handler in zip(numbers, previous, strict=True):
            signal.signal(number, handler)


class _Handler:
    """A signal handler that asks for the end."""

    def __init__(self, stop: Event) -> None:
        self._stop = stop

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        self._stop.set()


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e8:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds above 0")
    return value


def _as_text(report: Report) -> str:
    share = "-" if report.consistency is None else f"{report.consistency} %"
    lines = [
        f"{report.market} market, {report.seconds:.1f} s, into {report.database}",
        f"received {report.received:,}  stored {report.stored:,}  duplicates {report.duplicates:,}  "
        f"repaired {report.repaired:,}  "
        f"gaps {report.gaps:,} ({report.missing:,} trades missing, {report.given_up:,} for good)  consistency {share}",
        f"flushes {report.flushes:,}  errors {report.errors:,}  malformed {report.malformed:,}  "
        f"rejected {report.rejected:,}  frames dropped {report.frames_dropped:,}  "
        f"connections {report.connections}  {report.rate:,.0f} trades/s",
    ]
    lines += [
        f"  {s.symbol:<14} {s.state:<8} stored {s.stored:>10,}  duplicates {s.duplicates:>6,}  repaired {s.repaired:>8,}  "
        f"missing {s.missing:>8,}"
        f"  last id {s.last_trade_id if s.last_trade_id is not None else '-'}  price {s.last_price or '-'}"
        for s in report.symbols
    ]
    return "\n".join(lines)
