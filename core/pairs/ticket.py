"""Quantities for both legs of a pair: what can be ordered, and what the rounding leaves open."""

import math
from dataclasses import dataclass

from core.errors import BadParameter


@dataclass(frozen=True, slots=True)
class TicketLeg:
    """One order: `side` is 1 to buy and -1 to sell; `quantity` is a multiple of `step` [base]; `value` is quantity times price [quote]."""

    symbol: str
    side: int
    quantity: float
    step: float
    price: float

    @property
    def value(self) -> float:
        return self.quantity * self.price


@dataclass(frozen=True, slots=True)
class Ticket:
    """Both legs. `residual` [quote] is what of x's value is missing from the hedge (below 0: too much), as the steps do not
    let it be exact; `residual_share` is its share of y's value. `net` [quote] is the value bought less that sold; `gross` both added.
    """

    y: TicketLeg
    x: TicketLeg
    residual: float

    @property
    def residual_share(self) -> float:
        return self.residual / self.y.value if self.y.value else math.nan

    @property
    def net(self) -> float:
        return self.y.side * self.y.value + self.x.side * self.x.value

    @property
    def gross(self) -> float:
        return self.y.value + self.x.value


def ticket(
    names: tuple[str, str],
    prices: tuple[float, float],
    steps: tuple[float, float],
    slope: float,
    side: int,
    capital: float,
    logs: bool,
) -> Ticket:
    """Orders for `capital` [quote] in both legs together. `side` is 1 to buy the spread: y against `slope` of x.

    On `logs` a quote unit of y is hedged by `slope` quote units of x; on prices a unit of y by `slope` units of x. Quantities are rounded to
    the steps, y's down and x's to the nearest that its hedge asks for. Raise BadParameter where nothing can be ordered of so little.
    """
    if not (math.isfinite(slope) and capital > 0):
        raise BadParameter(f"the hedge is {slope} and the capital {capital:g}: expected numbers, and a capital above 0")
    value_ratio = abs(slope) if logs else abs(slope) * prices[1] / prices[0]
    y_quantity = _floored(capital / (1 + value_ratio) / prices[0], steps[0])
    wanted = y_quantity * prices[0] * value_ratio
    x_quantity = round(wanted / prices[1] / steps[1]) * steps[1]
    if y_quantity <= 0 or x_quantity <= 0:
        least = max(
            steps[0] * prices[0] * (1 + value_ratio),
            steps[1] * prices[1] * (1 + 1 / value_ratio) if value_ratio else 0.0,
        )
        raise BadParameter(f"a capital of {capital:,.2f} buys no step of one leg: take at least {least:,.2f}")
    y = TicketLeg(names[0], side, y_quantity, steps[0], prices[0])
    x = TicketLeg(names[1], -side if slope > 0 else side, x_quantity, steps[1], prices[1])
    return Ticket(y, x, wanted - x.value)


def _floored(quantity: float, step: float) -> float:
    return math.floor(quantity / step + 1e-9) * step
