"""From the buffer into the store, with stores and frames that make trouble."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from core.continuity import Sequence
from core.health import FeedState, StoreState, SymbolState
from core.market import MINUTE, SECOND, BarFlag, BarState, Scale, Symbol
from core.store import Store, engine
from core.workers import ingest as module
from core.workers.watermark import GRACE_US
from tests.trading import BTC, ETH, PATIENCE, START_US, Deal, meant, reference_bars, said, told, wait_until
from tests.workers.conftest import Ingesting, frame

Make = Callable[..., Ingesting]


def causes(store: Store) -> list[tuple[int, int, str, str]]:
    with store.reader.snapshot() as connection:
        rows = connection.execute(text("SELECT first_id, last_id, cause, state FROM gaps ORDER BY gap_id"))
        return [tuple(row) for row in rows]


def test_frames_become_trades_bars_and_news(ingesting: Make, store: Store) -> None:
    work = ingesting()
    deals = [Deal(i, at=i / 2) for i in range(1, 11)]
    work.deals(*deals)
    work.deals(Deal(1, 3), symbol=ETH)
    work.wait_stored(10)
    work.wait_stored(1, ETH)
    assert said(store.reader.trades_after(BTC, 0, 100)) == meant(deals)
    assert told(store.reader.candles(BTC, SECOND)) == reference_bars(deals, SECOND.us)
    touched = {symbol: at for change in work.changes for symbol, at in change.touched.items()}
    assert touched == {BTC: deals[0].time_us, ETH: START_US + 3_000_000}
    assert work.worker.store_state() == (StoreState.OK, "every batch was committed")
    health = work.health()
    assert (health.received, health.stored, health.state) == (10, 10, SymbolState.LIVE)


def test_duplicates_across_batches(ingesting: Make, store: Store) -> None:
    work = ingesting()
    work.deals(Deal(1), Deal(2))
    work.wait_stored(2)
    work.deals(Deal(2), Deal(3))
    assert work.wait_stored(3).duplicates == 1
    assert len(store.reader.trades_after(BTC, 0, 10)) == 3


def test_closing_commits_what_was_received(ingesting: Make, store: Store) -> None:
    work = ingesting()
    for i in range(1, 400):
        work.deals(Deal(i, i / 10))
    work.finish()
    assert store.reader.last(BTC).sequence == Sequence(1, 399)
    assert work.health().stored == 399


def test_more_frames_than_a_batch_takes(ingesting: Make, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ENOUGH_FRAMES", 20)
    work = ingesting(capacity=100_000)
    deals = [Deal(i, i / 10) for i in range(1, 1001)]
    for start in range(0, 1000, 7):
        work.deals(*deals[start : start + 7])
    work.wait_stored(1000)
    work.finish()
    assert said(store.reader.trades_after(BTC, 0, 2000)) == meant(deals)
    assert told(store.reader.candles(BTC, MINUTE)) == reference_bars(deals, MINUTE.us)
    assert work.worker.counts.flushes > 10


def test_strangers_are_left_out(ingesting: Make, store: Store) -> None:
    work = ingesting()
    work.deals(Deal(1), symbol=Symbol("XRPUSDT"))
    work.deals(Deal(1))
    work.wait_stored(1)
    assert store.reader.symbols() == [BTC]


def test_gaps_are_recorded_with_their_cause(ingesting: Make, store: Store) -> None:
    work = ingesting()
    work.deals(Deal(1, 0), Deal(3, 1))
    work.wait_stored(2)
    work.deals(Deal(6, 90), connection=2)
    health = work.wait_stored(3)
    assert (health.gaps, health.missing) == (2, 3)
    assert causes(store) == [(2, 2, "missing on the stream", "open"), (4, 5, "lost while reconnecting", "open")]
    assert store.reader.candles(BTC, MINUTE).flags.tolist() == [BarFlag.PARTIAL | BarFlag.GAP, BarFlag.GAP]
    work.deals(Deal(2, 0.5), Deal(4, 60), Deal(5, 70), connection=2)
    health = work.wait_stored(6)
    assert (health.gaps, health.missing) == (0, 0)
    assert {state for *_, state in causes(store)} == {"closed"}
    assert store.reader.candles(BTC, MINUTE).flags.tolist() == [BarFlag.PARTIAL, 0]


def test_a_full_queue_drops_counts_and_records(ingesting: Make, store: Store) -> None:
    work = Ingesting(store, capacity=4)
    assert work.deals(*(Deal(i) for i in range(1, 5)))
    assert not work.deals(Deal(5), Deal(6))
    assert work.buffer.health().dropped == 2
    work.start()
    work.wait_stored(4)
    wait_until(lambda: work.deals(Deal(7)))
    work.wait_stored(5)
    assert work.notes("dropped") == ["2 frames were dropped: the queue was full"]
    assert causes(store) == [(5, 6, "dropped by a full queue", "open")]
    work.finish()


@pytest.fixture
def rival(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, store: Store) -> Iterator[sqlite3.Connection]:
    """Another program on the same database; nobody waits for its locks."""
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 1)
    with closing(sqlite3.connect(tmp_path / "desk.db", isolation_level=None)) as connection:
        yield connection


def test_a_locked_store_is_tried_until_it_takes_everything(
    ingesting: Make, store: Store, rival: sqlite3.Connection
) -> None:
    rival.execute("BEGIN IMMEDIATE")
    work = ingesting()
    work.deals(Deal(1), Deal(2))
    wait_until(lambda: work.worker.store_state()[0] is StoreState.RETRYING)
    assert "database is locked" in work.worker.store_state()[1]
    work.deals(Deal(3))
    assert work.health().stored == 0
    rival.execute("ROLLBACK")
    work.wait_stored(3)
    assert work.worker.store_state()[0] is StoreState.OK
    assert work.worker.counts.failures > 0
    assert work.notes("store")[-1] == "the database takes writes again"
    assert len([words for words in work.notes("store") if "locked" in words]) == 1, "told once, however often tried"
    assert store.reader.last(BTC).sequence == Sequence(1, 3)


def test_at_the_end_a_store_that_refuses_is_given_up_and_the_loss_counted(
    ingesting: Make, store: Store, rival: sqlite3.Connection
) -> None:
    rival.execute("BEGIN IMMEDIATE")
    work = ingesting()
    work.deals(Deal(1), Deal(2))
    wait_until(lambda: work.worker.store_state()[0] is StoreState.RETRYING)
    work.finish(0.0)
    assert work.worker.counts.lost == 2
    rival.execute("ROLLBACK")
    assert store.reader.last(BTC) is None


def test_a_closed_store_does_not_hold_the_worker(ingesting: Make, store: Store) -> None:
    work = ingesting()
    store.close()
    work.deals(Deal(1))
    wait_until(lambda: work.worker.store_state()[0] is StoreState.RETRYING)
    work.finish(0.0)
    assert work.worker.counts.lost == 1


def test_one_symbol_that_is_refused_does_not_hold_up_the_others(ingesting: Make, store: Store) -> None:
    """Sums of a minute of ETH do not fit; its trades are told missing, BTC's are stored, and ETH's later ones too."""
    work = ingesting(scales={BTC: Scale(2, 5), ETH: Scale(8, 4)})
    half = {"price": "4000000", "quantity": "1"}
    work.put(frame(Deal(1, 0, **half), ETH))
    work.wait_stored(1, ETH)
    work.put(frame(Deal(1, 1)), *(frame(Deal(i, 1, **half), ETH) for i in (2, 3, 4)))
    work.wait_stored(1)
    wait_until(lambda: work.health(ETH).state is SymbolState.FAILED)
    assert work.health(ETH).rejected == 3
    wait_until(lambda: any("trades of ETHUSDT are refused" in words for words in work.notes("refused")))
    work.put(frame(Deal(2, 2)), frame(Deal(5, 90), ETH))
    work.wait_stored(2, ETH)
    work.wait_stored(2)
    assert work.health(ETH).state is SymbolState.LIVE
    assert causes(store) == [(2, 4, "refused by the database", "open")]
    assert store.reader.last(ETH).sequence == Sequence(1, 5, ((2, 4),))
    assert work.worker.store_state()[0] is StoreState.OK


def test_refused_batches_under_load_are_gaps_too(
    ingesting: Make, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next batch is on its way before the fate of the one before is known."""
    monkeypatch.setattr(module, "ENOUGH_FRAMES", 2)
    work = ingesting(scales={ETH: Scale(8, 4)})
    entered, leave = threading.Event(), threading.Event()

    def hold(connection: object) -> None:
        entered.set()
        assert leave.wait(30)

    huge = {"price": "4000000", "quantity": "1"}
    work.put(frame(Deal(1, 0, quantity="1"), ETH), frame(Deal(2, 0, quantity="1"), ETH))
    work.wait_stored(2, ETH)
    store.writer.submit(hold)
    assert entered.wait(30)
    work.put(*(frame(Deal(i, 1, **huge), ETH) for i in (3, 4, 5)))
    work.put(*(frame(Deal(i, 90, quantity="1"), ETH) for i in (6, 7)))
    work.put(*(frame(Deal(i, 91, quantity="1"), ETH) for i in (8, 9)))
    leave.set()
    work.wait_stored(6, ETH)
    work.finish()
    assert store.reader.last(ETH).sequence == Sequence(1, 9, ((3, 5),))
    assert causes(store) == [(3, 5, "refused by the database", "open")]
    assert (work.health(ETH).missing, work.health(ETH).rejected) == (3, 3)


