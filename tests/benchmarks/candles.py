"""Ticks to candles: the desk's columns against pandas' resample and polars' group_by_dynamic, one after the other."""

import time
from collections.abc import Callable
from typing import Any

import pandas as pd
import polars as pl

from core import candles
from core.market import Interval, Trades
from tests.benchmarks import market
from tests.benchmarks.report import Options, Table, median

_INTERVALS = ("1s", "1m", "5m")
_TRADES_PER_SECOND = 50
_START_US = 1_723_161_600_000_000


def run(options: Options) -> list[Table]:
    count, rounds = (200_000, 2) if options.quick else (1_000_000, 7)
    trades = market.trades(count, _START_US, _TRADES_PER_SECOND)
    peers = {
        "the desk (NumPy, exact integers)": _desk(trades),
        "pandas resample (floats)": _pandas(trades),
        "polars group_by_dynamic (floats)": _polars(trades),
    }
    times: dict[tuple[str, str], list[float]] = {(name, text): [] for name in peers for text in _INTERVALS}
    for text in _INTERVALS:
        _agree([make(text) for make in peers.values()], count)
        for _ in range(rounds):
            for name, make in peers.items():
                started = time.perf_counter()
                make(text)
                times[name, text].append(time.perf_counter() - started)
    return [_table(list(peers), times, count, rounds)]


def _table(names: list[str], times: dict[tuple[str, str], list[float]], count: int, rounds: int) -> Table:
    speed = {key: count / median(seconds) / 1e6 for key, seconds in times.items()}
    own = names[0]
    columns = ["", *(f"{text} Mticks/s" for text in _INTERVALS), *(f"{text} desk x" for text in _INTERVALS)]
    table = Table(f"Ticks to candles, {count:,} trades of one symbol (medians of {rounds} interleaved rounds)", columns)
    for name in names:
        speeds = [speed[name, text] for text in _INTERVALS]
        ratios = [speed[own, text] / speed[name, text] for text in _INTERVALS]
        table.rows.append([name, *speeds, *ratios])
    table.notes.append(
        "open, high, low, close, volume, quote volume, count, takers' volume and quote volume; the desk's has first and last "
        f"trade id besides. {_TRADES_PER_SECOND} trades a second; polars uses {pl.thread_pool_size()} threads, the others one."
    )
    return table


def _desk(trades: Trades) -> Callable[[str], Any]:
    return lambda text: candles.from_trades(trades, Interval.parse(text))


def _floats(trades: Trades) -> dict[str, Any]:
    price, quantity = trades.price / 10**trades.scale.price, trades.quantity / 10**trades.scale.quantity
    return {"price": price, "quantity": quantity, "bought": ~trades.is_buyer_maker}


def _pandas(trades: Trades) -> Callable[[str], Any]:
    ticks = pd.DataFrame(_floats(trades), index=pd.to_datetime(trades.trade_time_us, unit="us"))
    rules = {"1s": "1s", "1m": "1min", "5m": "5min"}

    def make(text: str) -> pd.DataFrame:
        quote = ticks["price"] * ticks["quantity"]
        sums = pd.DataFrame(
            {
                "volume": ticks["quantity"],
                "quote_volume": quote,
                "taker_buy_volume": ticks["quantity"] * ticks["bought"],
                "taker_buy_quote_volume": quote * ticks["bought"],
            }
        )
        bars = ticks["price"].resample(rules[text]).ohlc()
        bars["trade_count"] = ticks["price"].resample(rules[text]).count()
        bars = bars.join(sums.resample(rules[text]).sum())
        return bars[bars["trade_count"] > 0]

    return make


def _polars(trades: Trades) -> Callable[[str], Any]:
    times = pl.Series(trades.trade_time_us).cast(pl.Datetime("us"))
    ticks = pl.DataFrame({"time": times, **_floats(trades)}).set_sorted("time")
    price, quantity, bought = pl.col("price"), pl.col("quantity"), pl.col("bought")

    def make(text: str) -> pl.DataFrame:
        return ticks.group_by_dynamic("time", every=text).agg(
            open=price.first(),
            high=price.max(),
            low=price.min(),
            close=price.last(),
            volume=quantity.sum(),
            quote_volume=(price * quantity).sum(),
            trade_count=pl.len(),
            taker_buy_volume=(quantity * bought).sum(),
            taker_buy_quote_volume=(price * quantity * bought).sum(),
        )

    return make


def _agree(results: list[Any], count: int) -> None:
    """The peers do the same work. Raise RuntimeError where they do not."""
    sizes = {len(result) for result in results}
    counts = [
        int((result.trade_count if not isinstance(result, pl.DataFrame) else result["trade_count"]).sum())
        for result in results
    ]
    if len(sizes) != 1 or set(counts) != {count}:
        raise RuntimeError(f"the peers' bars differ: {sizes} bars of {counts} trades")
