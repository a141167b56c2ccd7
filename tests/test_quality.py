"""Data quality against trades of which some were taken away, so that the truth is known."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.candles import from_trades, roll_up
from core.health import Gap, GapState
from core.market import HOUR_US, MINUTE, SECOND_US, BarFlag, BarSource, Candles, Interval, Symbol, Trades
from core.quality import Grade, Quality, bar_quality, join, window_quality
from tests.trading import BTC, START_US, Deal, trades

PROVEN = START_US + HOUR_US
PERP = Symbol("BTCUSDT", perpetual=True)
MINUTE_S = 60.0


def gap(
    first: int, last: int, start: float, end: float, state: GapState = GapState.OPEN, cause: str = "", next_id: int = 0
) -> Gap:
    """Ids first..last are missing between trades at `start` and `end` [s after START_US]."""
    left = None if state is GapState.CLOSED else next_id or first
    times = (START_US + round(start * SECOND_US), START_US + round(end * SECOND_US))
    return Gap(BTC, first, last, left, *times, cause, state, 0, 0, None, None, "")


def bars(*ids_at: tuple[int, float], symbol: Symbol = BTC) -> Candles:
    return from_trades(trades((Deal(i, at) for i, at in ids_at), symbol=symbol), MINUTE)


def seeded(of: Candles, *rows: int) -> Candles:
    source = of.source.copy()
    source[list(rows)] = BarSource.SEEDED
    return replace(of, source=source)


def flagged(of: Candles, row: int, mark: BarFlag) -> Candles:
    flags = of.flags.copy()
    flags[row] |= int(mark)
    return replace(of, flags=flags)


def three_minutes(symbol: Symbol = BTC) -> Candles:
    """Ten trades a minute, ids 1 to 30, at 0, 6, ... s."""
    return bars(*((i + 1, 6.0 * i) for i in range(30)), symbol=symbol)


def without(first: int, last: int, symbol: Symbol = BTC) -> Candles:
    return bars(*((i + 1, 6.0 * i) for i in range(30) if not first <= i + 1 <= last), symbol=symbol)


# one bar


def test_nothing_missing() -> None:
    assert bar_quality(three_minutes(), (), PROVEN).tolist() == [1.0, 1.0, 1.0]


def test_a_gap_inside_a_bar() -> None:
    found = bar_quality(without(13, 15), (gap(13, 15, 66, 90),), PROVEN)
    assert found.tolist() == [1.0, 7 / 10, 1.0]


def test_a_gap_over_a_boundary_may_lie_in_either_bar() -> None:
    """Ids 9 to 12 are missing, two of each bar: either may lack all four."""
    found = bar_quality(without(9, 12), (gap(9, 12, 42, 72),), PROVEN)
    assert found.tolist() == [8 / 12, 8 / 12, 1.0]


@pytest.mark.parametrize("state", [GapState.OPEN, GapState.REPAIRING, GapState.LOST])
def test_what_is_lost_is_missing_too(state: GapState) -> None:
    assert bar_quality(without(13, 15), (gap(13, 15, 66, 90, state),), PROVEN)[1] == 0.7


def test_a_closed_gap_is_none() -> None:
    closed = gap(13, 15, 66, 90, GapState.CLOSED)
    assert bar_quality(three_minutes(), (closed,), PROVEN).tolist() == [1.0, 1.0, 1.0]
    assert window_quality(three_minutes(), (closed,), PROVEN).grade is Grade.A


def test_only_what_is_left_of_a_gap_counts() -> None:
    assert bar_quality(without(15, 15), (gap(13, 15, 78, 90, next_id=15),), PROVEN)[1] == 9 / 10


def test_times_around_a_gap_may_step_back() -> None:
    assert bar_quality(without(13, 15), (gap(13, 15, 90, 66),), PROVEN).tolist() == [1.0, 0.7, 1.0]


def test_bars_after_what_is_proven_are_unknown() -> None:
    found = bar_quality(three_minutes(), (), START_US + 119 * SECOND_US)
    assert found[0] == 1.0
    assert np.isnan(found[1:]).all()
    assert bar_quality(three_minutes(), (), START_US + 120 * SECOND_US)[1] == 1.0, "proven to its very end"


def test_the_bar_that_the_record_begins_in_is_unknown() -> None:
    found = bar_quality(flagged(three_minutes(), 0, BarFlag.PARTIAL), (), PROVEN)
    assert np.isnan(found[0])
    assert found[1] == 1.0


def test_seeded_bars_are_whole_and_leave_the_fewer_to_the_others() -> None:
    """Ids 9 to 22 are missing, and the exchange tells the ten of the minute in the middle: four are left."""
    found = bar_quality(seeded(three_minutes(), 1), (gap(9, 22, 42, 132),), PROVEN)
    assert found.tolist() == [10 / 14, 1.0, 10 / 14]


def test_a_seeded_bar_that_two_gaps_touch_stands_in_for_none() -> None:
    """It is not known which of the gaps its trades are of."""
    told = (gap(9, 15, 42, 132), gap(17, 22, 42, 132))
    assert bar_quality(seeded(three_minutes(), 1), told, PROVEN).tolist() == [10 / 23, 1.0, 10 / 23]


def test_a_seeded_bar_that_a_gap_begins_in_stands_in_for_none() -> None:
    """The trade before the gap, at the minute's very start, is stored, and the exchange counts it too."""
    found = bar_quality(seeded(three_minutes(), 1), (gap(12, 22, 60, 132),), PROVEN)
    assert found.tolist() == [1.0, 1.0, 10 / 21]


