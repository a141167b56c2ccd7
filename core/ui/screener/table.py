"""The pairs of a screen, a row each: sortable, and a click opens the pair."""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core.analytics.screened import Screen, ScreenedPair
from core.market import SECOND_US, Interval, Ints
from core.metrics import metric
from core.monitor.screens import Screened
from core.ui import look, words
from core.ui.look import Look
from core.ui.screener import files, maps, opening

_KEY = "pairs"
_SHOWN = ("survivors", "closest", "all", "fallen")
#: The names of the stages, in the words of the address.
STAGES = ("variation", "liquidity", "correlation", "distinct", "cointegration", "half-life", "crossings")
_CLOSEST = 20
#: Rows that are drawn; a file has all.
_MOST = 2000


def show(found: Screened) -> None:
    """The rows asked for, the file of all of them, and the way to a pair."""
    shown, stage = _choice()
    numbers = chosen(found.screen, shown, stage)
    if not len(numbers):
        st.info(_nothing(shown, stage), icon=":material/filter_alt_off:")
        return
    if shown == "survivors" and not found.screen.ranking:
        st.caption(
            ":material/filter_alt_off: No pair passed every stage; these came closest. Fewer rules or a longer lookback may let one pass, and chance too."
        )
    pairs = [found.screen.pair(number) for number in numbers[:_MOST].tolist()]
    made, interval = frame(pairs), found.asked.interval
    st.dataframe(
        styled(made, interval, look.current()), hide_index=True, key=_KEY, on_select=partial(_open, pairs, found), selection_mode="single-row",
        column_config=_columns(found), placeholder=words.DASH, alt=f"{len(pairs)} pairs of the screen with their tests",
    )  # fmt: skip
    more = f" The first {_MOST:,} of {len(numbers):,} are here; the file has all." if len(numbers) > _MOST else ""
    st.caption(
        f"Tick a row to open its pair; a click on a column sorts.{more} Hedge, p-values and half-life stand on the first {found.screen.formation:,} bars. The last {found.screen.rows - found.screen.formation:,} "
        "had no part in choosing: a survivor's rank is by its held-out p, with the hedge frozen, because what chose a pair out of many cannot judge it."
    )


def _choice() -> tuple[str, str]:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        shown = st.segmented_control(
            "Rows", _SHOWN, default="survivors", required=True, key="show", bind="query-params", label_visibility="collapsed",
            help="those that passed every stage, those with the least p-values, all, or those that fell at a stage",
        )  # fmt: skip
        stage = "cointegration"
        if shown == "fallen":
            stage = st.selectbox(
                "at", STAGES, index=STAGES.index(stage), key="at", bind="query-params", label_visibility="collapsed", width=150,
                help="the stage at which they fell",
            )  # fmt: skip
    return shown or "survivors", stage


def chosen(screen: Screen, shown: str, stage: str) -> Ints:
    """The numbers of the pairs to show: survivors by rank, others by their p-values, those without one last.

    Where there are no survivors, the closest stand in for them.
    """
    if shown == "survivors" and screen.ranking:
        return np.array(screen.ranking, dtype=np.int64)
    order: Ints = np.argsort(screen.decisive, kind="stable")
    if shown in ("survivors", "closest"):
        return order[: min(_CLOSEST, screen.tested)]
    if shown == "all":
        return order
    number = next(place for place, each in enumerate(screen.stages) if each.name.replace("_", "-") == stage)
    fallen: Ints = order[screen.fell[order] == number]
    return fallen


def _nothing(shown: str, stage: str) -> str:
    return f"No pair fell at {stage}." if shown == "fallen" else "No pair came as far as the tests: ask less, in Rules."


def _open(pairs: Sequence[ScreenedPair], found: Screened) -> None:
    """Leave for the pair of the row that was ticked."""
    rows = st.session_state[_KEY]["selection"]["rows"]
    if rows and rows[0] < len(pairs):
        opening.leave(found, pairs[rows[0]].number)


def frame(pairs: Sequence[ScreenedPair]) -> pd.DataFrame:
    """A row a pair; NaN where a number is not known."""
    return pd.DataFrame([_row(pair) for pair in pairs])


