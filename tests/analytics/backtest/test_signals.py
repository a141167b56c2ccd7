"""Latches and rules, beside a plain loop."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analytics.backtest.signals import REASONS, Levels, episodes, latch, painted, ratios, scores
from core.errors import BadParameter, BadSeries
from tests.analytics.reference_backtest import wanted

VALUES = st.sampled_from([-5.0, -3.0, -2.0, -0.5, -0.0, 0.0, 0.4, 0.5, 0.6, 2.0, 2.5, 3.0, 6.0, math.nan, math.inf])
LEVELS = st.builds(
    Levels,
    entry=st.sampled_from([2.0, 2.5]),
    exit=st.sampled_from([0.5, 0.0, -0.5]),
    stop=st.sampled_from([None, 3.0, 5.0]),
    max_bars=st.sampled_from([None, 1, 2, 4]),
    direction=st.sampled_from(["both", "long", "short"]),
)


@settings(derandomize=True, max_examples=300)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=40))
def test_a_latch_as_a_loop(switches: list[tuple[bool, bool]]) -> None:
    state, expected = False, []
    for on, off in switches:
        state = (state or on) and not off
        expected.append(state)
    on, off = [a for a, _ in switches], [b for _, b in switches]
    assert latch(on, off).tolist() == expected


@settings(derandomize=True, max_examples=500)
@given(st.lists(st.tuples(VALUES, st.sampled_from([True, True, True, False])), max_size=60), LEVELS)
def test_a_rule_as_a_loop(rows: list[tuple[float, bool]], levels: Levels) -> None:
    z, usable = [a for a, _ in rows], [b for _, b in rows]
    found = episodes(np.array(z, dtype=np.float64), levels, np.array(usable, dtype=np.bool_))
    sides, reasons = wanted(z, usable, levels)
    assert painted(found.start, found.end, found.side.astype(float), len(z)).tolist() == sides
    for side, end, reason in zip(found.side.tolist(), found.end.tolist(), found.reason.tolist(), strict=True):
        assert REASONS[reason] == (reasons[end][side] if end < len(z) else "end")


def test_after_a_stop_the_side_waits_for_the_exit() -> None:
    z = np.array([0, 2.1, 3.2, 2.5, 2.2, 0.4, 2.3, 0.1])
    found = episodes(z, Levels(2, 0.5, stop=3), np.ones(8, dtype=np.bool_))
    assert found.start.tolist() == [1, 6]
    assert found.end.tolist() == [2, 7]
    assert [REASONS[code] for code in found.reason.tolist()] == ["stop", "exit"]


def test_a_jump_to_the_other_side_reverses() -> None:
    found = episodes(np.array([-2.5, 2.5, 0.0]), Levels(), np.ones(3, dtype=np.bool_))
    assert found.side.tolist() == [1, -1]
    assert found.end.tolist() == [*found.start.tolist()[1:], 2]


@pytest.mark.parametrize(
    "wrong",
    [{"entry": 0.0}, {"entry": math.nan}, {"exit": 2.0}, {"exit": -2.0}, {"exit": math.nan}, {"stop": 2.0},
     {"stop": math.nan}, {"max_bars": 0}, {"direction": "up"}],
)  # fmt: skip
def test_levels_that_cannot_be(wrong: dict[str, float]) -> None:
    with pytest.raises(BadParameter, match="expected"):
        Levels(**wrong)


def test_shapes() -> None:
    with pytest.raises(BadSeries, match="one value for each of 4 rows"):
        scores([1.0, 2.0], np.ones(4, dtype=np.bool_))
    with pytest.raises(BadSeries, match="one for each of 4 rows"):
        ratios([1.0, 2.0], 4)
    with pytest.raises(BadSeries, match="two masks"):
        latch([True], [True, False])
    assert np.isnan(ratios([math.inf, 1.0], 2)[0])
    with pytest.raises(BadSeries):
        ratios(math.nan, 2)
