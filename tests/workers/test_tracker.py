"""One symbol on its way into the store: scale, continuity, causes and counters."""

from dataclasses import replace

import numpy as np
import pytest

from core.continuity import Sequence
from core.feed.base import Observed
from core.health import SymbolState
from core.market import Scale
from core.store import LastTrade
from core.workers.tracker import Step, SymbolTracker
from tests.trading import BTC, NOW_US, SCALE, START_US, Deal, meant, said, trades

EIGHT = Scale(8, 8)


def seen(*deals: Deal, scale: Scale = EIGHT, keep_order: bool = False) -> Observed:
    """`deals` as the parser hands them on: at eight decimals, in the order of their frames."""
    found = trades(deals, scale)
    if keep_order:
        rows = {int(i): row for row, i in enumerate(found.trade_id)}
        found = found.take(np.array([rows[deal.id] for deal in deals]))
    return Observed(found, found.trade_time_us + 1000)


def step(
    tracker: SymbolTracker, *deals: Deal, connection: int = 1, dropped: bool = False, **how: object
) -> Step | None:
    return tracker.step(seen(*deals, **how), connection, dropped, NOW_US)


def fresh(scale: Scale | None = SCALE) -> SymbolTracker:
    return SymbolTracker(BTC, scale, None)


def known(first: int, last: int, *holes: tuple[int, int], scale: Scale = SCALE) -> SymbolTracker:
    return SymbolTracker(BTC, SCALE, LastTrade(Sequence(first, last, holes), scale, START_US, 10_000))


def test_trades_come_at_the_listed_scale() -> None:
    tracker = fresh()
    deals = [Deal(1, price="61837.63", quantity="0.00001"), Deal(2)]
    made = step(tracker, *deals)
    assert made is not None
    assert made.trades.scale == SCALE
    assert said(made.trades) == meant(deals)
    assert made.opened == ()
    assert made.filling is None


def test_without_a_listing_the_scale_is_learned() -> None:
    tracker = fresh(None)
    made = step(tracker, Deal(1, price="0.5", quantity="10"), Deal(2, price="0.25", quantity="20"))
    assert made is not None
    assert made.trades.scale == Scale(2, 0)
    made = step(tracker, Deal(3, price="0.125", quantity="1.5"))
    assert made is not None
    assert made.trades.scale == Scale(3, 1)
    made = step(tracker, Deal(4, price="1", quantity="1"))
    assert made is not None
    assert made.trades.scale == Scale(3, 1), "a scale only gets finer"


def test_a_finer_tick_size_is_followed() -> None:
    tracker = fresh()
    made = step(tracker, Deal(1, price="100.001"))
    assert made is not None
    assert made.trades.scale == Scale(3, 5)
    assert said(made.trades) == meant([Deal(1, price="100.001")])


def test_one_absurd_number_does_not_spoil_the_scale() -> None:
    tracker = fresh()
    made = step(tracker, Deal(1), Deal(2, price="100.00000001"), Deal(3))
    assert made is not None
    assert made.trades.trade_id.tolist() == [1, 3]
    assert made.trades.scale == SCALE
    health = tracker.health(True)
    assert (health.received, health.rejected, health.missing) == (3, 1, 1)
    assert [(gap.first_id, gap.last_id) for gap in made.opened] == [(2, 2)]


def test_a_trade_too_large_to_sum_is_left_out() -> None:
    tracker = fresh(Scale(8, 8))
    made = step(tracker, Deal(1), Deal(2, price="90000000000", quantity="90000000000"), Deal(3, price="9000000000"))
    assert made is not None
    assert made.trades.trade_id.tolist() == [1]
    assert tracker.health(True).rejected == 2
    assert step(tracker, Deal(4, price="90000000000", quantity="90000000000")) is None


def test_order_and_duplicates_within_a_batch() -> None:
    tracker = fresh()
    made = step(tracker, Deal(3), Deal(1), Deal(2), keep_order=True)
    assert made is not None
    assert made.trades.trade_id.tolist() == [1, 2, 3]
    twice = seen(Deal(4), Deal(5))
    twice = Observed(twice.trades.take(np.array([0, 1, 1, 0])), twice.event_time_us[[0, 1, 1, 0]])
    made = tracker.step(twice, 1, False, NOW_US)
    assert made is not None
    assert made.trades.trade_id.tolist() == [4, 5]
    health = tracker.health(True)
    assert (health.received, health.duplicates, health.out_of_order) == (7, 2, 2)


@pytest.mark.parametrize(
    ("connection", "dropped", "cause"),
    [(1, False, "missing on the stream"), (2, False, "lost while reconnecting"), (1, True, "dropped by a full queue")],
)
def test_causes_of_a_gap(connection: int, dropped: bool, cause: str) -> None:
    tracker = fresh()
    step(tracker, Deal(1, 1))
    made = step(tracker, Deal(5, 9), connection=connection, dropped=dropped)
    assert made is not None
    (gap,) = made.opened
    assert (gap.first_id, gap.last_id, gap.cause, gap.detected_us) == (2, 4, cause, NOW_US)
    assert (gap.from_us, gap.to_us) == (START_US + 1_000_000, START_US + 9_000_000)


