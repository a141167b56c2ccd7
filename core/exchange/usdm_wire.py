"""The futures market's frames, where they differ from the spot market's. Their times are milliseconds."""

from core.exchange import wire
from core.exchange.klines import Bar
from core.exchange.listing import Listing
from core.exchange.market import Quoted
from core.exchange.merging import improved
from core.exchange.tape import Aggregate, Trade
from core.exchange.tickers import STREAM_KEYS, full, in_unit

_MS = 1000
#: Spot's alone.
_NOT_TOLD = frozenset("xbBaA")


def aggregate(listing: Listing, a: Aggregate, divisor: int = _MS, extra: str = "") -> str:
    """``<symbol>@aggTrade``; `extra` are more JSON members."""
    quantity = listing.quantity_text(a.quantity)
    return (
        f'{{"e":"aggTrade","E":{a.event_us // divisor},"a":{a.id},"s":"{listing.symbol}",'
        f'"p":"{listing.price_text(a.price)}","q":"{quantity}",'
        f'"nq":"{listing.quantity_text(0) if improved(a) else quantity}","f":{a.first_id},"l":{a.last_id},'
        f'"T":{a.time_us // divisor},"m":{wire.truth(a.buyer_maker)},"st":1{extra}}}'
    )


def book_ticker(listing: Listing, last: Trade, quote: tuple[int, int, int, int]) -> str:
    """``<symbol>@bookTicker``: best bid, its quantity, best ask, its quantity [1e-8] after the `last` trade."""
    bid, bid_quantity, ask, ask_quantity = quote
    price, quantity = listing.price_text, listing.quantity_text
    return (
        f'{{"e":"bookTicker","u":{last.id},"s":"{listing.symbol}","ps":"{listing.symbol}","b":"{price(bid)}",'
        f'"B":"{quantity(bid_quantity)}","a":"{price(ask)}","A":"{quantity(ask_quantity)}",'
        f'"T":{last.time_us // _MS},"E":{last.event_us // _MS},"st":1}}'
    )


def mini_ticker(listing: Listing, day: Bar, event_us: int) -> str:
    """``<symbol>@miniTicker``: the last 24 hours in short."""
    return wire.mini_ticker(listing, day, event_us, _MS, f',"ps":"{listing.symbol}","st":1')


def day_ticker(quoted: Quoted, day: Bar, event_us: int) -> str:
    """``<symbol>@ticker``."""
    fields = in_unit(full(quoted, day), _MS)
    symbol = quoted.tape.listing.symbol
    told = {short: fields[long] for short, long in STREAM_KEYS if short not in _NOT_TOLD}
    return wire.dumps({"e": "24hrTicker", "E": event_us // _MS, "s": symbol, **told, "ps": symbol, "st": 1})
