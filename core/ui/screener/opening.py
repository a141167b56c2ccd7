"""From a pair of a screen to its page, asked the way the screen asked."""

import streamlit as st

from core.analytics.screened import ScreenedPair
from core.monitor.screens import Screened, ScreenSpec
from core.pairs import PairSpec
from core.ui import pair_controls
from core.ui.watch import opening

_SHARED = ("tf", "lb", "stale")


def spec(pair: ScreenedPair, asked: ScreenSpec) -> PairSpec:
    """The question of the Pair page that stands on the same bars, and tests them in the same way."""
    found, _ = pair_controls.read(
        {
            **pair_controls.DEFAULTS, "y": pair.y, "x": pair.x, "interval": str(asked.interval), "lookback": str(asked.lookback),
            "price": asked.rules.price, "trend": asked.rules.trend, "lags": asked.rules.lags, "stale_limit": asked.stale_limit,
            "align": "fill" if asked.stale_limit else "inner",
        }
    )  # fmt: skip
    return found


def leave(found: Screened, number: int) -> None:
    """Go to the page of the pair of this number; in a callback, before anything of this page is drawn anew."""
    query = opening.address(spec(found.screen.pair(number), found.asked))
    shared = {name: key for name, key in pair_controls.KEYS.items() if key in _SHARED}
    pair_controls.apply(
        {
            name: value
            for name, value in pair_controls.widgets(spec(found.screen.pair(number), found.asked)).items()
            if name in shared
        }
    )
    st.switch_page(opening.PAGE, query_params={key: value for key, value in query.items() if key not in _SHARED})
