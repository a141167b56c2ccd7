"""What stands beside the chart: the numbers, the signal with its reasons, and the ticket for both legs. Once a second."""

import streamlit as st

from core.analytics.backtest.costs import ASSUMED
from core.errors import DeskError
from core.health import Health, SymbolHealth
from core.market import Symbol
from core.monitor.objections import objections
from core.monitor.quotes import PairState, Quote
from core.pairs import PairAnalysis, Unknown
from core.pairs.provenance import known, told
from core.pairs.signal import Signal, Stance, signal
from core.pairs.ticket import Ticket, TicketLeg, ticket
from core.ui import desk, panel, words, zone
from core.ui.pair import numbers
from core.ui.pair_controls import CAPITAL, PairChoice
from core.ui.panel import Row
from core.ui.zone import Zone

_SIDES = {1: "buy", -1: "sell"}
_BADGES = {
    PairState.LIVE: ("LIVE", ":material/sensors:", "green"),
    PairState.STALE: ("STALE", ":material/sync_problem:", "orange"),
    PairState.WAITING: ("WAITING", ":material/hourglass_empty:", "yellow"),
    PairState.UNKNOWN: ("UNKNOWN", ":material/help:", "gray"),
}


@st.fragment(run_every=1.0)
def ticking(choice: PairChoice) -> None:
    """All of it, as of now."""
    draw(choice)


@st.fragment
def still(choice: PairChoice) -> None:
    """All of it, as it was when the view was paused."""
    draw(choice)


def draw(choice: PairChoice) -> None:
    lens = bool(st.session_state.get("lens"))
    capital = float(st.session_state.get("capital") or CAPITAL)
    asked = (choice, lens, capital, zone.current())
    try:
        encoded = desk.shared().of(("side", *asked), lambda: _encoded(*asked))
    except DeskError as error:
        st.error(f"The numbers cannot be told: {error}", icon=":material/error:")
        return
    panel.show("side", encoded)


def _encoded(choice: PairChoice, lens: bool, capital: float, shown: Zone) -> str:
    """Everything that stands beside the chart. Raise DeskError."""
    quote = desk.monitor().quote(choice.spec)
    analysis = told(lambda: desk.monitor().analysis(choice.spec))
    return panel.encode(
        [*numbers.scores(analysis, quote, shown, choice.spec), *signal_rows(choice, analysis, quote)],
        ticket_rows(choice, quote, desk.monitor().health(), capital),
        numbers.rows(analysis, quote, lens, shown, choice.spec.interval),
    )


def signal_rows(choice: PairChoice, analysis: PairAnalysis | Unknown, quote: Quote) -> list[Row]:
    """The signal with what speaks for and against it."""
    against = objections(quote, analysis, ASSUMED)
    found = signal(_z(quote), choice.levels, against)
    rows = [Row("signal", "Signal", _stance(found, quote), _signal_state(found, quote), kind="big")]
    rows += [Row(f"for{i}", "·", reason, kind="note") for i, reason in enumerate(found.reasons)]
    return rows + [Row(f"against{i}", "✕", reason, "bad", kind="note") for i, reason in enumerate(found.objections)]


def _stance(found: Signal, quote: Quote) -> str:
    if found.stance in (Stance.SELL, Stance.BUY) and quote.state is not PairState.LIVE:
        return f"{found.stance}: not now"
    return found.stance.value


def _signal_state(found: Signal, quote: Quote) -> panel.State:
    if quote.state is not PairState.LIVE:
        return "stale"
    return "good" if found.tradable else "known" if found.stance not in (Stance.SELL, Stance.BUY) else "bad"


def _z(quote: Quote) -> float | None:
    if isinstance(quote.moment, Unknown) or isinstance(quote.moment.z, Unknown):
        return None
    return quote.moment.z


def ticket_rows(choice: PairChoice, quote: Quote, health: Health, capital: float) -> list[Row]:
    """Both orders at the newest prices, rounded to the steps, and what the rounding leaves open."""
    head = Row("ticket", "Ticket", f"{capital:,.0f} in both legs", kind="head")
    made = told(lambda: _made(choice, quote, health, capital))
    if isinstance(made, Unknown):
        return [head, Row("none", "No ticket", words.DASH, "unknown", made.reason)]
    state: panel.State = "known" if quote.state is PairState.LIVE else "stale"
    legs = [_leg(leg, state) for leg in (made.y, made.x)]
    share = f"{words.signed(100 * made.residual_share, 2)} % of y"
    tip = (
        "what of x's value the steps leave unhedged: below 0 it is too much",
        f"bought less sold: {words.signed(made.net, 2)}",
    )
    return [head, *legs, Row("residual", "Unhedged", words.signed(made.residual, 2), state, share, tip=tip)]


def _made(choice: PairChoice, quote: Quote, health: Health, capital: float) -> Ticket:
    moment = known(quote.moment)
    slope = 1.0 if choice.spec.spread == "ratio" else known(moment.slope)
    z = known(moment.z)
    steps = tuple(_step(health, symbol) for symbol in (choice.spec.y, choice.spec.x))
    names = str(choice.spec.y), str(choice.spec.x)
    return ticket(names, (moment.y, moment.x), steps, slope, -1 if z > 0 else 1, capital, choice.spec.price == "log")  # type: ignore[arg-type]


def _leg(leg: TicketLeg, state: panel.State) -> Row:
    digits = max(0, len(f"{leg.step:.10f}".rstrip("0").partition(".")[2]))
    beside = f"at {words.significant(leg.price, 7)} = {leg.value:,.2f}"
    tip = (
        f"rounded to steps of {leg.step:.{digits}f}",
        "at the newest trade's price: what the book gives may be worse",
    )
    return Row(leg.symbol, f"{_SIDES[leg.side]} {leg.symbol}", f"{leg.quantity:,.{digits}f}", state, beside, tip=tip)


def _step(health: Health, symbol: Symbol) -> float:
    own: SymbolHealth | None = next((each for each in health.symbols if each.symbol == symbol), None)
    return 10.0**-own.scale.quantity if own is not None and own.scale is not None else 1e-8
