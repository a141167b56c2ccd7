"""The symbols that a screen takes its pairs from."""

from dataclasses import dataclass

import numpy as np

from core.analytics.funnel import Rules
from core.analytics.tiles import matrix
from core.errors import BadSeries
from core.market import Bools, Floats, Ints

#: Returns that vary by no more than so many roundings of the logs do not vary.
_ROUNDINGS = 4


@dataclass(frozen=True, slots=True)
class Universe:
    """Symbols and their closes, row by row of the same time. Raise BadSeries where something does not fit.

    `closes`: prices above 0, shape (symbols, n), oldest first. `trades_per_minute` and `notional_per_minute` (in the quote's
    unit): shape (symbols,), NaN where not known, None where known of none.
    """

    names: tuple[str, ...]
    closes: Floats
    trades_per_minute: Floats | None = None
    notional_per_minute: Floats | None = None

    def __post_init__(self) -> None:
        closes = matrix(self.closes)
        object.__setattr__(self, "names", tuple(self.names))
        object.__setattr__(self, "closes", closes)
        if len(self.names) != len(closes) or len(set(self.names)) != len(self.names):
            raise BadSeries(f"{len(self.names)} names for {len(closes)} series: expected a different one for each")
        low = (closes <= 0).any(axis=1)
        if low.any():
            raise BadSeries(f"the prices of {self.names[int(low.argmax())]} are not all above 0: leave the symbol out")
        for field in ("trades_per_minute", "notional_per_minute"):
            given = getattr(self, field)
            if given is None:
                continue
            try:
                values = np.asarray(given, dtype=np.float64)
            except (TypeError, ValueError) as error:
                raise BadSeries(
                    f"{field} holds something that is no number ({error}): expected numbers, NaN where not known"
                ) from error
            if values.shape != (len(closes),):
                raise BadSeries(
                    f"{field} has the shape {values.shape}: expected a number for each of {len(closes)} symbols"
                )
            object.__setattr__(self, field, values)

    def __len__(self) -> int:
        return len(self.names)

    @property
    def rows(self) -> int:
        return int(self.closes.shape[1])

    def liquid(self, rules: Rules) -> Bools:
        """Which symbols trade as much as `rules` ask, shape (symbols,); what is not known does not."""
        found = np.ones(len(self), dtype=np.bool_)
        for given, least in (
            (self.trades_per_minute, rules.least_trades_per_minute),
            (self.notional_per_minute, rules.least_notional_per_minute),
        ):
            if least is not None:
                found &= given >= least if given is not None else False
        return found

    def flow(self, symbol: int) -> str:
        """How much the symbol of this row trades, in words."""
        trades, notional = (
            "not known" if given is None or np.isnan(given[symbol]) else f"{given[symbol]:.4g}"
            for given in (self.trades_per_minute, self.notional_per_minute)
        )
        return f"{self.names[symbol]} has trades a minute: {trades}, notional a minute: {notional}"


def return_correlations(closes: Floats, pairs: Ints) -> Floats:
    """Pearson's correlation of the one-bar log returns of each of `pairs`, shape (k, 2).

    NaN where the returns of one are all the same but for rounding.
    """
    logs = np.log(closes)
    returns = np.diff(logs, axis=1)
    returns -= returns.mean(axis=1, keepdims=True)
    length = np.sqrt(np.einsum("kt,kt->k", returns, returns))
    rounding = _ROUNDINGS * np.finfo(np.float64).eps * np.abs(logs).max(axis=1) * np.sqrt(closes.shape[1])
    returns /= np.where(length > rounding, length, np.nan)[:, None]
    return np.asarray(np.clip((returns @ returns.T)[pairs[:, 0], pairs[:, 1]], -1.0, 1.0), dtype=np.float64)
