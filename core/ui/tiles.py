"""The numbers above the chart: one health snapshot and a few bars, once a second."""

import streamlit as st

from core.health import Health, SymbolHealth, SymbolState
from core.market import DAY_US, Candles, Interval, Symbol
from core.monitor import DayChange
from core.quality import Quality
from core.ui import badges, desk, live, words, zone
from core.ui.controls import MarketChoice

#: The share of a day that has to be covered before its change is called one.
_WHOLE_DAY_HOURS = 23.9
_GRADED_US = 31 * DAY_US  # a longer window would take too long to read so often
#: States in which the last price is the market's.
_FRESH = (SymbolState.LIVE, SymbolState.QUIET)
_BARS = 60  # of a day at most: what is summed every second has to be little


@st.fragment(run_every=1.0)
def head(choice: MarketChoice) -> None:
    """The feed's state, the data's quality and age, rate and lag."""
    health = desk.monitor().health()
    with st.container(horizontal=True, width="content", gap="small"):
        badges.feed(health.feed, health.now_us)
        badges.quality(_quality(str(choice.symbol), str(choice.interval)), choice.interval)
        _symbol_badges(_of(health, choice), health)


def _symbol_badges(symbol: SymbolHealth | None, health: Health) -> None:
    if symbol is None:
        return
    stale = symbol.state is not SymbolState.LIVE
    last = words.age(symbol.last_received_us, health.now_us)
    st.badge(f"data {_still(last, 7)}", color="orange" if stale else "gray", help=symbol.words)
    st.badge(f"{_still(words.rate(symbol.rate), 4)} trades/s", color="gray", help="over the last ten seconds")
    lag = f"lag {_still(words.milliseconds(symbol.lag_p50_ms), 5)}"
    st.badge(lag, color="gray", help="median of receive time minus the venue's event time, over the last minute")


@st.cache_resource(ttl=5.0, max_entries=100, show_spinner=False)
def _quality(symbol: str, interval: str) -> Quality:
    """The quality of the bars that the chart shows at first."""
    length = Interval.parse(interval)
    most = max(1, _GRADED_US // length.us)
    return desk.monitor().quality(Symbol.parse(symbol), length, limit=min(live.BARS_IN_VIEW, most))


def _still(text: str, width: int) -> str:
    """`text` padded by figure spaces, so that a digit more does not push what stands beside it."""
    return text.rjust(width, "\u2007")


@st.fragment(run_every=1.0)
def market(choice: MarketChoice) -> None:
    """Price, day, and the traffic of the last bars."""
    monitor = desk.monitor()
    symbol = _of(monitor.health(), choice)
    day = monitor.day_change(choice.symbol)
    bars = monitor.candles(choice.symbol, choice.interval, limit=max(1, min(_BARS, DAY_US // choice.interval.us)))
    with st.grid(4, min_column_width=150, row_height="content"):
        price = words.price(symbol.last_price, symbol.scale) if symbol else words.DASH
        fresh = symbol is not None and symbol.state in _FRESH
        label = "Last price" if fresh or price == words.DASH else "Last price, stale"
        st.metric(label, price, border=True, help=_price_help(symbol))
        _day(day)
        _traffic(bars, choice)


def _of(health: Health, choice: MarketChoice) -> SymbolHealth | None:
    return next((s for s in health.symbols if s.symbol == choice.symbol), None)


def _price_help(symbol: SymbolHealth | None) -> str:
    if symbol is None or symbol.last_trade_us is None:
        return "no trade yet"
    told = f"trade {symbol.last_trade_id} of {words.moment(symbol.last_trade_us, zone.current())}"
    return told if symbol.state in _FRESH else f"{told}; {symbol.words}"


def _day(day: DayChange | None) -> None:
    if day is None:
        st.metric("24 h change", words.DASH, border=True, help="no bar yet")
    elif day.hours >= _WHOLE_DAY_HOURS:
        st.metric("24 h change", _signed(day.fraction), border=True, help="against the minute bar of 24 hours ago")
    else:
        covered = words.duration(day.hours * 3600)
        st.metric(
            f"Change over {covered}", _signed(day.fraction), border=True, help="the record begins less than a day ago"
        )


def _signed(fraction: float) -> str:
    arrow = "▲" if fraction > 0 else "▼" if fraction < 0 else "■"
    return f"{arrow} {words.percent(fraction, signed=True)}"


def _traffic(bars: Candles, choice: MarketChoice) -> None:
    count, share = bars.traffic()
    span = f"{len(bars)} × {choice.interval}" if len(bars) else "no bar yet"
    told = f"in the last {span} bars that hold trades, the forming one included"
    st.metric(f"Trades, {span}", words.count(count if len(bars) else None), border=True, help=told)
    st.metric(
        f"Taker buys, {span}", words.percent(share, digits=1), border=True,
        help=f"share of the volume whose taker bought, {told}",
    )  # fmt: skip
