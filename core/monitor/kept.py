"""What is asked often and changes slowly."""

from collections.abc import Callable, Mapping
from threading import Lock
from typing import Generic, TypeVar

from loguru import logger

from core.errors import StoreError
from core.market import SECOND_US, Symbol

_KEPT_US = 10 * SECOND_US
_OLD_US = 60 * SECOND_US

T = TypeVar("T")


class Kept(Generic[T]):
    """What is read of each symbol, kept so that asking often costs little; None where the store cannot tell.

    An answer reads anew what is older than a minute, and of what is older than ten seconds the oldest alone.
    """

    def __init__(self, read: Callable[[Symbol], T | None]) -> None:
        self._read = read
        self._lock = Lock()
        self._known: dict[Symbol, tuple[int, T | None]] = {}

    def of(self, symbols: tuple[Symbol, ...], now_us: int) -> Mapping[Symbol, T | None]:
        """What is known of each of `symbols` at `now_us`, by the desk's clock."""
        with self._lock:  # whoever comes meanwhile waits, and takes what was read
            ages = {symbol: now_us - self._known[symbol][0] for symbol in symbols if symbol in self._known}
            due = [symbol for symbol in symbols if not 0 <= ages.get(symbol, -1) < _OLD_US]
            if symbols and not due:
                oldest = max(symbols, key=ages.__getitem__)
                due = [oldest] if ages[oldest] >= _KEPT_US else []
            for symbol in due:
                self._known[symbol] = (now_us, self._try(symbol))
            return {symbol: self._known[symbol][1] for symbol in symbols}

    def _try(self, symbol: Symbol) -> T | None:
        try:
            return self._read(symbol)
        except StoreError as error:
            logger.warning("what is known of {} cannot be read: {}", symbol, error)
            return None
