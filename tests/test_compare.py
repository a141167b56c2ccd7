"""Bars compared: what differs is found, and only what an aggregate explains is excused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.candles import from_trades
from core.compare import BarDifference, Comparison, compare, explain_boundaries
from core.errors import MarketError
from core.market import (
    CANDLE_COLUMNS,
    MINUTE,
    MINUTE_US,
    PRICE_COLUMNS,
    QUANTITY_COLUMNS,
    QUOTE_COLUMNS,
    SECOND,
    TRADE_COLUMNS,
    Candles,
    Ints,
    Scale,
    Symbol,
    Trades,
)
from tests.trading import BTC, ETH, SCALE, START_US, Deal, trades

PERP = Symbol("BTCUSDT", perpetual=True)
FIELDS = ("trade_count", *QUANTITY_COLUMNS, *QUOTE_COLUMNS, *PRICE_COLUMNS)
DEALS = [Deal(i, 7.0 * i, f"{100 + i % 7}.00", f"{1 + i % 4}.00000", i % 3 == 0) for i in range(1, 60)]


def bars(deals: list[Deal], symbol: Symbol = BTC, scale: Scale = SCALE) -> Candles:
    return from_trades(trades(deals, scale, symbol), MINUTE)


def changed(of: Candles, row: int, **by: int) -> Candles:
    """`of` with one bar that is off by so much."""
    columns = {name: getattr(of, name).copy() for name in by}
    for name, column in columns.items():
        column[row] += by[name]
    return replace(of, **columns)


def without_ids(of: Candles) -> Candles:
    """As bars over REST come."""
    none = np.full(len(of), -1)
    return replace(of, first_trade_id=none, last_trade_id=none, source=np.ones(len(of), dtype=np.int64))


def test_equal_bars() -> None:
    own = bars(DEALS)
    assert compare(own, without_ids(own)) == Comparison(7, 7, 0, 0, ())
    assert compare(own, own).worst is None


def test_equal_at_another_scale() -> None:
    assert compare(bars(DEALS), bars(DEALS, scale=Scale(4, 6))).matched == 7


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("by", [1, -1])
def test_a_unit_in_any_field_is_a_difference(name: str, by: int) -> None:
    own = bars(DEALS)
    found = compare(changed(own, 2, **{name: by}), own)
    (difference,) = found.differences
    assert (found.compared, found.matched) == (7, 6)
    assert (difference.open_time_us, difference.fields) == (START_US + 2 * MINUTE_US, (name,))
    assert difference.relative == 1 / int(getattr(own, name)[2])


def test_counts_come_first_and_the_largest_share_is_told() -> None:
    own = bars(DEALS)
    off = changed(own, 1, volume=int(own.volume[1]), trade_count=1, close=1)
    (difference,) = compare(off, own).differences
    assert difference.fields == ("trade_count", "volume", "close")
    assert difference.relative == 1.0
    assert difference.own_count - difference.reference_count == 1


def test_the_worst_of_several() -> None:
    own = bars(DEALS)
    found = compare(changed(changed(own, 1, close=1), 4, close=100), own)
    assert [each.open_time_us for each in found.differences] == [START_US + MINUTE_US, START_US + 4 * MINUTE_US]
    assert found.worst == found.differences[1]


def test_bars_of_one_side_only() -> None:
    own = bars(DEALS)
    found = compare(own.take(slice(1, None)), own.take(slice(0, -1)))
    assert (found.compared, found.matched, found.only_own, found.only_reference) == (7, 5, 1, 1)
    first, last = found.differences
    assert first == BarDifference(START_US, ("absent",), 0, int(own.trade_count[0]), 1.0)
    assert last.own_count == own.trade_count[-1]


def test_an_empty_bar_of_the_exchange_equals_no_bar() -> None:
    own = bars(DEALS)
    quiet = own.take(np.array([0, 2, 3, 4, 5, 6]))
    empty = replace(own, **{n: np.where(np.arange(7) == 1, 0, getattr(own, n)) for n in FIELDS[:5]})
    assert compare(quiet, empty) == Comparison(6, 6, 0, 0, ())


def test_nothing_to_compare() -> None:
    none = bars(DEALS).take(slice(0, 0))
    assert compare(none, none) == Comparison(0, 0, 0, 0, ())
    assert compare(none, bars(DEALS)).only_reference == 7


@pytest.mark.parametrize("other", [bars(DEALS, ETH), from_trades(trades(DEALS), SECOND)])
def test_other_bars_are_refused(other: Candles) -> None:
    with pytest.raises(MarketError, match="1m bars of BTCUSDT cannot be compared with"):
        compare(bars(DEALS), other)


def test_trades_are_not_counted_where_ids_count_aggregates() -> None:
    own = bars(DEALS, PERP)
    assert compare(changed(own, 2, trade_count=3), own).matched == 7


@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from(FIELDS), st.integers(-50, 50).filter(bool)), max_size=5))
def test_whatever_is_changed_is_found(changes: list[tuple[int, str, int]]) -> None:
    own = bars(DEALS)
    off = own
    for row, name, by in changes:
        off = changed(off, row, **{name: by})
    truly = [
        r for r in range(len(own)) if any(getattr(own, name)[r] != getattr(off, name)[r] for name in CANDLE_COLUMNS)
    ]
    found = compare(off, own)
    assert [each.open_time_us for each in found.differences] == own.open_time_us[truly].tolist()
    assert found.matched == len(own) - len(truly)


# aggregates across boundaries


def aggregated(fills: Trades, groups: Ints) -> Trades:
    """An aggregate a group of neighbouring fills: the time of the first, the sum of the quantities."""
    starts = np.flatnonzero(np.diff(groups, prepend=-1))
    taken = fills.take(starts)
    return replace(
        taken,
        trade_id=np.arange(len(starts)) + 1,
        quantity=np.add.reduceat(fills.quantity, starts),
        trade_count=np.diff(np.append(starts, len(fills))),
    )


def last_quantities(rows: Trades, own: Candles) -> Ints:
    return rows.quantity[np.searchsorted(rows.trade_id, own.last_trade_id)]


def explained(rows: Trades, reference: Candles) -> tuple[int, int]:
    own = from_trades(rows, MINUTE)
    told = explain_boundaries(own, reference, compare(own, reference).differences, last_quantities(rows, own))
    return len(told[0]), len(told[1])


def spanning() -> tuple[Trades, Trades]:
    """Fills, and their aggregates: the second has one fill before the minute and two after."""
    fills = trades(
        [Deal(1, 50), Deal(2, 59.99, "101.00", "2.00000"), Deal(3, 60.01, "101.00", "3.00000"),
         Deal(4, 60.02, "101.00", "0.50000"), Deal(5, 70, "99.00")], symbol=PERP,
    )  # fmt: skip
    return fills, aggregated(fills, np.array([0, 1, 1, 1, 2]))


def test_an_aggregate_across_a_boundary_explains_both_bars() -> None:
    fills, rows = spanning()
    assert explained(rows, from_trades(fills, MINUTE)) == (2, 0)


def test_a_bar_of_nothing_else_is_absent() -> None:
    """All that the next minute had were the later fills of the aggregate."""
    fills, rows = spanning()
    assert explained(rows.take(slice(0, 2)), from_trades(fills.take(slice(0, 4)), MINUTE)) == (2, 0)


def test_at_another_scale() -> None:
    fills, rows = spanning()
    assert explained(rows, from_trades(fills.rescaled(Scale(4, 7)), MINUTE)) == (2, 0)


@pytest.mark.parametrize(
    ("row", "by"),
    [
        (1, {"volume": 1}),  # does not come back to 0
        (1, {"quote_volume": 1}),
        (1, {"taker_buy_volume": -1}),
        (1, {"taker_buy_quote_volume": 1}),
        (0, {"close": 1}),
        (0, {"high": 100}),
        (0, {"open": -1}),
        (1, {"close": -1}),
        (1, {"high": 100_000}),  # own reaches further than what was carried over can
    ],
)
def test_what_else_is_wrong_is_not_explained(row: int, by: dict[str, int]) -> None:
    fills, rows = spanning()
    own, reference = changed(from_trades(rows, MINUTE), row, **by), from_trades(fills, MINUTE)
    told = explain_boundaries(own, reference, compare(own, reference).differences, last_quantities(rows, own))
    assert (len(told[0]), len(told[1])) == (0, 2)


def test_no_more_is_carried_over_than_the_last_aggregate() -> None:
    """Three and a half are."""
    fills, rows = spanning()
    own, reference = from_trades(rows, MINUTE), from_trades(fills, MINUTE)
    found = compare(own, reference).differences
    assert explain_boundaries(own, reference, found, np.array([350_000, 0])) == (found, ())
    assert explain_boundaries(own, reference, found, np.array([349_999, 0])) == ((), found)


def test_a_count_alone_is_never_explained() -> None:
    own = bars(DEALS)
    off = changed(own, 3, trade_count=1)
    found = compare(off, own).differences
    assert explain_boundaries(off, own, found, np.full(len(own), 10**9)) == ((), found)


@pytest.mark.parametrize("name", [*PRICE_COLUMNS, *QUANTITY_COLUMNS, *QUOTE_COLUMNS])
def test_a_bar_alone_is_never_explained(name: str) -> None:
    rows = trades(DEALS, symbol=PERP)
    own = from_trades(rows, MINUTE)
    off = changed(own, 3, **{name: 1})
    told = explain_boundaries(off, own, compare(off, own).differences, last_quantities(rows, own))
    assert (len(told[0]), len(told[1])) == (0, 1)


def test_volume_that_comes_before_its_bar_is_not_explained() -> None:
    """Later bars cannot give to earlier ones."""
    fills, rows = spanning()
    own, reference = from_trades(fills, MINUTE), from_trades(rows, MINUTE)
    told = explain_boundaries(own, reference, compare(own, reference).differences, np.full(len(own), 10**9))
    assert (len(told[0]), len(told[1])) == (0, 2)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9), st.booleans()), min_size=1, max_size=40))
def test_aggregates_of_neighbouring_fills_explain_themselves(steps: list[tuple[int, int, bool]]) -> None:
    """Fills of a taker at one price, less than a minute from first to last, become one aggregate."""
    deals, groups, at, first_at = [], [], 0, 0
    for number, (step, quantity, joined) in enumerate(steps):
        at += step
        goes_on = joined and bool(groups) and at - first_at < 60
        groups.append(groups[-1] if goes_on else number)
        first_at = first_at if goes_on else at
        price = 100 + groups[-1] % 5
        deals.append(Deal(number + 1, at, f"{price}.00", f"{quantity}.00000", groups[-1] % 2 == 0))
    fills = trades(deals, symbol=PERP)
    rows = aggregated(fills, np.array(groups))
    own, reference = from_trades(rows, MINUTE), from_trades(fills, MINUTE)
    found = compare(own, reference).differences
    told = explain_boundaries(own, reference, found, last_quantities(rows, own))
    assert told == (found, ())


def test_a_bar_that_gives_as_much_as_it_gets_is_part_of_the_chain() -> None:
    """The minute between equals the exchange's, and yet hands on what it was handed."""
    fills = trades(
        [Deal(1, 59), Deal(2, 61), Deal(3, 119), Deal(4, 121, "100.00", "1.00000")], symbol=PERP
    )  # fmt: skip
    rows = aggregated(fills, np.array([0, 0, 1, 1]))
    found = compare(from_trades(rows, MINUTE), from_trades(fills, MINUTE)).differences
    assert [each.open_time_us for each in found] == [START_US, START_US + 2 * MINUTE_US]
    assert explained(rows, from_trades(fills, MINUTE)) == (2, 0)


def test_one_bar_that_is_wrong_spoils_no_other_run() -> None:
    fills, _ = spanning()
    later = Deal(9, 130, "100.00")
    rows = aggregated(_with(fills, later), np.array([0, 1, 1, 1, 2, 3]))
    own = from_trades(rows, MINUTE)
    reference = changed(from_trades(_with(fills, later), MINUTE), 2, close=1)
    told = explain_boundaries(own, reference, compare(own, reference).differences, last_quantities(rows, own))
    assert [len(part) for part in told] == [2, 1]


def _with(fills: Trades, deal: Deal) -> Trades:
    more = trades([deal], symbol=PERP)
    columns = {n: np.concatenate((getattr(fills, n), getattr(more, n))) for n in TRADE_COLUMNS}
    return replace(fills, **columns)