def test_what_happened_while_the_desk_was_not_running() -> None:
    tracker = known(1, 10)
    assert tracker.sequence == Sequence(1, 10)
    made = step(tracker, Deal(13, 5), Deal(15, 6))
    assert made is not None
    assert [(g.first_id, g.last_id, g.cause, g.from_us) for g in made.opened] == [
        (11, 12, "the desk was not running", START_US),
        (14, 14, "missing on the stream", START_US + 5_000_000),
    ]
    made = step(tracker, Deal(17, 7))
    assert made is not None
    assert made.opened[0].cause == "missing on the stream"


def test_late_trades_close_what_they_fill() -> None:
    tracker = known(1, 10, (3, 5), (8, 8))
    made = step(tracker, Deal(4), Deal(8), Deal(11))
    assert made is not None
    assert made.filling == (4, 11)
    assert tracker.sequence is not None
    assert tracker.sequence.holes == ((3, 3), (5, 5))
    assert made.opened == ()
    health = tracker.health(True)
    assert (health.gaps, health.missing, health.last_trade_id) == (2, 2, 11)


def test_what_the_store_refuses_is_a_gap_to_the_next_step() -> None:
    tracker = fresh()
    step(tracker, Deal(1, 1))
    tracker.confirm(1, 0, None)
    assert step(tracker, Deal(2, 2), Deal(3, 3)) is not None
    tracker.fail(2, "too large")
    health = tracker.health(True)
    assert (health.state, health.words, health.rejected) == (SymbolState.FAILED, "too large", 2)
    made = step(tracker, Deal(4, 4))
    assert made is not None
    assert [(g.first_id, g.last_id, g.cause) for g in made.opened] == [(2, 3, "refused by the database")]
    tracker.confirm(1, 0, None)
    assert tracker.health(True).state is SymbolState.LIVE


def test_states_in_words() -> None:
    tracker = fresh()
    assert tracker.health(True).state is SymbolState.WAITING
    tracker.unlisted()
    assert tracker.health(True).words == "the venue does not list BTCUSDT: check the name"
    assert tracker.health(True).state is SymbolState.UNKNOWN
    steady = [10**12]
    tracker = SymbolTracker(BTC, SCALE, None, lambda: steady[0])
    step(tracker, Deal(1, 0))
    steady[0] += 29_000_000
    assert tracker.health(True).state is SymbolState.LIVE
    steady[0] += 2_000_000
    quiet = tracker.health(True)
    assert (quiet.state, quiet.words) == (SymbolState.QUIET, "no trade for 31 s, while the connection lives")
    assert quiet.silent_seconds == 31.0
    stale = tracker.health(False)
    assert (stale.state, stale.words) == (SymbolState.STALE, "the connection is down; the last trade came 31 s ago")


def test_what_health_says() -> None:
    tracker = known(1, 10, scale=Scale(1, 1))
    before = tracker.health(True)
    assert (before.last_trade_id, before.last_price, before.scale) == (10, 100_000, SCALE)
    step(tracker, Deal(11, 1, "2.50"), Deal(12, 2, "2.75"))
    tracker.confirm(2, 0, None)
    health = tracker.health(True)
    assert (health.last_trade_id, health.last_price, health.last_trade_us) == (12, 275, START_US + 2_000_000)
    assert (health.received, health.stored, health.rate) == (2, 2, 0.2)
    assert health.lag_p50_ms == health.lag_p99_ms == 0.0
    step(tracker, Deal(5, 1, "9.99"))
    assert tracker.health(True).last_price == 275, "an old trade is no news"


def test_one_absurd_id_is_left_out_and_a_lasting_leap_is_a_gap() -> None:
    tracker = known(1, 10)
    step(tracker, Deal(11), Deal(9 * 10**18))
    assert tracker.health(True).last_trade_id == 11
    assert tracker.health(True).rejected == 1
    step(tracker, Deal(12))
    assert tracker.health(True).missing == 0
    assert tracker.step(seen(Deal(10**11)), 1, False, NOW_US) is None
    step(tracker, Deal(10**11 + 1))
    assert tracker.health(True).last_trade_id == 10**11 + 1
    assert tracker.health(True).missing == 10**11 - 12


def test_an_absurd_first_price_does_not_set_the_scale() -> None:
    tracker = fresh(None)
    usual = [Deal(i, 1, "61837.63", "0.00012") for i in range(1, 40)]
    step(tracker, *usual, Deal(40, 1, "61837.63000001", "0.12345678"))
    assert tracker.health(True).scale == Scale(2, 5)
    assert tracker.health(True).rejected == 1


def test_what_never_reached_the_store_is_a_gap_to_the_next() -> None:
    tracker = known(1, 10)
    step(tracker, Deal(11), Deal(12))
    tracker.undo()
    made = tracker.step(seen(Deal(13)), 1, False, NOW_US)
    assert made is not None
    assert [(gap.first_id, gap.last_id) for gap in made.opened] == [(11, 12)]


