"""``python -m core screen``: all pairs of the database, or of a file, through one funnel."""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from core import sources
from core.analytics.funnel import Rules
from core.analytics.panel import panel
from core.analytics.screened import Screen, ScreenedPair
from core.analytics.screener import Universe, screen
from core.commands import tables
from core.commands.database import reading
from core.config import Settings
from core.errors import ConfigError
from core.market import Interval, Symbol, utc
from core.monitor.universe import Standing, read, told
from core.plain import plain

_SHOWN = 10


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "screen",
        help="all pairs through one funnel: correlation, cointegration, half-life, crossings",
        description="Test every pair of the symbols in the database, or of a file with the columns symbol, open_time and close, and "
        "say how many would pass by chance. The last part of the rows is held out: the survivors are ranked on it.",
    )
    parser.add_argument(
        "--file", type=Path, help="CSV or Parquet with symbol, open_time and close, in place of the database"
    )
    parser.add_argument("--symbols", help="symbols, separated by commas (default: all)")
    parser.add_argument("--interval", default="1m", help="of the bars (default 1m)")
    parser.add_argument("--lookback", help="how far back (default: 1d of the database, all of a file)")
    parser.add_argument(
        "--stale-limit", type=int, default=0, metavar="BARS", help="how old a carried close may be (default 0)"
    )
    parser.add_argument("--price", choices=("log", "level"), default="log")
    parser.add_argument("--trend", choices=("c", "ct", "ctt"), default="c")
    parser.add_argument("--lags", default="aic", help="aic, bic or a number")
    parser.add_argument("--level", type=float, default=0.05, help="of the adjusted p-value (default 0.05)")
    parser.add_argument(
        "--orders", choices=("both", "either"), default="both", help="both orders have to pass, or twice the better one"
    )
    parser.add_argument("--adjust", choices=("none", "bonferroni", "holm", "bh", "by"), default="holm")
    parser.add_argument("--least-trades", type=float, metavar="N", help="a minute, of each symbol")
    parser.add_argument("--least-notional", type=float, metavar="Q", help="a minute, in quote currency, of each symbol")
    parser.add_argument("--least-correlation", type=float, metavar="R", help="of returns, in size")
    parser.add_argument("--half-life", metavar="LOW:HIGH", help="in bars; either may be left out")
    parser.add_argument("--least-crossings", type=int, metavar="N", help="of the residual's mean")
    parser.add_argument(
        "--holdout", type=float, default=0.3, help="share of rows that ranks the survivors (default 0.3)"
    )
    parser.add_argument("--processes", type=int, default=1, metavar="N", help="worker processes (default 1: none)")
    parser.add_argument("--json", action="store_true", help="every pair and number as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    universe, standing = _of_file(arguments) if arguments.file else _of_database(arguments)
    with _workers(arguments.processes) as executor:
        found = screen(universe, _rules(arguments), executor)
    told = json.dumps(as_json(found, standing), indent=2) if arguments.json else as_text(found, standing)
    sys.stdout.write(told + "\n")
    return 0


@contextmanager
def _workers(processes: int) -> Iterator[Executor | None]:
    if processes < 1:
        raise ConfigError(f"--processes is {processes}: expected a number from 1")
    if processes == 1:
        yield None
        return
    os.environ.setdefault(
        "OPENBLAS_NUM_THREADS", "1"
    )  # of the workers: threads of many processes stand in each other's way
    with ProcessPoolExecutor(processes) as executor:
        yield executor


def _rules(arguments: argparse.Namespace) -> Rules:
    lags: Any = int(arguments.lags) if arguments.lags.isdecimal() else arguments.lags
    low, _, high = (arguments.half_life or ":").partition(":")
    try:
        shortest, longest = (float(text) if text.strip() else None for text in (low, high))
    except ValueError as error:
        raise ConfigError(
            f"--half-life is {arguments.half_life!r}: expected LOW:HIGH in bars, such as 5:120"
        ) from error
    return Rules(
        price=arguments.price,
        trend=arguments.trend,
        lags=lags,
        level=arguments.level,
        orders=arguments.orders,
        adjustment=arguments.adjust,
        least_trades_per_minute=arguments.least_trades,
        least_notional_per_minute=arguments.least_notional,
        least_correlation=arguments.least_correlation,
        shortest_half_life=shortest,
        longest_half_life=longest,
        least_crossings=arguments.least_crossings,
        holdout=arguments.holdout,
    )


def _of_file(arguments: argparse.Namespace) -> tuple[Universe, Standing]:
    found = tables.long(arguments.file)
    asked = [name.strip() for name in arguments.symbols.split(",")] if arguments.symbols else list(found.names)
    _known(asked, found.names, f"rows of {arguments.file}")
    places = [found.names.index(name) for name in asked]
    times, closes = [found.times[place] for place in places], [found.closes[place] for place in places]
    interval = Interval.parse(arguments.interval)
    end_us = max(int(column[-1]) for column in times) + interval.us
    start_us = (
        end_us - Interval.parse(arguments.lookback).us
        if arguments.lookback
        else min(int(column[0]) for column in times)
    )
    made = panel(times, closes, interval.us, start_us, end_us, arguments.stale_limit)
    return told(made, asked, str(arguments.file), interval, start_us, end_us, None, None)


def _of_database(arguments: argparse.Namespace) -> tuple[Universe, Standing]:
    settings = Settings.load()
    interval, lookback = Interval.parse(arguments.interval), Interval.parse(arguments.lookback or "1d")
    with reading(settings) as reader:
        names = [name.strip().upper() for name in arguments.symbols.split(",")] if arguments.symbols else None
        known = reader.symbols()
        asked = known if names is None else [Symbol.parse(name) for name in names]
        _known([str(symbol) for symbol in asked], [str(symbol) for symbol in known], "trades in the database")
        return read(reader, asked, interval, lookback.us, arguments.stale_limit, sources.market_name(settings))


def _known(asked: list[str], known: "list[str] | tuple[str, ...]", what: str) -> None:
    strangers = [name for name in asked if name not in known]
    if strangers:
        raise ConfigError(f"there are no {what} of {', '.join(strangers)}; there are of: {', '.join(known) or 'none'}")


def as_json(found: Screen, standing: Standing) -> dict[str, Any]:
    return {
        "standing": plain(standing),
        "rules": plain(found.rules),
        "symbols": found.symbols,
        "formation_rows": found.formation,
        "held_out_rows": found.rows - found.formation,
        "tested": found.tested,
        "expected_false_unadjusted": found.expected_false,
        "stages": [plain(stage) for stage in found.stages],
        "pairs": [plain(found.pair(number)) for number in range(len(found))],
    }


def as_text(found: Screen, standing: Standing) -> str:
    """A report to read."""
    rules = found.rules
    lines = [
        f"{len(found.symbols)} symbols, {len(found):,} pairs, {standing.interval} bars, {standing.source}",
        f"  stands on {standing.rows:,} of {standing.intervals:,} intervals, {utc(standing.from_us):%Y-%m-%d %H:%M:%S} to "
        f"{utc(standing.to_us):%Y-%m-%d %H:%M:%S} UTC; chosen on the first {found.formation:,}, ranked on the other "
        f"{found.rows - found.formation:,}; {sum(standing.filled.values()):,} closes carried forward",
        *(f"  left out: {name} {why}" for name, why in standing.left_out.items()),
        "",
        "stage              pairs   asked",
        *(f"  {stage.name:<14}{stage.survived:>8,}   {stage.rule}" for stage in found.stages),
        "",
        f"  {found.tested:,} pairs were tested. Without adjustment and without any cointegration about "
        f"{found.expected_false:.1f} would be below {rules.level:g} at the most.",
        "",
    ]
    survivors = list(found.survivors())
    if survivors:
        lines += [f"{len(survivors)} pairs passed, best on the rows held out first", *_table(survivors)]
    else:
        lines += ["no pair passed; the closest were", *_table(found.closest(_SHOWN))]
    return "\n".join(lines)


def _table(pairs: list[ScreenedPair]) -> list[str]:
    head = f"  {'y on x':<24}{'hedge':>10}{'p':>9}{'adjusted':>10}{'half-life':>11}{'crossings':>11}{'return r':>10}{'held out p':>12}{'lasted':>8}"
    return [
        head,
        *(_row(pair) for pair in pairs[: 3 * _SHOWN]),
        *([f"  and {len(pairs) - 3 * _SHOWN} more"] if len(pairs) > 3 * _SHOWN else []),
    ]


def _row(pair: ScreenedPair) -> str:
    held = pair.held_out.p_value if pair.held_out else None
    lasted = "–" if pair.persistence is None else f"{sum(pair.persistence.passed)}/{len(pair.persistence.passed)}"
    crossings = "–" if pair.crossings is None else f"{pair.crossings:,}"
    return (
        f"  {pair.y + ' on ' + pair.x:<24}{_number(pair.hedge_ratio, '.5g'):>10}{_number(pair.decisive, '.4f'):>9}{_number(pair.adjusted, '.4f'):>10}"
        f"{_number(pair.half_life, '.1f'):>11}{crossings:>11}{_number(pair.correlation, '.3f'):>10}{_number(held, '.4f'):>12}{lasted:>8}"
    )


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else "∞" if value == np.inf else format(value, form).replace("-", "−")
