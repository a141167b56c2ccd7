"""Orders that can be placed: multiples of the steps, within the capital, and a residual that is what it says."""

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.errors import BadParameter
from core.pairs.ticket import ticket

steps = st.sampled_from((1.0, 0.1, 0.001, 0.00001))
prices = st.floats(0.01, 1e5)
slopes = st.floats(0.05, 20.0)


def is_multiple(quantity: float, step: float) -> bool:
    count = quantity / step
    return abs(count - round(count)) < 1e-6 * max(count, 1)


@given(prices, prices, steps, steps, slopes, st.sampled_from((1, -1)), st.floats(100, 1e7), st.booleans())
def test_quantities_are_multiples_within_the_capital_and_the_hedge_is_as_near_as_steps_allow(
    price_y: float, price_x: float, step_y: float, step_x: float, slope: float, side: int, capital: float, logs: bool
) -> None:
    try:
        made = ticket(("Y", "X"), (price_y, price_x), (step_y, step_x), slope, side, capital, logs)
    except BadParameter:
        assume(False)
    assert is_multiple(made.y.quantity, step_y)
    assert is_multiple(made.x.quantity, step_x)
    assert (made.y.side, made.x.side) == (side, -side)
    wanted = slope * made.y.value if logs else slope * made.y.quantity * price_x
    assert made.residual == pytest.approx(wanted - made.x.value, rel=1e-9, abs=1e-6 * capital)
    assert abs(made.residual) <= 0.5 * step_x * price_x * (1 + 1e-9) + 1e-9 * capital
    assert made.gross <= capital * (1 + 1e-9) + 0.5 * step_x * price_x


def test_numbers_of_an_example_by_hand() -> None:
    """Half a bitcoin's worth split 1 : 1.15 at the steps of the venue."""
    made = ticket(("ETHUSDT", "BTCUSDT"), (2000.0, 50_000.0), (0.0001, 0.00001), 1.15, -1, 10_000.0, True)
    assert Decimal(f"{made.y.quantity:.4f}") == Decimal("2.3255")  # 10,000 / 2.15 / 2,000 = 2.32558
    assert Decimal(f"{made.x.quantity:.5f}") == Decimal("0.10697")  # 2.3255 * 2,000 * 1.15 / 50,000 = 0.106973
    assert made.residual == pytest.approx(4651.0 * 1.15 - 5348.5, abs=1e-6)
    assert made.net == pytest.approx(5348.5 - 4651.0)


def test_a_negative_hedge_takes_both_legs_the_same_way() -> None:
    made = ticket(("Y", "X"), (10.0, 10.0), (0.01, 0.01), -1.0, 1, 1000.0, True)
    assert (made.y.side, made.x.side) == (1, 1)


@given(st.floats(0.01, 50), steps, slopes)
def test_too_little_says_how_much_would_do(capital: float, step: float, slope: float) -> None:
    try:
        ticket(("Y", "X"), (1e5, 1e5), (step, step), slope, 1, capital, True)
    except BadParameter as refused:
        least = float(str(refused).rsplit(" ", 1)[1].replace(",", ""))
        assert least > capital
        ticket(("Y", "X"), (1e5, 1e5), (step, step), slope, 1, least * 1.01, True)
    else:
        assume(False)
