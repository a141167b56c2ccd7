"""What should have arrived, by the exchange's own log, and what the desk's database holds instead."""

import json
import urllib.request
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.exchange.child import ExchangeProcess
from core.market import MINUTE, SECOND, BarFlag, BarSource, Candles, Interval, Symbol
from core.store.reader import Reader

_PAGE = 100_000
_UNIT = Decimal(10) ** 8


@dataclass
class Verdict:
    """Trades of the exchange's log from the desk's first stored one to its last, beside what is stored."""

    sent: int = 0
    stored: int = 0
    missing: int = 0
    duplicates: int = 0
    wrong: int = 0
    given_up: int = 0
    bars: int = 0
    bars_differing: int = 0
    bars_spanning: int = 0
    aggregated: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, other: "Verdict") -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def newest(exchange: ExchangeProcess, symbol: Symbol) -> int:
    """The last id that the exchange has published."""
    found: int = _get(exchange, "/_exchange/stats")["symbols"][symbol.name]["last_id"]
    return found


def verdict(exchange: ExchangeProcess, reader: Reader, symbol: Symbol) -> Verdict:
    """Compare one symbol's record with the exchange's log, trade by trade and bar by bar."""
    last = reader.last(symbol)
    assert last is not None, f"nothing of {symbol} was stored"
    first_id, last_id = last.sequence.first, last.sequence.last
    result = Verdict()
    start = first_id
    while start <= last_id:
        stop = min(start + _PAGE - 1, last_id)
        _compare_trades(result, exchange, reader, symbol, start, stop)
        start = stop + 1
    _compare_bars(result, exchange, reader, symbol)
    return result


