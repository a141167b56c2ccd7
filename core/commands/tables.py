"""Closes out of a file: CSV or Parquet, wide or one row a symbol and bar."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import DeskError
from core.market import Floats, Ints

if TYPE_CHECKING:
    import pandas as pd

_TIMES = ("open_time", "time", "timestamp", "date", "datetime")


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Closes by symbol, with their open times [us], a column each; times count rows from 0 where the file has none."""

    names: tuple[str, ...]
    times: tuple[Ints, ...]
    closes: tuple[Floats, ...]
    timed: bool


def wide(path: Path, names: Sequence[str]) -> Columns:
    """The columns of these names; a time column, if there is one, is named open_time, time, timestamp, date or datetime."""
    frame = _read(path)
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise DeskError(f"{path} has no column {', '.join(missing)}; it has {', '.join(map(str, frame.columns))}")
    time = next((name for name in frame.columns if str(name).lower() in _TIMES and name not in names), None)
    times = np.arange(len(frame), dtype=np.int64) if time is None else _microseconds(frame[time], path)
    return Columns(
        tuple(names), (times,) * len(names), tuple(_numbers(frame[name], path) for name in names), time is not None
    )


def long(path: Path) -> Columns:
    """Every symbol of a file with the columns symbol, open_time and close; the symbols in order of their names."""
    frame = _read(path)
    missing = [name for name in ("symbol", "open_time", "close") if name not in frame.columns]
    if missing:
        raise DeskError(
            f"{path} has no column {', '.join(missing)}: expected symbol, open_time and close, a row a symbol and bar"
        )
    parts = {str(name): part.sort_values("open_time") for name, part in frame.groupby("symbol", sort=True)}
    return Columns(
        tuple(parts),
        tuple(_microseconds(part["open_time"], path) for part in parts.values()),
        tuple(_numbers(part["close"], path) for part in parts.values()),
        True,
    )


def _read(path: Path) -> "pd.DataFrame":
    import pandas as pd  # where no file is read it need not be there

    try:
        return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except OSError as error:
        raise DeskError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, UnicodeError) as error:  # pandas' and pyarrow's own errors are ValueErrors
        raise DeskError(f"{path} is no table of rows and columns: {error}") from error


def _numbers(column: "pd.Series[float]", path: Path) -> Floats:
    import pandas as pd

    found = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    bad = np.flatnonzero(~np.isfinite(found))
    if len(bad):
        raise DeskError(
            f"{path}: {column.name} is {column.iloc[bad[0]]!r} in row {int(bad[0]) + 1} of the data, and so {len(bad)} in all: "
            "expected numbers; leave those rows out"
        )
    return found


def _microseconds(column: "pd.Series[float]", path: Path) -> Ints:
    """Times in any of the usual forms: ISO 8601, or Unix times in seconds, milliseconds, microseconds or nanoseconds."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column):
        values = column.to_numpy(dtype=np.float64)
        largest = float(np.abs(values).max(initial=0.0))
        unit = next(us for limit, us in ((1e11, 1e6), (1e14, 1e3), (1e17, 1.0), (np.inf, 1e-3)) if largest < limit)
        return np.round(values * unit).astype(np.int64)
    try:
        times = pd.to_datetime(column, utc=True)
    except ValueError as error:
        raise DeskError(f"{path}: {column.name} holds what is no time: {error}") from error
    return np.asarray(times.dt.as_unit("us").astype(np.int64), dtype=np.int64)
