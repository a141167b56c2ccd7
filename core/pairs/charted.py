"""A pair's bars with what is drawn around them: how much was traded, and what is to be known of single bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.market import BarFlag, Candles, Floats, Ints
from core.pairs.drawn import Drawn

_FLAGS = (
    (BarFlag.GAP, "trades of this bar are known to be missing"),
    (BarFlag.PARTIAL, "the desk's record begins inside this bar"),
    (BarFlag.DIFFERS, "differs from the exchange's own bar"),
)
_AMENDED = "amended by a late trade"


class Mark(NamedTuple):
    """A bar that something is to be known of: its open time [us], the leg, and what in words."""

    time_us: int
    symbol: str
    words: str


@dataclass(frozen=True, slots=True, eq=False)
class Charted:
    """`notional_y` and `notional_x` [quote currency] were traded in each row's bar, shape (n,); 0 where the leg has none."""

    drawn: Drawn
    notional_y: Floats
    notional_x: Floats
    marks: tuple[Mark, ...]


def charted(drawn: Drawn, y: Candles, x: Candles) -> Charted:
    """What is drawn, with the traffic and the marks of both legs' own bars."""
    times = drawn.series.times
    marks = sorted((*_marks(y, times), *_marks(x, times)))
    return Charted(drawn, _notional(y, times), _notional(x, times), tuple(marks))


def _notional(bars: Candles, times: Ints) -> Floats:
    found = np.zeros(len(times))
    rows = np.searchsorted(bars.open_time_us, times)
    there = rows < len(bars)
    there[there] = bars.open_time_us[rows[there]] == times[there]
    found[there] = bars.quote_volumes()[rows[there]]
    return found


def _marks(bars: Candles, times: Ints) -> Sequence[Mark]:
    watched = int(sum(flag for flag, _ in _FLAGS))
    shown = (bars.open_time_us >= times[0]) & (bars.open_time_us <= times[-1])
    rows = np.flatnonzero(shown & ((bars.flags & watched != 0) | (bars.revision > 0)))
    return [
        Mark(int(bars.open_time_us[row]), str(bars.symbol), _words(int(bars.flags[row]), int(bars.revision[row])))
        for row in rows
    ]


def _words(flags: int, revision: int) -> str:
    told = [words for flag, words in _FLAGS if flags & flag]
    return "; ".join([*told, *([_AMENDED] if revision else [])])