def _row(pair: ScreenedPair) -> dict[str, object]:
    lasting = pair.persistence
    held = pair.held_out
    return {
        "Pair": f"{pair.y} on {pair.x}",
        "Rank": _number(pair.rank),
        "Fell at": "✓ passed" if pair.fell_at is None else f"✕ {pair.fell_at.replace('_', '-')}",
        "p": _number(pair.decisive),
        "Adjusted p": _number(pair.adjusted),
        "p, y on x": _number(pair.p_value),
        "p, x on y": _number(pair.reverse_p_value),
        "Held-out p": _number(None if held is None else held.p_value),
        "Half-life": _number(pair.half_life),
        "Hedge": _number(pair.hedge_ratio),
        "r": _number(pair.correlation),
        "Crossings": _number(pair.crossings),
        "Lasted": None if lasting is None else [float(each) for each in lasting.passed],
        "of": words.DASH if lasting is None else f"{sum(lasting.passed)}/{len(lasting.passed)}",
        "What became of it": "✓ passed every stage" if pair.fell_at is None else f"✕ {pair.why}",
    }


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def half_life(bars: float, interval: Interval) -> str:
    """A half-life as bars and as a time: ``15.3 · 15 m 18 s``."""
    if not math.isfinite(bars):
        return "∞ · never"
    return f"{metric('half_life').words(bars)} · {words.duration(bars * interval.us / SECOND_US)}"


def styled(made: pd.DataFrame, interval: Interval, ground: Look) -> Any:
    """The table with numbers in the digits that mean something, and the survivors' rows marked by weight and colour."""
    probability = metric("p_value").words
    shown: Any = {
        **dict.fromkeys(("p", "Adjusted p", "Held-out p", "p, y on x", "p, x on y"), probability),
        **dict.fromkeys(("Rank", "Crossings"), "{:.0f}"),
        "Half-life": partial(half_life, interval=interval),
        "Hedge": lambda value: words.significant(value, 4),
        "r": lambda value: words.signed(value, 2),
    }

    def passed(text: object) -> str:
        return f"color: {ground.good}; font-weight: 700" if str(text).startswith("✓") else ""

    return made.style.format(shown, na_rep=words.DASH, subset=list(shown)).map(passed, subset=["Fell at"])


def _columns(found: Screened) -> dict[str, Any]:
    config = st.column_config
    asked = (
        "the greater of both orders'" if found.screen.rules.orders == "both" else "twice the smaller of both orders'"
    )
    told = {
        "Rank": "of the survivors, by the held-out p",
        "Adjusted p": f"decides: {asked}, adjusted over all {found.screen.tested:,} tests ({found.screen.rules.adjustment})",
        "Held-out p": "of the spread with the hedge frozen, on the bars that had no part in choosing it; survivors only",
        "Half-life": f"of the residual, in bars and as a time{_walks(found)}",
        "Hedge": "units of log x for one of log y" if found.screen.rules.price == "log" else "units of x for one of y",
        "r": "correlation of returns",
        "Crossings": "how often the residual crosses its mean",
        "p, y on x": "Engle and Granger's, of the residual of y on x, for this pair alone",
        "p, x on y": "the same with the legs exchanged",
        "Fell at": "the stage of the funnel that ended it",
        "What became of it": "why, in words",
    }
    return {name: config.Column(help=text) for name, text in told.items()} | {
        "Pair": config.Column(help="y on x, in the order with the smaller p", pinned=True),
        "p": None,  # the greater or twice the smaller of both orders', which are there
        "Lasted": config.BarChartColumn(y_min=0, y_max=1, width=70, help="in which equal parts of the bars, oldest first, the pair passes by itself, unadjusted; of those that are cointegrated"),
        "of": config.TextColumn(width=46, help="in how many of the parts"),
        "What became of it": config.Column(width="large", help=told["What became of it"]),
    }  # fmt: skip


def _walks(found: Screened) -> str:
    null = maps.noise(found, "half_life")
    if null is None:
        return ""
    bars = found.screen.formation
    return f"; that of unrelated walks is {null.median * bars:,.0f} bars in the middle, below {null.low * bars:,.0f} in one of twenty"


def download(found: Screened) -> None:
    """The file of every pair, whatever is shown."""
    st.download_button(
        "CSV", data=lambda: files.csv(found), file_name=files.name(found), mime="text/csv", icon=":material/download:", key="pairs_csv",
        on_click="ignore", help="every pair of this screen, whatever is shown",
    )  # fmt: skip
