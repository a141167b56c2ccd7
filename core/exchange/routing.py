"""The futures market's classes of streams: the path of a WebSocket's URL says which one it delivers.

A stream of another class is acknowledged, and silent.
"""

from typing import Literal

Route = Literal["public", "market", "private"]

_ROUTES: tuple[Route, ...] = ("public", "market", "private")
#: Of the books; everything else is of the market.
_PUBLIC = ("bookTicker", "depth", "rpiDepth")


def split(target: str) -> tuple[Route, str]:
    """The class that the path of `target` begins with, public where it says none, and `target` without it."""
    for route in _ROUTES:
        if target.startswith(f"/{route}/"):
            return route, target.removeprefix(f"/{route}")
    return "public", target


def delivers(route: Route | None, stream: str) -> bool:
    """Whether a socket on `route` gets the events of `stream`; None is a market without classes."""
    if route is None:
        return True
    name, _, kind = stream.partition("@")
    public = kind.startswith(_PUBLIC) or name == "!bookTicker"
    return route == ("public" if public else "market")
