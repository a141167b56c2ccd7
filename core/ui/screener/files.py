"""A screen as a file: every pair with every number, nothing rounded."""

from dataclasses import fields

import pandas as pd

from core.analytics.screened import ScreenedPair
from core.monitor.screens import Screened
from core.ui.zone import UTC

_NESTED = ("held_out", "persistence", "number")


def csv(found: Screened) -> bytes:
    """A row a pair, survivors or not, in the order of the screen's symbols; empty where a number is not known."""
    rows = [_row(found.screen.pair(number)) for number in range(len(found.screen))]
    return pd.DataFrame(rows).to_csv(index=False).encode()


def _row(pair: ScreenedPair) -> dict[str, object]:
    plain = {field.name: getattr(pair, field.name) for field in fields(pair) if field.name not in _NESTED}
    held, lasting = pair.held_out, pair.persistence
    return plain | {
        "held_out_p_value": None if held is None else held.p_value,
        "held_out_half_life": None if held is None else held.half_life,
        "held_out_bars": None if held is None else held.n,
        "parts_passed": None if lasting is None else sum(lasting.passed),
        "parts": None
        if lasting is None
        else "".join("1" if each else "0" for each in lasting.passed) + " oldest first",
    }


def name(found: Screened) -> str:
    """``screen_1m_1d_20261122T1000_20261123T1000_UTC.csv``."""
    told = found.standing
    first, last = (f"{UTC.local(time):%Y%m%dT%H%M}" for time in (told.from_us, told.to_us))
    return f"screen_{found.asked.interval}_{found.asked.lookback}_{first}_{last}_UTC.csv"
