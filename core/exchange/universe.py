"""The simulated market's symbols, and what is known about them by construction."""

from dataclasses import dataclass, replace

from core.exchange.listing import UNIT, Listing


@dataclass(frozen=True, slots=True)
class Asset:
    """A simulated symbol.

    `price` is the level around which it wanders [quote], `rate` its mean number of trades per second, `notional` the
    median value of a fill [quote]. Its log price loads on the common market factor with `market`, and on a random walk
    of its own with `own` [log price per square root of an hour]; a cointegrated symbol has neither, it follows another.
    """

    listing: Listing
    price: float
    rate: float
    notional: float
    market: float = 0.0
    own: float = 0.0


@dataclass(frozen=True, slots=True)
class Cointegration:
    """``log y = constant + hedge_ratio * log x + s`` with an Ornstein-Uhlenbeck spread s.

    `half_life_seconds` is that of s, `deviation` its stationary standard deviation [log price]. `delay_seconds` is how
    far y lags behind x; it is less than a second.
    """

    y: str
    x: str
    hedge_ratio: float
    half_life_seconds: float
    deviation: float
    delay_seconds: float = 0.0


def _asset(base: str, decimals: tuple[int, int], *numbers: float) -> Asset:
    tick, step = (UNIT // 10**places for places in decimals)
    return Asset(Listing(f"{base}USDT", base, "USDT", tick, step), *numbers)


#: Decimals are those of price and quantity; then price, rate, notional, market, own.
ASSETS = (
    _asset("BTC", (2, 5), 100_000.0, 36.0, 260.0, 1.0, 0.0008),
    _asset("ETH", (2, 4), 3_500.0, 26.0, 210.0),
    _asset("BNB", (2, 3), 850.0, 6.0, 150.0, 0.7, 0.003),
    _asset("SOL", (2, 3), 180.0, 12.0, 160.0, 1.2, 0.005),
    _asset("XRP", (4, 1), 2.4, 8.0, 140.0, 0.9, 0.005),
    _asset("ADA", (4, 1), 0.8, 3.0, 90.0),
    _asset("DOGE", (5, 0), 0.22, 4.5, 110.0, 1.3, 0.006),
    _asset("LTC", (2, 3), 95.0, 1.6, 90.0, 0.8, 0.005),
    _asset("LINK", (2, 2), 18.0, 2.4, 100.0, 1.1, 0.006),
    _asset("AVAX", (2, 2), 24.0, 1.8, 90.0),
)

#: Of a perpetual: the tick [quote], the decimals of its printed prices, those of its quantities, which are its step, and
#: how many times as often as the spot symbol it trades.
_PERPETUALS = {
    "BTC": (0.1, 2, 3, 1.3), "ETH": (0.01, 2, 3, 1.4), "BNB": (0.01, 3, 2, 1.1), "SOL": (0.01, 4, 2, 1.3),
    "XRP": (0.0001, 4, 1, 1.2), "ADA": (0.0001, 5, 0, 1.1), "DOGE": (0.00001, 6, 0, 1.2), "LTC": (0.01, 2, 3, 1.0),
    "LINK": (0.001, 3, 2, 1.1), "AVAX": (0.001, 4, 0, 1.0),
}  # fmt: skip


def perpetual(asset: Asset) -> Asset:
    """The perpetual future on a spot symbol: the same name, price and trade size, ticks, steps and rate of its own."""
    tick, price_decimals, quantity_decimals, rate = _PERPETUALS[asset.listing.base]
    listing = replace(
        asset.listing, tick=round(tick * UNIT), step=UNIT // 10**quantity_decimals, price_decimals=price_decimals,
        quantity_decimals=quantity_decimals,
    )  # fmt: skip
    return replace(asset, listing=listing, rate=asset.rate * rate)


#: The pairs that hold together, and how: what an analysis of the simulated market has to find. ETH also follows BTC
#: by 300 ms: the lead-lag.
COINTEGRATED = (
    Cointegration("ETHUSDT", "BTCUSDT", 1.15, 1200.0, 0.0020, delay_seconds=0.3),
    Cointegration("ADAUSDT", "XRPUSDT", 0.90, 2400.0, 0.0030),
    Cointegration("AVAXUSDT", "SOLUSDT", 1.05, 3600.0, 0.0035),
)
