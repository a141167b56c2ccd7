"""Requests to a venue over REST: one connection kept open, errors in the desk's words."""

from collections import deque
from collections.abc import Mapping, Sequence

import requests

from core.errors import RestError
from core.feed.base import Listing, Venue
from core.market import Symbol

_SECONDS = 10.0
#: Asked for one by one where a request for all of them is refused.
_INVALID_SYMBOL = -1121


class RestClient:
    """GET requests, used by one thread. `bases` are tried in turn where one answers HTTP 451."""

    def __init__(self, bases: Sequence[str], seconds: float = _SECONDS) -> None:
        self._bases = deque(base for base in bases if base)
        self._seconds = seconds
        self._session = requests.Session()
        self._session.headers["X-MBX-TIME-UNIT"] = "MICROSECOND"

    def get(self, path: str, params: Mapping[str, str]) -> bytes:
        """The body of the answer. Raise RestError where there is none, or one that says no."""
        for attempt in range(len(self._bases)):
            try:
                return self._get(self._bases[0], path, params)
            except RestError as error:
                if error.status != 451 or attempt == len(self._bases) - 1:
                    raise
                self._bases.rotate(-1)
        raise RestError("no REST address is set: set BINANCE_REST_URL")

    def close(self) -> None:
        self._session.close()

    def _get(self, base: str, path: str, params: Mapping[str, str]) -> bytes:
        try:
            answer = self._session.get(base.rstrip("/") + path, params=params, timeout=self._seconds)
        except requests.RequestException as error:
            raise RestError(f"no answer from {base}: {error}") from error
        if answer.ok:
            return answer.content
        code, words = _venue_error(answer)
        wait = answer.headers.get("Retry-After", "")
        raise RestError(
            f"{base}{path} answered HTTP {answer.status_code}: {words}",
            answer.status_code,
            code,
            float(wait) if wait.isdecimal() else None,
        )


def listings(client: RestClient, venue: Venue, symbols: Sequence[Symbol]) -> Mapping[Symbol, Listing]:
    """What the venue lists of `symbols`; those it does not know are absent. Raise RestError or MalformedMessage."""
    try:
        return _listings(client, venue, symbols)
    except RestError as error:
        if error.code != _INVALID_SYMBOL or len(symbols) <= 1:
            if error.code == _INVALID_SYMBOL:
                return {}
            raise
    half = len(symbols) // 2
    return {**listings(client, venue, symbols[:half]), **listings(client, venue, symbols[half:])}


def _listings(client: RestClient, venue: Venue, symbols: Sequence[Symbol]) -> Mapping[Symbol, Listing]:
    found = venue.read_listing(client.get(*venue.listing_request(symbols)))
    return {symbol: found[symbol] for symbol in symbols if symbol in found}


def _venue_error(answer: requests.Response) -> tuple[int | None, str]:
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        return None, answer.text[:200]
    if not isinstance(body, dict):
        return None, str(body)[:200]
    code = body.get("code")
    return code if isinstance(code, int) else None, str(body.get("msg", ""))[:200]
