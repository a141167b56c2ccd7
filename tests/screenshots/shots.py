"""What is pictured: every page of the navigation, and the states of some that look otherwise."""

from dataclasses import dataclass

THEMES = ("dark", "light")
#: A phone, a laptop and a desk's screen [CSS px].
WIDTHS = (390, 1280, 1920)

_PAIR_DRAWN = "window.__desk_pair?.drawn && window.__desk_pair.paints > 0"
_MARKET_DRAWN = "window.__desk_chart?.paints.length > 0"
_TABLE = "document.querySelector('[data-testid=\"stDataFrame\"]')"
_CHARTS = "document.querySelectorAll('.js-plotly-plot').length"
_ONE_CHART, _MORE_CHARTS = f"{_CHARTS} > 0", f"{_CHARTS} > 1"


@dataclass(frozen=True, slots=True)
class Shot:
    """A page as its address gives it, or after a button was pressed on it.

    `ready` is what has to be true in the browser before the picture, and `pressed` what the button has to bring, besides a script at rest.
    """

    name: str
    path: str
    ready: str = "true"
    press: str = ""
    pressed: str = "true"


SHOTS = (
    Shot("pair", "/", _PAIR_DRAWN),
    Shot("pair-null-lens", "/?lens=true", _PAIR_DRAWN),
    Shot("pair-explain", "/?more=explain", _PAIR_DRAWN),
    Shot("pair-over-time", "/?more=over+time", _PAIR_DRAWN),
    Shot("pair-odds", "/?more=odds", _PAIR_DRAWN),
    Shot("pair-lead", "/?more=lead", _PAIR_DRAWN),
    Shot("pair-1s", "/?tf=1s&lb=15m&w=60", _PAIR_DRAWN),
    Shot("watch", "/watch"),
    Shot("screener", "/screener"),
    Shot("backtest", "/backtest"),
    Shot("screener-found", "/screener", press="Screen", pressed=_TABLE),
    Shot("backtest-study", "/backtest", _ONE_CHART, press="Study this rule", pressed=_MORE_CHARTS),
    Shot("features", "/features"),
    Shot("market", "/market", _MARKET_DRAWN),
    Shot("data", "/data"),
    Shot("health", "/health"),
)


@dataclass(frozen=True, slots=True)
class Document:
    """A picture that the README may show: of which shot, and how much of it from the top [CSS px]."""

    name: str
    theme: str
    width: int
    height: int


#: By the file's name in docs/.
DOCUMENTS = {
    "pair.png": Document("pair", "dark", 1920, 1080),
    "pair-light.png": Document("pair-null-lens", "light", 1280, 900),
    "watch.png": Document("watch", "dark", 1280, 700),
    "screener.png": Document("screener-found", "dark", 1280, 900),
    "backtest.png": Document("backtest-study", "light", 1280, 900),
    "market.png": Document("market", "dark", 1280, 860),
    "phone.png": Document("pair", "dark", 390, 844),
}


def file_name(shot: str, width: int, theme: str) -> str:
    return f"{shot}-{width}-{theme}.png"
