"""What the front ends may ask: candles, symbols, health; and the bus on which workers say what changed.

Pages, API and the watcher hold a Monitor and nothing below it.
"""

from core.monitor.bus import Bus, Change
from core.monitor.monitor import DayChange, HealthSource, Monitor
from core.monitor.proof import Proof

__all__ = ["Bus", "Change", "DayChange", "HealthSource", "Monitor", "Proof"]
