"""The README against the code: settings, commands, pages, routes, dependencies."""

import argparse
import re
from pathlib import Path

import pytest

from core.__main__ import parser
from core.config import Settings

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def shown(default: object) -> str:
    if isinstance(default, tuple):
        return ",".join(default)
    return "" if default is None else str(default)


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_in_the_table(name: str) -> None:
    field = Settings.model_fields[name]
    default = shown(field.default)
    row = f"| `{name.upper()}` | {f'`{default}`' if default else '-'} | {field.description} |"
    assert row in README, f"expected this row in the README:\n{row}"


def test_no_setting_is_made_up() -> None:
    table = README.split("## Settings", 1)[1].split("\n## ", 1)[0]
    named = set(re.findall(r"^\| `([A-Z_]+)` \|", table, re.MULTILINE))
    assert named == {name.upper() for name in Settings.model_fields}


def commands() -> dict[str, argparse.ArgumentParser]:
    action = next(a for a in parser()._actions if isinstance(a, argparse._SubParsersAction))
    return dict(action.choices)


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_and_option_is_in_the_readme(name: str) -> None:
    section = README.split("## Commands", 1)[1].split("\n## ", 1)[0]
    assert f"python -m core {name}" in section
    for action in commands()[name]._actions:
        for option in action.option_strings:
            if option not in ("-h", "--help"):
                assert option in section, f"{name} {option}"


@pytest.mark.parametrize("page", sorted(path.stem for path in ROOT.glob("pages/*.py")))
def test_every_page_is_in_the_tour(page: str) -> None:
    assert f"**{page.replace('_', ' ').capitalize()}**" in README.split("## Tour", 1)[1].split("\n## ", 1)[0]


def test_every_route_is_in_the_readme() -> None:
    routes = set(re.findall(r"@\w+\.(?:get|post|put|delete|websocket)\(\s*\"([^\"]+)\"", _api_source()))
    assert routes
    for route in routes:
        assert f"/api/v1{route.removeprefix('/v1')}" in README, route


def _api_source() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("core/api/*.py")))


def test_every_dependency_has_its_reason() -> None:
    table = README.split("## Dependencies", 1)[1].split("\n## ", 1)[0]
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        name = re.split(r"[=<>;\[ ]", line, maxsplit=1)[0]
        if name and not name.startswith("#"):
            assert re.search(rf"^\| {re.escape(name)} \| \S", table, re.MULTILINE), name


def test_dependencies_are_pinned() -> None:
    for file in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
            if line and not line.startswith(("#", "-r")):
                assert "==" in line, f"{file}: {line}"


def test_readme_gives_the_two_commands_first() -> None:
    assert README.index("make run") < README.index("make test") < README.index("pip install -r requirements.txt")