def test_malformed_frames_are_counted_and_told(ingesting: Make, store: Store) -> None:
    work = ingesting()
    work.put(b"noise", frame(Deal(1)), frame(Deal(2, price="-1")), b"[]", frame(Deal(2)))
    work.wait_stored(2)
    counts = work.worker.counts
    assert (counts.malformed, counts.ignored) == (2, 1)
    assert len(work.notes("malformed")) == 2
    work.put(*[b"noise"] * 100)
    work.deals(Deal(3))
    work.wait_stored(3)
    assert work.worker.counts.malformed == 102
    assert len(work.notes("malformed")) < 30, "a flood is counted, not told line by line"


def test_the_venues_messages_are_heeded(ingesting: Make) -> None:
    work = ingesting()
    work.put(b'{"e":"serverShutdown","E":1}', b'{"error":{"code":2,"msg":"bad"},"id":1}', b'{"result":null,"id":2}')
    wait_until(lambda: work.notes("acknowledged"))
    assert work.renewed == 1
    assert work.notes("refused") == ["request 1 refused: 2 bad"]
    assert "will close this connection" in work.notes("shutdown")[0]


def test_an_announced_shutdown_is_of_the_connection_that_said_it(ingesting: Make) -> None:
    """The next connection's first frames come in the same batch."""
    work = ingesting()
    held = threading.Event()
    work.store.writer.submit(lambda _: held.wait(PATIENCE))
    work.deals(Deal(1))
    wait_until(lambda: work.buffer.health().depth == 0)
    work.put(b'{"e":"serverShutdown","E":1770123456789}', connection=3)
    work.deals(Deal(2), connection=4)
    held.set()
    work.wait_stored(2)
    assert work.renewed == 3


