"""The naive way: a page that once a second reads all bars again and sends the whole chart again.

A Streamlit script by itself: ``DATABASE=desk.simulated.db streamlit run tests/benchmarks/naive.py``. It draws the pair that the Pair
page draws by default, from the same bars of the same database: prices, spread, z-score and numbers, by pandas and Plotly.
"""

import os
import sqlite3

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

_Y, _X, _WINDOW, _BARS = "ETHUSDT", "BTCUSDT", 240, 1440
_SQL = """
select b.open_time_us, b.close, b.volume, b.scale_version, c.price_exponent, c.quantity_exponent
from bars b join symbols s using (symbol_id)
join scales c on c.symbol_id = b.symbol_id and c.version = b.scale_version
where s.symbol = ? and b.interval_s = 60 order by b.open_time_us desc limit ?
"""


def read(connection: sqlite3.Connection, symbol: str) -> pd.DataFrame:
    bars = pd.read_sql(_SQL, connection, params=(symbol, _BARS)).iloc[::-1]
    bars.index = pd.to_datetime(bars["open_time_us"], unit="us", utc=True)
    return pd.DataFrame(
        {
            "close": bars["close"] / 10.0 ** bars["price_exponent"],
            "volume": bars["volume"] / 10.0 ** bars["quantity_exponent"],
        }
    )


def load() -> pd.DataFrame:
    connection = sqlite3.connect(f"file:{os.environ['DATABASE']}?mode=ro", uri=True)
    try:
        return read(connection, _Y).join(read(connection, _X), how="inner", lsuffix="_y", rsuffix="_x")
    finally:
        connection.close()


def analyse(bars: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    y, x = np.log(bars["close_y"]), np.log(bars["close_x"])
    slope, intercept = np.polyfit(x, y, 1)
    bars["spread"] = y - slope * x - intercept
    rolling = bars["spread"].rolling(_WINDOW)
    bars["mean"], bars["deviation"] = rolling.mean(), rolling.std()
    bars["z"] = (bars["spread"] - bars["mean"]) / bars["deviation"]
    bars["correlation"] = y.diff().rolling(_WINDOW).corr(x.diff())
    return bars, float(slope)


def figure(bars: pd.DataFrame) -> go.Figure:
    drawn = make_subplots(rows=5, cols=1, shared_xaxes=True, vertical_spacing=0.02)
    lines = (
        (1, _Y, 100 * bars["close_y"] / bars["close_y"].iloc[0]),
        (1, _X, 100 * bars["close_x"] / bars["close_x"].iloc[0]),
        (2, "spread", bars["spread"]),
        (2, "mean", bars["mean"]),
        (2, "upper", bars["mean"] + 2 * bars["deviation"]),
        (2, "lower", bars["mean"] - 2 * bars["deviation"]),
        (3, "z", bars["z"]),
        (4, "correlation", bars["correlation"]),
    )
    for row, name, values in lines:
        drawn.add_trace(go.Scatter(x=bars.index, y=values, name=name), row=row, col=1)
    drawn.add_trace(go.Bar(x=bars.index, y=bars["volume_y"], name="volume"), row=5, col=1)
    for level in (-2, 0, 2):
        drawn.add_hline(y=level, row=3, col=1)  # type: ignore[arg-type]
    return drawn.update_layout(height=650)


@st.fragment(run_every=1.0)
def page() -> None:
    bars, slope = analyse(load())
    last = bars.iloc[-1]
    left, right = st.columns([3, 1])
    left.plotly_chart(figure(bars), key="pair")
    right.metric("z", f"{last['z']:+.2f}")
    right.metric("Hedge ratio", f"{slope:.4f}")
    right.metric("Spread", f"{last['spread']:.5f}")
    right.metric("Correlation", f"{last['correlation']:.2f}")
    right.metric(_Y, f"{last['close_y']:,.2f}", f"{100 * (last['close_y'] / bars['close_y'].iloc[0] - 1):.2f} %")
    right.metric(_X, f"{last['close_x']:,.2f}", f"{100 * (last['close_x'] / bars['close_x'].iloc[0] - 1):.2f} %")
    right.caption(f"{len(bars):,} bars")


if __name__ == "__main__":
    st.set_page_config(layout="wide")
    page()
