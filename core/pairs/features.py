"""The features of a pair as one wide table: a row a bar, what each column is, in which unit, and what it needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.analytics import rolling
from core.analytics.returns import returns
from core.market import BarFlag, Bools, Candles, Floats, Ints
from core.pairs.drawn import Drawn
from core.pairs.provenance import Unknown, told
from core.pairs.spec import PairSpec

Kind = Literal["price of y", "price of x", "significant", "fixed", "share", "count", "volume", "volatility", "spread"]
#: What is said of a bar, leg by leg, in this order; nothing is said of a bar that is as it should be.
_WORDS = {
    BarFlag.GAP: "trades missing",
    BarFlag.PARTIAL: "record begins inside",
    BarFlag.DIFFERS: "differs from the exchange's",
}


@dataclass(frozen=True, slots=True)
class Feature:
    """One column: its short `name`, what it is, its `unit`, and how its numbers are written. `needs` says when it is there."""

    name: str
    group: str
    label: str
    unit: str
    kind: Kind
    told: str
    needs: str = ""


#: Every column but the time and the marks, in the order of the table.
FEATURES: tuple[Feature, ...] = (
    Feature("y", "prices", "close y", "quote", "price of y", "the last price of y in the bar"),
    Feature("x", "prices", "close x", "quote", "price of x", "the last price of x in the bar"),
    Feature("hedge", "spread", "hedge", "", "significant", "how much of x goes against one of y", "a hedge"),
    Feature("error", "spread", "hedge error", "", "significant", "the hedge's standard error", "an estimator that gives one"),
    Feature("spread", "spread", "spread", "", "spread", "what is left of y after the hedge", "a hedge"),
    Feature("z", "spread", "z", "σ", "fixed", "the spread in standard deviations of its window", "window"),
    Feature("corr", "returns", "correlation", "", "fixed", "of both legs' returns in the window", "window"),
    Feature("vol_y", "returns", "volatility y", "a bar", "volatility", "standard deviation of the log returns of y in the window", "window"),
    Feature("vol_x", "returns", "volatility x", "a bar", "volatility", "standard deviation of the log returns of x in the window", "window"),
    Feature("vwap_y", "trades", "VWAP y", "quote", "price of y", "quote volume / volume", "a trade in the bar"),
    Feature("vwap_x", "trades", "VWAP x", "quote", "price of x", "quote volume / volume", "a trade in the bar"),
    Feature("volume_y", "trades", "volume y", "base", "volume", "traded in the bar", "a trade in the bar"),
    Feature("volume_x", "trades", "volume x", "base", "volume", "traded in the bar", "a trade in the bar"),
    Feature("trades_y", "trades", "trades y", "", "count", "trades in the bar", "a trade in the bar"),
    Feature("trades_x", "trades", "trades x", "", "count", "trades in the bar", "a trade in the bar"),
    Feature("flow_y", "trades", "taker flow y", "", "fixed", "(taker buys − taker sells) / volume: 1 all bought, −1 all sold", "a trade in the bar"),
    Feature("flow_x", "trades", "taker flow x", "", "fixed", "(taker buys − taker sells) / volume: 1 all bought, −1 all sold", "a trade in the bar"),
    Feature("age_y", "data", "age y", "bars", "count", "how many bars ago the close was the leg's own: 0 is its own bar"),
    Feature("age_x", "data", "age x", "bars", "count", "how many bars ago the close was the leg's own: 0 is its own bar"),
    Feature("proven_y", "data", "proven y", "", "share", "a lower bound of the share of the bar's trades proven present", "a bar that is proven"),
    Feature("proven_x", "data", "proven x", "", "share", "a lower bound of the share of the bar's trades proven present", "a bar that is proven"),
)  # fmt: skip
NAMES = tuple(feature.name for feature in FEATURES)


@dataclass(frozen=True, slots=True, eq=False)
class LegBars:
    """A leg's own bars, reaching back by a window before the rows, and the share of each that is proven, NaN where unknown."""

    bars: Candles
    proven: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """A row a confirmed bar of the pair, open times [us] ascending, shape (n,) each.

    `columns` are by the names of FEATURES, NaN where a value is not known; what is of a leg's own bar is NaN where its close is
    carried forward. `marks` say in words what is wrong with a bar, empty where nothing is. `decimals` are those of the prices
    of y and of x; `lacking` says of each column with unknown values why that is.
    """

    spec: PairSpec
    times: Ints
    columns: Mapping[str, Floats]
    marks: tuple[str, ...]
    decimals: tuple[int, int]
    lacking: Mapping[str, str]

    def __len__(self) -> int:
        return len(self.times)


