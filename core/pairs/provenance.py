"""Which data a number stands on, and what is said instead of a number that cannot be told."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from core import __version__
from core.errors import AnalysisError, BadSeries, NotEnoughData
from core.market import Candles, Floats, Ints
from core.quality import Quality

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unknown:
    """What cannot be told, and why. Where data are short, `needed` and `found` count observations."""

    reason: str
    needed: int | None = None
    found: int | None = None


class _Missing(AnalysisError):
    """Something that a number stands on is not known."""

    def __init__(self, unknown: Unknown) -> None:
        super().__init__(unknown.reason)
        self.unknown = unknown


def told(compute: Callable[[], T]) -> T | Unknown:
    """What `compute` finds, or why it cannot."""
    try:
        return compute()
    except _Missing as missing:
        return missing.unknown
    except NotEnoughData as error:
        return Unknown(str(error), error.needed, error.found)
    except AnalysisError as error:
        return Unknown(str(error))


def known(value: T | Unknown) -> T:
    """`value`, if it is known; inside `told`, an Unknown is the answer to whatever stands on it."""
    if isinstance(value, Unknown):
        raise _Missing(value)
    return value


@dataclass(frozen=True, slots=True, eq=False)
class Leg:
    """One side of a pair: its closes [quote currency] by open time [us], ascending, shape (bars,) each.

    The bars from `final` on are still forming. `revision` counts the changes to bars after they were confirmed. `quality` is that
    of the confirmed bars; None where nothing is known of their trades, as of a file.
    """

    name: str
    times: Ints
    closes: Floats
    final: int
    revision: int = 0
    quality: Quality | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.final <= len(self.times):
            raise BadSeries(
                f"{self.final} of {len(self.times)} bars of {self.name} are final: expected none to all of them"
            )

    def __len__(self) -> int:
        return len(self.times)

    @classmethod
    def of(cls, bars: Candles, quality: Quality | None = None) -> "Leg":
        """The leg that `bars` make."""
        amended = int(bars.revision[: bars.final].sum())
        return cls(str(bars.symbol), bars.open_time_us, bars.prices(), bars.final, amended, quality)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Which data an analysis stands on.

    `bars` confirmed rows, open times from `from_us` to before `to_us` [us], of which `joined` are bars of both legs and
    `filled` carry a leg's last close forward; `dropped` intervals with a bar of one leg alone were left out, and in
    `absent` neither traded. `revision` counts later changes to either leg's bars. `quality` is that of both legs, None where it
    is not known; `source` names where they come from, `version` the desk's own that computed.
    """

    y: str
    x: str
    source: str
    bars: int
    from_us: int
    to_us: int
    joined: int
    filled: int
    dropped: int
    absent: int
    revision: int
    quality: Quality | None
    version: str = __version__
