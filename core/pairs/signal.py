"""What a rule on the z-score says at this moment, and what speaks against following it."""

from dataclasses import dataclass
from enum import StrEnum

from core.analytics.backtest.signals import Levels


class Stance(StrEnum):
    """What the rule would do with an empty book."""

    SELL = "sell the spread"
    BUY = "buy the spread"
    CLOSE = "leave, if in"
    WAIT = "wait"
    STOP = "give up, if in"
    NONE = "no signal"


@dataclass(frozen=True, slots=True)
class Signal:
    """`stance` by the levels alone; `tradable` where nothing speaks against it. `reasons` for and `objections` against, in words."""

    stance: Stance
    reasons: tuple[str, ...]
    objections: tuple[str, ...]

    @property
    def tradable(self) -> bool:
        return self.stance in (Stance.SELL, Stance.BUY) and not self.objections


def signal(z: float | None, levels: Levels, objections: tuple[str, ...] = ()) -> Signal:
    """The rule at a z-score, None where it is not known. What `objections` say is known against it, in words."""
    if z is None:
        return Signal(Stance.NONE, (), objections or ("the z-score is not known",))
    stance = _stance(z, levels)
    return Signal(stance, (_words(z, stance, levels),), objections)


def _stance(z: float, levels: Levels) -> Stance:
    size = abs(z)
    if levels.stop is not None and size >= levels.stop:
        return Stance.STOP
    if size >= levels.entry:
        side = -1 if z > 0 else 1
        return (Stance.SELL if z > 0 else Stance.BUY) if side in levels.sides else Stance.WAIT
    return Stance.CLOSE if size <= levels.exit else Stance.WAIT


def _words(z: float, stance: Stance, levels: Levels) -> str:
    told = f"z is {z:+.2f}".replace("-", "−")
    if stance is Stance.STOP:
        return f"{told}: beyond the level to give up at, {levels.stop:g}"
    if abs(z) >= levels.entry:
        return f"{told}: beyond the level to enter at, {levels.entry:g}"
    if stance is Stance.CLOSE:
        return f"{told}: within the level to leave at, {levels.exit:g}"
    return f"{told}: between the levels to leave and to enter at, {levels.exit:g} and {levels.entry:g}"
