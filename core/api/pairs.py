"""The route of a pair's bars, as a chart draws them."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from core.api import encode_pair
from core.api.routes import collected, time_us
from core.api.schemas import Problem
from core.errors import BadParameter, NotEnoughData
from core.monitor import Monitor
from core.monitor.answers import Answers
from core.pairs import PairSpec

#: Answers that are kept encoded, some 100 kB each.
_MOST = 64
_OWN = ("from", "to", "points")
_REFUSALS: dict[int | str, dict[str, Any]] = {status: {"model": Problem} for status in (404, 422, 503)}


def create_router(monitor: Monitor) -> APIRouter:
    """The routes under ``/v1/pairs``. Handlers are plain functions: they run on threads, because the monitor blocks."""
    router = APIRouter(prefix="/v1")
    answers: Answers[tuple[object, ...], bytes] = Answers(_MOST)

    @router.get(
        "/pairs/{y}/{x}/series",
        summary="Spread, z-score, hedge and correlation bar by bar, thinned for a chart",
        response_class=Response,
        responses=_REFUSALS,
    )
    def series(
        y: str,
        x: str,
        request: Request,
        start: Annotated[str | None, Query(alias="from", description="first open time")] = None,
        end: Annotated[str | None, Query(alias="to", description="open times before this")] = None,
        points: Annotated[int, Query(ge=10, le=20_000, description="rows at most, about")] = 1500,
    ) -> Response:
        spec = spec_of(y, x, request)
        for symbol in (y, x):
            collected(monitor, symbol)
        try:
            found = monitor.charted(spec)
        except NotEnoughData as error:  # which more bars will cure: no refusal
            return Response(encode_pair.nothing(spec, str(error)), media_type="application/json")
        from_us, to_us = time_us("from", start), time_us("to", end)
        told = found.drawn.provenance
        key = (spec, told.to_us, told.revision, told.bars, from_us, to_us, points)
        body = answers.of(key, lambda: encode_pair.series(found, from_us, to_us, points))
        return Response(body, media_type="application/json")

    return router


def spec_of(y: str, x: str, request: Request) -> PairSpec:
    """The pair of the path, with the parameters of the query. Raise BadParameter."""
    query = {name: text for name, text in request.query_params.items() if name not in _OWN}
    if query.keys() & {"y", "x"}:
        raise BadParameter("y and x are in the path: leave them out of the query")
    return PairSpec.parse({"y": y, "x": x, **query})
