"""Binance's own bars, read by the desk."""

import csv
import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.candles import from_trades, roll_up
from core.errors import MalformedMessage
from core.feed.binance import BinanceSpot
from core.market import MINUTE, BarSource, Interval, Scale
from tests.trading import BTC, SCALE, START_US, told

MS = START_US // 1000


def row(open_ms: int = MS, **changes: object) -> list[object]:
    fields = {
        "t": open_ms, "o": "100.50000000", "h": "101.00000000", "l": "99.00000000", "c": "100.00000000",
        "v": "2.00001000", "T": open_ms + 59_999, "q": "200.00100000", "n": 5, "V": "1.00000000", "Q": "100.00000000",
        "B": "0",
    }  # fmt: skip
    return list({**fields, **changes}.values())


def read(*rows: list[object], scale: Scale = SCALE) -> object:
    return BinanceSpot().read_klines(json.dumps(rows).encode(), BTC, MINUTE, scale)


@pytest.mark.shared_data
def test_binances_rows_equal_the_bars_of_its_trades(
    shared_data: Path, spot_frames: tuple[list[bytes], list[int]]
) -> None:
    with (shared_data / "binance_spot_BTCUSDT_5m_slice_official12col.csv").open() as file:
        rows = [[int(r[0]), *r[1:6], int(r[6]), r[7], int(r[8]), *r[9:]] for r in csv.reader(file)]
    theirs = BinanceSpot().read_klines(json.dumps(rows).encode(), BTC, Interval.parse("5m"), SCALE)
    frames, received = spot_frames
    observed = BinanceSpot().parse(frames, np.array(received)).observed
    exact = next(o.trades for o in observed if o.trades.symbol == BTC).coarsened(SCALE)
    assert exact is not None
    ours = roll_up(from_trades(exact, MINUTE), theirs.interval)
    for open_us in (1_723_161_300_000_000, 1_723_161_600_000_000):
        mine, other = (bars.take(bars.open_time_us == open_us) for bars in (ours, theirs))
        for name in ("open", "high", "low", "close", "volume", "quote_volume", "trade_count", "taker_buy_volume",
                     "taker_buy_quote_volume"):  # fmt: skip
            assert getattr(mine, name).tolist() == getattr(other, name).tolist(), name


def test_seeded_bars() -> None:
    bars = read(row(), row(MS + 60_000, n=0), row((MS + 120_000) * 1000))
    assert bars.open_time_us.tolist() == [START_US, START_US + 120_000_000], "empty intervals are left out"
    assert bars.source.tolist() == [BarSource.SEEDED] * 2
    assert bars.watermark_us == START_US + 180_000_000
    assert told(bars)[START_US].quote_volume == Decimal("200.001")
    assert bars.first_trade_id.tolist() == bars.last_trade_id.tolist() == [-1, -1]
    assert len(read()) == 0


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{}", "Expected `array`"),
        (b"\xff", "not what the protocol says"),
        (b"[[1]]", "not what the protocol says"),
        (json.dumps([row(o=1.5)]).encode(), "Expected `str`"),
        (json.dumps([row(o="NaN")]).encode(), "not a plain decimal"),
        (json.dumps([row(c="100.00100000")]).encode(), "more than 2 decimals"),
        (json.dumps([row(10**30)]).encode(), "not what the protocol says"),
        (json.dumps([row(v="99999999999999999999")]).encode(), "does not fit 64 bits"),
    ],
)
def test_answers_that_are_none(body: bytes, words: str) -> None:
    with pytest.raises(MalformedMessage, match=words):
        BinanceSpot().read_klines(body, BTC, MINUTE, SCALE)


def test_numbers_that_do_not_fit_the_scale_are_an_error_and_not_a_wrong_number() -> None:
    with pytest.raises(MalformedMessage, match="does not fit 64 bits"):
        read(row(q="5000.00000000"), scale=Scale(8, 8))


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.binary(max_size=80) | st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20), lambda c: st.lists(c, max_size=13) | st.dictionaries(st.sampled_from(["symbols", "symbol", "filters", "serverTime", "tickSize"]), c, max_size=4), max_leaves=30).map(lambda v: json.dumps(v).encode()))  # fmt: skip
def test_noise_for_an_answer(body: bytes) -> None:
    venue = BinanceSpot()
    for reading in (
        lambda: venue.read_klines(body, BTC, MINUTE, SCALE),
        lambda: venue.read_listing(body),
        lambda: venue.read_time(body),
    ):
        try:
            reading()
        except MalformedMessage:
            continue
