"""Adjusted p-values: R's published values, the methods' definitions, and what they do to a family of null tests."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analytics import multiple
from core.errors import BadParameter, BadSeries

#: R's multtest, mt.rawp2adjp, as in the tests of statsmodels (stats/tests/test_multi.py).
P_VALUES = [
    .838541367553, .642193923795, .680845947633, .967833824309, .71626938238, .177096952723, 5.23656777208e-5,
    .0202732688798, .00028140506198, .0149877310796,
]  # fmt: skip
BH_SORTED = [5.23656777e-4, 1.40702531e-3, 4.99591036e-2, 5.06831722e-2, 0.354193905]
BY_SORTED = [1.53377408e-3, 4.12113247e-3, 0.146328628, 0.148449402, 1.0]

families = st.lists(st.floats(0, 1), max_size=40)


def test_benjamini_hochberg_and_yekutieli_are_those_of_r() -> None:
    np.testing.assert_allclose(np.sort(multiple.benjamini_hochberg(P_VALUES))[:5], BH_SORTED, rtol=2e-9)
    np.testing.assert_allclose(np.sort(multiple.benjamini_yekutieli(P_VALUES))[:5], BY_SORTED, rtol=3e-9)


def test_the_least_adjusted_p_value_is_that_of_the_least_p_value() -> None:
    assert int(multiple.benjamini_hochberg(P_VALUES).argmin()) == 6


def test_bonferroni_and_holm_by_hand() -> None:
    np.testing.assert_allclose(multiple.bonferroni([0.01, 0.04, 0.5]), [0.03, 0.12, 1.0])
    np.testing.assert_allclose(multiple.holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06])


@pytest.mark.parametrize("method", ["none", "bonferroni", "holm", "bh", "by"])
@given(family=families)
def test_what_holds_for_every_method(method: multiple.Adjustment, family: list[float]) -> None:
    found = multiple.adjusted(family, method)
    p_values = np.array(family)
    assert found.shape == p_values.shape
    assert ((found >= p_values * (1 - 1e-12)) & (found <= 1)).all()
    order = np.argsort(p_values, kind="stable")
    assert (np.diff(found[order]) >= 0).all(), "a smaller p-value has no greater adjusted one"
    np.testing.assert_array_equal(multiple.adjusted(family[::-1], method), found[::-1])


@given(family=families.filter(bool), level=st.floats(0.001, 0.999))
def test_a_discovery_is_an_adjusted_p_value_at_the_level(family: list[float], level: float) -> None:
    ordered = np.sort(family)
    m = len(ordered)
    step_up = [k for k in range(1, m + 1) if ordered[k - 1] * m / k <= level]
    assert (multiple.benjamini_hochberg(family) <= level).sum() == max(step_up, default=0)
    step_down = next((k for k in range(m) if ordered[k] * (m - k) > level), m)
    assert (multiple.holm(family) <= level).sum() == step_down


@given(family=families)
def test_the_methods_are_ordered_by_what_they_promise(family: list[float]) -> None:
    bh, by = multiple.benjamini_hochberg(family), multiple.benjamini_yekutieli(family)
    holm, bonferroni = multiple.holm(family), multiple.bonferroni(family)
    for less, more in ((bh, by), (bh, holm), (holm, bonferroni)):
        assert (less <= more * (1 + 1e-12)).all()


def test_independent_null_tests_are_rejected_at_the_level() -> None:
    random = np.random.default_rng(7)
    families = random.random((2000, 50))
    for method in ("bonferroni", "holm", "bh"):
        share = np.mean([(multiple.adjusted(family, method) <= 0.05).any() for family in families])
        assert abs(share - 0.05) < 4 * (0.05 * 0.95 / 2000) ** 0.5, method


@pytest.mark.parametrize("bad", [[0.1, -0.1], [1.5], [float("nan")], [[0.1]], ["x"]])
def test_what_is_no_probability_is_refused(bad: list[object]) -> None:
    with pytest.raises(BadSeries):
        multiple.benjamini_hochberg(bad)  # type: ignore[arg-type]


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(BadParameter, match="take one of"):
        multiple.adjusted([0.1], "fdr")  # type: ignore[arg-type]


def test_expected_false() -> None:
    assert multiple.expected_false(0.05, 190) == pytest.approx(9.5)
    assert multiple.expected_false(0.05, 0) == 0
    for level, tests in ((-0.1, 3), (1.1, 3), (0.5, -1)):
        with pytest.raises(BadParameter):
            multiple.expected_false(level, tests)
