"""The features of a pair against pandas, against the analysis they belong to, and by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.market import MINUTE, MINUTE_US, BarFlag, Candles, Scale, Symbol
from core.pairs import Leg, PairSpec, draw
from core.pairs.features import FEATURES, NAMES, Features, LegBars, features, volatility
from tests.analytics.reference import tied
from tests.pairs.conftest import START_US, X, Y, end_us, spec

ROWS = 200
ZEROS = np.zeros(ROWS, dtype=np.int64)


def bars(symbol: Symbol, closes: np.ndarray, **columns: np.ndarray) -> Candles:
    """Minute bars that close at `closes`, at two decimals; what nobody asks for is 0."""
    prices = np.round(closes * 100).astype(np.int64)
    volume = np.arange(1, ROWS + 1, dtype=np.int64) * 1000
    given = {
        **dict.fromkeys(("open", "high", "low", "close"), prices),
        "volume": volume,
        "quote_volume": volume * (prices + 1),
        "trade_count": np.arange(ROWS) + 5,
        "taker_buy_volume": volume // 4,
        **dict.fromkeys(
            ("taker_buy_quote_volume", "first_trade_id", "last_trade_id", "revision", "source", "flags"), ZEROS
        ),
    } | columns
    times = START_US + np.arange(ROWS, dtype=np.int64) * MINUTE_US
    return Candles(symbol, MINUTE, Scale(2, 3), end_us(ROWS), times, **given)


@pytest.fixture(scope="module")
def legs() -> tuple[Candles, Candles]:
    y, x = tied(21, ROWS, hedge=0.9, phi=0.9, noise=5e-4)
    return bars(Y, 1e3 * np.exp(y)), bars(X, 1e3 * np.exp(x))


def table(asked: PairSpec, y: Candles, x: Candles, most: int = 50) -> Features:
    return features(
        draw(asked, Leg.of(y), Leg.of(x), end_us(ROWS)), *(LegBars(leg, np.full(len(leg), 0.5)) for leg in (y, x)), most
    )


ASKED = spec(ROWS - 10, window=20)


def test_every_column_is_there_and_named_once(legs: tuple[Candles, Candles]) -> None:
    found = table(ASKED, *legs)
    assert tuple(found.columns) == NAMES == tuple(dict.fromkeys(feature.name for feature in FEATURES))
    assert {len(values) for values in found.columns.values()} == {len(found)} == {len(found.marks)} == {50}


def test_what_the_analysis_says_is_said_here(legs: tuple[Candles, Candles]) -> None:
    series = draw(ASKED, *(Leg.of(leg) for leg in legs), end_us(ROWS)).series
    found = table(ASKED, *legs)
    np.testing.assert_array_equal(found.times, series.times[-50:])
    for name, column in (
        ("y", series.y), ("x", series.x), ("hedge", series.slope), ("spread", series.spread), ("z", series.z), ("corr", series.correlation),
    ):  # fmt: skip
        np.testing.assert_array_equal(found.columns[name], column[-50:])


def test_the_error_is_that_of_the_hedge_that_the_row_stands_on(legs: tuple[Candles, Candles]) -> None:
    drawn = draw(ASKED, *(Leg.of(leg) for leg in legs), end_us(ROWS))
    assert set(table(ASKED, *legs).columns["error"]) == {drawn.hedge.slope_error}  # type: ignore[union-attr]
    moving = replace(ASKED, estimator="rolling_ols")
    series = draw(moving, *(Leg.of(leg) for leg in legs), end_us(ROWS)).series
    np.testing.assert_array_equal(table(moving, *legs).columns["error"], series.slope_error[-50:])
    assert len(set(table(moving, *legs).columns["error"])) == 50


def test_volatility_is_that_of_pandas(legs: tuple[Candles, Candles]) -> None:
    found = table(ASKED, *legs)
    for name, leg in zip("yx", legs, strict=True):
        expected = np.log(pd.Series(leg.prices())).diff().rolling(20).std()
        np.testing.assert_allclose(found.columns[f"vol_{name}"], expected[-50:], rtol=1e-9)
    assert np.isnan(volatility(legs[0].prices(), 20)[:20]).all()
    assert not np.isnan(volatility(legs[0].prices(), 20)[20:]).any()


def test_volume_vwap_and_flow_are_the_bars_own(legs: tuple[Candles, Candles]) -> None:
    found = table(ASKED, *legs)
    row, place = 49, ROWS - 1
    close = legs[0].prices()[place]
    assert found.columns["volume_y"][row] == pytest.approx(ROWS)
    assert found.columns["vwap_y"][row] == pytest.approx(close + 0.01)
    assert found.columns["trades_y"][row] == place + 5
    assert found.columns["flow_y"][row] == pytest.approx(-0.5), "a quarter bought, three sold"
    assert found.columns["proven_x"][row] == 0.5


def test_a_close_carried_forward_has_an_age_and_nothing_of_its_own(legs: tuple[Candles, Candles]) -> None:
    y, x = legs
    rows = np.delete(np.arange(ROWS), -3)
    found = table(replace(ASKED, align="fill", stale_limit=2), y, x.take(rows))
    row = 47
    assert (found.columns["age_y"][row], found.columns["age_x"][row]) == (0, 1)
    assert found.columns["x"][row] == x.prices()[-4]
    assert all(np.isnan(found.columns[f"{name}_x"][row]) for name in ("vwap", "volume", "trades", "flow", "proven"))
    assert not np.isnan(found.columns["vol_x"][row]), "it is that of the bar before"
    assert found.lacking["trades_x"] == "a trade in the bar"
    assert "trades_y" not in found.lacking


def test_marks_say_in_words_what_is_wrong(legs: tuple[Candles, Candles]) -> None:
    y, x = legs
    flags, revision = ZEROS.copy(), ZEROS.copy()
    flags[-1], flags[-2] = BarFlag.GAP | BarFlag.PARTIAL, BarFlag.CHECKED
    revision[-1] = 2
    found = table(ASKED, replace(y, flags=flags), replace(x, revision=revision))
    assert found.marks[-1] == "y: trades missing, record begins inside; x: amended"
    assert set(found.marks[:-1]) == {""}


def test_what_is_lacking_says_what_it_needs(legs: tuple[Candles, Candles]) -> None:
    found = table(ASKED, *legs, most=1000)
    assert len(found) == ROWS - 10
    assert found.lacking["z"] == found.lacking["vol_x"] == "20 bars that vary"
    assert "y" not in found.lacking
    assert np.flatnonzero(~np.isnan(found.columns["vol_y"]))[0] == 10, "the bars before the lookback fill the window"


def test_a_longer_window_changes_no_price_and_lacks_more(legs: tuple[Candles, Candles]) -> None:
    short, long = (table(replace(ASKED, window=window), *legs, most=1000) for window in (20, 40))
    np.testing.assert_array_equal(short.columns["vwap_x"], long.columns["vwap_x"])
    assert np.isnan(short.columns["vol_y"]).sum() + 20 == np.isnan(long.columns["vol_y"]).sum()
