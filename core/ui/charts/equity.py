"""What a rule earned: profit before and after costs, by leg, and the z-score with the trades on it."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core.analytics.backtest.run import Backtest, Trade
from core.analytics.backtest.walkforward import WalkForward
from core.market import Floats, Ints
from core.pairs.study import LegProfits
from core.ui.charts import frame
from core.ui.look import Look
from core.ui.zone import Zone

_HEIGHT_PX = 620
#: Rows that are drawn: more cannot be told apart, and take long to send.
_MOST_ROWS = 3000
#: More than so many bars that are not there are left open.
_BREAK = 5
_BPS = 1e4


@dataclass(frozen=True, slots=True, eq=False)
class Ran:
    """A backtest with the bars that it traded."""

    backtest: Backtest
    legs: LegProfits
    times: Ints
    z: Floats
    names: tuple[str, str]


def equity(ran: Ran, look: Look, zone: Zone, chosen: Trade | None = None) -> go.Figure:
    """Three panes on one time axis; the band is the trade that is chosen."""
    made = frame.figure(look, _HEIGHT_PX)
    rows = _rows(len(ran.times))
    times = zone.shifted(ran.times[rows])
    _lines(made, times, rows, ran, look)
    _signals(made, ran, look, zone)
    _levels(made, ran, look)
    side = {**frame.axis(look), "side": "right"}
    made.update_layout(
        yaxis={**side, "domain": [0.64, 1], "title": {**side["title"], "text": "bps of the capital"}},
        yaxis2={**side, "domain": [0.36, 0.6], "title": {**side["title"], "text": "by leg, bps"}},
        yaxis3={**side, "domain": [0, 0.32], "title": {**side["title"], "text": "z, σ"}},
        xaxis={**frame.axis(look), "anchor": "y3"},
        hoversubplots="axis",
    )
    if chosen is not None:
        _mark(made, ran, chosen, look, zone)
    return made


def walked(found: WalkForward, times: Ints, look: Look, zone: Zone) -> go.Figure:
    """Profit of hedges that were fitted before they traded, beside what hindsight would have earned."""
    made = frame.figure(look, 300)
    rows = _rows(len(times))
    shown = zone.shifted(times[rows])
    made.add_scatter(
        x=shown,
        y=_BPS * found.backtest.net[rows],
        mode="lines",
        name="walked forward, net",
        line={"color": look.z, "width": 1.8},
    )
    if found.hindsight is not None:
        made.add_scatter(
            x=shown, y=_BPS * found.hindsight.net[rows], mode="lines", name="HINDSIGHT: one hedge of all bars, net",
            line={"color": look.faint, "width": 1.2, "dash": "dot"},
        )  # fmt: skip
    for window in found.windows:
        made.add_vline(x=zone.shifted(times[[window.start]])[0], line={"color": look.grid, "width": 1})
    made.update_yaxes(title_text="bps of the capital")
    return made


def _rows(n: int) -> Ints:
    return np.unique(np.linspace(0, n - 1, min(n, _MOST_ROWS)).astype(np.int64))


def _lines(made: go.Figure, times: np.ndarray, rows: Ints, ran: Ran, look: Look) -> None:
    capital = ran.backtest.capital
    drawn = (
        ("net", ran.backtest.net, look.z, "y", 2.0),
        ("before costs", ran.backtest.gross, look.faint, "y", 1.2),
        (ran.names[0], ran.legs.y, look.y, "y2", 1.3),
        (ran.names[1], ran.legs.x, look.x, "y2", 1.3),
    )
    for name, values, color, axis, width in drawn:
        made.add_scatter(
            x=times,
            y=_BPS * values[rows] / capital,
            mode="lines",
            name=name,
            yaxis=axis,
            line={"color": color, "width": width},
        )
    made.add_scatter(
        x=times, y=_broken(ran.times, ran.z)[rows], mode="lines", name="z", yaxis="y3",
        line={"color": look.z, "width": 1.2}, connectgaps=False,
    )  # fmt: skip


def _broken(times: Ints, z: Floats) -> Floats:
    """The scores without those that end a hole: no line is drawn over bars that are not there."""
    steps = np.diff(times, prepend=times[:1])
    return np.where(steps > _BREAK * np.median(steps), np.nan, z)


def _signals(made: go.Figure, ran: Ran, look: Look, zone: Zone) -> None:
    """Entries as arrows by side, exits as crosses, at the bars that filled them."""
    trades = ran.backtest.trades
    for side, name, symbol, color in ((1, "bought", "triangle-up", look.up), (-1, "sold", "triangle-down", look.down)):
        rows = [trade.entry_row for trade in trades if trade.side == side]
        _markers(made, ran, rows, name, symbol, color, zone)
    _markers(made, ran, [trade.exit_row for trade in trades], "left", "x-thin", look.text, zone)


def _markers(made: go.Figure, ran: Ran, rows: list[int], name: str, symbol: str, color: str, zone: Zone) -> None:
    made.add_scatter(
        x=zone.shifted(ran.times[rows]) if rows else [], y=ran.z[rows] if rows else [], mode="markers", name=name, yaxis="y3",
        marker={"symbol": symbol, "size": 9, "color": color, "line": {"width": 1.5, "color": color}},
    )  # fmt: skip


def _levels(made: go.Figure, ran: Ran, look: Look) -> None:
    levels = ran.backtest.levels
    for value, color, dash in (
        (levels.entry, look.warn, "solid"),
        (levels.exit, look.good, "dash"),
        (levels.stop, look.bad, "dot"),
    ):
        for sign in (1, -1) if value is not None else ():
            made.add_shape(type="line", xref="paper", x0=0, x1=1, yref="y3", y0=sign * value, y1=sign * value, line={"color": color, "width": 1, "dash": dash}, layer="below")  # type: ignore[operator]  # fmt: skip


def _mark(made: go.Figure, ran: Ran, trade: Trade, look: Look, zone: Zone) -> None:
    """The trade's band, in a view that shows it with what was around it."""
    span = max(trade.bars, 10)
    first, last = max(trade.entry_row - 3 * span, 0), min(trade.exit_row + 3 * span, len(ran.times) - 1)
    x0, x1, left, right = zone.shifted(ran.times[[trade.entry_row, trade.exit_row, first, last]])
    made.add_vrect(x0=x0, x1=x1, fillcolor=look.warn, opacity=0.18, line_width=0)
    made.update_xaxes(range=[left, right])
