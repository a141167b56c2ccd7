"""The time zone that times are shown in: UTC, or the browser's own. Inside, every time is UTC microseconds."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt
import streamlit as st

from core.market import utc

#: In the address, where it is not UTC.
_OWN = "local"


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone by its IANA name."""

    name: str = "UTC"

    def local(self, time_us: int) -> datetime:
        """The wall clock's time there."""
        moment = utc(time_us)
        return moment if self.name == "UTC" else moment.astimezone(ZoneInfo(self.name))

    def label(self, time_us: int) -> str:
        """How the zone is printed beside a time: ``UTC``, ``CEST``, ``+0530``."""
        return "UTC" if self.name == "UTC" else self.local(time_us).strftime("%Z")

    def moment(self, time_us: int) -> str:
        """A time to the second, with its zone."""
        return f"{self.local(time_us):%Y-%m-%d %H:%M:%S} {self.label(time_us)}"

    def clock(self, time_us: int) -> str:
        """A time of day, with its zone."""
        return f"{self.local(time_us):%H:%M:%S} {self.label(time_us)}"

    def shifted(self, times_us: npt.ArrayLike) -> npt.NDArray[np.datetime64]:
        """Wall-clock times for the axis of a chart, which knows no zones, shape (n,)."""
        times = np.asarray(times_us, dtype=np.int64)
        if self.name == "UTC" or not len(times):
            return times.astype("datetime64[us]")
        offsets = np.array([self._offset_us(hour) for hour in np.unique(times // 3_600_000_000).tolist()])
        moved: npt.NDArray[np.int64] = times + offsets[np.unique(times // 3_600_000_000, return_inverse=True)[1]]
        return moved.astype("datetime64[us]")

    def _offset_us(self, hour: int) -> int:
        offset = self.local(hour * 3_600_000_000).utcoffset()
        return 0 if offset is None else round(offset.total_seconds() * 1e6)


UTC = Zone()


def switch() -> Zone:
    """The switch between UTC and the browser's zone. Drawn once a run, by the frame around the page."""
    own = _browser()
    st.segmented_control(
        "Time zone", ("UTC", _OWN), default="UTC", required=True, key="zone", bind="query-params", label_visibility="collapsed",
        help=f"the zone that times are shown in: UTC, or this browser's, {own.name}",
    )  # fmt: skip
    return current()


def current() -> Zone:
    """The zone chosen."""
    return _browser() if st.session_state.get("zone") == _OWN else UTC


def _browser() -> Zone:
    name = st.context.timezone or "UTC"
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
    return Zone(name)
