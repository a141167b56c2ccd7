"""REST rows: trades, aggregates and klines as the venue prints them."""

from core.exchange.klines import Bar
from core.exchange.listing import UNIT, Listing, amount
from core.exchange.merging import improved
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


def futures_trade_row(listing: Listing, trade: Trade) -> Row:
    """A row of the futures market's ``trades`` and ``historicalTrades``."""
    return {
        "id": trade.id, "price": listing.price_text(trade.price), "qty": listing.quantity_text(trade.quantity),
        "quoteQty": listing.quote_text(trade.price * trade.quantity), "time": trade.time_us // 1000,
        "isBuyerMaker": trade.buyer_maker, "isRPITrade": improved(trade),
    }  # fmt: skip


def futures_aggregate_row(listing: Listing, aggregate: Aggregate) -> Row:
    """A row of the futures market's ``aggTrades``."""
    return {
        "a": aggregate.id, "p": listing.price_text(aggregate.price), "q": listing.quantity_text(aggregate.quantity),
        "nq": listing.quantity_text(0 if improved(aggregate) else aggregate.quantity), "f": aggregate.first_id,
        "l": aggregate.last_id, "T": aggregate.time_us // 1000, "m": aggregate.buyer_maker,
    }  # fmt: skip


def kline_row(listing: Listing, bar: Bar, divisor: int) -> list[object]:
    """A row of ``klines``: twelve fields, the close time the last instant of the bar."""
    price, quantity, quote = listing.price_text, listing.quantity_text, listing.quote_text
    return [
        bar.open_us // divisor, price(bar.open), price(bar.high), price(bar.low), price(bar.close),
        quantity(bar.volume), bar.end_us // divisor - 1, quote(bar.quote), bar.trades,
        quantity(bar.taker_volume), quote(bar.taker_quote), "0",
    ]  # fmt: skip
