import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.exchange.listing import Listing, amount, coarsest, decimal, listing_of, parse_amount


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


@pytest.mark.parametrize(("places", "text"), [(8, "61837.63000000"), (2, "61837.63"), (1, "61837.6"), (0, "61837")])
def test_decimals(places: int, text: str) -> None:
    assert decimal(6183763000000, places) == text


def test_a_listing_prints_as_many_decimals_as_it_says() -> None:
    listing = Listing("A", "A", "A", 10**7, 10**5, 2, 3)
    assert (listing.price_text(8_000_010_000_000), listing.quantity_text(1_234_500_000)) == ("80000.10", "12.345")
    assert listing.quote_text(8_000_010_000_000 * 1_234_500_000) == "987601.23450"