def test_no_clock_makes_a_trade_unwelcome() -> None:
    """A machine's clock that is far off shifts the lag, and nothing else."""
    tracker = fresh()
    made = tracker.step(seen(Deal(1)), 1, False, START_US - 10**15)
    assert made is not None
    assert len(made.trades) == 1


def test_repaired_trades_fill_holes_and_are_no_news_of_the_stream() -> None:
    tracker = known(1, 10, (3, 6))
    before = tracker.health(True)
    made = tracker.repaired(trades([Deal(i, 1) for i in (3, 4)]))
    assert made is not None
    assert (made.opened, made.filling) == ((), (3, 4))
    tracker.confirm_repair(2, ((5, 6),))
    health = tracker.health(True)
    assert (health.repaired, health.missing, health.received, health.rate) == (2, 2, 0, 0.0)
    assert health.silent_seconds is not None
    assert before.silent_seconds is not None
    assert health.silent_seconds >= before.silent_seconds
    assert tracker.repaired(trades([])) is None


def test_an_aggregate_fills_all_the_ids_that_it_covers() -> None:
    tracker = known(1, 20, (5, 9), (12, 12))
    rows = replace(trades([Deal(4, 1), Deal(8, 1)]), trade_count=np.array([4, 5]))
    made = tracker.repaired(rows)
    assert made is not None
    assert made.filling == (4, 12)


def test_an_announced_id_is_a_gap_and_later_trades_fill_it() -> None:
    tracker = known(1, 10)
    (gap,) = tracker.announced(15, START_US + 9_000_000, "made while the desk was not connected", NOW_US)
    assert (gap.first_id, gap.last_id, gap.from_us, gap.to_us) == (11, 15, START_US, START_US + 9_000_000)
    tracker.confirm_repair(0, ((11, 15),))
    assert tracker.announced(15, START_US, "", NOW_US) == tracker.announced(7, START_US, "", NOW_US) == ()
    assert tracker.announced(10**12, START_US, "", NOW_US) == (), "an absurd id is not believed"
    made = step(tracker, Deal(12, 5), Deal(16, 9))
    assert made is not None
    assert (made.opened, made.filling) == ((), (12, 16))
    assert tracker.sequence is not None
    assert tracker.sequence.holes == ((11, 11), (13, 15))


def test_what_the_store_says_is_missing_is_missing() -> None:
    tracker = known(1, 10, (3, 5))
    step(tracker, Deal(11))
    tracker.confirm(1, 0, ((4, 4),))
    assert tracker.sequence == Sequence(1, 11, ((4, 4),))
    tracker.reopen(((4, 4), (12, 20)))
    assert tracker.sequence == Sequence(1, 20, ((4, 4), (12, 20))), "the venue was seen to have more"


def test_trades_from_before_the_record_open_the_hole_between() -> None:
    tracker = known(10, 20)
    made = step(tracker, Deal(3), Deal(5), Deal(21))
    assert made is not None
    assert [(gap.first_id, gap.last_id) for gap in made.opened] == [(4, 4), (6, 9)]
    assert tracker.sequence == Sequence(3, 21, ((4, 4), (6, 9)))


def test_what_was_never_stored_is_not_the_newest() -> None:
    tracker = fresh()
    step(tracker, Deal(1, 0, "100.00"))
    tracker.confirm(1, 0, None)
    step(tracker, Deal(2, 190, "200.00"))
    tracker.undo()
    made = step(tracker, Deal(4, 200, "300.00"))
    assert made is not None
    (gap,) = made.opened
    assert (gap.first_id, gap.last_id, gap.from_us) == (2, 3, START_US)


def test_what_the_store_refused_last_is_told_at_the_end() -> None:
    tracker = fresh()
    step(tracker, Deal(1, 0))
    tracker.confirm(1, 0, None)
    assert tracker.unstored(NOW_US) == ()
    step(tracker, Deal(2, 1), Deal(3, 2))
    tracker.fail(2, "too large")
    (gap,) = tracker.unstored(NOW_US)
    assert (gap.first_id, gap.last_id, gap.cause) == (2, 3, "refused by the database")


def test_a_clock_that_jumps_changes_no_age_and_no_rate() -> None:
    """Ages and rates are by the steady clock; the wall clock only stamps."""
    steady = [0]
    tracker = SymbolTracker(BTC, SCALE, None, lambda: steady[0])
    for number in range(1, 11):
        steady[0] += 1_000_000
        received = seen(Deal(number, number))
        jump = 3_600_000_000 * (-1) ** number
        shifted = replace(received.trades, received_us=received.trades.received_us + jump)
        tracker.step(Observed(shifted, received.event_time_us), 1, False, NOW_US + jump)
    health = tracker.health(True)
    assert health.rate == 1.0
    assert health.silent_seconds == 0.0
    steady[0] += 10_000_000
    assert tracker.health(True).rate == 0.0
