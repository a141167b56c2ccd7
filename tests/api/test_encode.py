"""Bars to JSON."""

import json
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.api import encode
from core.api.encode import Shape
from core.api.schemas import Candle, CandleColumns, CandlePage
from core.market import BarFlag, BarSource, Candles, Interval, Scale, Symbol, decimal_text
from core.monitor import Proof


def bars(prices: list[int], volumes: list[int], quotes: list[int], scale: Scale, flags: int = 0) -> Candles:
    count = len(prices)
    price, volume, quote = (np.array(column, dtype=np.int64) for column in (prices, volumes, quotes))
    zeros = np.zeros(count, dtype=np.int64)
    numbers = np.arange(count, dtype=np.int64)
    interval = Interval.parse("1s")
    return Candles(
        Symbol("BTCUSDT"), interval, scale, count * interval.us, numbers * interval.us, price, price, price, price,
        volume, quote, numbers, volume, quote, numbers, numbers, zeros + 1, zeros + BarSource.SEEDED, zeros + flags,
    )  # fmt: skip


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20), st.integers(0, 18))
def test_decimals_are_those_of_the_single_value(values: list[int], exponent: int) -> None:
    expected = [decimal_text(value, exponent) for value in values]
    assert encode.decimals(np.array(values, dtype=np.int64), exponent) == expected


@given(st.integers(1, 2**63 - 1), st.integers(1, 2**63 - 1), st.integers(0, 8), st.integers(0, 10))
def test_vwap_is_the_quotient_rounded_half_even(quote: int, volume: int, price: int, quantity: int) -> None:
    scale = Scale(price, quantity)
    with localcontext() as context:
        context.prec = 80
        exact = Decimal(quote).scaleb(-scale.quote) / Decimal(volume).scaleb(-quantity)
        expected = exact.quantize(Decimal(1).scaleb(-price - 4), ROUND_HALF_EVEN)
        assert Decimal(encode.vwaps(bars([1], [volume], [quote], scale))[0] or "") == expected


PROVEN = Proof((), 2**60, 2**60)


@pytest.mark.parametrize("shape", Shape)
def test_a_page_reads_back_through_its_model(shape: Shape) -> None:
    page = CandlePage.model_validate_json(
        encode.page(bars([100, 0], [5, 0], [500, 0], Scale(2, 5), 3), True, shape, PROVEN)
    )
    assert page.truncated
    assert page.count == 2
    if isinstance(page.candles, CandleColumns):
        assert page.candles.vwap == ["1.000000", None]
        assert page.candles.flags == [["partial", "gap"]] * 2
    else:
        assert [(bar.vwap, bar.state, bar.source) for bar in page.candles] == [
            ("1.000000", "amended", "seeded"),
            (None, "amended", "seeded"),
        ]


def test_nothing_yet_is_no_watermark_and_no_bars() -> None:
    page = json.loads(encode.page(bars([], [], [], Scale(0, 0)), False, Shape.COLUMNS, PROVEN))
    assert (page["watermark"], page["count"]) == (None, 0)
    assert set(map(len, page["candles"].values())) == {0}


def test_columns_are_the_fields_of_the_models_in_order() -> None:
    names = list(encode.columns(bars([1], [1], [1], Scale(0, 0))))
    assert [*names, "present"] == list(Candle.model_fields) == list(CandleColumns.model_fields)


@pytest.mark.parametrize("flags", range(2 * max(BarFlag)))
def test_every_combination_of_flags_has_names(flags: int) -> None:
    found = encode.columns(bars([1], [1], [1], Scale(0, 0), flags))["flags"][0]
    assert found == [str(flag.name).lower() for flag in BarFlag if flag & flags]


def test_shares_are_rounded_down_so_that_a_lower_bound_stays_one() -> None:
    shares = encode.shares(np.array([1.0, 0.9999999, 2 / 3, 0.0, np.nan]), "whole")
    assert shares == ["whole", 0.999999, 0.666666, 0.0, None]
    assert encode.shares(np.array([1.0, 1.0]), "whole") == ["whole", "whole"]
