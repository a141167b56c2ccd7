"""``exchangeInfo``: what is listed, with which filters and limits."""

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
