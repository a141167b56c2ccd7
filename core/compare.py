"""Bars beside other bars of the same time: where they differ, and whether an aggregate across a boundary explains it.

Exact: integers at a common scale. The number of trades is compared first; on a market whose ids count aggregates it is not
compared at all, because an aggregate may stand for fewer trades than its ids say.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.market import Bools, Candles, Ints

_FIELDS = (
    "trade_count", "volume", "quote_volume", "taker_buy_volume", "taker_buy_quote_volume", "open", "high", "low", "close"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BarDifference:
    """A bar that differs: in which fields, by how many trades, and by which share of the reference at most.

    A side without a bar counts 0 trades; then `fields` is ``("absent",)`` and `relative` 1.
    """

    open_time_us: int
    fields: tuple[str, ...]
    own_count: int
    reference_count: int
    relative: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """How `compared` bars came out: `matched` of them are equal in every field, the others are `differences`, ascending.

    Bars that only one side has are among the differences, but for empty ones, which equal no bar.
    """

    compared: int
    matched: int
    only_own: int
    only_reference: int
    differences: tuple[BarDifference, ...]

    @property
    def worst(self) -> BarDifference | None:
        """The largest relative difference; None where there is none."""
        return max(self.differences, key=lambda each: each.relative, default=None)


def compare(own: Candles, reference: Candles) -> Comparison:
    """`own` beside `reference`: bars of one symbol and interval, each ascending by open time."""
    own, reference = _without_empty(own), _without_empty(reference)
    scale = own.scale.finer(reference.scale)
    own, reference = own.rescaled(scale), reference.rescaled(scale)
    _, ours, theirs = np.intersect1d(own.open_time_us, reference.open_time_us, assume_unique=True, return_indices=True)
    mine, truth = own.take(ours), reference.take(theirs)
    unequal = {name: getattr(mine, name) != getattr(truth, name) for name in _compared(own)}
    differ = np.logical_or.reduce(list(unequal.values())) if len(mine) else np.zeros(0, dtype=bool)
    found = [_difference(mine, truth, row, unequal) for row in np.flatnonzero(differ).tolist()]
    found += [_absent(own, row, own=True) for row in np.setdiff1d(np.arange(len(own)), ours).tolist()]
    found += [_absent(reference, row, own=False) for row in np.setdiff1d(np.arange(len(reference)), theirs).tolist()]
    return Comparison(
        compared=len(own) + len(reference) - len(mine),
        matched=len(mine) - int(differ.sum()),
        only_own=len(own) - len(mine),
        only_reference=len(reference) - len(mine),
        differences=tuple(sorted(found, key=lambda each: each.open_time_us)),
    )


def explain_boundaries(
    own: Candles, reference: Candles, differences: Sequence[BarDifference], last_quantities: Ints
) -> tuple[tuple[BarDifference, ...], tuple[BarDifference, ...]]:
    """Split `differences` into those that aggregates across boundaries explain, and the others.

    An aggregate carries the time of its first fill while later fills lie in the next bar: what one bar has too much the
    next one lacks, and it is no more than that bar's last aggregate, whose quantity is in `last_quantities`, one for each of
    `own` at its scale. So over a run of bars that differ, the sum of own less reference volume is never below 0 nor above
    that quantity, and it is 0 at the end.
    """
    scale = own.scale.finer(reference.scale)
    limit = {
        at: quantity * 10 ** (scale.quantity - own.scale.quantity)
        for at, quantity in zip(own.open_time_us.tolist(), last_quantities.tolist(), strict=True)
    }
    ours, theirs = _volumes(own.rescaled(scale)), _volumes(reference.rescaled(scale))
    explained: list[BarDifference] = []
    for run in _runs(differences, own.interval.us):
        carried, sound = 0, True
        for each in run:
            at = each.open_time_us
            carried += ours.get(at, 0) - theirs.get(at, 0)
            sound = sound and 0 <= carried <= limit.get(at, 0)
        if sound and carried == 0:
            explained += run
    kept = set(explained)
    return tuple(explained), tuple(each for each in differences if each not in kept)


def _compared(own: Candles) -> tuple[str, ...]:
    return _FIELDS[1:] if own.symbol.counts_aggregates else _FIELDS


def _without_empty(bars: Candles) -> Candles:
    return bars.take(bars.trade_count > 0) if (bars.trade_count == 0).any() else bars


def _difference(own: Candles, reference: Candles, row: int, unequal: dict[str, Bools]) -> BarDifference:
    fields = tuple(name for name, differs in unequal.items() if differs[row])
    return BarDifference(
        int(own.open_time_us[row]),
        fields,
        int(own.trade_count[row]),
        int(reference.trade_count[row]),
        max(_relative(int(getattr(own, name)[row]), int(getattr(reference, name)[row])) for name in fields),
    )


def _absent(bars: Candles, row: int, own: bool) -> BarDifference:
    count = int(bars.trade_count[row])
    return BarDifference(int(bars.open_time_us[row]), ("absent",), count if own else 0, 0 if own else count, 1.0)


def _relative(own: int, reference: int) -> float:
    return abs(own - reference) / max(abs(reference), 1)


def _volumes(bars: Candles) -> dict[int, int]:
    return dict(zip(bars.open_time_us.tolist(), bars.volume.tolist(), strict=True))


def _runs(differences: Sequence[BarDifference], step_us: int) -> list[list[BarDifference]]:
    """`differences` (ascending) in runs of neighbours."""
    runs: list[list[BarDifference]] = []
    for each in differences:
        if runs and each.open_time_us == runs[-1][-1].open_time_us + step_us:
            runs[-1].append(each)
        else:
            runs.append([each])
    return runs
