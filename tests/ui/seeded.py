"""A desk with its history, for pages that have something to show."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest
import streamlit as st

from core import runtime
from core.config import Settings
from core.errors import NotEnoughData
from core.market import Symbol
from core.pairs import PairSpec
from tests.trading import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
_BARS = 1000


@contextmanager
def seeded_desk(folder: Path, symbols: str) -> Iterator[runtime.Runtime]:
    """The process's runtime over the simulated market, once a day of both first symbols' minutes is there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", f"sqlite:///{folder}/desk.db")
        patch.setenv("SOURCE", "simulated")
        patch.setenv("SYMBOLS", symbols)
        patch.chdir(ROOT)
        found, _ = runtime.open_once(Settings.load())
        first, second, *_ = (Symbol.parse(name) for name in symbols.split(","))
        _wait(found, PairSpec(second, first))
        yield found
        st.cache_resource.clear()
        runtime.close_once()


def _wait(found: runtime.Runtime, spec: PairSpec) -> None:
    """Until the history is there, which the bus tells."""
    changed = Event()
    end = found.monitor.bus.subscribe(lambda _: changed.set())
    deadline = time.monotonic() + PATIENCE
    while _bars(found, spec) < _BARS:
        assert time.monotonic() < deadline, "no history yet"
        changed.wait(1.0)
        changed.clear()
    end()


def _bars(found: runtime.Runtime, spec: PairSpec) -> int:
    try:
        return found.monitor.drawn(spec).provenance.bars
    except NotEnoughData:
        return 0
