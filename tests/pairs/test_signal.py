"""The rule at one z-score: which side, and when nothing should be done."""

import pytest

from core.analytics.backtest.signals import Levels
from core.pairs.signal import Stance, signal

LEVELS = Levels(2.0, 0.5, 4.0)


@pytest.mark.parametrize(
    ("z", "stance"),
    [
        (0.0, Stance.CLOSE), (0.5, Stance.CLOSE), (-0.5, Stance.CLOSE), (0.51, Stance.WAIT), (-1.99, Stance.WAIT),
        (2.0, Stance.SELL), (-2.0, Stance.BUY), (3.99, Stance.SELL), (4.0, Stance.STOP), (-7.0, Stance.STOP),
    ],
)  # fmt: skip
def test_each_level_is_reached_at_its_own_value(z: float, stance: Stance) -> None:
    found = signal(z, LEVELS)
    assert found.stance is stance
    assert found.tradable == (stance in (Stance.SELL, Stance.BUY))
    assert len(found.reasons) == 1


def test_a_rule_for_one_side_waits_on_the_other() -> None:
    assert signal(-2.5, Levels(2.0, 0.5, direction="short")).stance is Stance.WAIT
    assert signal(2.5, Levels(2.0, 0.5, direction="short")).stance is Stance.SELL
    assert signal(2.5, Levels(2.0, 0.5, direction="long")).stance is Stance.WAIT


def test_an_objection_makes_a_signal_untradable_and_is_told() -> None:
    found = signal(3.0, LEVELS, ("the feed is silent",))
    assert found.stance is Stance.SELL
    assert not found.tradable
    assert found.objections == ("the feed is silent",)


def test_without_a_z_score_there_is_no_signal() -> None:
    found = signal(None, LEVELS)
    assert (found.stance, found.tradable) == (Stance.NONE, False)
    assert found.objections == ("the z-score is not known",)
