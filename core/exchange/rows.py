"""REST rows: trades, aggregates and klines as the venue prints them."""

from core.exchange.klines import Bar
from core.exchange.listing import UNIT, amount
from core.exchange.tape import Aggregate, Trade

Row = dict[str, object]


def trade_row(trade: Trade, divisor: int) -> Row:
    """A row of ``trades`` and ``historicalTrades``."""
    return {
        "id": trade.id, "price": amount(trade.price), "qty": amount(trade.quantity),
        "quoteQty": amount(trade.price * trade.quantity // UNIT), "time": trade.time_us // divisor,
        "isBuyerMaker": trade.buyer_maker, "isBestMatch": True,
    }  # fmt: skip


def aggregate_row(aggregate: Aggregate, divisor: int) -> Row:
    """A row of ``aggTrades``."""
    return {
        "a": aggregate.id, "p": amount(aggregate.price), "q": amount(aggregate.quantity), "f": aggregate.first_id,
        "l": aggregate.last_id, "T": aggregate.time_us // divisor, "m": aggregate.buyer_maker, "M": True,
    }  # fmt: skip


def kline_row(bar: Bar, divisor: int) -> list[object]:
    """A row of ``klines``: twelve fields, the close time the last instant of the bar."""
    return [
        bar.open_us // divisor, amount(bar.open), amount(bar.high), amount(bar.low), amount(bar.close),
        amount(bar.volume), bar.end_us // divisor - 1, amount(bar.quote // UNIT), bar.trades,
        amount(bar.taker_volume), amount(bar.taker_quote // UNIT), "0",
    ]  # fmt: skip
