"""Symbols, intervals, exact decimals and times."""

from decimal import ROUND_HALF_EVEN, Context, Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.candles import from_trades
from core.errors import InvalidDecimal, InvalidInterval, InvalidSymbol, MarketError, OutOfRange
from core.market import (
    DAY_US,
    INT64_MAX,
    MINUTE,
    SECOND,
    BarState,
    Interval,
    Scale,
    Symbol,
    base_interval,
    decimal_text,
    iso,
    multiplied,
    parse_decimal,
    parse_time,
    scaled,
    to_us,
    vwap_text,
)
from tests.trading import BTC, SCALE, START_US, Deal, open_time, trades

quick = settings(deadline=None, derandomize=True, max_examples=200)
exact = Context(prec=100)


@pytest.mark.parametrize(
    ("text", "symbol", "canonical"),
    [
        ("BTCUSDT", Symbol("BTCUSDT"), "BTCUSDT"),
        (" btcusdt ", Symbol("BTCUSDT"), "BTCUSDT"),
        ("BTCUSDT.P", Symbol("BTCUSDT", perpetual=True), "BTCUSDT.P"),
        ("BINANCE:ETHUSDT", Symbol("ETHUSDT"), "ETHUSDT"),
        ("kraken:xbtusd", Symbol("XBTUSD", venue="KRAKEN"), "KRAKEN:XBTUSD"),
        ("币安人生USDT", Symbol("币安人生USDT"), "币安人生USDT"),
        ("1000SATSUSDT", Symbol("1000SATSUSDT"), "1000SATSUSDT"),
    ],
)
def test_symbols(text: str, symbol: Symbol, canonical: str) -> None:
    assert Symbol.parse(text) == symbol
    assert str(symbol) == canonical
    assert Symbol.parse(canonical) == symbol


@pytest.mark.parametrize(
    "text", ["", " ", "BTC USDT", "BTC/USDT", ":BTC", "BTC:", "_BTC", ".P", "BTC\n", "X" * 65, "😀"]
)
def test_no_symbols(text: str) -> None:
    if text.strip() == "BTC":
        assert Symbol.parse(text) == Symbol("BTC")
        return
    with pytest.raises(InvalidSymbol, match="is not a symbol: expected"):
        Symbol.parse(text)


@quick
@given(st.text(max_size=80))
def test_any_text_is_a_symbol_or_says_that_it_is_none(text: str) -> None:
    try:
        symbol = Symbol.parse(text)
    except InvalidSymbol:
        return
    assert Symbol.parse(str(symbol)) == symbol


def test_symbols_are_ordered_by_venue_name_and_kind() -> None:
    names = ["ETHUSDT", "BTCUSDT.P", "KRAKEN:AAA", "BTCUSDT"]
    assert [str(s) for s in sorted(map(Symbol.parse, names))] == ["BTCUSDT", "BTCUSDT.P", "ETHUSDT", "KRAKEN:AAA"]


@pytest.mark.parametrize(
    ("text", "seconds", "canonical"),
    [("1s", 1, "1s"), ("7s", 7, "7s"), ("60s", 60, "1m"), ("15m", 900, "15m"), ("24h", 86_400, "1d"), ("7d", 604_800, "1w"),
     ("1w", 604_800, "1w"), ("366d", 366 * 86_400, "366d")],
)  # fmt: skip
def test_intervals(text: str, seconds: int, canonical: str) -> None:
    interval = Interval.parse(text)
    assert interval.us == seconds * 1_000_000
    assert str(interval) == canonical


@pytest.mark.parametrize(
    "text", ["", "0s", "01m", "1", "m", "1M", "-1m", "1.5m", "1m1s", "1 m", "367d", "53w", "9" * 5000 + "s"]
)
def test_no_intervals(text: str) -> None:
    with pytest.raises(InvalidInterval):
        Interval.parse(text)


