"""Bars to JSON, exactly and fast: the API's hot path.

Validating thousands of rows that the desk itself made would take longer than reading them, so the bytes are made
here; a test reads them back through the models of ``schemas``.
"""

from enum import StrEnum
from itertools import chain, combinations
from typing import Any

import msgspec
import numpy as np

from core.api.schemas import Candle
from core.api.schemas_accounts import QualityModel
from core.market import BarFlag, BarSource, Candles, Floats, Ints, decimal_text, vwap_text
from core.monitor import Proof

_Row = msgspec.defstruct("Row", list(Candle.model_fields))
_PRESENT_STEPS = 1e6
_SOURCES = {int(source): source.name.lower() for source in BarSource}
_FLAGS = tuple(flag for flag in BarFlag if flag)
_FLAG_NAMES = {
    sum(flags): [str(flag.name).lower() for flag in flags]
    for flags in chain.from_iterable(combinations(_FLAGS, size) for size in range(len(_FLAGS) + 1))
}


class Shape(StrEnum):
    """How bars are laid out: an object each, or a list a column."""

    ROWS = "rows"
    COLUMNS = "columns"


def page(candles: Candles, truncated: bool, shape: Shape, proof: Proof) -> bytes:
    """A ``CandlePage`` as JSON."""
    table = columns(candles)
    table["present"] = shares(proof.present(candles), 1.0 if shape is Shape.COLUMNS else msgspec.UNSET)
    return msgspec.json.encode(
        {
            "symbol": str(candles.symbol),
            "interval": str(candles.interval),
            "watermark": candles.watermark_us or None,
            "count": len(candles),
            "truncated": truncated,
            "quality": QualityModel.of(proof.window(candles)).model_dump(),
            "candles": table if shape is Shape.COLUMNS else list(map(_Row, *table.values())),
        }
    )


def columns(candles: Candles) -> dict[str, list[Any]]:
    """The fields of ``Candle``, in its order, a list each; but `present`, which has to be asked for."""
    price, quantity, quote = candles.scale.price, candles.scale.quantity, candles.scale.quote
    return {
        "open_time": (candles.open_time_us // 1000).tolist(),
        "open": decimals(candles.open, price),
        "high": decimals(candles.high, price),
        "low": decimals(candles.low, price),
        "close": decimals(candles.close, price),
        "volume": decimals(candles.volume, quantity),
        "quote_volume": decimals(candles.quote_volume, quote),
        "trade_count": candles.trade_count.tolist(),
        "taker_buy_volume": decimals(candles.taker_buy_volume, quantity),
        "taker_buy_quote_volume": decimals(candles.taker_buy_quote_volume, quote),
        "vwap": vwaps(candles),
        "state": candles.states(),
        "revision": candles.revision.tolist(),
        "source": [_SOURCES[source] for source in candles.source.tolist()],
        "flags": [_FLAG_NAMES[flags] for flags in candles.flags.tolist()],
    }


def shares(values: Floats, whole: object) -> list[Any]:
    """Shares rounded down, `whole` in the place of 1, None where they are unknown."""
    if np.all(values == 1.0):
        return [whole] * len(values)
    rounded = np.floor(values * _PRESENT_STEPS) / _PRESENT_STEPS
    return [whole if share == 1.0 else share if share == share else None for share in rounded.tolist()]


def decimals(values: Ints, exponent: int) -> list[str]:
    """``decimal_text`` of each of `values`, in a third of its time."""
    if exponent == 0:
        return [str(value) for value in values.tolist()]
    if len(values) == 0 or values.min() < 0:
        return [decimal_text(value, exponent) for value in values.tolist()]
    width = exponent + 1
    texts = [str(value).rjust(width, "0") for value in values.tolist()]
    return [f"{text[:-exponent]}.{text[-exponent:]}" for text in texts]


def vwaps(candles: Candles) -> list[str | None]:
    """Each bar's VWAP; None where nothing was traded."""
    pairs = zip(candles.quote_volume.tolist(), candles.volume.tolist(), strict=True)
    return [vwap_text(quote, volume, candles.scale) for quote, volume in pairs]
