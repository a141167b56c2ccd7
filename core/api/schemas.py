"""What leaves the process, as models, which only this module and its sisters ``schemas_*`` have.

Prices and volumes are exact decimals as strings. ``open_time`` is epoch milliseconds, every other time epoch
microseconds. What is not known is null.
"""

from typing import Self

from pydantic import BaseModel, Field

from core.api.schemas_accounts import QualityModel
from core.health import SymbolHealth
from core.market import BarState, decimal_text


class ProblemDetail(BaseModel):
    code: str = Field(description="what kind of error, for programs")
    message: str = Field(description="what was found, what was expected and what to do, for people")


class Problem(BaseModel):
    """Every error's answer."""

    error: ProblemDetail


class SymbolRow(BaseModel):
    """A symbol that is being collected. The exponents are the decimals of its prices and quantities."""

    symbol: str
    state: str
    words: str
    price_exponent: int | None
    quantity_exponent: int | None
    price: str | None = Field(description="of the last trade, an exact decimal")

    @classmethod
    def of(cls, symbol: SymbolHealth) -> Self:
        scale = symbol.scale
        return cls(
            symbol=str(symbol.symbol),
            state=symbol.state,
            words=symbol.words,
            price_exponent=None if scale is None else scale.price,
            quantity_exponent=None if scale is None else scale.quantity,
            price=last_price(symbol),
        )


class SymbolList(BaseModel):
    symbols: list[SymbolRow]


class Candle(BaseModel):
    """One bar, ``[open_time, open_time + interval)``."""

    open_time: int = Field(description="epoch ms")
    open: str
    high: str
    low: str
    close: str
    volume: str
    quote_volume: str
    trade_count: int
    taker_buy_volume: str
    taker_buy_quote_volume: str
    vwap: str | None = Field(description="quote volume / volume, rounded to the price's decimals and four more")
    state: BarState
    revision: int = Field(description="how often it changed after it was confirmed")
    source: str = Field(description="own, seeded or imported")
    flags: list[str] = Field(
        description="partial: the record begins inside it; gap: trades of it are missing; checked: equal to the venue's "
        "own bar; spanned: equal but for a trade over its boundary; differs: it is not what the venue's own says"
    )
    present: float | None = Field(
        1.0,
        description="the least share of its trades that is proven present, left out where it is 1; null: unknown yet",
    )


class CandleColumns(BaseModel):
    """The same bars, a list a column."""

    open_time: list[int]
    open: list[str]
    high: list[str]
    low: list[str]
    close: list[str]
    volume: list[str]
    quote_volume: list[str]
    trade_count: list[int]
    taker_buy_volume: list[str]
    taker_buy_quote_volume: list[str]
    vwap: list[str | None]
    state: list[BarState]
    revision: list[int]
    source: list[str]
    flags: list[list[str]]
    present: list[float | None]


class CandlePage(BaseModel):
    """Bars ascending by open time; intervals without trades are absent."""

    symbol: str
    interval: str
    watermark: int | None = Field(description="the event time up to which bars are final, epoch us")
    count: int
    truncated: bool = Field(description="the range that was asked for holds more bars than these")
    quality: QualityModel = Field(
        description="of the window from the first to the last of these bars that is not forming"
    )
    candles: list[Candle] | CandleColumns


def last_price(symbol: SymbolHealth) -> str | None:
    """The last trade's price as an exact decimal."""
    if symbol.last_price is None or symbol.scale is None:
        return None
    return decimal_text(symbol.last_price, symbol.scale.price)
