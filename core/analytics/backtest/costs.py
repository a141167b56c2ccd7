"""What trading a pair costs, by leg: fees, half the quoted spread, slippage; and how far z has to be for it to pay."""

import math
from dataclasses import dataclass, fields
from typing import Literal

from core.analytics.spread import Price
from core.errors import BadParameter
from core.market import Bools, Floats

Order = Literal["taker", "maker"]


@dataclass(frozen=True, slots=True)
class LegCosts:
    """The costs of one leg for each side of a trade [bps of the value traded]; all assumed, none measured.

    A taker pays `taker_bps`, half the quoted spread and slippage; a maker pays `maker_bps` (below 0: a rebate) alone and is taken to
    be filled, which flatters. Raise BadParameter where a number is not finite, or the spread or slippage is below 0.
    """

    taker_bps: float
    maker_bps: float = 0.0
    half_spread_bps: float = 0.0
    slippage_bps: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not math.isfinite(value) or (value < 0 and field.name in ("half_spread_bps", "slippage_bps")):
                raise BadParameter(f"{field.name} is {value}: expected a number of basis points, such as 5")

    def total_bps(self, order: Order) -> float:
        """All that one side costs [bps]."""
        return self.maker_bps if order == "maker" else self.taker_bps + self.half_spread_bps + self.slippage_bps


@dataclass(frozen=True, slots=True)
class Costs:
    """The costs of both legs, and how the rule enters and leaves. Stops, limits of time, re-hedges and the last row take."""

    y: LegCosts
    x: LegCosts
    entry: Order = "taker"
    exit: Order = "taker"

    def __post_init__(self) -> None:
        for order in (self.entry, self.exit):
            if order not in ("taker", "maker"):
                raise BadParameter(f"an order is {order!r}: expected taker or maker")

    @classmethod
    def same(
        cls, taker_bps: float, maker_bps: float = 0.0, half_spread_bps: float = 0.0, slippage_bps: float = 0.0
    ) -> "Costs":
        """The same costs for both legs, taking both ways."""
        leg = LegCosts(taker_bps, maker_bps, half_spread_bps, slippage_bps)
        return cls(leg, leg)


#: What a round trip is assumed to cost where nobody said: 5 bps of fees, half a spread of .5 and slippage of .5 on each leg and side.
ASSUMED = Costs.same(5.0, half_spread_bps=0.5, slippage_bps=0.5)


@dataclass(frozen=True, slots=True, eq=False)
class Charges:
    """What some fills cost, shape (k,) each [quote currency]."""

    fees: Floats
    spread: Floats
    slippage: Floats

    @property
    def total(self) -> Floats:
        return self.fees + self.spread + self.slippage


def charges(values: Floats, taken: Bools, leg: LegCosts) -> Charges:
    """What fills of these `values` [quote currency], shape (k,), cost on a leg, as a taker or as a maker."""
    taking = 1e-4 * values * taken
    return Charges(
        leg.taker_bps * taking + leg.maker_bps * 1e-4 * values * ~taken,
        leg.half_spread_bps * taking,
        leg.slippage_bps * taking,
    )


@dataclass(frozen=True, slots=True)
class BreakEven:
    """From which z-score on the expected reversion pays the assumed costs of a round trip.

    `z` is None where no reversion is to be expected. `cost` is that of the round trip in units of the spread, `reverting` the share
    of a deviation that is expected back within `horizon` bars; `words` say what all of it stands on.
    """

    z: float | None
    cost: float
    reverting: float
    horizon: float
    words: str


def break_even(
    costs: Costs,
    deviation: float,
    half_life: float,
    hedge_ratio: float,
    price: Price = "log",
    prices: tuple[float, float] | None = None,
    horizon: float | None = None,
) -> BreakEven:
    """The smallest absolute z-score whose expected reversion over `horizon` bars, by default one half-life, pays `costs`.

    `deviation` is the standard deviation that z is measured in [units of the spread], `half_life` in bars. A spread of prices needs
    the `prices` of y and x, a spread of logs does not. Raise BadParameter.
    """
    if not (math.isfinite(deviation) and deviation > 0):
        raise BadParameter(f"the deviation is {deviation}: expected that of a spread, above 0")
    if not math.isfinite(hedge_ratio):
        raise BadParameter(f"the hedge ratio is {hedge_ratio}: expected a number")
    if horizon is not None and not horizon > 0:
        raise BadParameter(f"the horizon is {horizon} bars: expected above 0, or None for one half-life")
    if price == "level" and prices is None:
        raise BadParameter("a spread of prices needs the prices of both legs to know what they cost")
    value_y, value_x = (1.0, 1.0) if price == "log" or prices is None else prices
    rate = [1e-4 * sum(leg.total_bps(order) for order in (costs.entry, costs.exit)) for leg in (costs.y, costs.x)]
    cost = rate[0] * value_y + rate[1] * abs(hedge_ratio) * value_x
    if not (math.isfinite(half_life) and half_life > 0):
        return BreakEven(None, cost, 0.0, horizon or math.inf, "no half-life: no reversion is to be expected")
    over = half_life if horizon is None else horizon
    share = -math.expm1(-math.log(2) * over / half_life)
    return BreakEven(
        max(0.0, cost) / (deviation * share),
        cost,
        share,
        over,
        "assumed costs, and a reversion at the estimated half-life",
    )
