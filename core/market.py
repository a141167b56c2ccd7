"""The vocabulary of the market: symbols, intervals, exact decimals, trades and candles.

Times are ``int`` microseconds since 1970-01-01 UTC, and names end in ``_us`` to say so. Prices and quantities are
integers at a decimal exponent: ``61837.63`` at exponent 2 is ``6183763``. Floats appear only where statistics begin.
"""

import re
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from enum import IntEnum, IntFlag, StrEnum
from functools import total_ordering
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from core.errors import InvalidDecimal, InvalidInterval, InvalidSymbol, MarketError, OutOfRange

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
WEEK_US = 7 * DAY_US

MAX_EXPONENT = 18
_VWAP_PLACES = 4
INT64_MAX = 2**63 - 1

#: Numbers above this are microseconds, below it milliseconds: 1e14 us is 1973, 1e14 ms is the year 5138.
MICROSECOND_THRESHOLD = 10**14

_SYMBOL = re.compile(r"(?:(?P<venue>[A-Z][A-Z0-9_]*):)?(?P<name>[^\W_][\w-]*?)(?P<perpetual>\.P)?")
_INTERVAL = re.compile(r"([1-9][0-9]{0,8})([smhdw])")
_UNITS = {"s": SECOND_US, "m": MINUTE_US, "h": HOUR_US, "d": DAY_US, "w": WEEK_US}
_DECIMAL = re.compile(r"(-?)([0-9]+)(?:\.([0-9]*))?")
#: The epoch was a Thursday; weeks start on Monday.
_FIRST_MONDAY_US = 4 * DAY_US


@total_ordering
@dataclass(frozen=True, slots=True)
class Symbol:
    """What is traded, and where: ``[VENUE:]NAME[.P]``, Binance spot by default, ``.P`` its USD-M perpetual."""

    name: str
    perpetual: bool = False
    venue: str = "BINANCE"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a symbol, in any case. Raise InvalidSymbol where it cannot be one."""
        match = _SYMBOL.fullmatch(text.strip().upper())
        if match is None or len(text) > 64:
            raise InvalidSymbol(f"{text!r} is not a symbol: expected [VENUE:]NAME[.P], such as BTCUSDT or BTCUSDT.P")
        return cls(match["name"], match["perpetual"] is not None, match["venue"] or "BINANCE")

    def __str__(self) -> str:
        venue = "" if self.venue == "BINANCE" else f"{self.venue}:"
        return f"{venue}{self.name}{'.P' if self.perpetual else ''}"

    def __lt__(self, other: "Symbol") -> bool:
        return (self.venue, self.name, self.perpetual) < (other.venue, other.name, other.perpetual)

    @property
    def counts_aggregates(self) -> bool:
        """Whether a trade id counts aggregates. On spot it counts single trades, and an aggregate covers several ids."""
        return self.perpetual


@total_ordering
@dataclass(frozen=True, slots=True)
class Interval:
    """A candle's length: a whole number of seconds, aligned to the epoch (weeks to Monday)."""

    us: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``7s``, ``1m``, ``4h``, ``1d``, ``1w``. Raise InvalidInterval where it is none, or over a year."""
        match = _INTERVAL.fullmatch(text.strip())
        if match is None:
            raise InvalidInterval(
                f"{text!r} is not an interval: expected a number and one of s, m, h, d, w, such as 1s, 5m or 4h"
            )
        us = int(match[1]) * _UNITS[match[2]]
        if us > 366 * DAY_US:
            raise InvalidInterval(f"{text!r} is longer than a year; the longest interval is 366d")
        return cls(us)

    def __str__(self) -> str:
        unit = next(u for u in ("w", "d", "h", "m", "s") if self.us % _UNITS[u] == 0)
        return f"{self.us // _UNITS[unit]}{unit}"

    def __lt__(self, other: "Interval") -> bool:
        return self.us < other.us

    @property
    def offset_us(self) -> int:
        """Where the first interval after the epoch begins."""
        return _FIRST_MONDAY_US % self.us if self.us % WEEK_US == 0 else 0

    def floor(self, time_us: int) -> int:
        """The open time of the interval that holds `time_us`."""
        return time_us - (time_us - self.offset_us) % self.us

    def floors(self, times_us: Ints) -> Ints:
        """The open time of the interval that holds each of `times_us`."""
        return (times_us - self.offset_us) // self.us * self.us + self.offset_us  # thrice as fast as with %


#: The intervals that are stored; every other is rolled up from them on read.
SECOND = Interval(SECOND_US)
MINUTE = Interval(MINUTE_US)
STORED_INTERVALS = (SECOND, MINUTE)


def base_interval(interval: Interval) -> Interval:
    """The longest stored interval that `interval` is a whole number of."""
    return MINUTE if interval.us % MINUTE_US == 0 else SECOND


class Scale(NamedTuple):
    """The decimal exponents of a symbol's integers. Quote volumes stand at their sum."""

    price: int
    quantity: int

    @property
    def quote(self) -> int:
        return self.price + self.quantity

    def finer(self, other: "Scale") -> "Scale":
        """The coarsest scale that holds the numbers of both."""
        return Scale(max(self.price, other.price), max(self.quantity, other.quantity))