def _compare_trades(
    result: Verdict, exchange: ExchangeProcess, reader: Reader, symbol: Symbol, first: int, last: int
) -> None:
    log = {row[0]: row for row in _log(exchange, symbol, first, last)}
    stored = reader.trades_after(symbol, first - 1, _PAGE + 10, last)
    result.sent += len(log)
    result.stored += int((stored.last_id - stored.trade_id + 1).sum())
    seen: set[int] = set()
    for trade in stored.rows():
        ids = range(trade.first_id, trade.last_id + 1)
        result.duplicates += sum(i in seen for i in ids)
        seen.update(ids)
        if len(ids) > 1:
            result.aggregated += len(ids)
        theirs = log.get(trade.id)
        ours = (
            Decimal(trade.price).scaleb(-trade.scale.price) * _UNIT, trade.trade_time_us // 1000, trade.is_buyer_maker
        )  # fmt: skip
        if theirs is None or ours != (theirs[1], theirs[3] // 1000, bool(theirs[4])):
            result.wrong += 1
            result.problems.append(f"{symbol} trade {trade.id}: stored {ours}, exchange {theirs}")
        elif len(ids) == 1 and Decimal(trade.quantity).scaleb(-trade.scale.quantity) * _UNIT != theirs[2]:
            result.wrong += 1
            result.problems.append(f"{symbol} trade {trade.id}: quantity {trade.quantity}, exchange {theirs}")
    absent = sorted(set(log) - seen)
    result.missing += len(absent)
    if absent:
        result.problems.append(f"{symbol}: {len(absent)} trades missing, {absent[0]} to {absent[-1]}")


def _compare_bars(result: Verdict, exchange: ExchangeProcess, reader: Reader, symbol: Symbol) -> None:
    """Every own bar between the partial first one and the watermark, beside what the exchange's log makes of it.

    On spot that is its kline, which is made of the same trades. An aggregate of USD-M carries its first fill's time: bars are
    the sums of aggregates there, and those that differ from the klines, which are made of single fills, are counted.
    """
    for interval in (SECOND, MINUTE):
        bars = reader.candles(symbol, interval, limit=100_000)
        bars = bars.take(bars.open_time_us + interval.us <= bars.watermark_us)
        bars = bars.take((bars.source == BarSource.OWN) & (bars.flags & BarFlag.PARTIAL == 0))
        if len(bars) == 0:
            continue
        first, last = int(bars.open_time_us[0]), int(bars.open_time_us[-1])
        klines = _klines(exchange, symbol, str(interval), first, last)
        theirs = _sums(exchange, symbol, interval, bars, first, last) if symbol.counts_aggregates else dict(klines)
        for at, ours in _rows(bars).items():
            result.bars += 1
            if theirs.pop(at, None) != ours:
                result.bars_differing += 1
                result.problems.append(f"{symbol} {interval} {at}: {ours}, exchange {klines.get(at)}")
            elif klines.get(at) != ours:
                result.bars_spanning += 1
        absent = [at for at, bar in theirs.items() if bar[-1] > 0]
        result.bars_differing += len(absent)
        result.problems += [f"{symbol} {interval} {at}: no bar, exchange {theirs[at]}" for at in absent]


def _sums(
    exchange: ExchangeProcess, symbol: Symbol, interval: Interval, bars: Candles, first_us: int, last_us: int
) -> dict[int, tuple[Any, ...]]:
    """The bars of the aggregates in the log, one aggregate after the other."""
    found: dict[int, list[Any]] = {}
    low, high = int(bars.first_trade_id.min()), int(bars.last_trade_id.max())
    for _, price, quantity, time_us, maker, *_rest in _log(exchange, symbol, low, high):
        at = interval.floor(time_us)
        if not first_us <= at <= last_us:
            continue
        p, q = Decimal(price) / _UNIT, Decimal(quantity) / _UNIT
        bought = Decimal(0) if maker else q
        bar = found.setdefault(at, [p, p, p, p, Decimal(0), Decimal(0), Decimal(0), Decimal(0), 1])
        bar[1], bar[2], bar[3] = max(bar[1], p), min(bar[2], p), p
        for place, value in ((4, q), (5, p * q), (6, bought), (7, p * bought)):
            bar[place] += value
    return {at: tuple(bar) for at, bar in found.items()}


def _rows(bars: Any) -> dict[int, tuple[Any, ...]]:
    scale = bars.scale
    exponents = (scale.price,) * 4 + (scale.quantity, scale.quote, scale.quantity, scale.quote)
    names = (
        "open", "high", "low", "close", "volume", "quote_volume", "taker_buy_volume", "taker_buy_quote_volume"
    )  # fmt: skip
    columns = [
        [Decimal(value).scaleb(-exponent) for value in getattr(bars, name).tolist()]
        for name, exponent in zip(names, exponents, strict=True)
    ]
    counts = [1] * len(bars) if bars.symbol.counts_aggregates else bars.trade_count.tolist()
    return dict(zip(bars.open_time_us.tolist(), zip(*columns, counts, strict=True), strict=True))


def _klines(
    exchange: ExchangeProcess, symbol: Symbol, interval: str, first_us: int, last_us: int
) -> dict[int, tuple[Any, ...]]:
    found: dict[int, tuple[Any, ...]] = {}
    start = first_us
    while start <= last_us:
        query = f"symbol={symbol.name}&interval={interval}&startTime={start}&endTime={last_us}&limit=1000"
        rows = _get(exchange, f"/_exchange/klines?{query}")
        if not rows:
            break
        for row in rows:
            at = int(row[0]) if int(row[0]) > 10**14 else int(row[0]) * 1000
            o, h, low, c, volume, quote, bought, bought_quote = (Decimal(row[i]) for i in (1, 2, 3, 4, 5, 7, 9, 10))
            count = 1 if symbol.counts_aggregates else int(row[8])
            if int(row[8]):
                found[at] = (o, h, low, c, volume, quote, bought, bought_quote, count)
            start = at + 1_000_000
    return found


def _log(exchange: ExchangeProcess, symbol: Symbol, first: int, last: int) -> list[list[Any]]:
    rows: list[list[Any]] = _get(exchange, f"/_exchange/trades?symbol={symbol.name}&fromId={first}&toId={last}")
    return rows


def _get(exchange: ExchangeProcess, path: str) -> Any:
    with urllib.request.urlopen(exchange.rest_url + path, timeout=60) as answer:
        return json.load(answer)
