"""The pair that a command is asked for: its options, and its analysis from the database or from a file."""

import argparse
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from core import sources
from core.analytics.leadlag import LeadLag
from core.commands import tables
from core.commands.database import reading
from core.config import Settings
from core.errors import ConfigError
from core.market import MINUTE, Interval, Symbol, iso
from core.monitor.analyses import analyzed
from core.monitor.proof import Proof
from core.pairs import Leg, PairAnalysis, PairSpec, Unknown, analyze
from core.pairs.lead import leads
from core.pairs.synchronous import synchronous_legs
from core.store import Reader
from core.store.gaps import UNFINISHED

_ALL_GAPS = 1_000_000
_DEFAULT_WINDOW = 240
#: Trades of each leg that the lead is looked for in.
_NEWEST = 100_000
_CHOICES = ("price", "estimator", "spread", "z", "trend", "align")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which pair, which bars, and how it is analysed."""
    parser.add_argument("symbols", nargs="*", metavar="SYMBOL", help="y and x, such as BTCUSDT ETHUSDT")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="take two columns of a CSV or Parquet file, every row")
    parser.add_argument("--y", metavar="COL", help="of the file")
    parser.add_argument("--x", metavar="COL", help="of the file")
    parser.add_argument("--interval", default="1m", help="of the bars (default 1m)")
    parser.add_argument("--lookback", default="1d", help="how far back estimates reach (default 1d)")
    parser.add_argument(
        "--window", type=int, help=f"of rolling values, in bars (default {_DEFAULT_WINDOW}, or a quarter)"
    )
    parser.add_argument("--log", action="store_true", help="of a file: take logs (of symbols that is the default)")
    parser.add_argument("--price", choices=("log", "level"), help="what hedge, spread and tests are computed on")
    parser.add_argument(
        "--estimator",
        default="ols",
        help="ols, rolling_ols, tls, huber, theil_sen, kalman, johansen, min_half_life or box_tiao",
    )
    parser.add_argument("--spread", default="residual", help="residual or ratio")
    parser.add_argument("--z", default="rolling", help="rolling, ewm, robust, prior, or innovation (of kalman)")
    parser.add_argument("--trend", default="c", help="of the tests: c, ct or ctt")
    parser.add_argument("--lags", default="aic", help="of the tests: aic, bic or a number")
    parser.add_argument("--align", default="inner", help="inner, or fill: carry a leg's last close forward")
    parser.add_argument(
        "--synchronous",
        type=int,
        metavar="K",
        help="of symbols: bars that close when both have traded K times, from their newest trades",
    )
    parser.add_argument("--stale-limit", type=int, default=0, metavar="BARS", help="how old a carried close may be")


def analysis(arguments: argparse.Namespace) -> tuple[PairAnalysis, bool]:
    """The analysis, and whether its bars have times. Raise DeskError."""
    if arguments.csv:
        return _of_file(arguments)
    return (_of_database(arguments), True) if arguments.synchronous is None else (_of_trades(arguments), False)


def lead_of(arguments: argparse.Namespace) -> LeadLag | Unknown:
    """Which of two symbols of the database moves first, by their newest trades."""
    if arguments.csv:
        return Unknown("a file of closes has no trades")
    y, x = _symbols(arguments)
    with reading(Settings.load()) as reader:
        return leads(reader.last_trades(y, _NEWEST), reader.last_trades(x, _NEWEST))


def _of_file(arguments: argparse.Namespace) -> tuple[PairAnalysis, bool]:
    if arguments.symbols or not (arguments.y and arguments.x):
        raise ConfigError("with --csv FILE the legs are columns: expected --y COL --x COL, and no symbols")
    found = tables.wide(arguments.csv, (arguments.y, arguments.x))
    rows = len(found.closes[0])
    steps = np.unique(np.diff(found.times[0])) if found.timed else np.empty(0)
    timed = len(steps) == 1 and steps[0] > 0 and steps[0] % 1_000_000 == 0
    interval = Interval(int(steps[0])) if timed else MINUTE  # every row is a bar, whatever its time
    times = found.times[0] if timed else np.arange(rows, dtype=np.int64) * interval.us
    window = arguments.window or min(_DEFAULT_WINDOW, max(3, rows // 4))
    price = arguments.price or ("log" if arguments.log else "level")
    spec = _spec(arguments, Symbol("Y"), Symbol("X"), interval, max(rows, window) * interval.us, window, price)
    y, x = (Leg(name, times, closes, rows) for name, closes in zip(found.names, found.closes, strict=True))
    end_us = int(times[-1]) + interval.us if rows else 0
    return analyze(spec, y, x, end_us, str(arguments.csv)), timed


def _of_trades(arguments: argparse.Namespace) -> PairAnalysis:
    """By bars that both legs close together; rows count as minutes, whatever the time between them."""
    y, x = _symbols(arguments)
    with reading(Settings.load()) as reader:
        _check_known(reader, y, x)
        legs = synchronous_legs(reader.last_trades(y, _NEWEST), reader.last_trades(x, _NEWEST), arguments.synchronous)
    rows = len(legs.y)
    window = arguments.window or min(_DEFAULT_WINDOW, max(3, rows // 4))
    spec = _spec(arguments, y, x, MINUTE, max(rows, window) * MINUTE.us, window, arguments.price or "log")
    source = (
        f"bars in which both trade {arguments.synchronous} times, {iso(legs.from_us)} to {iso(legs.to_us)}, half of them shorter than {legs.seconds:g} s, "
        f"the older price half the time over {legs.age_seconds:g} s old"
    )
    return analyze(spec, legs.y, legs.x, rows * MINUTE.us, source)


def _of_database(arguments: argparse.Namespace) -> PairAnalysis:
    y, x = _symbols(arguments)
    interval, lookback = Interval.parse(arguments.interval), Interval.parse(arguments.lookback)
    window = arguments.window or min(_DEFAULT_WINDOW, max(3, lookback.us // interval.us // 4))
    spec = _spec(arguments, y, x, interval, lookback.us, window, arguments.price or "log")
    settings = Settings.load()
    with reading(settings) as reader:
        _check_known(reader, y, x)
        end_us = interval.floor(reader.watermark_us())
        return analyzed(reader, partial(proof, reader), spec, end_us, sources.market_name(settings))


def _symbols(arguments: argparse.Namespace) -> tuple[Symbol, Symbol]:
    if len(arguments.symbols) != 2 or arguments.y or arguments.x:
        raise ConfigError("expected two symbols, such as: BTCUSDT ETHUSDT; or --csv FILE --y COL --x COL")
    y, x = (Symbol.parse(text) for text in arguments.symbols)
    return y, x


def _check_known(reader: Reader, *symbols: Symbol) -> None:
    known = reader.symbols()
    strangers = [str(symbol) for symbol in symbols if symbol not in known]
    if strangers:
        there = ", ".join(map(str, known)) or "none"
        raise ConfigError(f"there are no trades of {', '.join(strangers)} in the database; there are of: {there}")


def proof(reader: Reader, symbol: Symbol) -> Proof:
    """What a database by itself says of a symbol's wholeness: up to its last trade, but for the gap ledger."""
    last = reader.last(symbol)
    return Proof(reader.gaps(symbol, UNFINISHED, _ALL_GAPS), last.trade_time_us if last else 0, reader.watermark_us())


def _spec(
    arguments: argparse.Namespace, y: Symbol, x: Symbol, interval: Interval, lookback_us: int, window: int, price: str
) -> PairSpec:
    lags = int(arguments.lags) if arguments.lags.isdecimal() else arguments.lags
    chosen: dict[str, Any] = {name: getattr(arguments, name) for name in _CHOICES}
    chosen |= {"price": price, "lags": lags, "stale_limit": arguments.stale_limit}
    return PairSpec(y, x, interval, lookback_us, window, **chosen)
