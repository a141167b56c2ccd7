"""Verdicts on pairs that hold, that broke, that never were, and whose hedge moved."""

from collections import Counter

import numpy as np
import pytest

from core.analytics.relationship import relationship
from core.errors import BadParameter, NotEnoughData
from tests.analytics.reference import tied, walk


def verdicts(pairs: list[tuple[np.ndarray, np.ndarray]]) -> Counter[str]:
    return Counter(relationship(y, x).verdict for y, x in pairs)


def test_what_holds_holds() -> None:
    found = verdicts([tied(seed, 1600, phi=0.7) for seed in range(40)])
    assert found["holds"] >= 34
    assert found["none"] == 0


def test_what_never_was_is_none() -> None:
    found = verdicts([(walk(seed, 1600), walk(seed + 50_000, 1600)) for seed in range(80)])
    assert found["none"] >= 66
    assert found["holds"] <= 2


def test_what_broke_is_broken() -> None:
    pairs = []
    for seed in range(30):
        y, x = tied(seed, 1600, phi=0.7)
        y[1200:] = y[1199] + walk(seed + 900, 400, 0.0, 2e-4)
        pairs.append((y, x))
    assert verdicts(pairs)["broken"] >= 26


def test_a_hedge_that_moved_is_told() -> None:
    pairs, drifts = [], []
    for seed in range(30):
        y, x = tied(seed, 1600, phi=0.7, noise=5e-5)
        y[1200:] += 0.5 * (x[1200:] - x[1200])
        pairs.append((y, x))
        drifts.append(relationship(y, x).drift)
    assert verdicts(pairs)["broken"] >= 25
    assert np.median(drifts) > 10  # type: ignore[arg-type]


def test_drift_is_in_errors_that_hold() -> None:
    """Where nothing moves it is beyond 3 about as seldom as a normal value."""
    drifts = np.array([relationship(*tied(seed, 1200, phi=0.5)).drift for seed in range(150)], dtype=float)
    assert (drifts > 3).mean() < 0.04
    assert 0.3 < np.median(drifts) < 1.1


def test_the_parts_and_the_reasons_are_told() -> None:
    y, x = tied(1, 1003, phi=0.7)
    found = relationship(y, x, parts=5)
    assert (found.parts, found.rows) == (5, 200)
    assert found.passed == sum(p < 0.05 for p in found.p_values)
    assert f"cointegrated in {found.passed} of 5 parts of 200 bars" in found.reasons[0]
    still = relationship(y, np.append(x[:-200], np.full(200, x[-200])), parts=5)
    assert (still.p_values[-1], still.drift) == (1.0, None)
    assert still.verdict == "broken"


def test_too_little_says_how_much() -> None:
    with pytest.raises(NotEnoughData) as caught:
        relationship(*tied(0, 239))
    assert (caught.value.needed, caught.value.found) == (240, 239)
    with pytest.raises(BadParameter):
        relationship(*tied(0, 300), parts=1)
