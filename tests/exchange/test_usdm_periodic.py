"""The futures market's klines and tickers by the clock."""

import json

from core.exchange.hub import Hub
from core.exchange.session import Flavour
from core.exchange.usdm import UsdmMarket
from core.exchange.usdm_periodic import UsdmPeriodic
from core.market import HOUR_US, MINUTE_US, SECOND_US

#: 2026-03-04 05:06:07 UTC
_NOW = 1_772_600_767_000_000


class Reader:
    """Collects what the hub puts out."""

    flavour = Flavour(False, 1000)

    def __init__(self) -> None:
        self.outbox: list[bytes] = []

    def flush(self) -> None:
        """Nothing is written anywhere."""

    def events(self) -> list[dict]:
        frames, self.outbox = self.outbox, []
        return [json.loads(frame[frame.index(b"{") :]) for frame in frames]


def _play(streams: list[str], start_us: int, seconds: float, step_us: int = 10_000) -> list[dict]:
    """What `streams` of LTCUSDT, which is traded about twice a second, say in so many seconds."""
    now = [start_us]
    market = UsdmMarket(7, 0, ("LTCUSDT",), clock=lambda: now[0])
    market.quoted["LTCUSDT"].warm = True
    hub, reader = Hub(), Reader()
    hub.add(reader, streams)
    periodic = UsdmPeriodic(market.quoted, hub, start_us)
    while now[0] < start_us + seconds * SECOND_US:
        now[0] += step_us
        periodic.advance(now[0])
    return reader.events()


def test_a_bar_is_told_when_there_is_something_and_when_it_is_over() -> None:
    start = _NOW // HOUR_US * HOUR_US - 3 * MINUTE_US
    events = _play(["ltcusdt@kline_1m"], start, 121)
    bars = [event["k"] for event in events]
    assert all(event["E"] % 250 == 50 for event in events)
    assert 60 < len(bars) < 400
    closed = [bar for bar in bars if bar["x"]]
    assert [bar["t"] for bar in closed] == [start // 1000, start // 1000 + 60_000]
    market = UsdmMarket(7, 1, ("LTCUSDT",), clock=lambda: _NOW)
    for bar in closed:
        known = market.quoted["LTCUSDT"].klines.bar("1m", bar["t"] * 1000)
        assert known is not None
        assert (bar["n"], bar["f"], bar["L"]) == (known.trades, known.first_id, known.last_id)
    counts = [bar["n"] for bar in bars if bar["t"] == start // 1000 and not bar["x"]]
    assert counts == sorted(set(counts))


def test_a_long_sleep_is_not_made_up_for() -> None:
    start = _NOW // HOUR_US * HOUR_US
    events = _play(["ltcusdt@kline_1m"], start, 360, step_us=180 * SECOND_US)
    assert 1 <= len([event for event in events if event["k"]["x"]]) <= 4


def test_tickers_come_every_two_seconds_and_bars_of_a_second_never() -> None:
    start = _NOW // HOUR_US * HOUR_US
    events = _play(["ltcusdt@miniTicker", "ltcusdt@kline_1s", "ltcusdt@trade", "nousdt@miniTicker"], start, 7)
    assert [event["e"] for event in events] == ["24hrMiniTicker"] * 3
    assert [event["E"] % 2000 for event in events] == [50] * 3
