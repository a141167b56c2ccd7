"""Hints for who is here for the first time, which go away for good."""

from core.ui import components

_COMPONENT = components.define("desk_hint")


def show(name: str, lines: tuple[str, ...]) -> None:
    """Draw the hint `name`, until it has been put away in this browser."""
    data = {"script": components.address("hint.mjs"), "name": name, "lines": list(lines)}
    _COMPONENT(key=f"hint_{name}", data=data, height="content")
