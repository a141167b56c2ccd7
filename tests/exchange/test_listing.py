import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.exchange.listing import amount, coarsest, listing_of, parse_amount


@given(st.integers(0, 10**18))
def test_amounts_survive_the_wire(value: int) -> None:
    assert parse_amount(amount(value)) == value


@pytest.mark.parametrize("text", ["", ".5", "-1", "1e5", "1.123456789", "NaN", "1.2.3", "١"])
def test_no_amount(text: str) -> None:
    with pytest.raises(ValueError):
        parse_amount(text)


def test_listing_is_learned() -> None:
    listing = listing_of("BTCUSDT", {6183763000000}, {2000000, 536000})
    assert (listing.base, listing.quote, listing.tick, listing.step) == ("BTC", "USDT", 10**6, 1000)


def test_coarsest_of_whole_numbers_is_one() -> None:
    assert coarsest({100_000_000, 300_000_000}) == 100_000_000
