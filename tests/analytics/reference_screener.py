"""Engle and Granger's test in 80-bit floats, by orthogonalising twice: slow, plain, and right to 1e-17."""

import numpy as np
import numpy.typing as npt
import pytest

Long = npt.NDArray[np.longdouble]

needs_80_bits = pytest.mark.skipif(
    np.finfo(np.longdouble).nmant < 63, reason="np.longdouble is no longer than a float on this machine"
)


def engle_granger(y: npt.ArrayLike, x: npt.ArrayLike, trend: str, lags: int | str, most: int) -> tuple[float, int]:
    """The statistic and the number of lags; `most` is the greatest lag tried."""
    long_y, long_x = np.asarray(y, dtype=np.longdouble), np.asarray(x, dtype=np.longdouble)
    time = np.linspace(np.longdouble(-1), np.longdouble(1), len(long_y))
    residual = left_over(long_y, [*(time**power for power in range(len(trend))), long_x])
    chosen = lags if isinstance(lags, int) else best_lag(residual, lags, most)
    return float(level_t(residual, chosen)), chosen


def left_over(target: Long, columns: list[Long]) -> Long:
    """What of `target` is orthogonal to the columns."""
    for column in 2 * basis(columns):
        target = target - (column @ target) * column
    return target


def basis(columns: list[Long]) -> list[Long]:
    """Orthonormal vectors that span the columns one after the other: Gram and Schmidt's, twice."""
    found: list[Long] = []
    for column in columns:
        for other in 2 * found:
            column = column - (other @ column) * other
        found.append(column / np.sqrt(column @ column))
    return found


def best_lag(series: Long, criterion: str, most: int) -> int:
    """The lag of the least information criterion, all on the same rows; the fewest lags where two are equal."""
    target, columns = regression(series, most)
    left, rows = target, len(target)
    penalty = np.longdouble(2) if criterion == "aic" else np.log(np.longdouble(rows))
    values = []
    for lag, column in enumerate(basis([columns[-1], *columns[:-1]])):
        left = left - (column @ left) * column
        values.append(rows * np.log(left @ left) + penalty * (lag + 1))
    return int(np.argmin(values))


def level_t(series: Long, lags: int) -> np.longdouble:
    """The t of the level in the regression with so many lags, on all rows that these leave."""
    target, columns = regression(series, lags)
    level = left_over(columns[-1], columns[:-1])
    rest = left_over(target, columns)
    free = len(target) - len(columns)
    return (level @ target) / np.sqrt(level @ level) / np.sqrt(rest @ rest / free)


def regression(series: Long, lags: int) -> tuple[Long, list[Long]]:
    """The changes, and the columns lag 1 ... lag k and level."""
    change = np.diff(series)
    columns = [change[lags - lag : len(change) - lag] for lag in range(1, lags + 1)]
    return change[lags:], [*columns, series[lags:-1]]
