"""What users save, as text: JSON that is read with care, and refused with words."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from core.errors import BadDocument, BadName

#: A name is shown in menus and file names.
LONGEST_NAME = 40
_SHOWN = 60


def name(text: str) -> str:
    """`text` as a name, without the space around it. Raise BadName where it is none."""
    found = " ".join(text.split())
    if not found or len(found) > LONGEST_NAME or not found.isprintable():
        raise BadName(f"{shown(text)} is not a name: expected 1 to {LONGEST_NAME} printable characters")
    return found


def read(text: str, what: str) -> dict[str, Any]:
    """The JSON object that `text` is; `what` names it in the error. Raise BadDocument."""
    try:
        found = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise BadDocument(f"{what} is not JSON ({error}); it begins with {shown(text)}") from error
    return an_object(found, what)


def an_object(found: object, what: str) -> dict[str, Any]:
    """`found`, if it is a JSON object. Raise BadDocument."""
    if not isinstance(found, dict):
        raise BadDocument(f"{what} is {shown(found)}: expected an object, {{...}}")
    return found


def a_list(found: object, what: str) -> list[Any]:
    """`found`, if it is a JSON array. Raise BadDocument."""
    if not isinstance(found, list):
        raise BadDocument(f"{what} is {shown(found)}: expected a list, [...]")
    return found


def version(found: object, known: int, what: str) -> int:
    """The version of a document, where this desk can read it. Raise BadDocument."""
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise BadDocument(f"the version of {what} is {shown(found)}: expected a whole number from 1")
    if found > known:
        raise BadDocument(
            f"{what} is of version {found}, this desk reads up to {known}: use the newer desk that wrote it"
        )
    return found


def only(body: Mapping[str, Any], known: Collection[str], what: str) -> None:
    """Raise BadDocument where `body` has a field that is not `known`."""
    strangers = sorted(set(body) - set(known))
    if strangers:
        raise BadDocument(
            f"{what} has {', '.join(map(repr, strangers))}, which this desk does not know: "
            f"expected {', '.join(sorted(known))}"
        )


def shown(found: object) -> str:
    """What was found, short enough for a message."""
    text = found if isinstance(found, str) else json.dumps(found, default=str)
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…") if isinstance(found, str) else text[:_SHOWN]


def written(body: Mapping[str, Any]) -> str:
    """`body` as text."""
    return json.dumps(body, ensure_ascii=False, allow_nan=False)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number of JSON")
