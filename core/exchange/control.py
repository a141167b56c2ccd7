"""Control requests on a socket: what a text frame asks for, or the error that it earns."""

import json
import re
from dataclasses import dataclass

_METHODS = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")
_STREAM = re.compile(r"!?[\w-]+(?:@[\w+:.-]+)*")
_TEXT_ID = re.compile(r"[0-9A-Za-z]{1,36}")

Id = int | str | None


@dataclass(frozen=True, slots=True)
class Request:
    """A well-formed request; `params` is empty where the method takes none."""

    method: str
    params: tuple[object, ...]
    id: Id


class Refused(Exception):
    """A request that the venue answers with an error, and after which it may close the connection."""

    def __init__(self, code: int, message: str, id: Id = None, fatal: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.id = id
        self.fatal = fatal


def parse(text: str) -> Request:
    """Read a text frame. Raise Refused."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        at = f"line {getattr(error, 'lineno', 1)} column {getattr(error, 'colno', 1)}"
        raise Refused(3, f"Invalid JSON: expected value at {at}") from error
    if not isinstance(message, dict):
        raise Refused(2, f"Invalid request: expected an object at line 1 column {len(text)}")
    identity = _id(message)
    if "method" not in message:
        raise Refused(2, f"Invalid request: missing field `method` at line 1 column {len(text)}", identity)
    method, params = message["method"], message.get("params", [])
    if method not in _METHODS:
        expected = ", ".join(f"`{m}`" for m in _METHODS)
        raise Refused(2, f"Invalid request: unknown variant `{method}`, expected one of {expected}", identity)
    if not isinstance(params, list):
        raise Refused(2, "Invalid request: params must be an array", identity)
    return Request(method, tuple(params), identity)


def _id(message: dict[str, object]) -> Id:
    identity = message.get("id")
    if identity is None or (isinstance(identity, str) and _TEXT_ID.fullmatch(identity)):
        return identity
    if isinstance(identity, int) and not isinstance(identity, bool) and -(2**63) <= identity < 2**63:
        return identity
    raise Refused(2, "Invalid request: request ID must be an integer, an alphanumeric string of up to 36 or null")


def stream_names(request: Request) -> tuple[str, ...]:
    """The stream names of a SUBSCRIBE or UNSUBSCRIBE. Raise Refused; an impossible name is fatal."""
    names = tuple(name for name in request.params if isinstance(name, str))
    if len(names) < len(request.params):
        raise Refused(2, "Invalid request: stream names must be strings", request.id)
    if not all(_STREAM.fullmatch(name) for name in names):
        raise Refused(2, "Invalid request: invalid stream", request.id, fatal=True)
    return names


def property_name(request: Request, arguments: int) -> None:
    """Check that the request names the one property there is, with `arguments` parameters in all. Raise Refused."""
    if len(request.params) > arguments:
        raise Refused(2, "Invalid request: too many parameters", request.id)
    if not request.params or not isinstance(request.params[0], str):
        raise Refused(2, "Invalid request: property name must be a string", request.id)
    if request.params[0] != "combined":
        raise Refused(0, "Unknown property", request.id)
    if arguments == 2 and not isinstance(request.params[-1], bool):
        raise Refused(1, "Invalid value type: expected Boolean", request.id)
