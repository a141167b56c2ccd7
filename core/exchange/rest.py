"""The REST side without any socket: a target and headers in, status, headers and body out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, urlsplit

from core.exchange import wire
from core.exchange.endpoints import Context, Endpoint
from core.exchange.faults import Faults
from core.exchange.kinds import Refuse, RestErrors, RestLag, Truncate, Vision, Weight
from core.exchange.lagging import LaggingMarket
from core.exchange.market import Market
from core.exchange.query import BadRequest, Query
from core.exchange.spot_endpoints import spot_endpoints
from core.exchange.usdm_endpoints import usdm_endpoints
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

    def __init__(self, market: Market, budget: WeightBudget, faults: Faults | None = None) -> None:
        self._market = market
        self._budget = budget
        self._faults = faults or Faults()
        self._endpoints = usdm_endpoints() if market.kind == "usdm" else spot_endpoints()

    def answer(self, method: str, target: str, headers: Mapping[str, str]) -> Answer:
        """Answer one request; `headers` has lower-case names."""
        parts = urlsplit(target)
        spoiled = self._spoiled(parts.path) if self._faults.any else None
        if spoiled is not None:
            return spoiled
        if self._budget.banned():
            self._faults.bite(Weight)
            return self._ban()
        endpoint = self._endpoints.get(parts.path)
        if endpoint is None or method != "GET":
            return _failure(404 if endpoint is None else 405, -1000, f"{method} {parts.path} is not served here.")
        status, body, extra = self._within_budget(endpoint, parts, headers)
        used = str(self._budget.used)
        return Answer(status, body, (*extra, ("X-MBX-USED-WEIGHT", used), ("X-MBX-USED-WEIGHT-1M", used)))

    def _within_budget(
        self, endpoint: Endpoint, target: SplitResult, headers: Mapping[str, str]
    ) -> tuple[int, str, tuple[tuple[str, str], ...]]:
        try:
            query = Query(target.query, endpoint.parameters)
            weight = endpoint.cost(query)
        except BadRequest as bad:
            self._budget.charge(endpoint.weight)
            return bad.status, _error(bad.code, bad.message), ()
        if not self._budget.charge(weight):
            self._faults.bite(Weight)
            if self._budget.refuse():
                ban = self._ban()
                return ban.status, ban.body, ban.headers
            message = f"Too much request weight used; current limit is {self._budget.per_minute} request weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API."
            return 429, _error(-1003, message), (("Retry-After", str(self._budget.retry_after())),)
        try:
            return 200, wire.dumps(self._rows(endpoint, target.path, self._context(headers), query)), ()
        except BadRequest as bad:
            return bad.status, _error(bad.code, bad.message), ()

    def _rows(self, endpoint: Endpoint, path: str, context: Context, query: Query) -> object:
        """What the endpoint says, or a page of it that ends early, out of a market that is behind."""
        if not self._faults.any:
            return endpoint.handler(context, query)
        lag, short = self._faults.get(RestLag), self._faults.get(Truncate)
        market = LaggingMarket(self._market, lag) if lag else None
        if market is not None and not path.endswith("/trades"):  # documented as from memory
            context = replace(context, market=market)
        found = endpoint.handler(context, query)
        if market is not None and market.hides:
            self._faults.bite(RestLag)
        if short is not None and "limit" in endpoint.parameters and isinstance(found, list) and found[short.rows :]:
            self._faults.bite(Truncate)
            return found[: short.rows]
        return found

    def _spoiled(self, path: str) -> Answer | None:
        """The answer that a fault gives in place of the right one; None where none does."""
        refuse, errors = self._faults.get(Refuse), self._faults.get(RestErrors)
        if refuse is not None and refuse.rest:
            self._faults.bite(Refuse)
            return refusal(refuse.status, refuse.retry_after)
        if errors is not None and self._faults.strikes(RestErrors, errors.share):
            return refusal(errors.status, errors.retry_after)
        if self._faults.get(Vision) is not None and path.endswith("/historicalTrades"):
            self._faults.bite(Vision)
            return _failure(404, -1000, f"{path} is not served here.")
        return None

    def _ban(self) -> Answer:
        until = self._budget.banned()
        message = f"Way too much request weight used; IP banned until {round(until * 1000)}. Please use WebSocket Streams for live updates to avoid bans."
        wait = max(1, round(until - self._budget.clock()))
        return Answer(418, _error(-1003, message), (("Retry-After", str(wait)),))

    def _context(self, headers: Mapping[str, str]) -> Context:
        divisor = 1000 if self._market.kind == "usdm" else _divisor(headers)
        return Context(self._market, divisor, self._budget.per_minute, "x-mbx-apikey" in headers)


def refusal(status: int, retry_after: int | None = None) -> Answer:
    """How the venue says no: in JSON where it is itself that says it, in HTML where something in between does."""
    headers = () if retry_after is None else (("Retry-After", str(retry_after)),)
    if status == 451:
        words = "Service unavailable from a restricted location according to 'b. Eligibility' in the terms of use."
        return Answer(451, _error(0, words), headers)
    if status in (418, 429):
        return Answer(status, _error(-1003, "Too many requests; please use WebSocket Streams."), headers)
    page = f"<html><body><h1>{status}</h1></body></html>"
    return Answer(status, page, (*headers, ("Content-Type", "text/html")))


def _divisor(headers: Mapping[str, str]) -> int:
    unit = headers.get("x-mbx-time-unit", "MILLISECOND").upper()
    if unit not in _UNITS:
        raise BadRequest(-1194, "Invalid time unit; expected either MICROSECOND or MILLISECOND.")
    return _UNITS[unit]


def _error(code: int, message: str) -> str:
    return wire.dumps({"code": code, "msg": message})


def _failure(status: int, code: int, message: str) -> Answer:
    return Answer(status, _error(code, message))
