"""All symbols' closes on one grid, out of the store: what a screen looks at, and which data that is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.analytics.panel import Panel, panel
from core.analytics.universe import Universe
from core.errors import NotEnoughData
from core.market import MINUTE_US, Floats, Interval, Symbol
from core.store import Reader


@dataclass(frozen=True, slots=True)
class Standing:
    """Which data a screen stands on: `rows` of a close of every symbol, of `intervals`, times in us."""

    source: str
    interval: str
    from_us: int
    to_us: int
    intervals: int
    rows: int
    filled: dict[str, int]
    left_out: dict[str, str]


def read(
    reader: Reader, asked: Sequence[Symbol], interval: Interval, lookback_us: int, stale_limit: int, source: str,
    end_us: int | None = None,
) -> tuple[Universe, Standing]:  # fmt: skip
    """The closes of `asked` over `lookback_us` [us] before `end_us`, None for the end of the last final bar.

    Raise NotEnoughData where fewer than two symbols have any.
    """
    end_us = interval.floor(reader.watermark_us()) if end_us is None else end_us
    start_us = end_us - lookback_us
    first_us, rows = start_us - stale_limit * interval.us, lookback_us // interval.us + stale_limit
    bars = reader.legs(asked, interval, first_us, end_us, rows)
    recorded = [int(leg.open_time_us[0]) for leg in bars if len(leg)]
    if len(recorded) < 2:
        raise NotEnoughData(2, len(recorded), "symbols with bars in the lookback")
    start_us = max(start_us, min(recorded))  # before the record began there was nothing to leave out
    times, closes = [leg.open_time_us for leg in bars], [leg.prices() for leg in bars]
    made = panel(times, closes, interval.us, start_us, end_us, stale_limit)
    minutes = (end_us - start_us) / MINUTE_US
    trades = np.array([leg.trade_count.sum() / minutes for leg in bars])
    notional = np.array([leg.quote_volumes().sum() / minutes for leg in bars])
    return told(made, list(map(str, asked)), source, interval, start_us, end_us, trades, notional)


def told(
    made: Panel, names: list[str], source: str, interval: Interval, start_us: int, end_us: int,
    trades: Floats | None, notional: Floats | None,
) -> tuple[Universe, Standing]:  # fmt: skip
    """The universe that a panel makes of symbols with these names, and what it stands on; flows are a minute, of all `names`."""
    kept = list(made.kept)
    universe = Universe(
        names=tuple(names[place] for place in kept),
        closes=made.closes,
        trades_per_minute=None if trades is None else trades[kept],
        notional_per_minute=None if notional is None else notional[kept],
    )
    standing = Standing(
        source=source,
        interval=str(interval),
        from_us=start_us,
        to_us=end_us,
        intervals=made.intervals,
        rows=len(made.times),
        filled=dict(zip(universe.names, made.filled.tolist(), strict=True)),
        left_out={names[place]: why for place, why in made.left_out},
    )
    return universe, standing
