"""The table on the screen, and what it says of itself."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.errors import DeskError
from core.market import SECOND_US
from core.pairs import PairSpec
from core.pairs.features import FEATURES, Feature, Features
from core.ui import desk, words, zone
from core.ui.features import frame
from core.ui.features.columns import MARKS, Shown
from core.ui.zone import Zone

_BY_NAME = {feature.name: feature for feature in FEATURES}
_HEIGHT_PX = 560
_SPREAD_PLACES = 6
#: Bars that may be missing at the end before the table is said to be old.
_LATE_BARS = 3
_SETTLING_US = 30 * SECOND_US
_SLOWEST_SECONDS, _QUICKEST_SECONDS = 10.0, 1.0


def show(spec: PairSpec, shown: Shown) -> None:
    """The table; while it follows, it looks for a new bar as often as bars close."""
    every = min(_SLOWEST_SECONDS, max(_QUICKEST_SECONDS, spec.interval.us / SECOND_US / 2)) if shown.follows else None
    st.fragment(_table, run_every=every)(spec, shown)


def _table(spec: PairSpec, shown: Shown) -> None:
    try:
        found = desk.monitor().features(spec, shown.rows)
    except DeskError as error:
        st.info(f"No table yet: {error}.", icon=":material/hourglass_empty:")
        return
    if not shown.columns:
        st.info("No column is chosen: take some under Columns.", icon=":material/view_column:")
        return
    late = stale(found, desk.monitor().health().now_us)
    if late:
        st.warning(late, icon=":material/history_toggle_off:")
    place, rows = zone.current(), frame.frame(found, shown.columns)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(" ".join(sentences(found, shown.columns, place)), width="stretch")
        _downloads(found, rows)
    st.dataframe(
        localised(rows, place), hide_index=True, key="features", height=_HEIGHT_PX, placeholder=words.DASH,
        column_config=configuration(found, shown.columns, place), alt=sentences(found, shown.columns, place)[0],
    )  # fmt: skip


def _downloads(found: Features, rows: pd.DataFrame) -> None:
    told = f"what is on screen: {len(rows):,} rows, {len(rows.columns)} columns; times in UTC, numbers in full"
    st.download_button(
        "CSV", lambda: frame.csv(rows), frame.file_name(found, "csv"), "text/csv", key="features_csv",
        icon=":material/download:", on_click="ignore", help=told,
    )  # fmt: skip
    st.download_button(
        "Parquet", lambda: frame.parquet(rows), frame.file_name(found, "parquet"), "application/vnd.apache.parquet",
        key="features_parquet", icon=":material/download:", on_click="ignore", help=told,
    )  # fmt: skip


def stale(found: Features, now_us: int) -> str:
    """That the newest bar is old, and how old; empty where it is not."""
    ended_us = int(found.times[-1]) + found.spec.interval.us
    if now_us - ended_us <= _LATE_BARS * found.spec.interval.us + _SETTLING_US:
        return ""
    return f"Stale: the newest bar of both legs ended {words.age(ended_us, now_us)}. The Health page tells how the feed is."


def localised(rows: pd.DataFrame, place: Zone) -> pd.DataFrame:
    """The same rows with the wall clock's time of `place`."""
    local = rows[frame.TIME].dt.tz_convert(place.name).dt.tz_localize(None)
    return rows.assign(**{frame.TIME: local})


def sentences(found: Features, names: Sequence[str], place: Zone) -> list[str]:
    """What the table is, and why something in it is not known."""
    first, last = (place.moment(int(time)) for time in found.times[[0, -1]])
    spec = found.spec
    marked = sum(map(bool, found.marks))
    what = (
        f"{spec.y} on {spec.x}, {len(found):,} confirmed bars of {spec.interval} from {first} to {last}, newest first"
    )
    wrong = f"; {marked:,} of them marked" if marked else "; none of them marked"
    reasons: dict[str, list[str]] = {}
    for name in names:
        if name in found.lacking:
            reasons.setdefault(_reason(found, name, place), []).append(_BY_NAME[name].label)
    why = [f"{' and '.join(labels)}: {reason}" for reason, labels in reasons.items()]
    return [f"{what}{wrong}.", *([f"Dashes: {'; '.join(why)}."] if why else [])]


def _reason(found: Features, name: str, place: Zone) -> str:
    at, need = frame.first_known(found, name), f"needs {found.lacking[name]}"
    if at is None:
        return f"{need}, which none of these rows has"
    return need if at == int(found.times[0]) else f"{need}, first at {place.clock(at)}"


def configuration(found: Features, names: Sequence[str], place: Zone) -> dict[str, Any]:
    """How each column is headed, explained and written."""
    label = place.label(int(found.times[-1]))
    config = {
        frame.TIME: st.column_config.DatetimeColumn(
            f"open time, {label}", format="YYYY-MM-DD HH:mm:ss", pinned=True, help=f"when the bar opens, {place.name}"
        )
    }
    for name in names:
        config[name] = _marks() if name == MARKS else _numbers(_BY_NAME[name], found)
    return config


def _marks() -> Any:
    told = "what is wrong with a leg's bar: trades missing, record begins inside, amended by a late trade"
    return st.column_config.TextColumn("marks", width=260, help=told)


def _numbers(feature: Feature, found: Features) -> Any:
    need = found.lacking.get(feature.name)
    told = f"{feature.told}{f' [{feature.unit}]' if feature.unit else ''}{f'; needs {need}' if need else ''}"
    return st.column_config.NumberColumn(feature.label, help=told, format=written(feature, found.decimals))


def written(feature: Feature, decimals: tuple[int, int]) -> str:
    """The format of a column, by the tick size where it is a price."""
    by_kind = {
        "price of y": f"%.{decimals[0]}f",
        "price of x": f"%.{decimals[1]}f",
        "spread": f"%.{max(_SPREAD_PLACES, decimals[0] + 1)}f",
        "significant": "%.6g",
        "fixed": "%.3f",
        "count": "%d",
        "volume": "%.4f",
        "volatility": "%.6f",
        "share": "%.4f",
    }
    return by_kind[feature.kind]