def parse_decimal(text: str) -> tuple[int, int]:
    """`text` as (digits, exponent) without trailing zeros: ``"2.500"`` is (25, 1). Raise InvalidDecimal."""
    match = _DECIMAL.fullmatch(text)
    if match is None or not text.isascii() or len(text) > 40:
        raise InvalidDecimal(f"{text[:60]!r} is not a plain decimal number such as 61837.63")
    fraction = (match[3] or "").rstrip("0")
    if len(fraction) > MAX_EXPONENT:
        raise InvalidDecimal(f"{text!r} has {len(fraction)} decimals; at most {MAX_EXPONENT} can be held")
    return int(match[1] + match[2] + fraction), len(fraction)


def scaled(text: str, exponent: int) -> int:
    """`text` as an integer at `exponent`. Raise InvalidDecimal where that would lose digits."""
    digits, found = parse_decimal(text)
    if found > exponent:
        raise InvalidDecimal(f"{text!r} has {found} decimals, more than the {exponent} of this column")
    return int(digits * 10 ** (exponent - found))


def decimal_text(value: int, exponent: int) -> str:
    """The exact decimal of an integer at `exponent`: (6183763, 2) is ``"61837.63"``."""
    if exponent == 0:
        return str(value)
    digits = str(abs(value)).rjust(exponent + 1, "0")
    return f"{'-' if value < 0 else ''}{digits[:-exponent]}.{digits[-exponent:]}"


def multiplied(values: Ints, factors: Ints | int) -> Ints:
    """`values` times `factors` (above 0), each or all. Raise OutOfRange where a product does not fit 64 bits."""
    if np.any(np.abs(values) > INT64_MAX // factors):
        raise OutOfRange(f"{int(np.abs(values).max())} times {np.max(factors)} does not fit 64 bits")
    return np.asarray(values * factors, dtype=np.int64)


def vwap_text(quote_volume: int, volume: int, scale: "Scale") -> str | None:
    """Quote volume / volume as a decimal, four places finer than prices, half to even; None where nothing was traded."""
    if volume == 0:
        return None
    exponent = scale.price + _VWAP_PLACES
    whole, rest = divmod(quote_volume * 10**_VWAP_PLACES, volume)
    up = 2 * rest > volume or (2 * rest == volume and whole % 2 == 1)
    return decimal_text(whole + up, exponent)


def to_us(time: int) -> int:
    """A venue's time in microseconds, whether it came in milliseconds or microseconds."""
    return time if time >= MICROSECOND_THRESHOLD else time * 1000


def utc(time_us: int) -> datetime:
    return datetime.fromtimestamp(time_us / SECOND_US, UTC)


def iso(time_us: int) -> str:
    """`time_us` as ISO 8601 in UTC, to the millisecond."""
    return utc(time_us).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: str) -> int:
    """Microseconds from epoch seconds, milliseconds or microseconds, or from ISO 8601 (UTC unless it says otherwise).

    Raise MarketError where it is neither.
    """
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) < 18:
        number = int(text)
        return to_us(number) if number >= 10**11 else number * SECOND_US
    try:
        moment = datetime.fromisoformat("" if text.isdigit() else text)
    except ValueError:
        raise MarketError(
            f"{text!r} is not a time: expected ISO 8601 such as 2024-08-09T00:00:00Z, or a Unix time in s, ms or us"
        ) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


