"""The regression of each value on the one before, which half-lives and the Ornstein-Uhlenbeck fit stand on."""

import math
from dataclasses import dataclass

from core.errors import Degenerate
from core.market import Floats


@dataclass(frozen=True, slots=True)
class Autoregression:
    """value = `constant` + `phi` x (value before) + residual, by least squares over `steps` steps.

    `variance` is the residuals' (ddof 0), `error` the standard error of phi (ddof 2). A constant and residuals have
    the unit of the series.
    """

    phi: float
    constant: float
    variance: float
    error: float
    steps: int


def autoregression(deviations: Floats) -> Autoregression:
    """The fit to `deviations` (see `centre`), shape (n,), n >= 4. Raise Degenerate where only the last row differs."""
    before, after = deviations[:-1], deviations[1:]
    if before.max() == before.min():
        raise Degenerate("the series is the same in all rows but the last: it has to vary")
    b, a = before - before.mean(), after - after.mean()
    moment, steps = float(b @ b), len(b)
    phi = float(b @ a) / moment
    left = a - phi * b
    squares = float(left @ left)
    constant = float(after.mean() - phi * before.mean())
    return Autoregression(phi, constant, squares / steps, math.sqrt(squares / (steps - 2) / moment), steps)
