"""Numbers on a page: each with its state, its unit, what belongs beside it and what it stands on."""

import json
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


def encode(*boxes: Sequence[Row]) -> str:
    """Rows in boxes below each other, as `show` takes them: one text for all who look at the same."""
    return json.dumps([[asdict(row) for row in rows] for rows in boxes], ensure_ascii=False)


def show(key: str, encoded: str) -> None:
    """Draw what `encode` made; rows that stay the same are left as they are."""
    _COMPONENT(key=key, data={"script": components.address("panel.mjs"), "boxes": encoded}, height="content")