class Trade(NamedTuple):
    """One trade, exact. ``first_id..last_id`` are the ids that it covers: more than one for a spot aggregate."""

    symbol: Symbol
    id: int
    first_id: int
    last_id: int
    price: int
    quantity: int
    trade_time_us: int
    received_us: int
    is_buyer_maker: bool
    scale: Scale


@dataclass(frozen=True, slots=True, eq=False)
class Trades:
    """Trades of one symbol as columns of one length; prices and quantities are integers at `scale`.

    `trade_count` is how many single trades a row stands for: 1, or more for an aggregate. On spot that is exact, and the
    row covers so many ids. A USD-M aggregate covers one id, its own; its count may be a few too high, because the venue
    leaves out trade ids now and then.
    """

    symbol: Symbol
    scale: Scale
    trade_id: Ints
    price: Ints
    quantity: Ints
    trade_time_us: Ints
    received_us: Ints
    is_buyer_maker: Bools
    trade_count: Ints

    def __len__(self) -> int:
        return len(self.trade_id)

    @property
    def last_id(self) -> Ints:
        """The last id that each row covers."""
        return self.trade_id if self.symbol.counts_aggregates else self.trade_id + self.trade_count - 1

    def take(self, rows: slice | Ints | Bools) -> "Trades":
        """The trades at `rows`, in that order."""
        columns = {name: getattr(self, name)[rows] for name in TRADE_COLUMNS}
        return replace(self, **columns)

    def rescaled(self, scale: Scale) -> "Trades":
        """The same trades at a `scale` that is at least as fine. Raise OutOfRange where that does not fit 64 bits."""
        if scale == self.scale:
            return self
        return replace(
            self,
            scale=scale,
            price=multiplied(self.price, 10 ** (scale.price - self.scale.price)),
            quantity=multiplied(self.quantity, 10 ** (scale.quantity - self.scale.quantity)),
        )

    def least_scale(self) -> Scale:
        """The coarsest scale that loses no digit of these trades."""
        return Scale(_least_exponent(self.price, self.scale.price), _least_exponent(self.quantity, self.scale.quantity))

    def coarsened(self, scale: Scale) -> "Trades | None":
        """The same trades at a coarser `scale`; None where that would lose digits."""
        price_step = 10 ** (self.scale.price - scale.price)
        quantity_step = 10 ** (self.scale.quantity - scale.quantity)
        price, price_rest = np.divmod(self.price, price_step)
        quantity, quantity_rest = np.divmod(self.quantity, quantity_step)
        if price_rest.any() or quantity_rest.any():
            return None
        return replace(self, scale=scale, price=price, quantity=quantity)

    def rows(self) -> list[Trade]:
        """One Trade a row, for readers who count in single trades."""
        columns = (getattr(self, name).tolist() for name in TRADE_COLUMNS[:-1])
        return [
            Trade(self.symbol, i, i, last, p, q, t, r, m, self.scale)
            for i, p, q, t, r, m, last in zip(*columns, self.last_id.tolist(), strict=True)
        ]


TRADE_COLUMNS = ("trade_id", "price", "quantity", "trade_time_us", "received_us", "is_buyer_maker", "trade_count")


def _least_exponent(values: Ints, exponent: int) -> int:
    while exponent > 0 and not (values % 10).any():
        values, exponent = values // 10, exponent - 1
    return exponent


class BarState(StrEnum):
    """Forming until the watermark passes its end, confirmed after, amended where a later trade changed it."""

    FORMING = "forming"
    CONFIRMED = "confirmed"
    AMENDED = "amended"


class BarSource(IntEnum):
    """Where a bar's numbers come from."""

    OWN = 0
    SEEDED = 1
    IMPORTED = 2


