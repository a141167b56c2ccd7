"""Odds of a pair: of one hedge, and refused where it moves."""

from core.analytics.odds import Odds
from core.pairs import Leg, Unknown, analyze
from core.pairs.episodes import reversion_odds
from tests.pairs.conftest import end_us, spec


def test_what_reverts_earns_more_than_walks_do(legs: tuple[Leg, Leg]) -> None:
    found = reversion_odds(analyze(spec(), *legs, end_us(700)))
    assert isinstance(found, Odds)
    assert found.window == 60
    assert found.found.gain > found.gain_of_walks[2]


def test_a_moving_hedge_has_no_odds(legs: tuple[Leg, Leg]) -> None:
    found = reversion_odds(analyze(spec(estimator="kalman"), *legs, end_us(700)))
    assert isinstance(found, Unknown)
    assert "nobody can hold" in found.reason
    short = reversion_odds(analyze(spec(150), *legs, end_us(700)))
    assert isinstance(short, Unknown)
    assert short.needed == 181
