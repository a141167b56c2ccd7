"""The features of a pair out of the store: its rows, and what both legs' bars tell of them."""

from collections.abc import Callable

from core.market import Symbol
from core.monitor.proof import Proof
from core.pairs import Drawn
from core.pairs.features import Features, LegBars, features
from core.store import Reader

#: One bar in so many may be absent, and a window before the first row is full all the same.
_ABSENT = 4


def featured(reader: Reader, proof: Callable[[Symbol], Proof], drawn: Drawn, most: int) -> Features:
    """The newest `most` rows of `drawn`, by bars that reach a window further back. Raise StoreError."""
    spec, times = drawn.spec, drawn.series.times[-most:]
    end_us = int(times[-1]) + spec.interval.us
    reach = spec.window + spec.window // _ABSENT + spec.stale_limit + 2
    start_us = int(times[0]) - reach * spec.interval.us
    proofs = {symbol: proof(symbol) for symbol in (spec.y, spec.x)}  # before the bars, as it wants
    rows = (end_us - start_us) // spec.interval.us
    legs = reader.legs(proofs, spec.interval, start_us, end_us, rows)
    y, x = (LegBars(bars, proofs[bars.symbol].present(bars)) for bars in legs)
    return features(drawn, y, x, most)
