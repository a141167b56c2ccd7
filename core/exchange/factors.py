"""The hidden forces of simulated prices: mean-reverting paths on a grid of seconds, fixed by seed and time.

Each is an Ornstein-Uhlenbeck process known exactly at whole hours since 2020, by a recursion that takes milliseconds,
and bridged between them. Any hour can therefore be had without those before it, today and after a restart alike.
"""

from functools import lru_cache
from itertools import accumulate

import numpy as np

from core.exchange.chance import generator
from core.market import HOUR_US, Floats

#: Where hour 0 is: 2020-01-01 UTC [us].
EPOCH_US = 1_577_836_800_000_000
SECONDS = 3600
#: A random walk that is kept from wandering away for good: its half-life [s].
TREND_SECONDS = 30 * 24 * 3600.0


def hour_of(time_us: int) -> int:
    """The number of the hour that holds `time_us`."""
    return (time_us - EPOCH_US) // HOUR_US


def start_of(hour: int) -> int:
    """When an hour begins [us]."""
    return EPOCH_US + hour * HOUR_US


class Factor:
    """One process; `deviation` is the stationary standard deviation [log price].

    `rough` factors have fat-tailed innovations whose size clusters by the minute; the others are Gaussian, so that
    their half-life is exactly what it says.
    """

    def __init__(self, seed: int, name: str, half_life: float, deviation: float, rough: bool = False) -> None:
        self._seed = seed
        self._name = name
        self._half_life = half_life
        self._deviation = deviation
        self._rough = rough
        self._anchors = np.zeros(0)
        self.seconds = lru_cache(maxsize=8)(self._seconds)

    @classmethod
    def trend(cls, seed: int, name: str, volatility: float) -> "Factor":
        """A rough, nearly unbound walk; `volatility` is that of an hour [log price]."""
        decay = 0.5 ** (SECONDS / TREND_SECONDS)
        return cls(seed, name, TREND_SECONDS, volatility / (1 - decay * decay) ** 0.5, rough=True)

    def _seconds(self, hour: int) -> Floats:
        """The path from one second before the hour to its end: 3602 values, a second apart."""
        path = self._bridge(hour)
        return np.concatenate((self._bridge(hour - 1)[-2:-1], path))

    def _anchor(self, hour: int) -> float:
        if hour >= len(self._anchors):
            self._anchors = self._walk(hour + 1000)
        return float(self._anchors[hour])

    def _walk(self, hours: int) -> Floats:
        decay = 0.5 ** (SECONDS / self._half_life)
        shocks = self._shocks(generator(self._seed, f"{self._name}/anchors"), hours)
        scaled = (shocks * (self._deviation * (1 - decay * decay) ** 0.5)).tolist()
        return np.array(list(accumulate(scaled, lambda level, shock: decay * level + shock)))

    def _shocks(self, random: np.random.Generator, count: int) -> Floats:
        """Innovations of unit variance."""
        return random.standard_t(5, count) / (5 / 3) ** 0.5 if self._rough else random.standard_normal(count)

    def _bridge(self, hour: int) -> Floats:
        start, end = self._anchor(hour), self._anchor(hour + 1)
        random = generator(self._seed, self._name, hour)
        decay = 0.5 ** (1 / self._half_life)
        shocks = self._shocks(random, SECONDS) * self._deviation * (1 - decay * decay) ** 0.5
        if self._rough:
            size = np.exp(0.5 * random.standard_normal(60))
            shocks *= np.repeat(size / np.sqrt(np.mean(size * size)), 60)
        powers = decay ** np.arange(1, SECONDS + 1)
        free = powers * (start + np.cumsum(shocks / powers))
        return np.concatenate(([start], free + (end - free[-1]) * self._pull()))

    def _pull(self) -> Floats:
        """How much of an error at the hour's end is taken back at each second of it: the bridge of the process."""
        speed = np.log(2) / self._half_life
        at = np.arange(1, SECONDS + 1)
        return np.asarray(
            (np.exp(-speed * (SECONDS - at)) - np.exp(-speed * (SECONDS + at))) / -np.expm1(-2 * speed * SECONDS)
        )
