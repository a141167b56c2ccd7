"""What goes wrong, told in one shape: ``{"error": {"code": ..., "message": ...}}``."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from loguru import logger
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from core.api.schemas import Problem, ProblemDetail
from core.errors import AnalysisError, MarketError, NotEnoughData, StoreError


def answer(
    status: int, message: str, code: str | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """`message` as a response; the code is the status in words unless given."""
    problem = Problem(error=ProblemDetail(code=code or _words(status), message=message))
    return JSONResponse(problem.model_dump(), status, headers)


def install(api: FastAPI) -> None:
    """Give every error that `api` can answer with that shape."""
    api.add_exception_handler(HTTPException, _http)
    api.add_exception_handler(RequestValidationError, _validation)
    api.add_exception_handler(MarketError, _market)
    api.add_exception_handler(AnalysisError, _analysis)
    api.add_exception_handler(StoreError, _store)
    api.add_exception_handler(Exception, _unforeseen)


def _words(status: int) -> str:
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return "invalid_request"  # Python's own words for it differ by version
    return HTTPStatus(status).phrase.lower().replace(" ", "_")


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    message = error.detail
    if error.status_code == HTTPStatus.NOT_FOUND and message == HTTPStatus.NOT_FOUND.phrase:
        message = f"there is nothing at {request.url.path}; openapi.json lists the routes"
    return answer(error.status_code, message, headers=error.headers)


async def _validation(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return answer(HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(_found(problem) for problem in error.errors()))


def _found(problem: Mapping[str, object]) -> str:
    where = problem["loc"]
    names = [part for part in where if isinstance(part, str)] if isinstance(where, tuple) else []
    name = names[-1] if names else "request"
    if problem["type"] == "missing":
        return f"{name} is missing"
    return f"{name}={str(problem['input'])[:60]!r}: {problem['msg']}"


async def _market(_: Request, error: Exception) -> JSONResponse:
    return answer(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))


async def _analysis(_: Request, error: Exception) -> JSONResponse:
    """What cannot be computed as it was asked; of what may be later the status is another."""
    if isinstance(error, NotEnoughData):
        return answer(HTTPStatus.CONFLICT, str(error), "not_enough_data")
    return answer(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))


async def _store(_: Request, error: Exception) -> JSONResponse:
    logger.warning("the API could not read: {}", error)
    return answer(HTTPStatus.SERVICE_UNAVAILABLE, str(error))


async def _unforeseen(_: Request, __: Exception) -> JSONResponse:
    # The server logs the traceback: starlette raises the exception again after this answer.
    return answer(HTTPStatus.INTERNAL_SERVER_ERROR, "the desk failed to answer; its log says why")
