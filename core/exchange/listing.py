"""What the exchange lists: a symbol with its tick and step, and how its amounts are printed."""

from dataclasses import dataclass

#: Amounts are integers of this many decimals, as the venue prints them on its spot market.
DECIMALS = 8
UNIT: int = 10**DECIMALS


def amount(value: int) -> str:
    """`value` [1e-8] as the venue prints it: ``"61837.63000000"``."""
    return f"{value // UNIT}.{value % UNIT:08d}"


def decimal(value: int, places: int) -> str:
    """`value` [1e-8] with `places` decimals, at most eight, the rest cut off: ``"61837.6"``, ``"12"``."""
    whole, fraction = divmod(value, UNIT)
    return f"{whole}.{fraction // 10 ** (DECIMALS - places):0{places}d}" if places else str(whole)


def parse_amount(text: str) -> int:
    """A plain decimal as an integer [1e-8]. Raise ValueError where it is none or finer than that."""
    whole, _, fraction = text.strip().partition(".")
    digits = fraction.rstrip("0")
    if not text.isascii() or not whole.isdigit() or len(digits) > DECIMALS or (digits and not digits.isdigit()):
        raise ValueError(f"{text!r} is not a plain decimal of at most {DECIMALS} decimals")
    return int(whole) * UNIT + int(digits.ljust(DECIMALS, "0"))


@dataclass(frozen=True, slots=True)
class Listing:
    """A listed symbol; `tick` and `step` are the least differences of price and quantity [1e-8].

    Its prices and quantities are printed with so many decimals: eight on the spot market, fewer on the futures market.
    """

    symbol: str
    base: str
    quote: str
    tick: int
    step: int
    price_decimals: int = DECIMALS
    quantity_decimals: int = DECIMALS

    def price_text(self, value: int) -> str:
        """A price [1e-8] as the venue prints it."""
        return decimal(value, self.price_decimals)

    def quantity_text(self, value: int) -> str:
        """A quantity [1e-8] as the venue prints it."""
        return decimal(value, self.quantity_decimals)

    def quote_text(self, value: int) -> str:
        """Price times quantity [1e-16] as the venue prints it, exact where there are enough decimals."""
        return decimal(value // UNIT, min(DECIMALS, self.price_decimals + self.quantity_decimals))


_QUOTES = ("USDT", "USDC", "FDUSD", "TUSD", "BUSD", "BTC", "ETH", "BNB", "EUR", "TRY")


def listing_of(symbol: str, prices: set[int], quantities: set[int]) -> Listing:
    """The listing of a recorded `symbol`: tick and step are the coarsest powers of ten that hold what was recorded."""
    quote = next((q for q in _QUOTES if symbol.endswith(q) and symbol != q), symbol[-4:])
    return Listing(symbol, symbol.removesuffix(quote), quote, coarsest(prices), coarsest(quantities))


def coarsest(values: set[int]) -> int:
    """The largest power of ten up to one that divides every one of `values` [1e-8]."""
    unit = UNIT
    while unit > 1 and any(value % unit for value in values):
        unit //= 10
    return unit