def test_weeks_start_on_monday_and_days_at_midnight() -> None:
    friday = START_US + 12 * 3_600_000_000  # 2024-08-09 12:00
    assert iso(Interval.parse("1w").floor(friday)) == "2024-08-05T00:00:00.000Z"
    assert iso(Interval.parse("2w").floor(friday))[:10] in ("2024-07-29", "2024-08-05")
    assert iso(Interval.parse("1d").floor(friday)) == "2024-08-09T00:00:00.000Z"
    assert iso(Interval.parse("4h").floor(friday)) == "2024-08-09T12:00:00.000Z"


@quick
@given(st.integers(1, 400_000), st.lists(st.integers(-(10**15), 4 * 10**15), min_size=1, max_size=5))
def test_floors_are_the_slow_count(seconds: int, times_us: list[int]) -> None:
    interval = Interval(seconds * 1_000_000)
    expected = [open_time(time_us, interval.us) for time_us in times_us]
    assert [interval.floor(time_us) for time_us in times_us] == expected
    assert interval.floors(np.array(times_us)).tolist() == expected


def test_base_intervals() -> None:
    assert [base_interval(Interval.parse(text)) for text in ("1s", "7s", "90s", "1m", "5m", "1d", "1w")] == [
        SECOND, SECOND, SECOND, MINUTE, MINUTE, MINUTE, MINUTE
    ]  # fmt: skip


@quick
@given(st.decimals(min_value=-(10**15), max_value=10**15, places=8))
def test_decimals_go_in_and_out_unchanged(value: Decimal) -> None:
    text = f"{value:f}"
    digits, exponent = parse_decimal(text)
    assert Decimal(digits).scaleb(-exponent, exact) == value
    assert exponent == 0 or digits % 10
    assert Decimal(decimal_text(scaled(text, 10), 10)) == value


@pytest.mark.parametrize(
    "text", ["", ".", ".5", "1e5", "+1", "1_000", " 1", "1 ", "NaN", "inf", "0x10", "١", "1,5", "--1", "1" * 41]
)
def test_no_decimals(text: str) -> None:
    with pytest.raises(InvalidDecimal):
        parse_decimal(text)


def test_digits_are_never_lost() -> None:
    with pytest.raises(InvalidDecimal, match="has 3 decimals, more than the 2"):
        scaled("1.005", 2)
    with pytest.raises(InvalidDecimal, match="at most 18"):
        parse_decimal("0." + "0" * 18 + "1")
    assert scaled("1.500", 1) == 15
    assert decimal_text(-5, 2) == "-0.05"
    assert decimal_text(7, 0) == "7"


@quick
@given(st.integers(0, 10**15), st.integers(0, 10**9))
def test_vwap_is_rounded_half_to_even(quote: int, volume: int) -> None:
    text = vwap_text(quote, volume, SCALE)
    if volume == 0:
        assert text is None
        return
    expected = exact.divide(Decimal(quote).scaleb(-7), Decimal(volume).scaleb(-5))
    assert Decimal(text or "") == expected.quantize(Decimal("0.000001"), ROUND_HALF_EVEN, exact)


def test_vwap_half_way() -> None:
    assert vwap_text(1, 20_000, Scale(0, 0)) == "0.0000"  # 0.00005 to the even side
    assert vwap_text(3, 20_000, Scale(0, 0)) == "0.0002"  # 0.00015


@pytest.mark.parametrize(
    ("text", "time_us"),
    [
        ("1723161600", START_US),
        ("1723161600000", START_US),
        ("1723161600000001", START_US + 1),
        ("2024-08-09T00:00:00Z", START_US),
        ("2024-08-09", START_US),
        ("2024-08-09T02:00:00+02:00", START_US),
        (" 2024-08-09T00:00:00.000001 ", START_US + 1),
        ("0", 0),
        ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
    ],
)
def test_times(text: str, time_us: int) -> None:
    assert parse_time(text) == time_us


@pytest.mark.parametrize("text", ["", "now", "-5", "2024-13-01", "1" * 18, "12:00"])
def test_no_times(text: str) -> None:
    with pytest.raises(MarketError, match="is not a time: expected ISO 8601"):
        parse_time(text)


