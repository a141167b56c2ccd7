"""MacKinnon's tables beside statsmodels' copy of them, and the one coefficient that is mistyped there."""

import math

import numpy as np
import pytest
from statsmodels.tsa import adfvalues

from core.analytics.mackinnon import critical_values, p_value
from core.errors import BadParameter

GRID = np.concatenate((np.linspace(-30, 4, 400), [-0.0, 2.74, 2.75, -18.83, -18.84]))


@pytest.mark.parametrize("trend", ["n", "c", "ct", "ctt"])
@pytest.mark.parametrize("series", [1, 2, 3, 4, 5, 6])
def test_p_values_are_statsmodels(trend: str, series: int) -> None:
    ours = p_value(GRID, trend, series)  # type: ignore[arg-type]
    theirs = [adfvalues.mackinnonp(float(t), trend, series) for t in GRID]
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-300)
    assert p_value(float(GRID[7]), trend, series) == ours[7]  # type: ignore[arg-type]


def test_beyond_the_table() -> None:
    assert p_value(np.array([-1e300, 1e300]), "c").tolist() == [0.0, 1.0]
    assert p_value(-math.inf, "ct", 2) == 0.0
    assert math.isnan(p_value(math.nan, "c"))
    assert p_value(np.zeros((2, 3)), "c").shape == (2, 3)


def test_critical_values_differ_from_statsmodels_where_that_is_mistyped_alone() -> None:
    different = []
    for trend in ("c", "ct", "ctt"):
        for series in range(1, 13):
            try:
                theirs = adfvalues.mackinnoncrit(series, trend, nobs=100)
            except (ValueError, IndexError):
                continue
            ours = critical_values(trend, series, 100)  # type: ignore[arg-type]
            for level, mine, other in zip((1, 5, 10), (ours.one, ours.five, ours.ten), theirs, strict=True):
                if mine != pytest.approx(other, rel=1e-12):
                    different.append((trend, series, level))
    assert different == [("c", 2, 1), ("c", 3, 5), ("c", 5, 5), ("c", 7, 10)]  # as MacKinnon (2010) prints them


def test_stata_has_the_papers_coefficient() -> None:
    found = critical_values("c", 2, 199)
    assert (found.one, found.five, found.ten) == pytest.approx(
        (-3.952043522638, -3.367006313729, -3.065831247948), abs=1e-12
    )
    found = critical_values("ct", 2, 199)
    assert (found.one, found.five, found.ten) == pytest.approx(
        (-4.406102369132, -3.82866685109, -3.532082997903), abs=1e-12
    )
    assert critical_values("c", 3, 199).one == pytest.approx(-4.367111915942, abs=1e-12)
    assert critical_values("c", 4, 199).one == pytest.approx(-4.735249216434, abs=1e-12)


def test_what_no_table_has_is_refused() -> None:
    with pytest.raises(BadParameter, match="without a constant"):
        critical_values("n", 2, 100)
    with pytest.raises(BadParameter, match="expected 1 to"):
        p_value(-3.0, "c", 0)
    with pytest.raises(BadParameter, match="trend"):
        p_value(-3.0, "cc")  # type: ignore[call-overload]
    for n in (0, -5, math.nan):
        with pytest.raises(BadParameter, match="rows"):
            critical_values("c", 1, n)
