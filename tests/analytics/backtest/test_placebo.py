"""Where a result stands among those of markets with nothing in them."""

import math

import numpy as np
import pytest

from core.analytics.backtest.placebo import Method, percentile, surrogates
from core.analytics.backtest.report import score
from core.errors import BadParameter, BadSeries, NotEnoughData
from core.market import Floats
from tests.analytics.backtest.rules import rolling_rule, tied, walks

METHODS: tuple[Method, ...] = ("shuffle", "shuffle_together", "walks")


def profit(y: Floats, x: Floats) -> float:
    return float(rolling_rule(y, x).net[-1])


def ratio(y: Floats, x: Floats) -> float:
    return score(rolling_rule(y, x))


def slow_ratio(y: Floats, x: Floats) -> float:
    return score(rolling_rule(y, x, 300))


@pytest.mark.parametrize("method", METHODS)
def test_a_pair_that_holds_together_stands_out(method: Method) -> None:
    y, x = tied(4, 6000, phi=0.98)
    found = percentile(slow_ratio, y, x, method=method, runs=60)
    above = int((found.values >= found.real).sum())
    assert found.percentile > 98
    assert found.p_value == pytest.approx((1 + above) / 61)
    assert (found.runs, found.failed, len(found.values)) == (60, 0, 60)


def test_a_small_sure_profit_is_lost_among_the_great_ones_of_walks() -> None:
    """Why a rule's figure is a ratio: unrelated legs make wide spreads, and so great profits and losses in money."""
    y, x = tied(4, 1500, phi=0.8, noise=5e-5)
    by_money, by_ratio = (percentile(rule, y, x, method="walks", runs=60).percentile for rule in (profit, ratio))
    assert by_ratio == 100
    assert by_money < 85


def test_reversion_quicker_than_a_block_survives_the_shuffle() -> None:
    y, x = tied(4, 8000, phi=0.5)
    for method in ("shuffle", "shuffle_together"):
        gone, left = (percentile(ratio, y, x, method=method, runs=20, block=block) for block in (1, 400))
        assert abs(np.median(gone.values)) < 0.01
        assert gone.percentile == 100
        assert np.median(left.values) > 0.2 * left.real


@pytest.mark.parametrize("method", METHODS)
def test_unrelated_walks_do_not(method: Method) -> None:
    """p-values of noise are uniform: their mean is a half, and about 10 % are up to 10 %."""
    values = [percentile(ratio, *walks(seed, 600), method=method, runs=19, seed=seed).p_value for seed in range(50)]
    assert abs(np.mean(values) - 0.525) < 4 * math.sqrt(1 / 12 / 50)
    assert sum(value <= 0.1 for value in values) <= 12  # binomial(50, 0.1) is above with 0.3 %


def test_shuffles_hold_the_same_returns_in_blocks() -> None:
    y, x = walks(2, 101)
    for ours, theirs in surrogates(y, x, "shuffle", 5, 10, 3):
        assert ours[0] == y[0]
        for made, real in ((ours, y), (theirs, x)):
            changes, before = np.diff(np.log(made)), np.diff(np.log(real))
            np.testing.assert_allclose(np.sort(changes), np.sort(before), atol=1e-12)
            places = np.array([int(np.abs(before - change).argmin()) for change in changes])
            assert (np.diff(places) % 100 == 1).sum() >= 89  # only joints of blocks break the order
            assert not (np.diff(places) == 1).all()
        assert np.abs(np.diff(np.log(ours)) - np.diff(np.log(y))).max() > 0


def test_together_keeps_the_correlation_and_apart_loses_it() -> None:
    random = np.random.default_rng(7)
    common = random.standard_normal(2000)
    y, x = (100 * np.exp(1e-3 * (common + 0.3 * random.standard_normal(2000)).cumsum()) for _ in range(2))

    def correlation(legs: tuple[Floats, Floats]) -> float:
        return float(np.corrcoef(*(np.diff(np.log(leg)) for leg in legs))[0, 1])

    assert correlation(next(surrogates(y, x, "shuffle_together"))) == pytest.approx(correlation((y, x)), abs=1e-9)
    for method in ("shuffle", "walks"):
        assert abs(correlation(next(surrogates(y, x, method)))) < 0.1


def test_walks_have_the_volatility_of_the_legs() -> None:
    y, x = walks(3, 5000, 0.002)
    ours, theirs = next(surrogates(y, x**3, "walks"))
    assert np.diff(np.log(ours)).std() == pytest.approx(0.002, rel=0.05)
    assert np.diff(np.log(theirs)).std() == pytest.approx(0.006, rel=0.05)


def test_the_same_seed_is_the_same_placebo() -> None:
    y, x = walks(5, 300)
    one, again, other = (percentile(profit, y, x, runs=10, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.values, again.values)
    assert not np.array_equal(one.values, other.values)


def test_percentile_by_hand() -> None:
    y, x = walks(5, 300)
    figures = iter([2.0, 1.0, 2.0, 3.0, math.nan, 0.0])
    found = percentile(lambda _y, _x: next(figures), y, x, runs=5)
    assert found.values.tolist() == [0, 1, 2, 3]
    assert found.percentile == 62.5  # two below, one the same
    assert found.p_value == pytest.approx(3 / 5)
    assert found.failed == 1


def test_what_cannot_be_is_refused() -> None:
    y, x = walks(5, 300)
    with pytest.raises(BadParameter, match="no figure"):
        percentile(lambda _y, _x: math.nan, y, x)
    figures = iter([1.0])
    with pytest.raises(NotEnoughData, match="placebo runs"):
        percentile(lambda _y, _x: next(figures, math.nan), y, x, runs=4)
    for options in ({"runs": 0}, {"block": 0}, {"block": 200}, {"method": "swap"}):
        with pytest.raises(BadParameter):
            surrogates(y, x, **options)
    with pytest.raises(BadSeries):
        surrogates(-y, x)
    with pytest.raises(NotEnoughData):
        surrogates(y[:5], x[:5])
