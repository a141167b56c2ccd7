"""The scorecard: a good pair passes, noise does not, and what is not known counts for nothing."""

from dataclasses import replace

from core.analytics.backtest.costs import Costs
from core.pairs import Leg, analyze
from core.pairs.scorecard import Limits, scorecard
from core.quality import Grade, Quality
from tests.analytics.reference import tied
from tests.pairs.conftest import end_us, spec
from tests.pairs.test_trading import walks

GOOD = Quality(100, 0, 0, 0, 700, 0, True, 1.0, Grade.A, "whole")


def test_a_pair_that_was_built_passes(legs: tuple[Leg, Leg]) -> None:
    import numpy as np

    y, x = (np.exp(leg) for leg in tied(5, 700, phi=0.7, noise=1e-3))
    graded = (Leg(leg.name, leg.times, closes, 700, quality=GOOD) for leg, closes in zip(legs, (y, x), strict=True))
    found = scorecard(analyze(spec(), *graded, end_us(700)), Costs.same(1.0), Limits(correlation=None))
    assert [each.name for each in found.components if not each.passed] == []
    assert (found.passed, found.known, found.words) == (8, 8, "8 of 8")


def test_noise_fails_where_it_should() -> None:
    found = scorecard(analyze(spec(), *walks(12), end_us(700)), Costs.same(5.0))
    failed = {each.name for each in found.components if each.passed is False}
    assert {
        "cointegration p, both orders",
        "quarters that pass by themselves",
        "correlation of returns, in size",
    } <= failed
    quality = found.components[-1]
    assert (quality.passed, quality.value) == (None, None)
    assert "nothing is known" in quality.words
    assert found.words.endswith("1 not known")


def test_every_limit_is_told_and_can_be_left_out(legs: tuple[Leg, Leg]) -> None:
    analysis = analyze(spec(), *legs, end_us(700))
    found = scorecard(analysis, Costs.same(1.0))
    assert len(found.components) == 9
    assert found.components[0].limit == "at most 0.05"
    assert found.components[1].limit == "at least 2"
    few = scorecard(analysis, Costs.same(1.0), replace(Limits(), hurst=None, quality=False))
    assert len(few.components) == 7
    dear = scorecard(analysis, Costs.same(500.0)).components[7]
    assert dear.passed is False
