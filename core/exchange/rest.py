"""The REST side without any socket: a target and headers in, status, headers and body out."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from core.exchange import wire
from core.exchange.endpoints import Context, Endpoint, day_tickers, day_weight, spot_endpoints
from core.exchange.market import Market
from core.exchange.query import BadRequest, Query
from core.exchange.weight import WeightBudget

_UNITS = {"MICROSECOND": 1, "MILLISECOND": 1000}


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: str
    headers: tuple[tuple[str, str], ...] = ()


class Rest:
    """Answers requests from a market within a weight budget."""

    def __init__(self, market: Market, budget: WeightBudget) -> None:
        self._market = market
        self._budget = budget
        self._endpoints = spot_endpoints()

    def answer(self, method: str, target: str, headers: Mapping[str, str]) -> Answer:
        """Answer one request; `headers` has lower-case names."""
        parts = urlsplit(target)
        endpoint = self._endpoints.get(parts.path)
        if endpoint is None or method != "GET":
            return _failure(404 if endpoint is None else 405, -1000, f"{method} {parts.path} is not served here.")
        status, body, extra = self._within_budget(endpoint, parts.query, headers)
        used = str(self._budget.used)
        return Answer(status, body, (*extra, ("X-MBX-USED-WEIGHT", used), ("X-MBX-USED-WEIGHT-1M", used)))

    def _within_budget(
        self, endpoint: Endpoint, text: str, headers: Mapping[str, str]
    ) -> tuple[int, str, tuple[tuple[str, str], ...]]:
        try:
            query = Query(text, endpoint.parameters)
            weight = day_weight(query) if endpoint.handler is day_tickers else endpoint.weight
        except BadRequest as bad:
            self._budget.charge(endpoint.weight)
            return bad.status, _error(bad.code, bad.message), ()
        if not self._budget.charge(weight):
            message = f"Too much request weight used; current limit is {self._budget.per_minute} request weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API."
            return 429, _error(-1003, message), (("Retry-After", str(self._budget.retry_after())),)
        try:
            context = Context(self._market, _divisor(headers), self._budget.per_minute)
            return 200, wire.dumps(endpoint.handler(context, query)), ()
        except BadRequest as bad:
            return bad.status, _error(bad.code, bad.message), ()


def _divisor(headers: Mapping[str, str]) -> int:
    unit = headers.get("x-mbx-time-unit", "MILLISECOND").upper()
    if unit not in _UNITS:
        raise BadRequest(-1194, "Invalid time unit; expected either MICROSECOND or MILLISECOND.")
    return _UNITS[unit]


def _error(code: int, message: str) -> str:
    return wire.dumps({"code": code, "msg": message})


def _failure(status: int, code: int, message: str) -> Answer:
    return Answer(status, _error(code, message))
