"""``exchangeInfo``: what is listed, with which filters and limits, on the spot and on the futures market."""

from core.exchange.listing import DECIMALS, UNIT, Listing, amount

_ORDER_TYPES = ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"]


def rate_limits(weight_per_minute: int) -> list[dict[str, str | int]]:
    """The limits that a client has to keep."""
    return [
        {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": weight_per_minute},
        {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 300_000},
    ]


def symbol_info(listing: Listing) -> dict[str, object]:
    """One entry of ``symbols``."""
    return {
        "symbol": listing.symbol, "status": "TRADING", "baseAsset": listing.base, "baseAssetPrecision": DECIMALS,
        "quoteAsset": listing.quote, "quotePrecision": DECIMALS, "quoteAssetPrecision": DECIMALS,
        "baseCommissionPrecision": DECIMALS, "quoteCommissionPrecision": DECIMALS, "orderTypes": _ORDER_TYPES,
        "icebergAllowed": True, "ocoAllowed": True, "otoAllowed": True, "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True, "cancelReplaceAllowed": True, "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False, "filters": _filters(listing), "permissions": [],
        "permissionSets": [["SPOT"]], "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"],
    }  # fmt: skip


def _filters(listing: Listing) -> list[dict[str, object]]:
    tick, step = amount(listing.tick), amount(listing.step)
    most = amount(9_000_000 * UNIT)
    return [
        {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": amount(1_000_000 * UNIT), "tickSize": tick},
        {"filterType": "LOT_SIZE", "minQty": step, "maxQty": most, "stepSize": step},
        {"filterType": "ICEBERG_PARTS", "limit": 10},
        {"filterType": "MARKET_LOT_SIZE", "minQty": amount(0), "maxQty": most, "stepSize": amount(0)},
        {"filterType": "NOTIONAL", "minNotional": amount(5 * UNIT), "applyMinToMarket": True,
         "maxNotional": most, "applyMaxToMarket": False, "avgPriceMins": 5},
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
    ]  # fmt: skip


def futures_rate_limits(weight_per_minute: int) -> list[dict[str, str | int]]:
    """The limits that a client of the futures market has to keep."""
    return [{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": weight_per_minute}]


def futures_symbol_info(listing: Listing) -> dict[str, object]:
    """One entry of the futures market's ``symbols``: a perpetual."""
    return {
        "symbol": listing.symbol, "pair": listing.symbol, "contractType": "PERPETUAL", "deliveryDate": 4_133_404_800_000,
        "onboardDate": 1_577_836_800_000, "status": "TRADING", "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000", "baseAsset": listing.base, "quoteAsset": listing.quote,
        "marginAsset": listing.quote, "pricePrecision": listing.price_decimals,
        "quantityPrecision": listing.quantity_decimals, "baseAssetPrecision": DECIMALS, "quotePrecision": DECIMALS,
        "underlyingType": "COIN", "underlyingSubType": [], "triggerProtect": "0.0500", "liquidationFee": "0.012500",
        "marketTakeBound": "0.05", "maxMoveOrderLimit": 10_000, "filters": _futures_filters(listing),
        "orderTypes": ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET",
                       "TRAILING_STOP_MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"], "permissionSets": ["GRID", "COPY"],
    }  # fmt: skip


def _futures_filters(listing: Listing) -> list[dict[str, object]]:
    price, quantity = listing.price_text, listing.quantity_text
    least, step, most = price(listing.tick), quantity(listing.step), quantity(1_000_000 * UNIT)
    return [
        {"filterType": "PRICE_FILTER", "minPrice": least, "maxPrice": price(1_000_000 * UNIT), "tickSize": least},
        {"filterType": "LOT_SIZE", "minQty": step, "maxQty": most, "stepSize": step},
        {"filterType": "MARKET_LOT_SIZE", "minQty": step, "maxQty": most, "stepSize": step},
        {"filterType": "MAX_NUM_ORDERS", "limit": 200},
        {"filterType": "MIN_NOTIONAL", "notional": "5"},
        {"filterType": "PERCENT_PRICE", "multiplierUp": "1.0500", "multiplierDown": "0.9500", "multiplierDecimal": "4"},
    ]  # fmt: skip
