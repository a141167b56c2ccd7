"""The HTTP routes: health, symbols, candles, and what is missing of them."""

import re
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response

from core import __version__
from core.api import encode
from core.api.schemas import CandlePage, Problem, SymbolList, SymbolRow
from core.api.schemas_accounts import GapModel, GapPage, QualityAnswer
from core.api.schemas_health import HealthModel
from core.errors import MarketError
from core.health import GapState
from core.market import Candles, Interval, Symbol, parse_time
from core.monitor import Monitor

DEFAULT_LIMIT = 1000
MAX_LIMIT = 5000

_REFUSALS: dict[int | str, dict[str, Any]] = {status: {"model": Problem} for status in (404, 422, 503)}
_SymbolText = Annotated[str, Query(description="such as BTCUSDT")]
_IntervalText = Annotated[str, Query(description="such as 1s, 7s, 1m, 4h or 1d")]
_TIME = "ISO 8601 (UTC unless it says otherwise) or epoch s, ms or us"
_From = Annotated[str | None, Query(alias="from", description=f"first open time, {_TIME}")]
_To = Annotated[str | None, Query(alias="to", description=f"open times before this, {_TIME}")]
_Limit = Annotated[int, Query(ge=1, json_schema_extra={"maximum": MAX_LIMIT}, description="rows at most")]
#: A form's decoder turns the plus of ``2024-08-09T00:00:00+02:00`` into a space.
_LOST_PLUS = re.compile(r"(?<=\d) (?=\d\d:?\d\d$)")


def create_router(monitor: Monitor) -> APIRouter:
    """The routes under ``/v1``. Handlers are plain functions: they run on threads, because the monitor blocks."""
    router = APIRouter(prefix="/v1")

    @router.get("/health", summary="How the desk is")
    def health() -> HealthModel:
        return HealthModel.of(monitor.health(), __version__, monitor.reconciliations())

    @router.get("/symbols", summary="The symbols being collected")
    def symbols() -> SymbolList:
        return SymbolList(symbols=[SymbolRow.of(symbol) for symbol in monitor.health().symbols])

    @router.get(
        "/candles",
        summary="Bars of a symbol: the oldest from `from` on, or else the newest",
        response_class=Response,
        responses={200: {"model": CandlePage}, **_REFUSALS},
    )
    def candles(
        symbol: _SymbolText,
        interval: _IntervalText = "1m",
        start: _From = None,
        end: _To = None,
        limit: _Limit = DEFAULT_LIMIT,
        shape: Annotated[encode.Shape, Query(description="an object a bar, or a list a column")] = encode.Shape.ROWS,
    ) -> Response:
        proof = monitor.proof(collected(monitor, symbol))
        bars, truncated = read_page(monitor, symbol, interval, start, end, limit)
        return Response(encode.page(bars, truncated, shape, proof), media_type="application/json")

    @router.get("/gaps", summary="The gap ledger, newest first", responses=_REFUSALS)
    def gaps(
        symbol: Annotated[str | None, Query(description="such as BTCUSDT; all where it is left out")] = None,
        state: Annotated[list[GapState] | None, Query(description="any of these; all where it is left out")] = None,
        limit: _Limit = DEFAULT_LIMIT,
    ) -> GapPage:
        asked = _at_most(limit, "choose a symbol or a state")
        of = None if symbol is None else Symbol.parse(symbol)
        found = monitor.gaps(of, state, asked + 1)
        if of is not None and not found:
            collected(monitor, str(of))
        rows = [GapModel.of(gap) for gap in found[:asked]]
        return GapPage(count=len(rows), truncated=len(found) > asked, gaps=rows)

    @router.get("/quality", summary="How much of a range of bars is proven", responses=_REFUSALS)
    def quality(
        symbol: _SymbolText,
        interval: _IntervalText = "1m",
        start: _From = None,
        end: _To = None,
        limit: _Limit = DEFAULT_LIMIT,
    ) -> QualityAnswer:
        of = collected(monitor, symbol)
        proof = monitor.proof(of)
        bars, truncated = read_page(monitor, symbol, interval, start, end, limit)
        return QualityAnswer.about(
            bars, truncated, proof.window(bars), monitor.reconciliation(of), monitor.differences(of)
        )

    return router


def read_page(
    monitor: Monitor, symbol: str, interval: str, start: str | None, end: str | None, limit: int
) -> tuple[Candles, bool]:
    """The bars that were asked for, and whether the range holds more. One bar more than `limit` is read to know."""
    _at_most(limit, "ask for the next ones with `from` behind the last open_time")
    length = Interval.parse(interval)
    start_us, end_us = time_us("from", start), time_us("to", end)
    if start_us is not None and end_us is not None and start_us > end_us:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, f"from={start!r} is after to={end!r}; swap them")
    bars = monitor.candles(collected(monitor, symbol), length, start_us, end_us, limit + 1)
    if len(bars) <= limit:
        return bars, False
    return bars.take(slice(0, limit) if start_us is not None else slice(-limit, None)), True


def _at_most(limit: int, advice: str) -> int:
    if limit > MAX_LIMIT:
        words = f"limit={limit} is more than the {MAX_LIMIT} rows of one answer; {advice}"
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, words)
    return limit


def collected(monitor: Monitor, text: str) -> Symbol:
    """The symbol that `text` names; 404 where it is not being collected."""
    symbol, known = Symbol.parse(text), monitor.symbols()
    if symbol not in known:
        names = ", ".join(map(str, known)) or "none"
        raise HTTPException(HTTPStatus.NOT_FOUND, f"{symbol} is not being collected; collected are: {names}")
    return symbol


def time_us(name: str, text: str | None) -> int | None:
    """The time of a query's parameter; 422 where it is none."""
    if text is None:
        return None
    try:
        return parse_time(_LOST_PLUS.sub("+", text) if "T" in text else text)
    except MarketError as error:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, f"{name}: {error}") from error