class BarFlag(IntFlag):
    """What is known of a bar: what may be wrong with it, and whether the venue's own bar says the same."""

    NONE = 0
    PARTIAL = 1  # the desk's record begins inside it
    GAP = 2  # trades of it are known to be missing
    CHECKED = 4  # equal to the venue's own
    SPANNED = 8  # differs from the venue's own by an aggregate that spans its boundary, no more
    DIFFERS = 16  # differs from the venue's own


#: Marks that hold for a longer bar only where all of its parts have them.
CONFIRMING = BarFlag.CHECKED | BarFlag.SPANNED


@dataclass(frozen=True, slots=True, eq=False)
class Candles:
    """Bars of one symbol and interval as columns, ascending by open time; intervals without trades are absent.

    open, high, low and close are integers at ``scale.price``; volume and taker_buy_volume at ``scale.quantity``;
    quote volumes at ``scale.quote``. `watermark_us` is the event time up to which bars are final.
    """

    symbol: Symbol
    interval: Interval
    scale: Scale
    watermark_us: int
    open_time_us: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    quote_volume: Ints
    trade_count: Ints
    taker_buy_volume: Ints
    taker_buy_quote_volume: Ints
    first_trade_id: Ints
    last_trade_id: Ints
    revision: Ints
    source: Ints
    flags: Ints

    def __len__(self) -> int:
        return len(self.open_time_us)

    def take(self, rows: slice | Ints | Bools) -> "Candles":
        """The bars at `rows`, in that order."""
        return replace(self, **{name: getattr(self, name)[rows] for name in CANDLE_COLUMNS})

    def since(self, start_us: int) -> "Candles":
        """The bars that open at `start_us` [us] or later."""
        return self.take(slice(int(np.searchsorted(self.open_time_us, start_us)), None))

    def rescaled(self, scale: Scale) -> "Candles":
        """The same bars at a `scale` that is at least as fine. Raise OutOfRange where that does not fit 64 bits."""
        columns: dict[str, Any] = {
            name: multiplied(getattr(self, name), 10 ** (finer - coarser))
            for names, finer, coarser in (
                (PRICE_COLUMNS, scale.price, self.scale.price),
                (QUANTITY_COLUMNS, scale.quantity, self.scale.quantity),
                (QUOTE_COLUMNS, scale.quote, self.scale.quote),
            )
            for name in names
        }
        return replace(self, scale=scale, **columns)

    @property
    def final(self) -> int:
        """How many of the bars the watermark has passed; those after them still form."""
        return int(np.searchsorted(self.open_time_us, self.watermark_us - self.interval.us, side="right"))

    def states(self) -> list[BarState]:
        """Each bar's state at the watermark."""
        final = self.final
        known = [BarState.AMENDED if revised else BarState.CONFIRMED for revised in self.revision[:final].tolist()]
        return known + [BarState.FORMING] * (len(self) - final)

    def prices(self, column: str = "close") -> Floats:
        """A price column as floats [quote currency]."""
        return np.asarray(getattr(self, column) / 10.0**self.scale.price, dtype=np.float64)

    def volumes(self, column: str = "volume") -> Floats:
        """A volume column as floats [base currency]."""
        return np.asarray(getattr(self, column) / 10.0**self.scale.quantity, dtype=np.float64)

    def quote_volumes(self, column: str = "quote_volume") -> Floats:
        """A quote volume column as floats [quote currency]."""
        return np.asarray(getattr(self, column) / 10.0**self.scale.quote, dtype=np.float64)

    def traffic(self) -> tuple[int, float | None]:
        """The number of trades in all these bars, and the takers' buying share of their volume; None without volume."""
        volume = sum(self.volume.tolist())
        bought = sum(self.taker_buy_volume.tolist())
        return int(self.trade_count.sum()), bought / volume if volume else None

    def vwap(self) -> Floats:
        """Quote volume / volume [quote currency]; NaN where nothing was traded."""
        volume = self.volumes()
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.where(volume > 0, self.quote_volumes() / volume, np.nan), dtype=np.float64)


CANDLE_COLUMNS = tuple(f.name for f in fields(Candles))[4:]
PRICE_COLUMNS = ("open", "high", "low", "close")
QUANTITY_COLUMNS = ("volume", "taker_buy_volume")
QUOTE_COLUMNS = ("quote_volume", "taker_buy_quote_volume")