def test_a_longer_bar_of_mixed_origin_is_not_whole() -> None:
    parts = flagged(flagged(seeded(three_minutes(), 1), 0, BarFlag.GAP), 2, BarFlag.GAP)
    long = roll_up(parts, Interval.parse("5m"))
    assert bar_quality(long, (gap(9, 22, 42, 132),), PROVEN).tolist() == [30 / 44]
    window = window_quality(long, (gap(9, 22, 42, 132),), PROVEN)
    assert (window.exact, window.share) == (False, 30 / 44)
    assert window.words.startswith("at least 68.18 %")


def test_no_bars() -> None:
    assert len(bar_quality(three_minutes().take(slice(0, 0)), (gap(1, 2, 0, 1),), PROVEN)) == 0


def test_where_ids_count_aggregates_so_does_the_share() -> None:
    """Rows of three trades each: 7 of 10 aggregates are there, whatever they stand for."""
    whole = trades((Deal(i + 1, 6.0 * i) for i in range(30)), symbol=PERP)
    rows = replace(whole, trade_count=np.full(30, 3)).take(np.array([i not in (12, 13, 14) for i in range(30)]))
    found = bar_quality(from_trades(rows, MINUTE), (gap(13, 15, 66, 90),), PROVEN)
    assert found.tolist() == [1.0, 7 / 10, 1.0]


# windows


def test_proven() -> None:
    assert window_quality(three_minutes(), (), PROVEN) == Quality(
        30, 0, 0, 0, 3, 0, True, 1.0, Grade.A, "every one of 30 trades proven present by id"
    )


def test_missing() -> None:
    told = window_quality(without(9, 12), (gap(9, 12, 42, 72, cause="lost while reconnecting"),), PROVEN)
    assert (told.present, told.missing, told.gaps, told.exact) == (26, 4, 1, True)
    assert told.share == 26 / 30
    assert told.grade is Grade.D
    assert told.words == "86.66 %: 4 trades missing in 1 gap (lost while reconnecting)"


def test_a_minute_that_is_missing_altogether_counts() -> None:
    """No bar tells of it, the gap does."""
    told = window_quality(without(11, 20), (gap(11, 20, 54, 120),), PROVEN)
    assert (told.bars, told.missing, told.share) == (2, 10, 20 / 30)


