"""Requests to a venue over REST: one connection kept open, within a budget, errors in the desk's words."""

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from math import inf
from threading import Event

import requests

from core.errors import RestError
from core.feed.base import Listing, Request, Venue
from core.feed.budget import Budget
from core.market import Symbol

_SECONDS = 10.0
_BLOCKED = 451
_REFUSALS = (418, 429)
_USED_WEIGHT = "X-MBX-USED-WEIGHT-1M"
#: ``Way too much request weight used; IP banned until 1659146400000. ...`` [ms].
_BANNED_UNTIL = re.compile(r"banned until ([0-9]{13})\b")
#: One of the symbols that were asked for is unknown, or cannot be; the venue does not say which.
_INVALID_SYMBOLS = (-1121, -1100)
_SYMBOLS_A_REQUEST = 100


class RestClient:
    """GET requests, used by one thread. `bases` are tried in turn where one answers HTTP 451.

    `budget` is the venue's, shared by all its clients. Setting `stop` ends the waiting for it, and so do `patience_seconds`.
    """

    def __init__(
        self,
        bases: Sequence[str],
        budget: Budget,
        seconds: float = _SECONDS,
        stop: Event | None = None,
        patience_seconds: float = inf,
    ) -> None:
        self._bases = deque(base for base in bases if base)
        self._budget, self._seconds = budget, seconds
        self._stop, self._patience_seconds = stop, patience_seconds
        self._closed = Event()
        self._session = requests.Session()
        self._session.headers["X-MBX-TIME-UNIT"] = "MICROSECOND"

    @property
    def base(self) -> str:
        """The address that is asked; empty where none is set."""
        return self._bases[0] if self._bases else ""

    def get(self, request: Request, background: bool = False) -> bytes:
        """The body of the answer, asked for as soon as the budget allows.

        Raise RestError where there is none, or one that says no. Asking again is the caller's business.
        """
        for attempt in range(len(self._bases)):
            self._wait_for_room(request.weight, background)
            try:
                return self._get(self._bases[0], request)
            except RestError as error:
                if error.status != _BLOCKED or attempt == len(self._bases) - 1:
                    raise
                self._bases.rotate(-1)
        raise RestError("no REST address is set: set BINANCE_REST_URL")

    def close(self) -> None:
        """End; a thread that waits for the budget gives up."""
        self._closed.set()
        self._session.close()

    def _wait_for_room(self, weight: int, background: bool) -> None:
        stop = self._stop or self._closed
        while (wait := self._budget.claim(weight, background)) > 0.0:
            if wait > self._patience_seconds:
                raise RestError(f"the venue is not to be asked for another {wait:.0f} s")
            if stop.wait(wait):
                raise RestError("the desk is closing")

    def _get(self, base: str, request: Request) -> bytes:
        try:
            answer = self._session.get(
                base.rstrip("/") + request.path, params=dict(request.params), timeout=self._seconds
            )
        except requests.RequestException as error:
            raise RestError(f"no answer from {base}: {self._reason(error)}") from error
        self._budget.heard(_number(answer.headers.get(_USED_WEIGHT)))
        if answer.ok:
            return answer.content
        raise self._refusal(f"{base}{request.path}", answer)

    def _reason(self, error: Exception) -> str:
        """Why there is no answer; the library's own words repeat the address and all of its layers."""
        if isinstance(error, requests.Timeout):
            return f"nothing within {self._seconds:g} s"
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, OSError) and cause.strerror:
                return cause.strerror.lower()
            cause = cause.__cause__ or cause.__context__
        return str(error)

    def _refusal(self, url: str, answer: requests.Response) -> RestError:
        code, words = _venue_error(answer)
        wait = _number(answer.headers.get("Retry-After"))
        if answer.status_code in _REFUSALS:
            banned = _BANNED_UNTIL.search(words)
            self._budget.refused(answer.status_code, wait, int(banned[1]) * 1000 if banned else None)
        return RestError(
            f"{url} answered HTTP {answer.status_code}{words and f': {words}'}",
            answer.status_code,
            code,
            None if wait is None else float(wait),
        )


def listings(client: RestClient, venue: Venue, symbols: Sequence[Symbol]) -> Mapping[Symbol, Listing]:
    """What the venue lists of `symbols`; those it does not know are absent. Raise RestError or MalformedMessage."""
    found: dict[Symbol, Listing] = {}
    try:
        for request in _listing_requests(venue, symbols):
            found.update(venue.read_listing(client.get(request)))
    except RestError as error:
        if error.code not in _INVALID_SYMBOLS:
            raise
        found.update(venue.read_listing(client.get(venue.listing_request(()))))
    return {symbol: found[symbol] for symbol in symbols if symbol in found}


def _listing_requests(venue: Venue, symbols: Sequence[Symbol]) -> Iterator[Request]:
    """A request for each part of `symbols`; of equal ones, as of a venue that always lists everything, only the first."""
    last: Request | None = None
    for start in range(0, len(symbols), _SYMBOLS_A_REQUEST):
        request = venue.listing_request(symbols[start : start + _SYMBOLS_A_REQUEST])
        if request != last:
            yield request
        last = request


def _number(text: str | None) -> int | None:
    """A header's whole number; None where it has none."""
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 16 else None


def _venue_error(answer: requests.Response) -> tuple[int | None, str]:
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        return None, "" if "<html" in answer.text.lower() else answer.text[:200]
    if not isinstance(body, dict):
        return None, str(body)[:200]
    code = body.get("code")
    return code if isinstance(code, int) else None, str(body.get("msg", ""))[:200]
