"""What can be made to go wrong: faults by name, switched on and off while the exchange runs, each counting its bites.

``POST /_exchange/faults`` with ``{"fault": "half_open", "seconds": 5}`` starts one, ``DELETE`` ends it, ``GET`` tells.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import ExchangeError

_FOREVER = float("inf")


@dataclass(frozen=True, slots=True)
class Kind:
    """A fault's parameters with their defaults (None where it has to be given), and how it works.

    An instant one strikes once; a lasting one holds for `seconds` or until it is ended.
    """

    parameters: Mapping[str, Any]
    instant: bool = False


def _lasting(**parameters: Any) -> Kind:
    return Kind({"seconds": _FOREVER, **parameters})


#: Every fault. `seconds` of a lasting one is how long it holds.
KINDS: Mapping[str, Kind] = {
    # the sockets
    "reset": Kind({"share": 1.0}, instant=True),
    "close": Kind({"code": 1008, "reason": "Disconnected"}, instant=True),
    "shutdown": Kind({"seconds": 5.0}, instant=True),
    "half_open": _lasting(),
    "full_stall": _lasting(),
    "ignore_pongs": _lasting(),
    "duplicate": _lasting(copies=2),
    "reorder": _lasting(window=5),
    "max_age": Kind({"seconds": None, "abrupt": False}),
    "refuse": _lasting(status=None, retry_after=0, rest=False),
    "connection_limit": Kind({"per_five_minutes": None}),
    # REST
    "rest_lag": Kind({"seconds": 0.0, "trades": 0, "lasts": _FOREVER}),
    "truncate": _lasting(rows=None),
    "rest_errors": _lasting(share=1.0, status=503, retry_after=0),
    "slow_rest": _lasting(delay=None),
    "weight": Kind({"per_minute": None, "tolerance": 3, "ban": 120}),
    "vision": Kind({"on": True}),
    # the market
    "halt": Kind({"seconds": None, "symbol": ""}, instant=True),
    "quiet": Kind({"seconds": None, "symbol": None}, instant=True),
    "burst": Kind({"symbol": None, "trades": 20_000, "seconds": 1.0}, instant=True),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault as it was asked for. `until` is on the steady clock [s]."""

    name: str
    parameters: Mapping[str, Any]
    until: float

    def __getitem__(self, parameter: str) -> Any:
        return self.parameters[parameter]


class Faults:
    """The faults that hold now, and how often each did something. Any thread may ask."""

    def __init__(self, seed: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        self.random = random.Random(seed)
        self._clock = clock
        self._lock = threading.Lock()
        self._active: dict[str, Fault] = {}
        self._bites: Counter[str] = Counter()

    @property
    def any(self) -> bool:
        """Whether there is anything to look for: what runs often asks this first."""
        return bool(self._active)

    def read(self, asked: object) -> Fault:
        """A fault out of JSON. Raise ExchangeError saying what was expected."""
        if not isinstance(asked, dict) or not isinstance(asked.get("fault"), str):
            raise ExchangeError('expected {"fault": NAME, ...parameters}, with a NAME out of ' + ", ".join(KINDS))
        given = dict(asked)
        name = given.pop("fault")
        if name not in KINDS:
            raise ExchangeError(f"fault {name!r} is unknown: expected one of {', '.join(KINDS)}")
        known = KINDS[name].parameters
        unknown = [each for each in given if each not in known]
        missing = [each for each, default in known.items() if default is None and each not in given]
        if unknown or missing:
            wants = ", ".join(f"{each} (needed)" if default is None else each for each, default in known.items())
            raise ExchangeError(f"{name} takes {wants or 'nothing'}; found {', '.join(given) or 'nothing'}")
        merged = {**known, **given}
        for each, value in merged.items():
            _check(name, each, known[each], value)
        lasts = merged["lasts"] if "lasts" in merged else merged.get("seconds", _FOREVER)
        holds = _FOREVER if name == "max_age" else lasts
        return Fault(name, merged, self._clock() + float(holds))

    def hold(self, fault: Fault) -> None:
        """Let a lasting fault hold, in place of one of its name."""
        with self._lock:
            self._active[fault.name] = fault

    def heal(self, name: str = "") -> None:
        """End a fault, or all of them."""
        with self._lock:
            for each in [name] if name else list(self._active):
                self._active.pop(each, None)

    def get(self, name: str) -> Fault | None:
        """The fault of that name, if it holds."""
        fault = self._active.get(name)
        if fault is None or self._clock() < fault.until:
            return fault
        with self._lock:
            if self._active.get(name) is fault:
                del self._active[name]
        return None

    def bite(self, name: str, times: int = 1) -> None:
        """Count what a fault did."""
        with self._lock:
            self._bites[name] += times

    def strikes(self, name: str, share: float) -> bool:
        """Whether a fault that strikes in a `share` of cases does now; counted if so."""
        with self._lock:
            struck = self.random.random() < share
            self._bites[name] += struck
            return struck

    def told(self) -> dict[str, Any]:
        """What holds, and every count."""
        active = [fault for fault in map(self.get, list(self._active)) if fault is not None]
        now = self._clock()
        with self._lock:
            bites = dict(self._bites)
        return {
            "active": [
                {
                    "fault": fault.name,
                    **{each: value for each, value in fault.parameters.items() if value != _FOREVER},
                    "left": None if fault.until == _FOREVER else round(fault.until - now, 3),
                }
                for fault in active
            ],
            "bites": bites,
        }


def _check(name: str, parameter: str, default: Any, value: Any) -> None:
    if isinstance(default, bool):
        good, wanted = isinstance(value, bool), "true or false"
    elif isinstance(default, str) or parameter == "symbol":
        good, wanted = isinstance(value, str), "a text"
    else:
        good = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
        wanted = "a number that is not below 0"
    if not good:
        raise ExchangeError(f"{parameter} of {name} is {value!r}: expected {wanted}")
