"""Halts, silences and bursts: whatever happens to a market and when, its record stays one."""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from core.errors import ExchangeError
from core.exchange.history import MarketEvent, MarketEvents
from core.exchange.kinds import Burst, Fault, Halt, Quiet
from core.exchange.options import ExchangeOptions
from core.exchange.recorded import RecordedMarket
from core.exchange.recording import Recording
from core.exchange.server import Server
from core.exchange.simulated import SimulatedMarket
from core.exchange.tape import Tape, Trade, aggregates
from core.exchange.usdm import UsdmMarket
from core.market import HOUR_US, MINUTE_US, SECOND_US

#: 2026-03-04 05:00:00 UTC
_HOUR = 1_772_600_400_000_000
_SYMBOLS = ("LTCUSDT", "XRPUSDT")


#: To shrink a failing market would take minutes.
_QUICK = (Phase.explicit, Phase.reuse, Phase.generate)


class Clock:
    def __init__(self, now_us: int) -> None:
        self.now_us = now_us

    def __call__(self) -> int:
        return self.now_us


class Staged:
    """A market whose time the test moves, with the switches of its faults."""

    def __init__(self, now_us: int = _HOUR + 7 * MINUTE_US, usdm: bool = False, memory: Path | None = None) -> None:
        self.clock = Clock(now_us)
        kind = UsdmMarket if usdm else SimulatedMarket
        self.market = kind(7, 0, _SYMBOLS, clock=self.clock, events=MarketEvents(memory))
        self.switchboard = Server(self.market, ExchangeOptions(market=self.market.kind)).switchboard
        self.tape = self.market.tapes["LTCUSDT"]

    def start(self, fault: Fault) -> MarketEvent:
        self.switchboard.start(fault)
        return self.market.events.of("LTCUSDT")[-1]

    def wait(self, seconds: float) -> None:
        self.clock.now_us += round(seconds * SECOND_US)


def _since(tape: Tape, time_us: int) -> list[Trade]:
    return list(tape.since("time_us", time_us))


def _counts(staged: Staged, interval: str, event: MarketEvent) -> list[tuple[int, int]]:
    """Open time and count of the bars around an event."""
    klines = staged.market.quoted["LTCUSDT"].klines
    bars = klines.bars(interval, event.from_us - MINUTE_US, min(event.until_us + MINUTE_US, staged.clock()))
    return [(bar.open_us, bar.trades) for bar in bars]


def _is_one_record(tape: Tape, start_us: int, sparse: bool = False) -> None:
    """Ids without a hole, unless `sparse`, aggregates that tile them, times that never go back, all to be found by id."""
    told = _since(tape, start_us)
    for before, after in pairwise(told):
        assert after.id > before.last_id if sparse else after.id == before.id + 1
        assert after.aggregate_id - before.aggregate_id in (0, 1)
        assert after.time_us >= before.time_us
        assert after.event_us >= before.event_us
    assert all(trade.event_us >= trade.time_us for trade in told)
    if told:
        assert list(tape.since("id", told[0].id)) == told
        assert list(tape.since("aggregate_id", told[-1].aggregate_id))[-1] == told[-1]
        assert tape.last() == told[-1]
    tiles = list(aggregates(told))
    assert all(sparse or after.first_id == before.last_id + 1 for before, after in pairwise(tiles))
    assert all(after.id == before.id + 1 for before, after in pairwise(tiles))


_FAULTS = st.one_of(
    st.builds(Halt, seconds=st.floats(0.01, 2400), symbol=st.sampled_from(["LTCUSDT", None])),
    st.builds(Quiet, seconds=st.floats(0.01, 2400), symbol=st.just("LTCUSDT")),
    st.builds(Burst, trades=st.integers(1, 3000), seconds=st.floats(0.01, 120), symbol=st.just("LTCUSDT")),
)


