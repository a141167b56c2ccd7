"""What the import contracts cannot show: state, sleeping, the launcher, and that the contracts themselves bite."""

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CODE = sorted([*ROOT.glob("core/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "dashboard.py"])
#: The holder of the process's runtime: the one module-level name that changes.
HOLDER = ("core/runtime.py", "_holder")
MUTATORS = {"append", "extend", "add", "update", "pop", "remove", "clear", "insert", "setdefault", "popitem", "discard"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def module_names(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for target in targets:
            if isinstance(target, ast.Name):
                yield target.id


def mutations(tree: ast.Module, names: set[str]) -> Iterator[str]:
    """The places where a module-level name's value is changed in place."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield f"line {node.lineno}: global {', '.join(node.names)}"
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.Delete)):
            targets = node.targets if isinstance(node, (ast.Assign, ast.Delete)) else [node.target]
            for target in targets:
                if (
                    isinstance(target, ast.Subscript)
                    and isinstance(target.value, ast.Name)
                    and target.value.id in names
                ):
                    yield f"line {node.lineno}: {target.value.id}[...] is changed"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id in names and owner.id not in local_names(tree, node):
                yield f"line {node.lineno}: {owner.id}.{node.func.attr}()"


def local_names(tree: ast.Module, call: ast.Call) -> set[str]:
    """Names bound inside the functions around `call`, which hide module-level ones."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and call in ast.walk(node):
            found |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            found |= {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
    return found


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_no_module_level_state_changes(path: Path) -> None:
    tree = tree_of(path)
    assert list(mutations(tree, set(module_names(tree)))) == []


@pytest.mark.parametrize("path", [p for p in CODE if name_of(p).startswith("core/")], ids=name_of)
def test_module_level_names_are_constants(path: Path) -> None:
    variables = [
        name
        for name in module_names(tree_of(path))
        if not name.startswith("__")
        and name.strip("_")
        and name.lstrip("_")[0].islower()
        and (name_of(path), name) != HOLDER
    ]
    tables = {"desk", "symbols", "scales", "trades", "aggregated", "bars", "gaps", "differences", "documents"}
    allowed = {"core/store/schema.py": {"metadata", *tables}}
    migration = {"revision", "down_revision", "branch_labels", "depends_on"} if "/versions/" in name_of(path) else set()
    assert set(variables) - allowed.get(name_of(path), set()) - migration == set()


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_nothing_sleeps_or_reruns_in_a_loop(path: Path) -> None:
    calls = [n for n in ast.walk(tree_of(path)) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)]
    sleeping = [c.lineno for c in calls if c.func.attr == "sleep" and getattr(c.func.value, "id", "") == "time"]  # type: ignore[attr-defined]
    assert sleeping == []
    if not name_of(path).startswith("core/ui"):
        assert [c.lineno for c in calls if c.func.attr == "rerun"] == []  # type: ignore[attr-defined]


def test_dashboard_only_hands_over() -> None:
    tree = tree_of(ROOT / "dashboard.py")
    imported = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    assert imported <= {"streamlit", "core.ui", "core.ui.shell", "core.ui.server"}, "the launcher reaches past core.ui"
    assert len((ROOT / "dashboard.py").read_text(encoding="utf-8").splitlines()) <= 60


@pytest.mark.parametrize("path", sorted(ROOT.glob("pages/*.py")), ids=name_of)
def test_pages_are_short_and_hold_no_sql(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120, "a page is to be seen at once"
    assert not any(word in text for word in ("SELECT ", "INSERT ", "unsafe_allow_html", "np.", "numpy"))


VIOLATIONS = {
    "layers": ("core/market.py", "import core.store\n"),
    "witness": ("core/exchange/wire.py", "import core.candles\n"),
    "starter": ("core/monitor.py", "import core.exchange\n"),
    "sql": ("core/monitor.py", "import sqlalchemy\n"),
    "streamlit": ("core/monitor.py", "import streamlit\n"),
    "pages": ("pages/market.py", "import core.runtime\n"),
    "pure": ("core/candles.py", "import threading\n"),
    "placed": ("core/homeless.py", '"""A module that no layer names."""\n'),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("contracts")
    skip = shutil.ignore_patterns("__pycache__", "*.db*")
    for name in ("core", "pages"):
        shutil.copytree(ROOT / name, folder / name, ignore=skip)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def test_contracts_hold(copy: Path) -> None:
    result = lint(copy)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("violation", sorted(VIOLATIONS))
def test_contracts_bite(copy: Path, violation: str) -> None:
    name, line = VIOLATIONS[violation]
    path = copy / name
    before = path.read_text(encoding="utf-8") if path.exists() else None
    try:
        path.write_text((before or "") + "\n" + line, encoding="utf-8")
        assert lint(copy).returncode != 0, f"{line.strip()} in {name} was let through"
    finally:
        path.write_text(before, encoding="utf-8") if before is not None else path.unlink()
