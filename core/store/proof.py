"""What a check proves, without the database: which ids rows cover, and whether bars are the sums of their trades."""

from dataclasses import replace

import numpy as np

from core import candles
from core.continuity import Hole
from core.market import CANDLE_COLUMNS, DAY_US, BarSource, Bools, Candles, Interval, Ints, Trades

#: Fields that follow from the trades; the others are marks of the desk.
_DERIVED = CANDLE_COLUMNS[1:-3]
#: No market that the desk knows traded before 2009.
_FIRST_TIME_US = 1_230_768_000 * 1_000_000
_MOMENT = Interval(1)
_MOST = 2.0**62


def uncovered(after_id: int, rows: Trades) -> tuple[tuple[Hole, ...], tuple[Hole, ...], int]:
    """The ids above `after_id` that `rows` (ascending) skip, those that they cover twice, and the last that they cover."""
    reached = np.maximum.accumulate(np.concatenate(([after_id], rows.last_id)))
    before = reached[:-1]
    skipped, again = rows.trade_id > before + 1, rows.trade_id <= before
    return (
        _holes(before[skipped] + 1, rows.trade_id[skipped] - 1),
        _holes(rows.trade_id[again], np.minimum(rows.last_id, before)[again]),
        int(reached[-1]),
    )


def clipped(holes: tuple[Hole, ...], first_id: int, last_id: int) -> tuple[Hole, ...]:
    """What of `holes` lies between `first_id` and `last_id`, both inclusive."""
    parts = ((max(a, first_id), min(b, last_id)) for a, b in holes)
    return tuple((a, b) for a, b in parts if a <= b)


def less(holes: tuple[Hole, ...], others: tuple[Hole, ...]) -> tuple[Hole, ...]:
    """What of `holes` is in none of `others`; both ascending."""
    if holes == others:
        return ()
    left: list[Hole] = []
    at = 0
    for first, last in holes:
        while at < len(others) and others[at][1] < first:
            at += 1
        for a, b in others[at:]:
            if a > last or first > last:
                break
            left.append((first, a - 1))
            first = b + 1
        left.append((first, last))
    return tuple((a, b) for a, b in left if a <= b)


def impossible(rows: Trades, until_us: int, empty: bool) -> Bools:
    """Rows that no trade can be; `empty` says whether a row may have no quantity, as a part of an aggregate has."""
    quantities = rows.quantity < 0 if empty else rows.quantity <= 0
    times = (rows.trade_time_us < _FIRST_TIME_US) | (rows.trade_time_us > until_us + DAY_US)
    large = rows.price.astype(np.float64) * rows.quantity > _MOST
    return np.asarray(
        (rows.trade_id < 0) | (rows.price <= 0) | quantities | (rows.trade_count < 1) | times | large, dtype=np.bool_
    )


def merged(one: Candles, other: Candles) -> Candles:
    """Bars of one interval as one, ascending: those of the same open time are parts of the same bar."""
    if len(one) == 0 or len(other) == 0 or one.open_time_us[-1] < other.open_time_us[0]:
        return candles.concatenate([one, other])
    both = candles.concatenate([one, other])
    both = both.take(np.argsort(both.open_time_us, kind="stable"))
    return candles.roll_up(replace(both, interval=_MOMENT), one.interval)


def differing(derived: Candles, stored: Candles) -> list[tuple[int, tuple[str, ...]]]:
    """Open times of stored bars of the desk's own that are not what is `derived` from their trades, and in which fields.

    A bar that is not stored differs in ``absent``, one that no trade is in by being ``unfounded``.
    """
    own = stored.take(stored.source == BarSource.OWN) if (stored.source != BarSource.OWN).any() else stored
    if len(own) < len(stored):
        foreign = stored.open_time_us[stored.source != BarSource.OWN]
        derived = derived.take(~np.isin(derived.open_time_us, foreign))
    if np.array_equal(derived.open_time_us, own.open_time_us):
        ours = theirs = np.arange(len(own))
    else:
        both = np.intersect1d(derived.open_time_us, own.open_time_us, assume_unique=True, return_indices=True)
        ours, theirs = both[1], both[2]
    unequal = {name: getattr(derived, name)[ours] != getattr(own, name)[theirs] for name in _DERIVED}
    rows = np.flatnonzero(np.logical_or.reduce(list(unequal.values())))
    found = [
        (int(own.open_time_us[theirs[row]]), tuple(name for name, wrong in unequal.items() if wrong[row]))
        for row in rows.tolist()
    ]
    found += [(at, ("absent",)) for at in np.delete(derived.open_time_us, ours).tolist()]
    found += [(at, ("unfounded",)) for at in np.delete(own.open_time_us, theirs).tolist()]
    return sorted(found)


def _holes(firsts: Ints, lasts: Ints) -> tuple[Hole, ...]:
    return tuple(zip(firsts.tolist(), lasts.tolist(), strict=True))
