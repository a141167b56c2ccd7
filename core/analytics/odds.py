"""What became of a spread after it had gone far: how often it came back, what that paid, and what random walks pay."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.analytics import rolling
from core.analytics.series import checked
from core.errors import BadParameter, NotEnoughData
from core.market import Floats

#: Windows that an episode may last.
PATIENCE = 2
_QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True)
class Episodes:
    """Of `count` times that the z-score went to the level, the share that was back at 0 within two windows, the share that paid, the
    mean gain [standard deviations of the window at the entry] and the median length [bars]. NaN without any.
    """

    count: int
    returned: float
    paid: float
    gain: float
    bars: float


@dataclass(frozen=True, slots=True)
class Odds:
    """`found` of the spread beside the 5, 50 and 95 % quantiles of `walks` random walks of as many bars in the same windows.

    On a random walk nearly every episode comes "back", because the mean comes to it, and most pay, yet the mean gain is 0: shares by
    themselves say nothing.
    """

    level: float
    window: int
    found: Episodes
    returned_of_walks: tuple[float, float, float]
    paid_of_walks: tuple[float, float, float]
    gain_of_walks: tuple[float, float, float]
    walks: int


def odds(spread: npt.ArrayLike, window: int, level: float = 2.0, walks: int = 100, seed: int = 0) -> Odds:
    """The episodes of the rolling z-score of a spread with one hedge, shape (n,), n > 3 `window`, oldest first.

    An episode begins in the first bar with a z-score at the level or beyond, is entered at the next close, and left at the close after the one where
    the z-score has reached 0, or after two windows. Not for a spread whose hedge moves: what it makes nobody can hold. Raise NotEnoughData, BadSeries,
    BadParameter.
    """
    values = checked(spread, 0, "the spread")
    if not level > 0 or walks < 20:
        raise BadParameter(f"level {level}, {walks} walks: expected a level above 0 and 20 walks at least")
    rolling.check_window(window, 3, len(values))
    if len(values) <= 3 * window:
        raise NotEnoughData(3 * window + 1, len(values))
    rng = np.random.default_rng(seed)
    others = [_episodes(np.cumsum(rng.standard_normal(len(values))), window, level) for _ in range(walks)]

    def quantiles(name: str) -> tuple[float, float, float]:
        known = [value for each in others if not np.isnan(value := getattr(each, name))]
        low, median, high = np.quantile(known, _QUANTILES) if known else (np.nan,) * 3
        return float(low), float(median), float(high)

    return Odds(
        level=level,
        window=window,
        found=_episodes(values, window, level),
        returned_of_walks=quantiles("returned"),
        paid_of_walks=quantiles("paid"),
        gain_of_walks=quantiles("gain"),
        walks=walks,
    )


def _episodes(spread: Floats, window: int, level: float) -> Episodes:
    moments = rolling.moments(spread, window)
    z = moments.z
    side = np.where(np.isnan(z), 0.0, np.sign(z))
    turns = np.append(np.flatnonzero(side[1:] != side[:-1]) + 1, len(z))
    beyond = np.flatnonzero(np.abs(z) >= level)
    gains, lengths, back = [], [], []
    free = 0
    while True:
        place = int(np.searchsorted(beyond, free))
        if place == len(beyond):
            break
        entry = int(beyond[place])
        turn = int(turns[np.searchsorted(turns, entry, side="right")])
        leave = min(turn, entry + PATIENCE * window)
        if leave + 1 >= len(spread):  # not over yet
            break
        gains.append(-side[entry] * (spread[leave + 1] - spread[entry + 1]) / moments.std[entry])
        lengths.append(leave - entry)
        back.append(leave == turn)
        free = leave + 1
    if not gains:
        return Episodes(0, np.nan, np.nan, np.nan, np.nan)
    return Episodes(
        len(gains),
        float(np.mean(back)),
        float(np.mean(np.array(gains) > 0)),
        float(np.mean(gains)),
        float(np.median(lengths)),
    )
