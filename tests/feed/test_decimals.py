"""Columns of decimals against Decimal."""

from decimal import Context, Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import InvalidDecimal, MarketError, OutOfRange
from core.feed.decimals import column, is_decimal
from core.market import INT64_MAX

quick = settings(deadline=None, derandomize=True, max_examples=300)
exact = Context(prec=60)
USUAL = st.integers(0, INT64_MAX).map(lambda n: f"{n // 10**8}.{n % 10**8:08d}")
PLAIN = st.from_regex(r"-?[0-9]{1,10}(\.[0-9]{0,8})?", fullmatch=True)


@quick
@given(st.lists(USUAL, max_size=20))
@example(["92233720368.54775807", "0.00000000"])
def test_eight_decimals(texts: list[str]) -> None:
    values, exponent = column(texts)
    assert [Decimal(v).scaleb(-exponent, exact) for v in values.tolist()] == [Decimal(text) for text in texts]
    assert values.dtype == "int64"


@quick
@given(st.integers(0, 10), st.lists(st.integers(0, 10**15), max_size=20))
def test_as_many_decimals_in_all(decimals: int, digits: list[int]) -> None:
    """As a venue writes them that keeps to a symbol's tick."""
    texts = [f"{Decimal(number).scaleb(-decimals, exact):.{decimals}f}" for number in digits]
    values, exponent = column(texts)
    assert exponent <= decimals
    assert [Decimal(v).scaleb(-exponent, exact) for v in values.tolist()] == [Decimal(text) for text in texts]


@quick
@given(st.lists(PLAIN | USUAL.filter(lambda text: len(text) < 17), max_size=20))
def test_any_plain_decimals(texts: list[str]) -> None:
    values, exponent = column(texts)
    assert [Decimal(v).scaleb(-exponent, exact) for v in values.tolist()] == [Decimal(text) for text in texts]


@quick
@given(
    st.lists(
        USUAL | st.text(alphabet="0123456789.\n-+eE_ ١NaN", max_size=14) | st.text(max_size=12), min_size=1, max_size=6
    )
)
@example(["1.00000000\n2.00000000", "3.00000000"])
@example(["1.0000000\n", "2.00000000"])
@example(["1_0.00000000"])
@example([".........", "123456789"])
@example(["1.00000000", "١.00000000"])
@example(["\n.00000000"])
def test_noise_is_exact_or_refused(texts: list[str]) -> None:
    try:
        values, exponent = column(texts)
    except MarketError:
        return
    assert [Decimal(v).scaleb(-exponent, exact) for v in values.tolist()] == [Decimal(text) for text in texts]
    assert not any("_" in text or "e" in text.lower() for text in texts)


def test_the_last_bit_of_64() -> None:
    assert column(["92233720368.54775807"]).values.tolist() == [INT64_MAX]
    with pytest.raises(OutOfRange, match="does not fit 64 bits"):
        column(["92233720368.54775808"])
    with pytest.raises(OutOfRange):
        column(["9000000000000000000", "0.5"])


def test_what_is_no_decimal_is_named() -> None:
    with pytest.raises(InvalidDecimal, match="'NaN' is not a plain decimal"):
        column(["1.00000000", "NaN"])
    assert is_decimal("1.5")
    assert not is_decimal("1e5")
    assert not is_decimal("1" * 30)
