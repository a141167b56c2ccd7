"""Colours with one meaning everywhere, for dark and light. Never the only sign of anything: a word or a shape goes with them."""

from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True, slots=True)
class Look:
    """The colours of a chart.

    `y` and `x` are the legs of a pair, `spread` and `z` what is made of them; `up` and `down` a rise and a fall; `good`, `warn` and `bad`
    verdicts; `faint` is for what stands in the background, such as bands and baselines.
    """

    name: str
    background: str
    panel: str
    text: str
    grid: str
    faint: str
    y: str
    x: str
    spread: str
    z: str
    up: str
    down: str
    good: str
    warn: str
    bad: str

    @property
    def diverging(self) -> list[tuple[float, str]]:
        """A colour scale around 0: orange below, blue above."""
        return [(0.0, self.down), (0.5, self.panel), (1.0, self.up)]

    @property
    def rising(self) -> list[tuple[float, str]]:
        """A colour scale from nothing to much."""
        return [(0.0, self.panel), (1.0, self.up)]


DARK = Look(
    name="dark",
    background="#0B0E14",
    panel="#141A24",
    text="#E6EAF2",
    grid="#242C3B",
    faint="#8A94A6",
    y="#6FD3E8",
    x="#E39BD0",
    spread="#B28CFF",
    z="#5AA2FF",
    up="#5AA2FF",
    down="#FF9F45",
    good="#3FBF97",
    warn="#E8BD4A",
    bad="#FF6B72",
)
LIGHT = Look(
    name="light",
    background="#FFFFFF",
    panel="#F4F6FA",
    text="#161B26",
    grid="#DCE1EA",
    faint="#5A6475",
    y="#0D7B92",
    x="#A23E83",
    spread="#6B42C7",
    z="#1F6FD6",
    up="#1F6FD6",
    down="#B25200",
    good="#157A5A",
    warn="#8F6A00",
    bad="#C4262E",
)


def current() -> Look:
    """The look of the theme that the viewer has chosen."""
    return LIGHT if st.context.theme.type == "light" else DARK
