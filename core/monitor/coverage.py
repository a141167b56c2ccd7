"""Minute by minute: what of a symbol is there, by whose word, and what is not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from core.health import Gap
from core.market import MINUTE, MINUTE_US, BarFlag, BarSource, Candles, Symbol
from core.monitor.proof import Proof
from core.store import Reader


class Cover(IntEnum):
    """What there is of a minute. Of several together the greatest tells."""

    QUIET = 0  # inside the proven record, and nobody traded
    OWN = 1
    LENT = 2  # the exchange's own bar, or an imported one
    ABSENT = 3  # before the record, or not proven yet
    GAP = 4  # trades are known to be missing


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """A Cover a minute from `from_us` [us] on, shape (minutes,)."""

    symbol: Symbol
    from_us: int
    minutes: npt.NDArray[np.int8]

    def counts(self) -> Mapping[Cover, int]:
        """How many minutes there are of each."""
        found = np.bincount(self.minutes, minlength=len(Cover)).tolist()
        return {cover: found[cover] for cover in Cover}

    def runs(self, step: int) -> list[tuple[int, int, Cover]]:
        """Stretches of one Cover by steps of `step` minutes: from and to [us]. The greatest of a step's minutes stands for it."""
        starts = np.arange(0, len(self.minutes), step)
        if not len(starts):
            return []
        steps = np.maximum.reduceat(self.minutes, starts)
        changes = np.flatnonzero(np.diff(steps, prepend=-1))
        edges = np.append(starts[changes], len(self.minutes)) * MINUTE_US + self.from_us
        covers = steps[changes].tolist()
        return [(int(a), int(b), Cover(c)) for a, b, c in zip(edges[:-1], edges[1:], covers, strict=True)]


def covered(reader: Reader, proof: Proof, symbol: Symbol, span_us: int) -> Coverage:
    """The minutes of `symbol` in the newest `span_us` [us] that are final. Raise StoreError."""
    to_us = MINUTE.floor(proof.watermark_us)
    from_us = to_us - MINUTE.floor(span_us)
    before = reader.candles(symbol, MINUTE, end_us=from_us, limit=1)
    bars = reader.candles(symbol, MINUTE, from_us, to_us, limit=(to_us - from_us) // MINUTE_US)
    return cover(bars, proof.gaps, proof.proven_us, from_us, to_us, begun=len(before) > 0)


def cover(bars: Candles, gaps: Sequence[Gap], proven_us: int, from_us: int, to_us: int, begun: bool) -> Coverage:
    """The minutes from `from_us` to `to_us` by the symbol's `bars` in them; `begun` says that the record begins before."""
    minutes = np.full((to_us - from_us) // MINUTE_US, Cover.ABSENT, dtype=np.int8)
    places = (bars.open_time_us - from_us) // MINUTE_US
    first = 0 if begun else int(places[0]) if len(places) else len(minutes)
    minutes[first : max((proven_us - from_us) // MINUTE_US, first)] = Cover.QUIET
    for gap in gaps:
        start, end = ((time - from_us) // MINUTE_US for time in sorted((gap.from_us, gap.to_us)))
        if gap.missing and end >= 0:
            minutes[max(start, 0) : end + 1] = Cover.GAP
    lacking = bars.flags & int(BarFlag.GAP) != 0
    own = bars.source == BarSource.OWN
    minutes[places] = np.where(lacking, Cover.GAP, np.where(own, Cover.OWN, Cover.LENT))
    return Coverage(bars.symbol, from_us, minutes)
