"""The server around the pages: the runtime as its lifespan, the API at ``/api``, and the live chart's scripts."""

import asyncio
import gc
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn

import plotly
from loguru import logger
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.runtime.pages_manager import PagesManager

from core import logs, runtime
from core.api.app import create_api
from core.config import Settings
from core.errors import DeskError

PLOTLY_JS = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
ASSETS = Path(__file__).parent / "assets"
_YEAR_SECONDS = 31_536_000


class Server:
    """What `st.App` is given: `lifespan` and `routes`."""

    def __init__(self) -> None:
        self._api: ASGIApp = PlainTextResponse("the desk is starting\n", status_code=503)

    @asynccontextmanager
    async def lifespan(self, _app: Any) -> AsyncIterator[dict[str, Any]]:
        """Start collecting before the first browser; store and close after the last. A start that fails says why, once."""
        try:
            settings = Settings.load()
            logs.configure(settings.log_level, settings.log_dir, settings.log_rotation, settings.log_retention)
            desk, _ = await asyncio.to_thread(runtime.open_once, settings)
        except DeskError as error:
            _give_up(error)
        self._api = create_api(desk.monitor, settings)
        PagesManager.uses_pages_directory = (
            False  # or the first visit of a page's own address gets it without its frame
        )
        gc.collect()
        gc.freeze()  # what is here now stays; collections need not look at it again
        try:
            yield {}
        finally:
            await asyncio.to_thread(runtime.close_once)

    def routes(self) -> Sequence[BaseRoute]:
        """The API, and the scripts of the live chart, from the installed packages."""
        return [
            Mount("/api", app=self._ask_api),
            Route("/assets/plotly.min.js", _plotly),
            Route("/assets/{name}", _asset),
        ]

    async def _ask_api(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._api(scope, receive, send)


def _give_up(error: DeskError) -> NoReturn:
    """End the process before anything runs. Raising here would bury the message in the server's tracebacks."""
    logger.remove()
    sys.stderr.write(f"\nThe desk cannot start: {error}\n\n")
    sys.stderr.flush()
    os._exit(1)


async def _plotly(_request: Request) -> Response:
    return FileResponse(PLOTLY_JS, media_type="text/javascript", headers=_lasting())


async def _asset(request: Request) -> Response:
    path = ASSETS / Path(request.path_params["name"]).name
    if not path.is_file():
        return PlainTextResponse("not found\n", status_code=404)
    headers = _lasting() if "v" in request.query_params else {"Cache-Control": "no-cache"}
    return FileResponse(path, media_type="text/javascript", headers=headers)


def _lasting() -> dict[str, str]:
    """An address that carries a version: browsers may keep what they got."""
    return {"Cache-Control": f"public, max-age={_YEAR_SECONDS}, immutable"}
