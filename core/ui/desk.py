"""The pages' door to the desk: the monitor of the process's runtime."""

from dataclasses import dataclass, field

import streamlit as st

from core import runtime
from core.config import Settings
from core.monitor import Monitor
from core.ui.shared import Shared


@dataclass(frozen=True, slots=True)
class _Held:
    """The runtime, and whether the accessor started it, so that it releases only what is its own."""

    desk: runtime.Runtime
    started_here: bool
    shared: Shared = field(default_factory=Shared)


def _release(held: _Held) -> None:
    if held.started_here:
        runtime.close_once()


@st.cache_resource(show_spinner=False, on_release=_release)
def _held() -> _Held:
    return _Held(*runtime.open_once(Settings.load()))


def monitor() -> Monitor:
    """What pages ask. The server's lifespan has started it; without that lifespan it is started here."""
    return _held().desk.monitor


def shared() -> Shared:
    """What the sessions of this desk draw alike."""
    return _held().shared