def test_milliseconds_and_microseconds_are_told_apart() -> None:
    assert to_us(1_723_161_600_000) == to_us(1_723_161_600_000_000) == START_US
    assert iso(START_US + 1500) == "2024-08-09T00:00:00.001Z"


def test_scales() -> None:
    assert Scale(2, 5).quote == 7
    assert Scale(2, 5).finer(Scale(4, 3)) == Scale(4, 5)


def test_trades_change_their_scale_without_loss() -> None:
    found = trades([Deal(1, price="61837.60", quantity="0.5"), Deal(2, price="61837.00", quantity="12")])
    assert found.least_scale() == Scale(1, 1)
    finer = found.rescaled(Scale(4, 8))
    assert finer.price.tolist() == [618376000, 618370000]
    assert finer.quantity.tolist() == [50_000_000, 1_200_000_000]
    coarse = finer.coarsened(Scale(1, 1))
    assert coarse is not None
    assert coarse.price.tolist() == [618376, 618370]
    assert finer.coarsened(Scale(0, 1)) is None
    assert [(t.id, t.first_id, t.last_id, t.price) for t in coarse.rows()] == [(1, 1, 1, 618376), (2, 2, 2, 618370)]


def test_products_out_of_64_bits_are_refused() -> None:
    assert multiplied(np.array([INT64_MAX // 10, -5]), 10).tolist() == [INT64_MAX // 10 * 10, -50]
    with pytest.raises(OutOfRange, match="does not fit 64 bits"):
        multiplied(np.array([1, INT64_MAX // 10 + 1]), 10)
    with pytest.raises(OutOfRange):
        trades([Deal(1, price="61837.63")]).rescaled(Scale(18, 5))
    with pytest.raises(OutOfRange):
        from_trades(trades([Deal(1, price="61837.63", quantity="9")]), SECOND).rescaled(Scale(9, 12))


def test_bars_change_their_scale_without_loss() -> None:
    bars = from_trades(trades([Deal(1, price="2.50", quantity="3"), Deal(2, price="2.25", maker=True)]), SECOND)
    finer = bars.rescaled(Scale(4, 8))
    for name, factor in {"open": 10**2, "high": 10**2, "low": 10**2, "close": 10**2, "volume": 10**3,
                         "taker_buy_volume": 10**3, "quote_volume": 10**5, "taker_buy_quote_volume": 10**5}.items():  # fmt: skip
        assert (getattr(finer, name) == getattr(bars, name) * factor).all(), name
    assert finer.scale == Scale(4, 8)
    assert finer.trade_count.tolist() == [2]


def test_states_by_the_watermark() -> None:
    deals = [Deal(i, at=i) for i in range(4)]
    bars = from_trades(trades(deals), SECOND, watermark_us=START_US + 3_000_000)
    bars.revision[1] = 2
    assert bars.states() == [BarState.CONFIRMED, BarState.AMENDED, BarState.CONFIRMED, BarState.FORMING]


def test_floats_for_statistics() -> None:
    bars = from_trades(
        trades([Deal(1, price="2.50", quantity="3"), Deal(2, price="2.25", quantity="1", maker=True)]), MINUTE
    )
    assert bars.prices().tolist() == [2.25]
    assert bars.prices("high").tolist() == [2.5]
    assert bars.volumes().tolist() == [4.0]
    assert bars.quote_volumes("taker_buy_quote_volume").tolist() == [7.5]
    assert bars.vwap().tolist() == [2.4375]
    assert bars.traffic() == (2, 0.75)
    assert bars.take(slice(0, 0)).traffic() == (0, None)


def test_a_bar_without_volume_has_no_vwap() -> None:
    bars = from_trades(trades([Deal(1)]), MINUTE)
    bars.volume[0] = bars.quote_volume[0] = 0
    assert np.isnan(bars.vwap()).all()


def test_an_empty_week_has_no_bar() -> None:
    bars = from_trades(trades([Deal(1), Deal(2, at=20 * DAY_US / 1e6)]), Interval.parse("1w"))
    assert [iso(t)[:10] for t in bars.open_time_us.tolist()] == ["2024-08-05", "2024-08-26"]
    assert bars.symbol == BTC
