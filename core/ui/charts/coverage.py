"""What of each symbol's minutes is there: a row a symbol, time from left to right, told by colour and by pattern."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.market import MINUTE_US
from core.monitor.coverage import Cover, Coverage
from core.ui.charts import frame
from core.ui.look import Look
from core.ui.zone import Zone

#: In the order of the legend: what is said of a minute, and the pattern it has.
WORDS = {
    Cover.OWN: ("the desk's own", ""),
    Cover.LENT: ("the exchange's own bar", "/"),
    Cover.QUIET: ("proven, no trade", "."),
    Cover.GAP: ("trades missing", "x"),
    Cover.ABSENT: ("not in the record", ""),
}
#: At most so many steps are told apart in a row.
_STEPS = 300
_ROW_PX, _FRAME_PX = 30, 96


def coverage(found: Sequence[Coverage], look: Look, zone: Zone) -> go.Figure:
    """Of several minutes in one step the worst is drawn."""
    made = frame.figure(look, _FRAME_PX + _ROW_PX * len(found))
    for cover in WORDS:
        made.add_trace(_bars(found, cover, look, zone))
    made.update_layout(barmode="overlay", bargap=0.35, hovermode="closest", legend={"traceorder": "normal"})
    made.update_yaxes(side="left", autorange="reversed", fixedrange=True, showgrid=False)
    made.update_xaxes(type="date", title_text=_title(found, zone), range=_span(found, zone), fixedrange=True)
    return made


def step_minutes(found: Coverage) -> int:
    """How many minutes one step of the row has."""
    return max(-(-len(found.minutes) // _STEPS), 1)


def _bars(found: Sequence[Coverage], cover: Cover, look: Look, zone: Zone) -> go.Bar:
    words, pattern = WORDS[cover]
    rows = [
        (str(each.symbol), start, end)
        for each in found
        for start, end, what in each.runs(step_minutes(each))
        if what is cover
    ]
    starts = [start for _, start, _ in rows]
    color = _colors(look)[cover]
    return go.Bar(
        name=words,
        orientation="h",
        y=[symbol for symbol, _, _ in rows],
        base=zone.shifted(starts),
        x=[(end - start) / 1000 for _, start, end in rows],
        customdata=[
            [words, zone.moment(start), zone.moment(end), (end - start) // MINUTE_US] for _, start, end in rows
        ],
        hovertemplate="%{y}: %{customdata[0]}<br>%{customdata[1]} to<br>%{customdata[2]} (%{customdata[3]:,} min)<extra></extra>",
        opacity=0.55 if cover is Cover.LENT else 1.0,
        marker={
            "color": "rgba(0,0,0,0)" if cover is Cover.ABSENT else color,
            "line": {"color": color, "width": 1 if cover is Cover.ABSENT else 0},
            "pattern": {
                "shape": pattern,
                "fillmode": "overlay",
                "fgcolor": look.background,
                "fgopacity": 0.8,
                "size": 7,
            },
        },
        showlegend=True,
    )


def _colors(look: Look) -> dict[Cover, str]:
    return {
        Cover.OWN: look.up,
        Cover.LENT: look.spread,
        Cover.QUIET: look.faint,
        Cover.GAP: look.bad,
        Cover.ABSENT: look.grid,
    }


def _span(found: Sequence[Coverage], zone: Zone) -> list[np.datetime64] | None:
    if not found:
        return None
    first = found[0]
    return list(zone.shifted([first.from_us, first.from_us + len(first.minutes) * MINUTE_US]))


def _title(found: Sequence[Coverage], zone: Zone) -> str:
    if not found:
        return ""
    step = step_minutes(found[0])
    each = "each minute" if step == 1 else f"{step} minutes a step, the worst of them drawn"
    return f"{zone.label(found[0].from_us)}, {each}"
