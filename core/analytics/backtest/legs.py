"""Both legs as a backtest sees them: closes that decide, later prices that fill, and how much of each is held."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.analytics.backtest.signals import GREATEST
from core.analytics.series import paired
from core.analytics.spread import Price
from core.errors import BadParameter, BadSeries
from core.market import Bools, Floats, Ints

_LEAST = 3


@dataclass(frozen=True, slots=True, eq=False)
class Legs:
    """`y`, `x`: closes; `fill_y`, `fill_x`: the prices that orders get in each row; shape (n,) each [quote currency].

    `fill_row[t]` is the row in which an order is filled that the close of row t decided: the next one that is `valid`, n where there is
    none; shape (n + 1,).
    """

    y: Floats
    x: Floats
    fill_y: Floats
    fill_x: Floats
    valid: Bools
    fill_row: Ints

    @classmethod
    def of(
        cls,
        y: npt.ArrayLike,
        x: npt.ArrayLike,
        opens: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
        valid: npt.ArrayLike | None = None,
    ) -> "Legs":
        """Closes of y and x, shape (n,), n >= 3; orders are filled at `opens` where given, else at closes.

        Rows that are not `valid`, such as bars carried forward, decide nothing and fill nothing. Raise NotEnoughData, BadSeries.
        """
        closes = paired(y, x, _LEAST)
        fills = closes if opens is None else paired(*opens, _LEAST)
        rows = len(closes[0])
        if len(fills[0]) != rows:
            raise BadSeries(f"there are {len(fills[0])} opens for {rows} closes: expected one for each")
        for prices, name in zip((*closes, *fills), ("y", "x", "the opens of y", "the opens of x"), strict=True):
            strange = ~((prices >= 1 / GREATEST) & (prices <= GREATEST))
            if strange.any():
                row = int(strange.argmax())
                raise BadSeries(f"{name} is {prices[row]:g} in row {row}: expected prices, which are above 0")
        usable = np.ones(rows, dtype=np.bool_) if valid is None else np.asarray(valid, dtype=np.bool_)
        if usable.shape != (rows,):
            raise BadSeries(f"valid has the shape {usable.shape}: expected a truth value for each of {rows} rows")
        return cls(*closes, *fills, usable, _next_valid(usable))

    @property
    def rows(self) -> int:
        return len(self.y)

    def quantities(self, rows: Ints, hedge_ratio: Floats, price: Price, capital: float) -> tuple[Floats, Floats]:
        """What a bought spread holds of y and x, shape (k,), as decided at the closes of `rows` with a ratio each.

        A spread of prices is units in the ratio 1 to -hedge_ratio, a spread of logs is values in that ratio. Both legs together are
        worth `capital` [quote currency].
        """
        y, x = self.y[rows], self.x[rows]
        if price == "level":
            units = capital / (y + np.abs(hedge_ratio) * x)
            return units, -hedge_ratio * units
        value = capital / (1.0 + np.abs(hedge_ratio))
        return value / y, -hedge_ratio * value / x


def checked_price(price: Price) -> Price:
    if price not in ("log", "level"):
        raise BadParameter(f"the price is {price!r}: expected log or level")
    return price


def _next_valid(valid: Bools) -> Ints:
    rows = len(valid)
    places = np.append(np.where(valid, np.arange(rows), rows), [rows, rows])
    return np.asarray(np.minimum.accumulate(places[::-1])[::-1][1:], dtype=np.int64)
