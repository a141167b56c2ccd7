"""Whether the desk's memory grows while it runs."""

import time
from pathlib import Path

import numpy as np

from core.exchange import ExchangeOptions
from core.exchange.child import start
from tests.faults.desk import Desk, until
from tests.faults.stage import SPOT

_SETTLE_SECONDS = 120.0
_EVERY_SECONDS = 5.0


class MemoryWatch:
    """A desk that is reset every now and then, and what it holds in memory over time."""

    def __init__(self, folder: Path, minutes: float) -> None:
        self._folder, self._minutes = folder, minutes
        self.samples: list[tuple[float, float]] = []

    def run(self) -> None:
        with start(ExchangeOptions(history_days=1)) as exchange:
            settings = {
                "BINANCE_WS_URL": exchange.ws_url, "BINANCE_REST_URL": exchange.rest_url,
                "BINANCE_WS_FALLBACK_URL": "", "BINANCE_REST_FALLBACK_URL": "",
            }  # fmt: skip
            desk = Desk(self._folder, SPOT, settings)
            try:
                desk.start()
                until(desk.collected, 60.0, "no trades")
                self._sample(exchange, desk)
            finally:
                desk.close()

    def _sample(self, exchange: object, desk: Desk) -> None:
        started = time.monotonic()
        settle = min(_SETTLE_SECONDS, self._minutes * 60 / 4)
        while (passed := time.monotonic() - started) < self._minutes * 60:
            if passed >= settle:
                self.samples.append((passed, desk.memory_mb()))
            if int(passed / 60) != int((passed - _EVERY_SECONDS) / 60):
                exchange.fault("reset")  # type: ignore[attr-defined]
            time.sleep(_EVERY_SECONDS)

    def words(self) -> str:
        """The slope of a straight line through the samples, and how sure it is."""
        if len(self.samples) < 10:
            return "memory: not watched"
        times, sizes = np.array(self.samples).T
        hours = times / 3600
        slope, level = np.polyfit(hours, sizes, 1)
        residuals = sizes - (slope * hours + level)
        error = residuals.std() / (hours.std() * np.sqrt(len(hours)))
        return (
            f"memory: {sizes.mean():.0f} MB, slope {slope:+.1f} MB/h (standard error {error:.1f}) over "
            f"{(times[-1] - times[0]) / 60:.0f} minutes, greatest {sizes.max():.0f} MB"
        )
