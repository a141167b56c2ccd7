"""The venue's frames, written by hand: key for key and byte for byte what it sends.

Times go in as microseconds and leave as milliseconds unless microseconds were asked for.
"""

import json

from core.exchange.klines import Bar
from core.exchange.listing import Listing, amount
from core.exchange.tape import Aggregate, Trade

#: Keys whose value is a time, in any event that a capture may hold.
_TIMES = ("E", "T")
_KLINE_TIMES = ("t", "T")


def truth(value: bool) -> str:
    return "true" if value else "false"


def trade(symbol: str, t: Trade, divisor: int, extra: str = "") -> str:
    """``<symbol>@trade``; `divisor` is 1000 for milliseconds, 1 for microseconds, `extra` more JSON members."""
    return (
        f'{{"e":"trade","E":{t.event_us // divisor},"s":"{symbol}","t":{t.id},"p":"{amount(t.price)}",'
        f'"q":"{amount(t.quantity)}","T":{t.time_us // divisor},"m":{truth(t.buyer_maker)},"M":true{extra}}}'
    )


def aggregate(symbol: str, a: Aggregate, divisor: int) -> str:
    """``<symbol>@aggTrade``."""
    return (
        f'{{"e":"aggTrade","E":{a.event_us // divisor},"s":"{symbol}","a":{a.id},"p":"{amount(a.price)}",'
        f'"q":"{amount(a.quantity)}","f":{a.first_id},"l":{a.last_id},"T":{a.time_us // divisor},'
        f'"m":{truth(a.buyer_maker)},"M":true}}'
    )


def kline(listing: Listing, interval: str, bar: Bar, event_us: int, closed: bool, divisor: int) -> str:
    """``<symbol>@kline_<interval>``."""
    price, quantity, quote = listing.price_text, listing.quantity_text, listing.quote_text
    return (
        f'{{"e":"kline","E":{event_us // divisor},"s":"{listing.symbol}","k":{{"t":{bar.open_us // divisor},'
        f'"T":{bar.end_us // divisor - 1},"s":"{listing.symbol}","i":"{interval}","f":{bar.first_id},"L":{bar.last_id},'
        f'"o":"{price(bar.open)}","c":"{price(bar.close)}","h":"{price(bar.high)}","l":"{price(bar.low)}",'
        f'"v":"{quantity(bar.volume)}","n":{bar.trades},"x":{truth(closed)},"q":"{quote(bar.quote)}",'
        f'"V":"{quantity(bar.taker_volume)}","Q":"{quote(bar.taker_quote)}","B":"0"}}}}'
    )


def mini_ticker(listing: Listing, day: Bar, event_us: int, divisor: int, extra: str = "") -> str:
    """``<symbol>@miniTicker``: the last 24 hours in short; `extra` are more JSON members."""
    price = listing.price_text
    return (
        f'{{"e":"24hrMiniTicker","E":{event_us // divisor},"s":"{listing.symbol}","c":"{price(day.close)}",'
        f'"o":"{price(day.open)}","h":"{price(day.high)}","l":"{price(day.low)}",'
        f'"v":"{listing.quantity_text(day.volume)}","q":"{listing.quote_text(day.quote)}"{extra}}}'
    )


def book_ticker(symbol: str, update_id: int, quote: tuple[int, int, int, int]) -> str:
    """``<symbol>@bookTicker``: best bid, its quantity, best ask, its quantity [1e-8]. It has neither ``e`` nor ``E``."""
    bid, bid_quantity, ask, ask_quantity = map(amount, quote)
    return f'{{"u":{update_id},"s":"{symbol}","b":"{bid}","B":"{bid_quantity}","a":"{ask}","A":"{ask_quantity}"}}'


def combined(stream: str, event: str) -> str:
    """An event in the envelope of a combined stream."""
    return f'{{"stream":"{stream}","data":{event}}}'


def text_frame(text: str) -> bytes:
    """A whole unmasked text frame (RFC 6455, section 5.2)."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


def retimed(event: str, shift_us: int, divisor: int) -> str:
    """A captured millisecond event with its times moved by `shift_us` and in the asked unit; verbatim where it can be."""
    if not shift_us and divisor == 1000:
        return event
    fields = json.loads(event)
    _retime(fields, _TIMES, shift_us, divisor)
    if isinstance(fields.get("k"), dict):
        _retime(fields["k"], _KLINE_TIMES, shift_us, divisor)
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False)


def _retime(fields: dict[str, object], names: tuple[str, ...], shift_us: int, divisor: int) -> None:
    for name in names:
        value = fields.get(name)
        if isinstance(value, int):
            fields[name] = (value * 1000 + shift_us) // divisor


def dumps(value: object) -> str:
    """Compact JSON, non-ASCII left as it is."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def ack(id: object, result: object = None) -> str:
    """The answer to a control request that was understood."""
    return dumps({"result": result, "id": id})


def error(id: object, code: int, message: str) -> str:
    """The answer to one that was not: nested, as the real servers send it."""
    return dumps({"error": {"code": code, "msg": message}, "id": id})