def features(drawn: Drawn, y: LegBars, x: LegBars, most: int) -> Features:
    """The newest `most` rows of `drawn`, beside what the bars of both legs tell of them."""
    spec, series = drawn.spec, drawn.series
    rows = slice(max(0, len(series) - most), None)
    times = series.times[rows]
    of_y, of_x = (_of_leg(leg, times, spec.window) for leg in (y, x))
    columns = {
        "y": series.y[rows],
        "x": series.x[rows],
        "hedge": series.slope[rows],
        "error": _errors(drawn)[rows],
        "spread": series.spread[rows],
        "z": series.z[rows],
        "corr": series.correlation[rows],
        **{f"{name}_y": values for name, values in of_y.items()},
        **{f"{name}_x": values for name, values in of_x.items()},
        "age_y": series.age_y[rows].astype(np.float64),
        "age_x": series.age_x[rows].astype(np.float64),
    }
    decimals = y.bars.scale.price, x.bars.scale.price
    marks = _marks(times, y.bars, x.bars)
    return Features(spec, times, {name: columns[name] for name in NAMES}, marks, decimals, _lacking(spec, columns))


def _errors(drawn: Drawn) -> Floats:
    """The standard error of each row's hedge: its own where the hedge moves, else that of the one hedge there is."""
    hedge = drawn.hedge
    if drawn.spec.is_moving or isinstance(hedge, Unknown) or hedge.slope_error is None:
        return drawn.series.slope_error
    return np.where(np.isnan(drawn.series.slope), np.nan, hedge.slope_error)


def _of_leg(leg: LegBars, times: Ints, window: int) -> dict[str, Floats]:
    """What a leg's own bars tell, at `times`; the volatility of a bar without trades is that of the bar before."""
    bars = leg.bars
    volume = bars.volumes()
    with np.errstate(invalid="ignore", divide="ignore"):
        flow = np.where(volume > 0, 2 * bars.volumes("taker_buy_volume") / volume - 1, np.nan)
    own = {
        "vwap": bars.vwap(),
        "volume": volume,
        "trades": bars.trade_count.astype(np.float64),
        "flow": flow,
        "proven": leg.proven,
    }
    row = np.searchsorted(bars.open_time_us, times, side="right") - 1
    here = np.isin(times, bars.open_time_us)
    found = {name: _at(values, row, here) for name, values in own.items()}
    return {"vol": _at(volatility(bars.prices(), window), row, row >= 0), **found}


def _at(values: Floats, row: Ints, there: Bools) -> Floats:
    if not len(values):
        return np.full(len(row), np.nan)
    return np.asarray(np.where(there, values[row], np.nan), dtype=np.float64)


def volatility(closes: Floats, window: int) -> Floats:
    """The standard deviation (ddof 1) of the last `window` log returns of each bar, shape (n,); NaN before there are so many."""
    nothing = np.full(len(closes), np.nan)
    found = told(lambda: rolling.std(returns(closes), window))
    return nothing if isinstance(found, Unknown) else np.concatenate(([np.nan], found))


def _marks(times: Ints, y: Candles, x: Candles) -> tuple[str, ...]:
    """What is wrong with the bars at `times`, in words: `y: trades missing; x: amended`."""
    said = [_said(leg) for leg in (y, x)]
    both = (("y", said[0]), ("x", said[1]))
    return tuple("; ".join(f"{leg}: {words[at]}" for leg, words in both if at in words) for at in times.tolist())


def _said(bars: Candles) -> dict[int, str]:
    """By open time [us], what is to be said of those bars that something is to be said of."""
    known = sum(_WORDS)
    rows = np.flatnonzero((bars.flags & int(known) != 0) | (bars.revision > 0))
    found = {}
    for at, flags, revision in zip(
        *(c[rows].tolist() for c in (bars.open_time_us, bars.flags, bars.revision)), strict=True
    ):
        words = [word for flag, word in _WORDS.items() if flags & flag]
        found[at] = ", ".join([*words, *(["amended"] if revision else [])])
    return found


def _lacking(spec: PairSpec, columns: Mapping[str, Floats]) -> dict[str, str]:
    needs = {each.name: each.needs for each in FEATURES}
    lacking = {name: needs[name] for name, values in columns.items() if np.isnan(values).any()}
    return {name: f"{spec.window} bars that vary" if need == "window" else need for name, need in lacking.items()}
