"""The newest bars of a symbol in one sentence, and as the table behind the chart."""

import pandas as pd
import streamlit as st

from core.errors import StoreError
from core.market import BarFlag, BarSource, BarState, Candles
from core.ui import desk, words, zone
from core.ui.controls import MarketChoice
from core.ui.zone import Zone

_ROWS = 60
_STATES = {BarState.FORMING: "◌ forming", BarState.CONFIRMED: "● confirmed", BarState.AMENDED: "◆ amended"}
_FLAGS = {
    BarFlag.GAP: "trades missing",
    BarFlag.PARTIAL: "record begins inside",
    BarFlag.DIFFERS: "differs from the exchange's",
    BarFlag.CHECKED: "equals the exchange's",
    BarFlag.SPANNED: "equals the exchange's but for an aggregate over its boundary",
}


@st.fragment(run_every=5.0)
def show(choice: MarketChoice) -> None:
    """Both, every five seconds."""
    try:
        bars = desk.monitor().candles(choice.symbol, choice.interval, limit=_ROWS)
    except StoreError as error:
        st.error(f"The bars cannot be read: {error}", icon=":material/database_off:")
        return
    place = zone.current()
    st.caption(sentence(bars, place))
    with st.expander("The numbers behind it"):
        st.dataframe(bar_table(bars, place), hide_index=True, key="last_bars")


def sentence(bars: Candles, place: Zone) -> str:
    """What the newest bars show."""
    if not len(bars):
        return f"No trade of {bars.symbol} is stored yet: bars appear with the first one."
    first, last = (words.price(int(value), bars.scale) for value in (bars.open[0], bars.close[-1]))
    low, high = (words.price(int(value), bars.scale) for value in (bars.low.min(), bars.high.max()))
    change = words.percent(float(bars.prices()[-1] / bars.prices("open")[0] - 1), signed=True)
    since = place.moment(int(bars.open_time_us[0]))
    count, _ = bars.traffic()
    return (
        f"{bars.symbol}, the newest {len(bars):,} bars of {bars.interval} since {since}: from {first} to {last} ({change}), "
        f"between {low} and {high}, in {count:,} trades."
    )


def bar_table(bars: Candles, place: Zone) -> pd.DataFrame:
    """A row a bar, newest first, as text: prices and volumes with the decimals of the symbol."""
    label = place.label(int(bars.open_time_us[-1])) if len(bars) else place.name
    rows = [_row(bars, at, state, f"Open time, {label}", place) for at, state in enumerate(bars.states())]
    return pd.DataFrame(rows[::-1])


def _row(bars: Candles, at: int, state: BarState, time: str, place: Zone) -> dict[str, str]:
    prices = {name: words.price(int(getattr(bars, name)[at]), bars.scale) for name in ("open", "high", "low", "close")}
    volume = float(bars.volumes()[at])
    flags = [told for flag, told in _FLAGS.items() if int(bars.flags[at]) & flag]
    lent = [] if bars.source[at] == BarSource.OWN else ["the exchange's own bar"]
    return {
        time: f"{place.local(int(bars.open_time_us[at])):%Y-%m-%d %H:%M:%S}",
        **{name.capitalize(): value for name, value in prices.items()},
        "Volume": f"{volume:,.{bars.scale.quantity}f}",
        "Trades": words.count(int(bars.trade_count[at])),
        "Taker buys": words.percent(float(bars.volumes("taker_buy_volume")[at]) / volume if volume else None, digits=1),
        "State": _STATES[state],
        "Marks": ", ".join([*lent, *flags]),
    }
