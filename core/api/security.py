"""Who may ask: the Host and Origin checks.

Any web page can open ``ws://127.0.0.1`` or post to it, and DNS rebinding lets a page read what a local server answers.
So requests must name a host that is the desk's own, and a WebSocket or a write that comes from a web page must come
from the desk's own pages. Programs send no Origin and are let through.
"""

from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import urlsplit

from loguru import logger
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from core.api import problems

_DEFAULT_PORTS = {"http": 80, "https": 443}
_SAFE_METHODS = frozenset({"GET", "HEAD"})


class Guard:
    """ASGI middleware: answers a foreign Host with 421, a foreign Origin of a write with 403, a WebSocket of either with 403."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], origins: Iterable[str]) -> None:
        self._app = app
        self._hosts = frozenset(host_name(host) for host in hosts)
        self._origins = frozenset(origin.lower().rstrip("/") for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(Headers(scope=scope), scope) if scope["type"] in {"http", "websocket"} else None
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await problems.answer(*refusal)(scope, receive, send)
        else:
            # The server answers the handshake with a bare 403: browsers hide an answer's words from a page anyway, and
            # uvicorn reports a handshake that is denied in words as an error of ours.
            logger.info("refused a WebSocket: {}", refusal[1])
            await send({"type": "websocket.close", "code": 1008})

    def _refusal(self, headers: Headers, scope: Scope) -> tuple[int, str] | None:
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or host_name(hosts[0]) not in self._hosts:
            found = ", ".join(hosts)[:100] or "none"
            words = f"the desk does not answer under the Host {found!r}; add its name to ALLOWED_HOSTS if it should"
            return HTTPStatus.MISDIRECTED_REQUEST, words
        if scope.get("method") in _SAFE_METHODS or all(self._may(origin, hosts[0]) for origin in origins):
            return None
        found = ", ".join(origins)[:100]
        return HTTPStatus.FORBIDDEN, f"the web origin {found!r} may not do this; add it to ALLOWED_ORIGINS if it should"

    def _may(self, origin: str, host: str) -> bool:
        return origin.lower() in self._origins or same_origin(origin, host)


def host_name(host: str) -> str:
    """The name in a Host header, without its port: ``[::1]:8501`` is ``::1``."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return (host.partition(":")[0] if host.count(":") == 1 else host).lower().rstrip(".")


def same_origin(origin: str, host: str) -> bool:
    """Whether a page of `origin` came from the server that is asked as `host`.

    The scheme is left out: behind a proxy that ends TLS the server does not know its own.
    """
    try:
        page = urlsplit(origin)
        asked = urlsplit(f"{page.scheme}://{host}")
        default = _DEFAULT_PORTS.get(page.scheme)
        ports = page.port or default, asked.port or default
    except ValueError:
        return False
    return default is not None and page.hostname == asked.hostname and ports[0] == ports[1]
