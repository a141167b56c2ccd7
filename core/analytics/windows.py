"""Sums over all windows of a length, without ever subtracting: what has left a window leaves no trace of rounding.

The series is cut in blocks of that length and summed up forward and backward inside each. A window is the end of one block and
the beginning of the next. (The idea is van Herk's, 1992, for minima.)
"""

import numpy as np
import numpy.typing as npt

from core.market import Floats


def window_sums(series: Floats, length: int) -> Floats:
    """The sums over each window of `length` rows of the last dimension, shape (..., n - length + 1), for n >= `length` >= 1."""
    n = series.shape[-1]
    blocks = -(-n // length)
    padded = np.zeros((*series.shape[:-1], blocks * length))
    padded[..., :n] = series
    cut = padded.reshape(*series.shape[:-1], blocks, length)
    ends = np.cumsum(cut[..., ::-1], axis=-1)[..., ::-1].reshape(padded.shape)
    beginnings = np.cumsum(cut, axis=-1).reshape(padded.shape)
    beginnings[..., length - 1 :: length] = 0.0  # of a window that is one whole block the end is all
    return np.asarray(ends[..., : n - length + 1] + beginnings[..., length - 1 : n], dtype=np.float64)


def shifted(moments: Floats, by: npt.NDArray[np.floating] | float) -> Floats:
    """Sums of ``time**j f``, shape (powers, ...), powers at most 3, as those of ``(time + by)**j f``."""
    found = moments.copy()
    if len(moments) > 1:
        found[1] += by * moments[0]
    if len(moments) > 2:
        found[2] += by * (2.0 * moments[1] + by * moments[0])
    return found
