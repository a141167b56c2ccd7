"""The rolling 24 hours of a symbol, for streams and REST."""

from collections.abc import Callable

from core.exchange import wire
from core.exchange.klines import Bar
from core.exchange.listing import amount
from core.exchange.market import Quoted
from core.market import DAY_US


def day_bar(quoted: Quoted, now_us: int) -> Bar | None:
    """The trades of the last 24 hours as one bar; None where there are none."""
    return quoted.klines.total(now_us - DAY_US + 1, now_us + 1)


def quote(quoted: Quoted) -> tuple[int, int, int, int] | None:
    """Best bid, its quantity, best ask, its quantity [1e-8], as the last trade suggests them; None before any."""
    last = quoted.tape.last()
    if last is None:
        return None
    tick = quoted.tape.listing.tick
    bid = last.price if last.buyer_maker else last.price - tick
    return bid, last.quantity * 2, bid + tick, last.quantity * 3


def signed(value: int, text: Callable[[int], str] = amount) -> str:
    """A difference [1e-8] with its sign, printed by `text`."""
    return f"-{text(-value)}" if value < 0 else text(value)


def percent(change: int, base: int) -> str:
    """`change` of `base` in percent with three decimals, exact to the half."""
    if not base:
        return "0.000"
    thousandths = (2 * abs(change) * 100_000 + base) // (2 * base)
    return f"{'-' if change < 0 and thousandths else ''}{thousandths // 1000}.{thousandths % 1000:03d}"


def average(day: Bar) -> int:
    """The volume-weighted average price [1e-8], rounded down."""
    return day.quote // day.volume if day.volume else day.close


def full(quoted: Quoted, day: Bar) -> dict[str, str | int]:
    """What both the stream and REST say of 24 hours, under REST's names, times apart."""
    listing, last = quoted.tape.listing, quoted.tape.last()
    price, quantity = listing.price_text, listing.quantity_text
    before = quoted.tape.last(day.open_us)
    change = day.close - day.open
    bid, bid_quantity, ask, ask_quantity = quote(quoted) or (0, 0, 0, 0)
    return {
        "symbol": listing.symbol, "priceChange": signed(change, price), "priceChangePercent": percent(change, day.open),
        "weightedAvgPrice": price(average(day)), "prevClosePrice": price(before.price if before else day.open),
        "lastPrice": price(day.close), "lastQty": quantity(last.quantity if last else 0), "bidPrice": price(bid),
        "bidQty": quantity(bid_quantity), "askPrice": price(ask), "askQty": quantity(ask_quantity),
        "openPrice": price(day.open), "highPrice": price(day.high), "lowPrice": price(day.low),
        "volume": quantity(day.volume), "quoteVolume": listing.quote_text(day.quote), "openTime": day.open_us,
        "closeTime": day.end_us - 1, "firstId": day.first_id, "lastId": day.last_id, "count": day.trades,
    }  # fmt: skip


STREAM_KEYS = (
    ("p", "priceChange"), ("P", "priceChangePercent"), ("w", "weightedAvgPrice"), ("x", "prevClosePrice"),
    ("c", "lastPrice"), ("Q", "lastQty"), ("b", "bidPrice"), ("B", "bidQty"), ("a", "askPrice"), ("A", "askQty"),
    ("o", "openPrice"), ("h", "highPrice"), ("l", "lowPrice"), ("v", "volume"), ("q", "quoteVolume"),
    ("O", "openTime"), ("C", "closeTime"), ("F", "firstId"), ("L", "lastId"), ("n", "count"),
)  # fmt: skip


def in_unit(fields: dict[str, str | int], divisor: int) -> dict[str, str | int]:
    """`fields` with their times in the asked unit."""
    return fields | {name: int(fields[name]) // divisor for name in ("openTime", "closeTime")}


def day_ticker(quoted: Quoted, day: Bar, event_us: int, divisor: int) -> str:
    """``<symbol>@ticker``."""
    fields = in_unit(full(quoted, day), divisor)
    head = {"e": "24hrTicker", "E": event_us // divisor, "s": fields["symbol"]}
    return wire.dumps(head | {short: fields[long] for short, long in STREAM_KEYS})
