"""The venue's kline intervals: fixed lengths from the epoch, weeks from Monday, months by the calendar."""

from datetime import UTC, datetime

from core.market import DAY_US, HOUR_US, MINUTE_US, SECOND_US, WEEK_US

FIXED = {
    "1s": SECOND_US, "1m": MINUTE_US, "3m": 3 * MINUTE_US, "5m": 5 * MINUTE_US, "15m": 15 * MINUTE_US,
    "30m": 30 * MINUTE_US, "1h": HOUR_US, "2h": 2 * HOUR_US, "4h": 4 * HOUR_US, "6h": 6 * HOUR_US, "8h": 8 * HOUR_US,
    "12h": 12 * HOUR_US, "1d": DAY_US, "3d": 3 * DAY_US, "1w": WEEK_US,
}  # fmt: skip
MONTH = "1M"
INTERVALS = (*FIXED, MONTH)
#: The futures market has no bars of a second.
FUTURES_INTERVALS = INTERVALS[1:]
#: The epoch was a Thursday.
_MONDAY_US = 4 * DAY_US


def open_of(interval: str, time_us: int) -> int:
    """The open time [us] of the bar that holds `time_us`."""
    if interval == MONTH:
        moment = datetime.fromtimestamp(time_us // SECOND_US, UTC)
        return _month_us(moment.year, moment.month)
    offset = _MONDAY_US if interval == "1w" else 0
    return time_us - (time_us - offset) % FIXED[interval]


def end_of(interval: str, open_us: int) -> int:
    """The open time [us] of the bar after the one that opens at `open_us`."""
    if interval == MONTH:
        moment = datetime.fromtimestamp(open_us // SECOND_US, UTC)
        return _month_us(moment.year + moment.month // 12, moment.month % 12 + 1)
    return open_us + FIXED[interval]


def _month_us(year: int, month: int) -> int:
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp()) * SECOND_US
