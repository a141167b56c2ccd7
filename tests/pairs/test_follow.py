"""Bar by bar what the batch says, and nothing taken by a look at a bar that forms."""

from itertools import product

import numpy as np
import pytest

from core.analytics import spread
from core.analytics.kalman import kalman
from core.pairs import Follower, Leg, PairSpec, Unknown, analyze, paths
from tests.pairs.conftest import end_us, spec

ROWS, KNOWN = 700, 550


def batch(asked: PairSpec, legs: tuple[Leg, Leg]) -> np.ndarray:
    """The z-scores of all rows with the hedge, or the filter's noise, of the first KNOWN of them."""
    y, x = (spread.levels(leg.closes, asked.price) for leg in legs)
    known = analyze(
        asked, *(Leg(leg.name, leg.times[:KNOWN], leg.closes[:KNOWN], KNOWN) for leg in legs), end_us(KNOWN)
    )
    assert not isinstance(known.hedge, Unknown)
    if asked.estimator == "rolling_ols":
        path = paths.hedged(asked, y, x, 0)
    elif asked.estimator == "kalman":
        assert known.filter is not None
        found = kalman(y, x, known.filter.noise)
        path = paths.Path(found.slope, found.intercept, found.slope_error, known.hedge, found)
    else:
        path = paths.Path(
            *(np.full(ROWS, value) for value in (known.hedge.slope, known.hedge.intercept, np.nan)), known.hedge
        )
    values = paths.spreads(asked, y, x, path)
    return paths.zscores(asked, y, x, path, values).z


KINDS = [
    (estimator, z, form)
    for estimator, z, form in product(
        ("ols", "rolling_ols", "kalman"), ("rolling", "prior", "robust", "ewm", "innovation"), ("residual", "ratio")
    )
    if z != "innovation" or (estimator == "kalman" and form == "residual")
]


@pytest.mark.parametrize("price", ["log", "level"])
@pytest.mark.parametrize(("estimator", "z", "form"), KINDS)
def test_as_the_batch(legs: tuple[Leg, Leg], estimator: str, z: str, form: str, price: str) -> None:
    asked = spec(KNOWN, estimator=estimator, z=z, spread=form, price=price)
    known = analyze(
        asked, *(Leg(leg.name, leg.times[:KNOWN], leg.closes[:KNOWN], KNOWN) for leg in legs), end_us(KNOWN)
    )
    follower = Follower(known)
    wanted = batch(asked, legs)
    for row in range(KNOWN, ROWS):
        bar = int(legs[0].times[row]), float(legs[0].closes[row]), float(legs[1].closes[row])
        follower.peek(bar[0], 2 * bar[1], bar[2] / 3)
        seen, found = follower.peek(*bar), follower.push(*bar)
        assert seen == found
        assert found.z == pytest.approx(wanted[row], abs=1e-9 if estimator == "rolling_ols" else 1e-12)


def test_what_is_not_known_of_the_analysis_is_not_known_of_the_next_bar(legs: tuple[Leg, Leg]) -> None:
    y, x = legs
    few = analyze(spec(600), *(Leg(leg.name, leg.times[:20], leg.closes[:20], 20) for leg in legs), end_us(20))
    follower = Follower(few)
    moments = [follower.push(int(y.times[row]), float(y.closes[row]), float(x.closes[row])) for row in range(20, 80)]
    assert [isinstance(each.z, Unknown) for each in moments] == [True] * 39 + [False] * 21
    still = analyze(spec(), y, Leg(x.name, x.times, np.full(700, 2.0), 700), end_us(700))
    moment = Follower(still).peek(0, 1.0, 2.0)
    assert all(isinstance(value, Unknown) for value in (moment.slope, moment.spread, moment.z))
