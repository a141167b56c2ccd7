"""The account of what was compared with the venue's own bars."""

from core.health import Difference
from core.market import MINUTE, BarFlag
from core.store import Store
from core.store.reconciliation import Verdicts
from tests.store.conftest import Put
from tests.store.test_gaps import gap
from tests.trading import ALL_IDS, BTC, ETH, NOW_US, PATIENCE, START_US, Deal

#: A trade every twenty seconds for five minutes.
DEALS = [Deal(i + 1, 20 * i) for i in range(15)]
END_US = START_US + 5 * MINUTE.us


def minute(number: int) -> int:
    return START_US + number * MINUTE.us


def difference(number: int, relative: float = 0.25) -> Difference:
    return Difference(BTC, minute(number), ("volume",), 3, 4, relative, NOW_US, 1)


def waiting(store: Store) -> list[int]:
    return ((store.reader.uncompared(BTC, END_US, 100) - START_US) // MINUTE.us).tolist()


def judge(store: Store, matched: dict[int, int], spanning: dict[int, int], *differing: Difference) -> None:
    told = [tuple((minute(number), revision) for number, revision in part.items()) for part in (matched, spanning)]
    store.judge(Verdicts(BTC, told[0], told[1], differing)).result(PATIENCE)


def test_minutes_wait_until_they_are_compared(store: Store, put: Put) -> None:
    put(store, *DEALS)
    assert waiting(store) == [1, 2, 3, 4], "the first is partial: the record begins in it"
    assert store.reader.uncompared(BTC, minute(3), 100).tolist() == [minute(1), minute(2)]
    assert store.reader.uncompared(BTC, END_US, 1).tolist() == [minute(1)]
    assert store.reader.uncompared(ETH, END_US, 100).tolist() == []
    judge(store, {1: 0}, {2: 0}, difference(3))
    assert waiting(store) == [4]
    account = store.reader.reconciliation(BTC, 0)
    assert account is not None
    assert (account.matched, account.spanning, account.differing, account.waiting, account.worst) == (1, 1, 1, 1, 0.25)
    assert account.match_rate == 2 / 3
    assert store.reader.reconciliation(ETH, 0) is None


def test_nothing_compared_is_no_rate(store: Store, put: Put) -> None:
    put(store, *DEALS)
    account = store.reader.reconciliation(BTC, 0)
    assert account is not None
    assert account.match_rate is None
    assert account.worst is None


def test_a_minute_that_changes_has_to_be_compared_again(store: Store, put: Put) -> None:
    put(store, *DEALS[:7], *DEALS[8:], opened={BTC: (gap(8, 8, 120, 160),)})
    assert waiting(store) == [1, 3, 4], "what a gap touches waits for its trades"
    judge(store, {1: 0, 3: 0, 4: 0}, {})
    put(store, DEALS[7], filling={BTC: ALL_IDS})
    assert waiting(store) == [2]
    put(store, Deal(16, 70))
    assert waiting(store) == [1, 2], "a late trade"


def test_a_verdict_on_an_older_revision_is_no_verdict(store: Store, put: Put) -> None:
    put(store, *DEALS, watermark=300)
    put(store, Deal(16, 70))
    judge(store, {1: 0, 2: 0}, {})
    assert waiting(store) == [1, 3, 4]


def test_differences_count_their_attempts_and_go_when_they_are_gone(store: Store, put: Put) -> None:
    put(store, *DEALS)
    judge(store, {}, {}, difference(2))
    judge(store, {}, {}, difference(2, 0.5), difference(3))
    told = store.reader.differences(BTC)
    assert [(d.open_time_us, d.relative, d.attempts, d.fields) for d in told] == [
        (minute(3), 0.25, 1, ("volume",)),
        (minute(2), 0.5, 2, ("volume",)),
    ]
    assert store.reader.differences(ETH) == ()
    assert store.reader.candles(BTC, MINUTE).flags[2] == BarFlag.DIFFERS
    judge(store, {2: 0}, {})
    assert [d.open_time_us for d in store.reader.differences()] == [minute(3)]
    assert store.reader.candles(BTC, MINUTE).flags[2] == BarFlag.CHECKED


def test_a_longer_bar_is_confirmed_only_as_a_whole(store: Store, put: Put) -> None:
    put(store, *DEALS)
    judge(store, {1: 0, 2: 0}, {3: 0})
    five = store.reader.candles(BTC, MINUTE.parse("2m"))
    assert [BarFlag(int(f)) & (BarFlag.CHECKED | BarFlag.SPANNED) for f in five.flags] == [
        BarFlag.NONE, BarFlag.SPANNED, BarFlag.NONE,
    ]  # fmt: skip
