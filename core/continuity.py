"""Is anything missing? Trade ids of a spot symbol count up by one, so a hole in them is a missed trade.

Pure: what is known of a symbol's ids goes in with new ids, and comes out moved on, with the holes that opened and the
ids that are old. Source: binance.md, "Sequencing and how to prove there is no gap".
"""

from dataclasses import dataclass

import numpy as np

from core.market import Bools, Ints

Hole = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sequence:
    """The ids seen of one symbol: all of first..last but the `holes` (ascending, inclusive at both ends)."""

    first: int
    last: int
    holes: tuple[Hole, ...] = ()

    @property
    def missing(self) -> int:
        """How many ids between first and last have not been seen."""
        return sum(last - first + 1 for first, last in self.holes)


@dataclass(frozen=True, slots=True)
class Advance:
    """What new ids did to a sequence.

    `opened` are the new holes, ascending, `closed` says whether any hole shrank, and `old` marks the ids at or before the
    former last one: late where they fill a hole or lie before the first, else duplicates.
    """

    sequence: Sequence
    opened: tuple[Hole, ...]
    closed: bool
    old: Bools


def advance(known: Sequence | None, ids: Ints) -> Advance:
    """Move `known` on by `ids` (ascending, distinct, at least one)."""
    if known is None:
        opened = holes_between(ids)
        return Advance(Sequence(int(ids[0]), int(ids[-1]), opened), opened, False, np.zeros(len(ids), dtype=bool))
    old = ids <= known.last
    fresh = ids[~old] if old.any() else ids
    opened = holes_between(np.concatenate(([known.last], fresh))) if len(fresh) else ()
    holes, first = known.holes, known.first
    before: tuple[Hole, ...] = ()
    if len(fresh) < len(ids):
        late = ids[old]
        holes = without(known.holes, late)
        first = min(first, int(late[0]))
        before = _before(known, late)
    last = int(fresh[-1]) if len(fresh) else known.last
    sequence = Sequence(first, last, (*before, *holes, *opened))
    return Advance(sequence, (*before, *opened), holes != known.holes, old)


def holes_between(ids: Ints) -> tuple[Hole, ...]:
    """The runs of absent ids between ascending distinct `ids`."""
    jumps = np.flatnonzero(np.diff(ids) > 1)
    return tuple((int(ids[j]) + 1, int(ids[j + 1]) - 1) for j in jumps)


def without(holes: tuple[Hole, ...], ids: Ints) -> tuple[Hole, ...]:
    """`holes` less `ids` (ascending, distinct)."""
    left: list[Hole] = []
    for first, last in holes:
        inside = ids[(ids >= first) & (ids <= last)]
        if len(inside) == 0:
            left.append((first, last))
        else:
            left.extend(holes_between(np.concatenate(([first - 1], inside, [last + 1]))))
    return tuple(left)


def _before(known: Sequence, late: Ints) -> tuple[Hole, ...]:
    """The holes that ids from before the record open: it begins earlier now."""
    earlier = late[late < known.first]
    return holes_between(np.append(earlier, known.first)) if len(earlier) else ()
