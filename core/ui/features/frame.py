"""The features as a data frame: the one that is drawn is the one that is written into the file."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
import pandas as pd

from core.market import utc
from core.pairs.features import Features
from core.ui.features.columns import MARKS

TIME = "open_time"


def frame(found: Features, names: Sequence[str]) -> pd.DataFrame:
    """The columns of `names`, newest row first; `open_time` is UTC, what is not known is NaN."""
    times = pd.to_datetime(found.times[::-1], unit="us", utc=True)
    columns = {name: list(found.marks)[::-1] if name == MARKS else found.columns[name][::-1] for name in names}
    return pd.DataFrame({TIME: times, **columns})


def csv(shown: pd.DataFrame) -> bytes:
    """The rows with a header: times as ISO 8601 in UTC, numbers in full, nothing where a value is not known."""
    times = shown[TIME].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return shown.assign(**{TIME: times}).to_csv(index=False, lineterminator="\n").encode()


def parquet(shown: pd.DataFrame) -> bytes:
    """The rows as Parquet: times as UTC microseconds, numbers as doubles."""
    out = BytesIO()
    shown.to_parquet(out, index=False)
    return out.getvalue()


def file_name(found: Features, ending: str) -> str:
    """``features_ETHUSDT_BTCUSDT_1m_240_2024-08-09T000000Z_2024-08-09T040000Z_UTC.csv``: pair, bars, window, first and last bar."""
    spec = found.spec
    y, x = (str(symbol).replace(":", "-") for symbol in (spec.y, spec.x))
    first, last = (f"{utc(int(time)):%Y-%m-%dT%H%M%SZ}" for time in found.times[[0, -1]])
    return f"features_{y}_{x}_{spec.interval}_{spec.window}_{first}_{last}_UTC.{ending}"


def first_known(found: Features, name: str) -> int | None:
    """The open time [us] of the first row that has the column; None where none has."""
    rows = np.flatnonzero(~np.isnan(found.columns[name]))
    return int(found.times[rows[0]]) if len(rows) else None