def test_at_least_99_percent_is_c_and_never_reads_100() -> None:
    many = bars(*((i, i / 1000) for i in range(1, 100_001) if i != 50_000))
    told = window_quality(many, (gap(50_000, 50_000, 49.999, 50.001),), PROVEN)
    assert (told.grade, told.words) == (Grade.C, "99.999 %: 1 trade missing in 1 gap")


def test_a_gap_that_reaches_out_of_the_window_bounds_the_share() -> None:
    part = without(9, 12).take(slice(1, None))
    told = window_quality(part, (gap(9, 12, 42, 72),), PROVEN)
    assert (told.exact, told.share) == (False, 18 / 22)
    assert told.words.startswith("at least 81.81 %")


def test_a_gap_outside_the_window_is_no_concern_of_it() -> None:
    part = without(9, 12).take(slice(2, None))
    assert window_quality(part, (gap(9, 12, 42, 72),), PROVEN).grade is Grade.A


def test_seeded_bars_make_b() -> None:
    told = window_quality(seeded(three_minutes(), 1), (), PROVEN)
    assert (told.grade, told.seeded) == (Grade.B, 10)
    assert told.words == "whole: 30 trades, 10 on the exchange's own bars"


def test_seeded_bars_stand_in_for_a_gap() -> None:
    """All of its ids are the trades of the exchange's minute."""
    told = window_quality(seeded(three_minutes(), 1), (gap(11, 20, 54, 120),), PROVEN)
    assert (told.grade, told.missing, told.share) == (Grade.B, 0, 1.0)


def test_bars_that_are_not_proven_yet_make_b() -> None:
    told = window_quality(three_minutes(), (), START_US + 2 * MINUTE.us)
    assert (told.grade, told.unproven) == (Grade.B, 1)
    assert told.words == "whole: 30 trades, 1 bar not proven yet"


def test_where_nothing_is_proven_nothing_is_claimed() -> None:
    told = window_quality(three_minutes(), (), 0)
    assert (told.share, told.grade) == (None, Grade.NONE)
    assert told.words == "unknown: none of 3 bars is proven yet"


def test_no_bars_no_claim() -> None:
    told = window_quality(three_minutes().take(slice(0, 0)), (), PROVEN)
    assert (told.share, told.grade, told.words) == (None, Grade.NONE, "unknown: there are no bars")


# pairs


def test_a_pair_is_as_good_as_its_worse_leg() -> None:
    good = window_quality(three_minutes(), (), PROVEN)
    bad = window_quality(without(9, 12), (gap(9, 12, 42, 72),), PROVEN)
    both = join((good, bad))
    assert (both.present, both.missing, both.bars, both.gaps) == (56, 4, 6, 1)
    assert (both.share, both.grade) == (56 / 60, Grade.D)


def test_a_pair_with_an_unknown_leg_is_unknown() -> None:
    good = window_quality(three_minutes(), (), PROVEN)
    none = window_quality(three_minutes().take(slice(0, 0)), (), PROVEN)
    assert (join((good, none)).share, join((none, good)).grade) == (None, Grade.NONE)
    assert join((good, none)).words == none.words
    assert join(()).grade is Grade.NONE


# properties


def market() -> st.SearchStrategy[tuple[Trades, list[bool]]]:
    """Trades of some minutes, and which of them are there: the first and the last always are."""

    def made(steps_and_kept: list[tuple[int, bool]]) -> tuple[Trades, list[bool]]:
        at = np.cumsum([step for step, _ in steps_and_kept]).tolist()
        kept = [keep for _, keep in steps_and_kept]
        return trades(Deal(i + 1, seconds) for i, seconds in enumerate(at)), [True, *kept[1:-1], True]

    return st.lists(st.tuples(st.integers(0, 70), st.booleans()), min_size=2, max_size=40).map(made)


