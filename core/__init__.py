"""The engine of the pair trader's desk: feed, store, candles, statistics, alerts and API."""

__version__ = "0.1.0"
