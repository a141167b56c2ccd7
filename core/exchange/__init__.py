"""The built-in exchange: Binance's public protocol on one loopback port, over a simulated or a recorded market.

It is the desk's witness: its frames and klines are its own code and share nothing with the desk's but the words.
"""

from core.exchange.options import ExchangeOptions
from core.exchange.serve import serve

__all__ = ["ExchangeOptions", "serve"]