@settings(max_examples=15, deadline=None, phases=_QUICK)
@given(st.lists(st.tuples(_FAULTS, st.floats(0, 1500)), min_size=1, max_size=4), st.floats(0, 3600))
def test_history_never_changes_and_stays_one_record(plan: list[tuple[Fault, float]], minute: float) -> None:
    staged = Staged(_HOUR + round(minute * SECOND_US))
    for fault, pause in plan:
        begun_us = staged.clock() - 10 * MINUTE_US
        before = _since(staged.tape, begun_us)
        staged.start(fault)
        assert _since(staged.tape, begun_us) == before
        staged.wait(pause)
        _is_one_record(staged.tape, begun_us)
    staged.wait(HOUR_US / SECOND_US)
    _is_one_record(staged.tape, _HOUR - 10 * MINUTE_US)


@settings(max_examples=6, deadline=None, phases=_QUICK)
@given(st.floats(0.01, 2400), st.floats(0, 3600), st.booleans())
def test_the_futures_market_halts_as_one_record(seconds: float, minute: float, halted: bool) -> None:
    staged = Staged(_HOUR + round(minute * SECOND_US), usdm=True)
    begun_us = staged.clock() - 10 * MINUTE_US
    before = _since(staged.tape, begun_us), _since(staged.tape.aggregated, begun_us)
    event = staged.start(Halt(seconds=seconds) if halted else Quiet(seconds=seconds, symbol="LTCUSDT"))
    assert (_since(staged.tape, begun_us), _since(staged.tape.aggregated, begun_us)) == before
    staged.wait(HOUR_US / SECOND_US)
    _is_one_record(staged.tape, begun_us, sparse=True)
    _is_one_record(staged.tape.aggregated, begun_us, sparse=True)
    assert not [t for t in _since(staged.tape, event.from_us) if t.time_us < event.until_us]


@pytest.fixture(params=[7 * MINUTE_US, 59 * MINUTE_US], ids=["within an hour", "over the end of an hour"])
def staged(request: pytest.FixtureRequest) -> Iterator[Staged]:
    return Staged(_HOUR + request.param)


