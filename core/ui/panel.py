"""Numbers on a page: each with its state, its unit, what belongs beside it and what it stands on."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from core.ui import components

#: Known, or as of the newest trade, or the last that was known; not yet there; not to be had; and the two verdicts.
State = Literal["known", "live", "stale", "waiting", "unknown", "error", "good", "bad"]

_COMPONENT = components.define("desk_panel")


@dataclass(frozen=True, slots=True)
class Row:
    """A number, as text. `tip` are lines to be read on hover or with the keyboard; `noise` is what unrelated walks would show."""

    name: str
    label: str
    value: str
    state: State = "known"
    beside: str = ""
    noise: str = ""
    tip: tuple[str, ...] = ()
    kind: Literal["row", "big", "head", "note"] = "row"


def show(key: str, rows: Sequence[Row]) -> None:
    """Draw the rows; those that stay the same are left as they are."""
    data = {"script": components.address("panel.mjs"), "rows": [asdict(row) for row in rows]}
    _COMPONENT(key=key, data=data, height="content")
