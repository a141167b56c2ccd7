"""PairSpec: the question that is asked of a pair. Cache key, URL query and the subject of a rule are this one object."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Self, get_args

from core.analytics.alignment import How
from core.analytics.lags import Lags
from core.analytics.spread import Form, Price
from core.errors import BadParameter
from core.market import DAY_US, MINUTE, Interval, Symbol

Estimator = Literal[
    "ols", "rolling_ols", "tls", "huber", "theil_sen", "kalman", "johansen", "min_half_life", "box_tiao"
]
ZScore = Literal["rolling", "ewm", "robust", "prior", "innovation"]
Trend = Literal["c", "ct", "ctt"]

#: The longest lookback in bars: a month of seconds.
MOST_BARS = 2_700_000
#: The shortest window that has a spread of its own.
LEAST_WINDOW = 3

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "price": get_args(Price),
    "estimator": get_args(Estimator),
    "spread": get_args(Form),
    "z": get_args(ZScore),
    "trend": get_args(Trend),
    "align": get_args(How),
}
_CRITERIA = ("aic", "bic")
#: Estimators that give each bar a hedge of its own, from the bars up to it.
_MOVING = ("rolling_ols", "kalman")
#: Half-lives after which what is older weighs 3 %.
_FADED = 5


@dataclass(frozen=True, slots=True)
class PairSpec:
    """y on x, over the newest `lookback_us` [us] of confirmed bars of `interval`. Raise BadParameter where it cannot be.

    `window` [bars] is that of the rolling hedge, z-score and correlation, and half the memory of "ewm". `price`: what
    hedge, spread and tests are computed on. `estimator`: one hedge over the lookback, or a new one each bar
    ("rolling_ols", "kalman"). `spread`: "residual" is y - intercept - slope x, "ratio" is y / x (log y - log x on logs). `z`:
    by mean and standard deviation of the window, exponentially weighted, by median and MAD, by the window before
    the bar, or the filter's innovation in its own standard deviations. `trend` and `lags` are those of the tests.
    `align`: bars of both legs alone ("inner"), or besides those with a leg's last close up to `stale_limit` [bars] old.
    """

    y: Symbol
    x: Symbol
    interval: Interval = MINUTE
    lookback_us: int = DAY_US
    window: int = 240
    price: Price = "log"
    estimator: Estimator = "ols"
    spread: Form = "residual"
    z: ZScore = "rolling"
    trend: Trend = "c"
    lags: Lags = "aic"
    align: How = "inner"
    stale_limit: int = 0

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise BadParameter(f"{name} is {getattr(self, name)!r}: expected one of {', '.join(choices)}")
        if self.y == self.x:
            raise BadParameter(f"both legs are {self.y}: a pair needs two symbols")
        if not (self.lags in _CRITERIA or (_is_count(self.lags) and int(self.lags) >= 0)):
            raise BadParameter(f"lags is {self.lags!r}: expected aic, bic or a number of lags from 0")
        if not _is_count(self.window) or not LEAST_WINDOW <= self.window <= self.bars:
            raise BadParameter(
                f"window is {self.window!r} bars: expected from {LEAST_WINDOW} to the {self.bars:,} bars of the lookback"
            )
        if self.bars > MOST_BARS:
            raise BadParameter(
                f"{self.lookback} of {self.interval} are {self.bars:,} bars: expected at most {MOST_BARS:,}; "
                "take a longer interval or a shorter lookback"
            )
        if not _is_count(self.stale_limit) or self.stale_limit < 0:
            raise BadParameter(f"stale_limit is {self.stale_limit!r} bars: expected a whole number from 0")
        if self.z == "innovation" and not (self.estimator == "kalman" and self.spread == "residual"):
            raise BadParameter(
                f"the innovation is the Kalman filter's, of its own residual: expected the estimator kalman and the spread "
                f"residual, not {self.estimator} and {self.spread}"
            )

    @property
    def bars(self) -> int:
        """How many intervals the lookback has."""
        return self.lookback_us // self.interval.us

    @property
    def lookback(self) -> Interval:
        """The lookback as a length of time."""
        return Interval(self.lookback_us)

    @property
    def warm_up(self) -> int:
        """How many bars before the lookback are read besides, so that its first bar has a spread and a z-score already."""
        hedge = self.window if self.estimator in _MOVING else 0
        fading = _FADED * self.window if self.z == "ewm" else 0 if self.z == "innovation" else self.window
        return 1 + hedge + fading

    @property
    def is_moving(self) -> bool:
        """Whether each bar has a hedge of its own."""
        return self.spread == "residual" and self.estimator in _MOVING

    @property
    def is_causal(self) -> bool:
        """Whether the hedge of a bar stands on bars up to it alone; otherwise past z-scores know what came after."""
        return self.is_moving or self.spread == "ratio"

    def __str__(self) -> str:
        return f"{self.y} on {self.x}, {self.interval} over {self.lookback}"

    def query(self) -> dict[str, str]:
        """The spec as text by name, as in an address; what `parse` reads."""
        found = {field.name: str(getattr(self, field.name)) for field in fields(self)}
        del found["lookback_us"]
        return {**found, "lookback": str(self.lookback)}

    def brief(self) -> dict[str, str]:
        """`query` without what has its default: what names the spec in an address."""
        usual = type(self)(self.y, self.x).query()
        return {name: text for name, text in self.query().items() if name in ("y", "x") or text != usual[name]}

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> Self:
        """Read `query`, in any order; what is not in it has its default. Raise BadParameter, InvalidSymbol, InvalidInterval."""
        known = {field.name for field in fields(cls)} - {"lookback_us"} | {"lookback"}
        for name in query:
            if name not in known:
                raise BadParameter(f"a pair has no {name!r}: expected {', '.join(sorted(known))}")
        for name in ("y", "x"):
            if name not in query:
                raise BadParameter(f"{name} is missing: expected the symbols y and x, such as y=BTCUSDT and x=ETHUSDT")
        return cls(**{_FIELD.get(name, name): _READ.get(name, str)(text) for name, text in query.items()})


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _count(text: str) -> int | str:
    """A number where it is one; what is none is refused by the spec, with words."""
    return int(text) if text.isdecimal() else text


_FIELD = {"lookback": "lookback_us"}
_READ: Mapping[str, Any] = {
    "y": Symbol.parse,
    "x": Symbol.parse,
    "interval": Interval.parse,
    "lookback": lambda text: Interval.parse(text).us,
    "window": _count,
    "lags": _count,
    "stale_limit": _count,
}
