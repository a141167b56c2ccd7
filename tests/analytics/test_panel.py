"""Many symbols on one grid, beside a plain loop."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analytics.panel import panel
from core.errors import BadParameter, BadSeries, NotEnoughData

STEP = 60


@settings(derandomize=True, max_examples=150, deadline=None)
@given(
    st.lists(st.sets(st.integers(-5, 25)), min_size=2, max_size=5),
    st.integers(0, 4),
    st.sampled_from([0.1, 0.5, 0.9]),
)
def test_as_a_loop_joins(bars: list[set[int]], limit: int, share: float) -> None:
    times = [np.array(sorted(each), dtype=np.int64) * STEP for each in bars]
    closes = [100.0 * place + column for place, column in enumerate(times)]
    table: list[list[float | None]] = []
    for place, own in enumerate(bars):
        row: list[float | None] = []
        for at in range(20):
            last = max((bar for bar in own if bar <= at), default=None)
            row.append(None if last is None or at - last > limit else 100.0 * place + last * STEP)
        table.append(row)
    kept = [place for place, row in enumerate(table) if sum(value is not None for value in row) >= share * 20]
    if len(kept) < 2:
        with pytest.raises(NotEnoughData):
            panel(times, closes, STEP, 0, 20 * STEP, limit, share)
        return
    found = panel(times, closes, STEP, 0, 20 * STEP, limit, share)
    rows = [at for at in range(20) if all(table[place][at] is not None for place in kept)]
    assert found.kept == tuple(kept)
    assert [place for place, _ in found.left_out] == [place for place in range(len(bars)) if place not in kept]
    assert found.times.tolist() == [at * STEP for at in rows]
    assert found.closes.tolist() == [[table[place][at] for at in rows] for place in kept]
    assert found.filled.tolist() == [sum(at not in bars[place] for at in rows) for place in kept]
    assert (found.intervals, found.dropped) == (20, 20 - len(rows))


def test_what_cannot_be_joined_says_so() -> None:
    times, closes = [np.array([0, 60, 120])] * 2, [np.ones(3)] * 2
    with pytest.raises(BadSeries, match="off the grid"):
        panel([np.array([0, 61]), times[0]], [np.ones(2), closes[0]], 60, 0, 180)
    with pytest.raises(BadSeries):
        panel([np.array([60, 0, 120]), times[0]], closes, 60, 0, 180)
    for step, start, end, limit, share in (
        (0, 0, 180, 0, 0.9),
        (60, 180, 180, 0, 0.9),
        (60, 0, 180, -1, 0.9),
        (60, 0, 180, 0, 0.0),
    ):
        with pytest.raises(BadParameter):
            panel(times, closes, step, start, end, limit, share)
