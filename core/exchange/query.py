"""The parameters of a REST request, checked as the venue checks them."""

import json
import re
from urllib.parse import parse_qsl

from core.exchange.intervals import INTERVALS
from core.market import MICROSECOND_THRESHOLD

_SYMBOL = re.compile(r"(?:[^\Wa-z]|[-.]){1,50}")
_NUMBER = re.compile(r"[0-9]{1,20}")


class BadRequest(Exception):
    """A request that the venue refuses with HTTP 400 and its own code."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


INVALID_INTERVAL = (-1120, "Invalid interval.")
INVALID_SYMBOL = (-1121, "Invalid symbol.")
BAD_COMBINATION = (-1128, "Combination of optional parameters invalid.")


class Query:
    """Named values out of a query string. Each reader raises BadRequest."""

    def __init__(self, query: str, allowed: frozenset[str]) -> None:
        pairs = parse_qsl(query, keep_blank_values=True)
        self._values = dict(pairs)
        if len(pairs) > len(self._values) or not set(self._values) <= allowed:
            raise BadRequest(-1101, f"Too many parameters; expected '{len(allowed)}' and received '{len(pairs)}'.")
        empty = next((name for name, value in pairs if not value), None)
        if empty is not None:
            raise BadRequest(-1105, f"Parameter '{empty}' was empty.")

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str) -> str:
        """A mandatory value."""
        if name not in self._values:
            raise BadRequest(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")
        return self._values[name]

    def symbol(self, name: str = "symbol") -> str:
        return _legal_symbol(self.text(name), name)

    def symbols(self) -> list[str]:
        """The JSON list in `symbols`."""
        try:
            names = json.loads(self.text("symbols"))
        except ValueError:
            names = None
        if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
            raise BadRequest(
                -1100, "Illegal characters found in parameter 'symbols'; legal range is a JSON list of symbols."
            )
        if len(set(names)) < len(names):
            raise BadRequest(-1151, "Symbol is present multiple times in the list.")
        return [_legal_symbol(name, "symbols") for name in names]

    def number(self, name: str) -> int | None:
        """A whole number; None where it was not sent."""
        text = self._values.get(name)
        if text is None:
            return None
        if not _NUMBER.fullmatch(text):
            raise BadRequest(
                -1100, f"Illegal characters found in parameter '{name}'; legal range is '^[0-9]{{1,20}}$'."
            )
        if int(text) >= 2**63:
            raise BadRequest(-1130, f"Data sent for parameter '{name}' is not valid.")
        return int(text)

    def limit(self, default: int = 500, most: int = 1000) -> int:
        """How many rows; more than `most` means `most`."""
        limit = self.number("limit")
        if limit == 0:
            raise BadRequest(-1130, "Data sent for parameter 'limit' is not valid.")
        return min(default if limit is None else limit, most)

    def time_us(self, name: str) -> int | None:
        """A time in milliseconds or microseconds, as microseconds; None where it was not sent."""
        number = self.number(name)
        return number if number is None or number >= MICROSECOND_THRESHOLD else number * 1000

    def end_us(self, name: str = "endTime") -> int | None:
        """The first microsecond after an inclusive end in milliseconds or microseconds; None where it was not sent."""
        number = self.number(name)
        if number is None:
            return None
        return number + 1 if number >= MICROSECOND_THRESHOLD else (number + 1) * 1000

    def interval(self) -> str:
        interval = self.text("interval")
        if interval not in INTERVALS:
            raise BadRequest(*INVALID_INTERVAL)
        return interval

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """One of `choices`, the first where it was not sent."""
        value = self._values.get(name, choices[0])
        if value not in choices:
            raise BadRequest(-1130, f"Data sent for parameter '{name}' is not valid.")
        return value


def _legal_symbol(text: str, name: str) -> str:
    if not _SYMBOL.fullmatch(text):
        raise BadRequest(
            -1100, f"Illegal characters found in parameter '{name}'; legal range is '^[\\w\\-._&&[^a-z]]{{1,50}}$'."
        )
    return text
