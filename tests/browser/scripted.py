"""The live chart's two sources, history and stream, as a script in the test's hands."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, Route, WebSocketRoute

MINUTE_MS = 60_000
#: Open time of the newest bar of the history [ms].
NOW_MS = 1_723_161_600_000
TOPIC = "bars:BTCUSDT:1m"


def bar(time: int, close: float = 100.0, state: str = "confirmed", **other: Any) -> dict[str, Any]:
    """One bar around 100, as the API tells it."""
    return {
        "open_time": time, "open": "100.00", "high": f"{max(close, 100.0) + 1:.2f}",
        "low": f"{min(close, 100.0) - 1:.2f}", "close": f"{close:.2f}", "volume": "3.5", "quote_volume": "350.0",
        "trade_count": 7, "taker_buy_volume": "2.0", "taker_buy_quote_volume": "200.0", "vwap": "100.10",
        "state": state, "revision": 0, "source": "own", "flags": [],
    } | other  # fmt: skip


def bars(last: int, count: int) -> list[dict[str, Any]]:
    """`count` minute bars up to the open time `last`; the newest is forming."""
    return [bar(last - i * MINUTE_MS, state="confirmed" if i else "forming") for i in reversed(range(count))]


def gap(start: int, end: int, state: str, **other: Any) -> dict[str, Any]:
    """An entry of the gap ledger from `start` to `end` [ms], as the API tells it."""
    iso = [datetime.fromtimestamp(time / 1000, UTC).isoformat(timespec="milliseconds") for time in (start, end)]
    return {
        "symbol": "BTCUSDT", "state": state, "words": "", "cause": "reconnected", "first_id": 5, "last_id": 8, "next_id": 6,
        "missing": 3, "from_us": 1000 * start, "from_iso": iso[0], "to_us": 1000 * end, "to_iso": iso[1],
    } | other  # fmt: skip


def columns(rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in bar(0)}


class Scripted:
    """Stands between the page and the server, for the chart alone."""

    def __init__(self, page: Page, rows: Sequence[dict[str, Any]]) -> None:
        self.rows = list(rows)
        self.asked: list[dict[str, str]] = []
        self.sockets: list[WebSocketRoute] = []
        self.gaps: list[dict[str, Any]] = []
        self.seq = 40
        page.route("**/api/v1/candles?*", self._history)
        page.route("**/api/v1/gaps?*", lambda route: route.fulfill(json={"gaps": self.gaps}))
        page.route_web_socket("**/api/v1/stream", self._connect)

    def _history(self, route: Route) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(route.request.url).query).items()}
        self.asked.append(query)
        before = int(query.get("to", 2**62))
        found = [row for row in self.rows if row["open_time"] < before][-int(query["limit"]) :]
        route.fulfill(json={"candles": columns(found)})

    def _connect(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        socket.on_message(lambda _: self.tell("snapshot", self.rows[-500:]))

    def tell(
        self, kind: str, rows: Sequence[dict[str, Any]], *, skip: int = 0, changed_from: int | None = None
    ) -> None:
        """Send a snapshot or a delta; `skip` leaves that many numbers out."""
        self.seq += 1 + skip
        data = {"watermark": None, "changed_from": changed_from, "candles": columns(rows)}
        self.send({"topic": TOPIC, "seq": self.seq, "epoch": "e", "type": kind, "data": data})

    def send(self, message: dict[str, Any]) -> None:
        self.sockets[-1].send(json.dumps(message))
