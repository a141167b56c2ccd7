"""The API as one ASGI application, to be mounted at ``/api``."""

from fastapi import FastAPI

from core import __version__
from core.api import pairs, problems, routes, stream
from core.api.hub import Hub
from core.api.security import Guard
from core.config import Settings
from core.monitor import Monitor


def create_api(monitor: Monitor, settings: Settings) -> FastAPI:
    """The API over `monitor`. It has no start and no end of its own: a mounted application's lifespan never runs.

    The interactive documentation pages are off, because they load their scripts from the internet;
    ``openapi.json`` stays.
    """
    api = FastAPI(
        title="The pair trader's desk", version=__version__, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    api.add_middleware(Guard, hosts=settings.allowed_hosts, origins=settings.allowed_origins)
    problems.install(api)
    api.include_router(routes.create_router(monitor))
    api.include_router(pairs.create_router(monitor))
    api.include_router(stream.create_router(Hub(monitor, stream.LIVE_RATE_HZ)))
    return api