def test_the_watermark_follows_events_at_a_distance(ingesting: Make, store: Store) -> None:
    work = ingesting()
    work.put(frame(Deal(1, 10.0), event_after_us=50_000))
    work.wait_stored(1)
    assert store.reader.watermark_us() == work.worker.watermark_us == START_US + 10_050_000 - GRACE_US
    work.deals(Deal(2, 5.0))
    work.wait_stored(2)
    assert work.worker.watermark_us == START_US + 10_050_000 - GRACE_US, "it never goes back"
    bars = store.reader.candles(BTC, SECOND)
    assert bars.states() == [BarState.AMENDED, BarState.FORMING]


def test_in_silence_time_goes_on_while_the_connection_lives(ingesting: Make, store: Store) -> None:
    work = ingesting().live()
    work.deals(Deal(1, 10.0))
    work.wait_stored(1)
    assert store.reader.candles(BTC, SECOND).states() == [BarState.FORMING]
    work.journal.alive(time.monotonic() + 10)  # a ping, ten seconds on
    wait_until(lambda: store.reader.candles(BTC, SECOND).states() == [BarState.CONFIRMED])
    assert work.changes[-1].touched == {}
    assert work.changes[-1].watermark_us >= START_US + 11_000_000


def test_while_disconnected_nothing_becomes_final(store: Store) -> None:
    work = Ingesting(store)
    work.journal.alive(time.monotonic())
    work.journal.enter(FeedState.RECONNECTING, "cut")
    work.worker._watermark._newest_us, work.worker._watermark._at = START_US, -1e6
    work.worker._idle()
    assert store.reader.watermark_us() == 0
    work.live()
    work.worker._idle()
    assert store.reader.watermark_us() > START_US


def test_the_watermark_outlives_the_desk(open_store: Callable[..., Store]) -> None:
    store = open_store()
    first = Ingesting(store).start()
    first.deals(Deal(1, 10.0))
    first.wait_stored(1)
    first.finish()
    store.close()
    again = open_store()
    assert Ingesting(again).worker.watermark_us == first.worker.watermark_us


def test_a_record_goes_on_where_it_stands(open_store: Callable[..., Store]) -> None:
    store = open_store()
    first = Ingesting(store).start()
    first.deals(Deal(1, 0), Deal(3, 1))
    first.finish()
    second = Ingesting(store).start()
    second.deals(Deal(2, 0.5), Deal(3, 1), Deal(6, 8))
    health = second.wait_stored(2)
    assert (health.duplicates, health.missing) == (1, 2)
    assert causes(store) == [(2, 2, "missing on the stream", "closed"), (4, 5, "the desk was not running", "open")]
    second.finish()


def test_an_unknown_error_is_counted_and_the_thread_lives_on(
    ingesting: Make, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = ingesting()
    with monkeypatch.context() as broken:
        broken.setattr(work.worker, "_watermark", None)
        work.deals(Deal(1))
        wait_until(lambda: work.notes("error"))
    assert work.worker.counts.failures == 1
    work.deals(Deal(2))
    work.wait_stored(1)
