"""How much of a window is proven: the share of its trades that are present by id, with a grade and words.

Pure: bars and the gap ledger go in. A gap's trades lie between the trade times around it, so a bar that it touches may
lack all of them or none. What is told of one bar is therefore a lower bound; over a window that holds its gaps whole it
is exact. A bar of the exchange's own (seeded) is whole on the exchange's word, and stands in for the trades of a gap around it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.health import Gap, GapState
from core.market import BarFlag, BarSource, Bools, Candles, Floats, Ints


class Grade(StrEnum):
    """From best to worst; NONE where nothing is known."""

    A = "A"  # every trade proven present, and the desk's own
    B = "B"  # whole, but part stands on the exchange's own bars, or on bars that are not proven yet
    C = "C"  # at least 99 % present
    D = "D"  # less
    NONE = "-"


_ORDER = tuple(Grade)
_LEAST_OF_C = 0.99


@dataclass(frozen=True, slots=True)
class Quality:
    """What is known of a window of bars, or of several windows together.

    `present` counts trades (aggregates where ids count these), `missing` the ids of `gaps` gaps that nothing stands in for,
    `seeded` those of `present` that are in bars of the exchange's own. `unproven` of the `bars` are not known to be whole:
    the record begins inside, or they end after what is proven. `share` is present / (present + missing), where it
    is not `exact` (a gap reaches out of the window, or over bars of mixed origin) a lower bound; None where nothing is proven. `words` fit a tooltip.
    """

    present: int
    missing: int
    seeded: int
    unproven: int
    bars: int
    gaps: int
    exact: bool
    share: float | None
    grade: Grade
    words: str


def bar_quality(bars: Candles, gaps: Sequence[Gap], proven_us: int) -> Floats:
    """A lower bound of the share of each bar's trades that is proven present, from 0 to 1, one for each of `bars`.

    NaN where it is unknown: for bars that the record begins in, and for those that end after `proven_us`, the event time
    up to which the symbol's stream is known to be whole. `gaps` are the symbol's, in any state and order.
    """
    ledger = _Ledger.of(bars, gaps)
    present = _present(bars, ledger)
    lacking = ledger.over_bars(ledger.missing - ledger.stood_in_for(_whole(bars)))
    share = present / np.maximum(present + lacking, 1)
    share[_whole(bars) | (lacking == 0)] = 1.0
    share[_unproven(bars, proven_us)] = np.nan
    return np.asarray(share, dtype=np.float64)


def window_quality(bars: Candles, gaps: Sequence[Gap], proven_us: int) -> Quality:
    """The quality of the window from the first of `bars` to the last, with what lies between them. See bar_quality."""
    if len(bars) == 0:
        return Quality(0, 0, 0, 0, 0, 0, True, None, Grade.NONE, "unknown: there are no bars")
    ledger = _Ledger.of(bars, gaps)
    left = ledger.missing - ledger.stood_in_for(_whole(bars))
    start, end = int(bars.open_time_us[0]), int(bars.open_time_us[-1]) + bars.interval.us
    inside = (ledger.to_us >= start) & (ledger.from_us < end) & (left > 0)
    seeded = bars.source != BarSource.OWN
    held = bool(np.all((ledger.from_us >= start) & (ledger.to_us < end) | ~inside))
    mixed = seeded if bars.symbol.counts_aggregates else seeded & ~_whole(bars)
    causes = sorted({cause for cause, touches in zip(ledger.causes, inside.tolist(), strict=True) if touches})
    return _told(
        present=int(_present(bars, ledger).sum()),
        missing=int(left[inside].sum()),
        seeded=int(bars.trade_count[seeded].sum()),
        unproven=int(_unproven(bars, proven_us).sum()),
        bars=len(bars),
        gaps=int(inside.sum()),
        exact=held and not (inside.any() and mixed.any()),
        why=f" ({', '.join(causes)})" if any(causes) else "",
        noun="aggregate" if bars.symbol.counts_aggregates else "trade",
    )


def join(qualities: Sequence[Quality]) -> Quality:
    """Several windows as one, such as the legs of a pair: sums, and the worst grade. Unknown where one of them is."""
    unknown = next((each for each in qualities if each.share is None), None)
    told = _told(
        present=sum(each.present for each in qualities),
        missing=sum(each.missing for each in qualities),
        seeded=sum(each.seeded for each in qualities),
        unproven=sum(each.unproven for each in qualities),
        bars=sum(each.bars for each in qualities),
        gaps=sum(each.gaps for each in qualities),
        exact=all(each.exact for each in qualities),
        grade=max((each.grade for each in qualities), key=_ORDER.index, default=Grade.NONE),
    )
    if unknown is None:
        return told
    return Quality(
        told.present, told.missing, told.seeded, told.unproven, told.bars, told.gaps, told.exact, None, Grade.NONE,
        unknown.words,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Ledger:
    """Gaps that are still there, as columns, beside bars: gap i touches the bars from `first[i]` to before `after[i]`."""

    bars: Candles
    first_id: Ints
    last_id: Ints
    from_us: Ints
    to_us: Ints
    first: Ints
    after: Ints
    causes: tuple[str, ...]

    @classmethod
    def of(cls, bars: Candles, gaps: Sequence[Gap]) -> "_Ledger":
        open_ = [gap for gap in gaps if gap.state is not GapState.CLOSED and gap.missing]
        rows = [(g.next_id or 0, g.last_id, min(g.from_us, g.to_us), max(g.from_us, g.to_us)) for g in open_]
        first_id, last_id, from_us, to_us = np.array(rows, dtype=np.int64).reshape(-1, 4).T
        first = np.searchsorted(bars.open_time_us + bars.interval.us, from_us, side="right")
        after = np.searchsorted(bars.open_time_us, to_us, side="right")
        causes = tuple(gap.cause for gap in open_)
        return cls(bars, first_id, last_id, from_us, to_us, first, np.maximum(first, after), causes)

    @property
    def missing(self) -> Ints:
        """How many ids each gap lacks."""
        return self.last_id - self.first_id + 1

    def over_bars(self, values: Ints) -> Ints:
        """For each bar the sum of `values` over the gaps that touch it."""
        steps = np.zeros(len(self.bars) + 1, dtype=np.int64)
        np.add.at(steps, self.first, values)
        np.add.at(steps, self.after, -values)
        return np.asarray(np.cumsum(steps)[:-1], dtype=np.int64)

    def stood_in_for(self, whole: Bools) -> Ints:
        """How many of each gap's ids are the trades of `whole` bars inside it, touched by no other gap.

        None of them where ids count aggregates: how many ids such a bar's trades have is not known.
        """
        if self.bars.symbol.counts_aggregates:
            return np.zeros_like(self.missing)
        counted = whole & (self.over_bars(np.ones_like(self.missing)) == 1)
        sums = np.concatenate(([0], np.cumsum(np.where(counted, self.bars.trade_count, 0))))
        first = np.searchsorted(self.bars.open_time_us, self.from_us, side="right")
        after = np.searchsorted(self.bars.open_time_us + self.bars.interval.us, self.to_us, side="right")
        return np.asarray(np.minimum(self.missing, sums[np.maximum(first, after)] - sums[first]), dtype=np.int64)


def _whole(bars: Candles) -> Bools:
    """Bars of the exchange's own: a longer bar of which a part is the desk's own and lacks trades is none."""
    return np.asarray((bars.source != BarSource.OWN) & (bars.flags & int(BarFlag.GAP) == 0), dtype=np.bool_)


def _unproven(bars: Candles, proven_us: int) -> Bools:
    partial = bars.flags & int(BarFlag.PARTIAL) != 0
    return np.asarray(partial | (bars.open_time_us + bars.interval.us > proven_us), dtype=np.bool_)


def _present(bars: Candles, ledger: _Ledger) -> Ints:
    """How many ids each bar has: its trades, or where ids count aggregates those from its first to its last, less holes.

    Bars of the exchange's own name no ids there: their trades stand for them.
    """
    if not bars.symbol.counts_aggregates:
        return bars.trade_count
    ids = bars.last_trade_id - bars.first_trade_id + 1
    for first, last in zip(ledger.first_id.tolist(), ledger.last_id.tolist(), strict=True):
        ids -= np.maximum(0, np.minimum(bars.last_trade_id, last) - np.maximum(bars.first_trade_id, first) + 1)
    named = (bars.source == BarSource.OWN) & (ids > 0)
    return np.where(named, np.minimum(ids, bars.trade_count), bars.trade_count)


def _told(
    present: int, missing: int, seeded: int, unproven: int, bars: int, gaps: int, exact: bool,
    why: str = "", noun: str = "trade", grade: Grade | None = None,
) -> Quality:  # fmt: skip
    """The quality that these counts come to; `grade` where it is known already."""
    proven = bool(missing) or unproven < bars
    share = (present / (present + missing) if missing else 1.0) if proven else None
    grade = grade or _grade(share, missing, seeded, unproven)
    if share is None:
        words = f"unknown: none of {_number(bars, 'bar')} is proven yet"
    elif missing:
        least = "" if exact else "at least "
        words = (
            f"{least}{_percent(present, missing)} %: {_number(missing, noun)} missing in {_number(gaps, 'gap')}{why}"
        )
    elif seeded or unproven:
        words = f"whole: {_number(present, noun)}"
    else:
        words = f"every one of {_number(present, noun)} proven present by id"
    if share is not None:
        words += f", {seeded:,} on the exchange's own bars" if seeded else ""
        words += f", {_number(unproven, 'bar')} not proven yet" if unproven else ""
    return Quality(present, missing, seeded, unproven, bars, gaps, exact, share, grade, words)


def _grade(share: float | None, missing: int, seeded: int, unproven: int) -> Grade:
    if share is None:
        return Grade.NONE
    if missing:
        return Grade.C if share >= _LEAST_OF_C else Grade.D
    return Grade.B if seeded or unproven else Grade.A


def _percent(present: int, missing: int) -> str:
    """The share in percent, rounded down, with as many decimals as it takes to show what is missing."""
    decimals = 2
    while missing * 10 ** (decimals + 2) < present + missing:
        decimals += 1
    whole, rest = divmod(present * 10 ** (decimals + 2) // (present + missing), 10**decimals)
    return f"{whole}.{rest:0{decimals}d}"


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
