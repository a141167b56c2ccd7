"""Bars beside other bars of the same time: where they differ, and whether an aggregate across a boundary explains it.

Exact: integers at a common scale. The number of trades is compared first; on a market whose ids count aggregates it is not
compared at all, because an aggregate may stand for fewer trades than its ids say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.errors import MarketError
from core.market import Bools, Candles, Ints, multiplied

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


class _Row(NamedTuple):
    """A bar's numbers, exact."""

    volume: int
    quote_volume: int
    taker_buy_volume: int
    taker_buy_quote_volume: int
    open: int
    high: int
    low: int
    close: int


def compare(own: Candles, reference: Candles) -> Comparison:
    """`own` beside `reference`: bars of one symbol and interval, each ascending by open time.

    Raise MarketError where they are not of one symbol and interval.
    """
    if (own.symbol, own.interval) != (reference.symbol, reference.interval):
        raise MarketError(
            f"{own.interval} bars of {own.symbol} cannot be compared with {reference.interval} bars of {reference.symbol}"
        )
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
    """Split `differences` (ascending) into those that aggregates across boundaries explain, and the others.

    An aggregate carries the time of its first fill while later fills lie in the next bar: what one bar has too much the
    next one lacks, and it is no more than that bar's last aggregate, whose quantity is in `last_quantities`, one for each of
    `own` at its scale. So from the first bar on, the sum of own less reference volume is never below 0 nor above that
    quantity, until it is 0; its takers' buys are part of it, its quote volumes lie at prices of the bar. The
    last price never differs, nor any of the first bar; what is carried over can only have widened a later bar's range.
    """
    scale = own.scale.finer(reference.scale)
    limits = multiplied(last_quantities, 10 ** (scale.quantity - own.scale.quantity))
    limit = dict(zip(own.open_time_us.tolist(), limits.tolist(), strict=True))
    ours, theirs = (_rows(bars.rescaled(scale)) for bars in (own, reference))
    explained: set[int] = set()
    for each in differences:
        if each.open_time_us not in explained:
            explained.update(_carried_over(each.open_time_us, own.interval.us, ours, theirs, limit))
    return (
        tuple(each for each in differences if each.open_time_us in explained),
        tuple(each for each in differences if each.open_time_us not in explained),
    )


def _carried_over(
    start_us: int, step_us: int, ours: dict[int, _Row], theirs: dict[int, _Row], limit: dict[int, int]
) -> list[int]:
    """The bars from `start_us` to where what is carried from one to the next is used up; none where that explains them not."""
    run: list[int] = []
    volume = quote = bought = bought_quote = 0
    while True:
        at = start_us + len(run) * step_us
        mine, truth = ours.get(at), theirs.get(at)
        if truth is None or not _prices_fit(mine, truth, first=not run):
            return []
        volume += (mine.volume if mine else 0) - truth.volume
        quote += (mine.quote_volume if mine else 0) - truth.quote_volume
        bought += (mine.taker_buy_volume if mine else 0) - truth.taker_buy_volume
        bought_quote += (mine.taker_buy_quote_volume if mine else 0) - truth.taker_buy_quote_volume
        sound = 0 <= bought <= volume <= limit.get(at, 0) and volume * truth.low <= quote <= volume * truth.high
        if not sound or not bought * truth.low <= bought_quote <= bought * truth.high:
            return []
        run.append(at)
        if volume == 0:  # then so are the others, which lie between bounds that are 0
            return run if len(run) > 1 else []


def _prices_fit(mine: _Row | None, truth: _Row, first: bool) -> bool:
    if mine is None:
        return not first
    if first:
        return (mine.open, mine.high, mine.low, mine.close) == (truth.open, truth.high, truth.low, truth.close)
    return mine.close == truth.close and truth.low <= mine.low and mine.high <= truth.high


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


def _rows(bars: Candles) -> dict[int, _Row]:
    columns = zip(*(getattr(bars, name).tolist() for name in _Row._fields), strict=True)
    return dict(zip(bars.open_time_us.tolist(), (_Row(*row) for row in columns), strict=True))