def test_a_halt_is_a_gap_in_time_without_bars(staged: Staged) -> None:
    before = staged.tape.last()
    event = staged.start(Halt(seconds=150))
    staged.wait(151)
    assert not [t for t in _since(staged.tape, event.from_us) if t.time_us < event.until_us]
    assert before is not None
    assert next(staged.tape.since("id", before.id + 1)).id == before.id + 1
    minutes = _counts(staged, "1m", event)
    whole = -(-event.from_us // MINUTE_US) * MINUTE_US
    absent = set(range(whole, event.until_us - MINUTE_US + 1, MINUTE_US))
    assert absent
    assert not absent & {opened for opened, _ in minutes}
    assert {opened for opened, _ in minutes} >= {whole - MINUTE_US, max(absent) + MINUTE_US}
    assert staged.market.quoted["LTCUSDT"].klines.bar("1m", whole) is None


def test_a_silence_has_flat_bars(staged: Staged) -> None:
    event = staged.start(Quiet(seconds=150, symbol="LTCUSDT"))
    staged.wait(151)
    minutes = dict(_counts(staged, "1m", event))
    whole = -(-event.from_us // MINUTE_US) * MINUTE_US
    assert minutes[whole] == 0
    assert staged.market.events.of("XRPUSDT") == ()


def test_a_halt_is_of_all_symbols() -> None:
    staged = Staged()
    staged.start(Halt(seconds=5))
    assert [len(staged.market.events.of(symbol)) for symbol in _SYMBOLS] == [1, 1]
    assert staged.switchboard.faults.told()["bites"] == {"halt": 2}


def test_a_burst_is_so_many_trades_more_in_that_time() -> None:
    staged, plain = Staged(), Staged()
    event = staged.start(Burst(symbol="LTCUSDT", trades=20_000, seconds=1))
    staged.wait(10)
    plain.wait(10)
    told = [t for t in _since(staged.tape, event.from_us) if t.time_us < event.until_us]
    assert len(told) == 20_000
    assert event.until_us - event.from_us == SECOND_US
    assert len({t.time_us // 1000 for t in told}) < len(told) / 10
    last, usual = staged.tape.last(), plain.tape.last()
    assert last is not None
    assert usual is not None
    assert last.id == usual.id + 20_000
    bars = staged.market.quoted["LTCUSDT"].klines.bars("1s", event.from_us // SECOND_US * SECOND_US, event.until_us)
    assert sum(bar.trades for bar in bars) >= 20_000
    assert staged.switchboard.faults.told()["bites"] == {"burst": 20_000}


def test_a_burst_that_would_not_fit_comes_with_the_next_hour() -> None:
    staged = Staged(_HOUR + HOUR_US - SECOND_US)
    event = staged.start(Burst(symbol="LTCUSDT", trades=500, seconds=30))
    assert event.from_us == _HOUR + HOUR_US
    staged.wait(60)
    assert len([t for t in _since(staged.tape, event.from_us) if t.time_us < event.until_us]) == 500


def test_the_next_run_remembers(tmp_path: Path) -> None:
    memory = tmp_path / "market.json"
    staged = Staged(memory=memory)
    staged.start(Burst(symbol="LTCUSDT", trades=700))
    staged.wait(20)
    staged.start(Halt(seconds=5))
    staged.wait(20)
    begun_us = staged.clock() - MINUTE_US
    assert _since(Staged(staged.clock(), memory=memory).tape, begun_us) == _since(staged.tape, begun_us)
    assert _since(Staged(staged.clock()).tape, begun_us) != _since(staged.tape, begun_us)


def test_a_line_cut_short_had_no_effect(tmp_path: Path) -> None:
    memory = tmp_path / "market.json"
    event = MarketEvent("halt", "LTCUSDT", 10, 20)
    MarketEvents(memory).add([event], lambda: 0)
    whole = memory.read_bytes()
    memory.write_bytes(whole + whole[:-5])
    assert MarketEvents(memory).of("LTCUSDT") == (event,)
    assert memory.read_bytes() == whole


@pytest.mark.parametrize("line", ["nonsense", "[]", '{"kind": "halt"}', json.dumps(
    {"kind": "flood", "symbol": "LTCUSDT", "from_us": 1, "until_us": 2}
)])  # fmt: skip
def test_a_file_of_something_else_is_refused(tmp_path: Path, line: str) -> None:
    memory = tmp_path / "market.json"
    memory.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(ExchangeError, match=r"market.json is not what an exchange remembers"):
        MarketEvents(memory)


def test_what_has_begun_before_it_was_written_down_never_was(tmp_path: Path) -> None:
    memory = tmp_path / "market.json"
    events = MarketEvents(memory)
    with pytest.raises(ExchangeError, match="in time"):
        events.add([MarketEvent("halt", "LTCUSDT", 10, 20)], lambda: 10)
    assert memory.read_bytes() == b""
    assert events.of("LTCUSDT") == ()


def test_a_recording_is_what_it_is(small_recording: Recording) -> None:
    server = Server(RecordedMarket(small_recording, None, False), ExchangeOptions())
    with pytest.raises(ExchangeError, match="halt changes a simulated market, and this one is a recording"):
        server.switchboard.start(Halt(seconds=1))


def test_the_futures_market_has_no_bursts() -> None:
    with pytest.raises(ExchangeError, match="burst is for the spot market"):
        Staged(usdm=True).start(Burst(symbol="LTCUSDT"))


def test_an_unknown_symbol() -> None:
    with pytest.raises(ExchangeError, match="symbol 'NOSUCH' is unknown: expected one of LTCUSDT, XRPUSDT"):
        Staged().start(Quiet(symbol="NOSUCH", seconds=1))
