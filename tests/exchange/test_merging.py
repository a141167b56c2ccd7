"""What becomes one aggregate, against the rule told trade by trade."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.exchange.merging import WINDOW_US, kept_apart, merged
from core.exchange.tape import Block

_TICK = 10


@st.composite
def _begun(draw: st.DrawFn) -> list[tuple[int, int, bool]]:
    """Time [us], price and side of aggregates, ascending; few values, so that neighbours often are alike."""
    steps = draw(st.lists(st.tuples(st.sampled_from([0, 1000, 60_000, 99_000, 100_000]), st.integers(50, 53),
                                    st.booleans()), min_size=1, max_size=40))  # fmt: skip
    times = np.cumsum([step for step, _, _ in steps]).tolist()
    return [(time_us, price * _TICK, selling) for time_us, (_, price, selling) in zip(times, steps, strict=True)]


def _joins(before: tuple[int, int, bool], after: tuple[int, int, bool]) -> bool:
    return before[1:] == after[1:] and after[0] - before[0] < WINDOW_US


@given(_begun())
def test_what_would_be_one_is_moved_apart_and_nothing_else(begun: list[tuple[int, int, bool]]) -> None:
    times, prices, selling = (np.array(column) for column in zip(*begun, strict=True))
    moved = kept_apart(prices, selling, times, _TICK).tolist()
    told = [(time_us, price, side) for (time_us, _, side), price in zip(begun, moved, strict=True)]
    assert not any(_joins(before, after) for before, after in pairwise(told))
    for (_, price, side), after in zip(begun, moved, strict=True):
        assert (after - price) % _TICK == 0
        assert after <= price if side else after >= price
    if not any(_joins(before, after) for before, after in pairwise(begun)):
        assert moved == prices.tolist()


def test_a_row_of_merged_trades() -> None:
    ids = np.array([7, 8, 11, 12])
    block = Block(
        ids, ids, np.array([5, 5, 5, 6]), np.array([1, 2, 4, 8]), np.array([0, 90_000, 99_000, 99_000]),
        np.array([200, 90_300, 103_000, 103_000]), np.array([True, True, True, False]), np.array([3, 3, 3, 4]),
    )  # fmt: skip
    first, second = merged(block).trades(0, 2)
    assert first == (7, 11, 5, 7, 0, 103_000, True, 3)
    assert second == (12, 12, 6, 8, 99_000, 203_000, False, 4)
