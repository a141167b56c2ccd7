"""The features on screen and in the file: the same rows, the same numbers, and words for what is not there."""

from dataclasses import replace
from io import BytesIO, StringIO

import numpy as np
import pandas as pd
import pytest

from core.market import Interval, Symbol
from core.pairs.features import FEATURES, NAMES, Features
from core.ui.features import columns, frame, table
from core.ui.zone import UTC, Zone
from tests.pairs.conftest import START_US, spec

MINUTES = 5
BERLIN = Zone("Europe/Berlin")


@pytest.fixture
def found() -> Features:
    """Five minutes of numbers that no decimal text has in full."""
    rng = np.random.default_rng(3)
    times = START_US + np.arange(MINUTES, dtype=np.int64) * 60_000_000
    values = {name: rng.standard_normal(MINUTES) / 3 for name in NAMES}
    values["z"] = np.array([np.nan, np.nan, 0.1, -0.2, 1 / 3])
    values["error"] = np.full(MINUTES, np.nan)
    marks = ("", "y: amended", "", "", "x: trades missing, amended")
    lacking = {"z": "60 bars that vary", "error": "an estimator that gives one"}
    return Features(spec(), times, values, marks, (2, 5), lacking)


def test_the_file_holds_what_the_frame_does_to_the_last_digit(found: Features) -> None:
    shown = frame.frame(found, ("z", "vwap_x", columns.MARKS))
    text = frame.csv(shown).decode()
    assert text.splitlines()[0] == "open_time,z,vwap_x,marks"
    assert text.splitlines()[-1].startswith("2024-08-08T00:00:00Z,,")
    back = pd.read_csv(StringIO(text), keep_default_na=True)
    np.testing.assert_array_equal(back["vwap_x"], found.columns["vwap_x"][::-1])
    np.testing.assert_array_equal(back["z"], found.columns["z"][::-1])
    whole = pd.read_parquet(BytesIO(frame.parquet(shown)))
    np.testing.assert_array_equal(whole["z"], found.columns["z"][::-1])
    assert list(whole["marks"]) == list(found.marks)[::-1]
    assert str(whole["open_time"].dtype).endswith("UTC]")
    assert [time.value // 1000 for time in whole["open_time"].astype("datetime64[ns, UTC]")] == found.times[
        ::-1
    ].tolist()


def test_the_newest_row_is_on_top_in_the_zone_that_is_chosen(found: Features) -> None:
    shown = table.localised(frame.frame(found, ("y",)), BERLIN)
    assert shown["open_time"].iloc[0] == pd.Timestamp("2024-08-08 02:04:00")
    assert "open time, CEST" in table.configuration(found, ("y",), BERLIN)["open_time"]["label"]


def test_the_name_of_the_file_says_what_is_in_it(found: Features) -> None:
    assert (
        frame.file_name(found, "csv") == "features_BTCUSDT_ETHUSDT_1m_60_2024-08-08T000000Z_2024-08-08T000400Z_UTC.csv"
    )
    other = replace(found.spec, y=Symbol.parse("OKX:BTCUSDT.P"), interval=Interval.parse("5m"), window=20)
    assert frame.file_name(replace(found, spec=other), "parquet").startswith("features_OKX-BTCUSDT.P_ETHUSDT_5m_20_")


def test_what_is_not_known_says_why_and_from_when_on_it_is(found: Features) -> None:
    what, why = table.sentences(found, ("y", "z", "error"), UTC)
    assert what == (
        "BTCUSDT on ETHUSDT, 5 confirmed bars of 1m from 2024-08-08 00:00:00 UTC to 2024-08-08 00:04:00 UTC, newest first; "
        "2 of them marked."
    )
    assert why == (
        "Dashes: z: needs 60 bars that vary, first at 00:02:00 UTC; "
        "hedge error: needs an estimator that gives one, which none of these rows has."
    )
    assert len(table.sentences(found, ("y",), UTC)) == 1


def test_a_table_that_does_not_go_on_says_so(found: Features) -> None:
    ended = int(found.times[-1]) + 60_000_000
    assert table.stale(found, ended + 180_000_000) == ""
    assert "ended 10 m ago" in table.stale(found, ended + 600_000_000)


def test_prices_have_the_decimals_of_their_tick(found: Features) -> None:
    config = table.configuration(found, ("y", "x", "vwap_x"), UTC)
    assert [config[name]["type_config"]["format"] for name in ("y", "x", "vwap_x")] == ["%.2f", "%.5f", "%.5f"]


def test_every_column_can_be_written_and_belongs_to_a_group(found: Features) -> None:
    assert all(table.written(feature, (2, 2)).startswith("%") for feature in FEATURES)
    assert {name for group in columns.GROUPS for name in columns.of_group(group)} == set(columns.COLUMNS)
    assert set(columns.USUAL) <= set(columns.COLUMNS)
    assert list(columns.USUAL) == [name for name in columns.COLUMNS if name in columns.USUAL]