def observed(whole: Trades, kept: list[bool]) -> tuple[Candles, tuple[Gap, ...]]:
    """The bars of what is there, and the ledger of what is not."""
    there = whole.take(np.array(kept))
    jumps = np.flatnonzero(np.diff(there.trade_id) > 1).tolist()
    ids, times = there.trade_id.tolist(), there.trade_time_us.tolist()
    found = tuple(
        Gap(
            BTC, ids[j] + 1, ids[j + 1] - 1, ids[j] + 1, times[j], times[j + 1], "", GapState.LOST, 0, 0, None, None, ""
        )
        for j in jumps
    )
    return from_trades(there, MINUTE), found


@given(market())
def test_a_bar_has_at_least_the_share_that_is_told(given: tuple[Trades, list[bool]]) -> None:
    whole, kept = given
    made, gaps = observed(whole, kept)
    truth = dict(
        zip(*(getattr(from_trades(whole, MINUTE), n).tolist() for n in ("open_time_us", "trade_count")), strict=True)
    )
    told = bar_quality(made, gaps, 2**62)
    for at, count, share in zip(made.open_time_us.tolist(), made.trade_count.tolist(), told.tolist(), strict=True):
        assert 0 < share <= count / truth[at]


@given(market(), st.sets(st.integers(0, 40)))
def test_bounds_hold_beside_seeded_bars(given: tuple[Trades, list[bool]], asked: set[int]) -> None:
    """Where the exchange's bars stand for minutes of which nothing was received."""
    whole, kept = given
    made, gaps = observed(whole, kept)
    all_bars = from_trades(whole, MINUTE)
    absent = ~np.isin(all_bars.open_time_us, made.open_time_us)
    rows = np.flatnonzero(absent & np.isin(np.arange(len(all_bars)), list(asked)))
    source = np.where(np.isin(np.arange(len(all_bars)), rows), BarSource.SEEDED, BarSource.OWN)
    own_count = np.zeros(len(all_bars), dtype=np.int64)
    own_count[~absent] = made.trade_count
    count = np.where(source == BarSource.SEEDED, all_bars.trade_count, own_count)
    shown = replace(all_bars, trade_count=count, source=source).take(~absent | (source == BarSource.SEEDED))
    truth = all_bars.trade_count[~absent | (source == BarSource.SEEDED)]
    assert (bar_quality(shown, gaps, 2**62) <= shown.trade_count / truth).all()
    window = window_quality(shown, gaps, 2**62)
    assert window.missing >= len(whole) - int(shown.trade_count.sum())
    assert window.share is not None
    assert window.share <= shown.trade_count.sum() / len(whole)


@given(market())
def test_the_share_of_a_window_is_exact(given: tuple[Trades, list[bool]]) -> None:
    whole, kept = given
    made, gaps = observed(whole, kept)
    told = window_quality(made, gaps, 2**62)
    assert told.exact
    assert told.share == sum(kept) / len(whole)
    assert told.share >= np.min(bar_quality(made, gaps, 2**62))
    assert (told.grade is Grade.A) == all(kept)


@given(market(), st.integers(0, 38), st.integers(0, 38))
def test_fewer_trades_are_never_better(given: tuple[Trades, list[bool]], first: int, count: int) -> None:
    whole, kept = given
    before = window_quality(*observed(whole, kept), 2**62)
    fewer = [keep and not (0 < i < len(kept) - 1 and first <= i < first + count) for i, keep in enumerate(kept)]
    after = window_quality(*observed(whole, fewer), 2**62)
    assert before.share is not None
    assert after.share is not None
    assert after.share <= before.share
    assert list(Grade).index(after.grade) >= list(Grade).index(before.grade)
    assert join((before, after)).grade is after.grade


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_percentages_never_round_up(present: int, missing: int) -> None:
    count = present + missing
    told = replace(three_minutes().take(slice(0, 1)), trade_count=np.array([present]))
    words = window_quality(told, (gap(1, missing, 0, 1),), PROVEN).words
    assert float(words.split(" ")[0]) / 100 <= present / count + 1e-15
    assert not words.startswith("100")
