"""What came of a screen, beside what chance would make, and what it stands on."""

import streamlit as st

from core.market import SECOND_US
from core.monitor.screens import Screened
from core.ui import desk, words, zone
from core.ui.zone import Zone


def show(found: Screened) -> None:
    st.markdown(f"**{sentence(found)}**")
    health = desk.monitor().health()
    st.caption(standing(found, zone.current(), health.now_us, health.watermark_us))


def sentence(found: Screened) -> str:
    """How many passed, and how many would by chance alone."""
    screen = found.screen
    passed, level = len(screen.ranking), f"{screen.rules.level:g}"
    told = f"{passed:,} of {len(screen):,} pairs passed. {screen.tested:,} were tested: about {screen.expected_false:.1f} of them would be below {level} by chance alone, {screen.below:,} are."
    if screen.rules.adjustment == "none":
        return f"{told} Nothing is adjusted: expect about that many false ones."
    return f"{told} The adjustment ({screen.rules.adjustment}) is there for these."


def standing(found: Screened, shown: Zone, now_us: int, watermark_us: int | None) -> str:
    """Which bars it stands on, how old they are, and what was left out, in a line."""
    screen, told = found.screen, found.standing
    newer = found.closed_since(watermark_us or 0)
    later = f", {newer:,} {'bar has' if newer == 1 else 'bars have'} closed since" if newer else ""
    left = "".join(f" Left out: {name}, {why}." for name, why in told.left_out.items())
    filled = sum(told.filled.values())
    return (
        f"Stands on {told.rows:,} of {told.intervals:,} bars of {told.interval}, those that every symbol has, {shown.moment(told.from_us)} to {shown.moment(told.to_us)} "
        f"({words.duration((now_us - told.to_us) / SECOND_US)} ago{later}), {told.source}: chosen on the first {screen.formation:,}, ranked on the other "
        f"{screen.rows - screen.formation:,}; {filled:,} closes carried forward.{left}"
    )
