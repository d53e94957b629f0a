"""The framework's floors: each folder uses only what stands below it, and nothing of ours outside the package."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.tb._project import REPO

PACKAGE = REPO / "tb" / "ulpwise"
FLOORS = [
    "system",
    "toolchain",
    "data",
    "coverage",
    "verilog",
    "ports",
    "bench",
    "uvm",
    "run",
    "history",
    "synthesis",
    "mutate",
    "closure",
    "regress",
    "site",
    "scaffold",
    "cli",
]
"""From the ground up; docs/architecture.md says what each is for."""

FILES = sorted(PACKAGE.rglob("*.py"))


def imports(path: Path, package: Path = PACKAGE) -> list[tuple[int, str]]:
    """Line and absolute dotted name of everything that a file imports, within functions and for types as well."""
    found = []
    parts = ("ulpwise", *path.relative_to(package).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, name.name) for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = parts[: len(parts) - node.level + 1] if node.level else ()
            stem = ".".join([*base, *filter(None, [node.module])])
            found += [(node.lineno, f"{stem}.{name.name}") for name in node.names]
    return found


def faults(path: Path, package: Path = PACKAGE) -> list[str]:
    """Say what a file imports that it must not: from a floor above, a private module of another folder, of tests."""
    own = path.relative_to(package).parts
    said = []
    for line, name in imports(path, package):
        top, *parts = name.split(".")
        where = f"{path.relative_to(package)}:{line}: imports {name}"
        if top in ("tb", "tests", "models", "bootstrap"):
            said.append(f"{where}, which is none of the framework's")
        if top != "ulpwise" or not parts or parts[0] not in FLOORS or own[0] not in FLOORS:
            continue
        if FLOORS.index(parts[0]) > FLOORS.index(own[0]):
            said.append(f"{where} from a floor above {own[0]}")
        if parts[0] != own[0] and any(part.startswith("_") for part in parts[:2]):
            said.append(f"{where}, which is private to {parts[0]}")
    return said


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_uses_only_what_stands_below(path):
    assert faults(path) == []


def test_every_folder_is_a_floor_and_no_module_lies_between():
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert folders == set(FLOORS)
    assert {path.name for path in PACKAGE.glob("*.py")} == {"__init__.py", "__main__.py"}


def test_the_page_names_each_floor_in_its_order():
    page = (REPO / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = [line.split()[0].rstrip("/") for line in page.splitlines() if line.startswith("    ") and line.split()]
    assert [row for row in rows if row in FLOORS] == FLOORS[::-1]
    assert len(page.splitlines()) <= 60


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("from ulpwise.cli import commands", "from a floor above data"),
        ("def f():\n    from ulpwise.run.record import Record", "from a floor above data"),
        ("from ..cli import commands", "from a floor above data"),
        ("from .. import regress", "from a floor above data"),
        ("import ulpwise.site.build", "from a floor above data"),
        ("from tests.tb import x", "none of the framework's"),
        ("from models.online import digits", "none of the framework's"),
        ("from ulpwise.toolchain._x import y", "private to toolchain"),
    ],
)
def test_what_is_not_allowed_is_seen(tmp_path, text, said):
    path = tmp_path / "data" / "x.py"
    path.parent.mkdir()
    path.write_text(text)
    (fault,) = faults(path, tmp_path)
    assert fault.endswith(said)


@pytest.mark.parametrize(
    "text",
    ["from ulpwise.system import atomic", "from ._digits import X", "import numpy", "from ulpwise.data import x"],
)
def test_what_is_allowed_passes(tmp_path, text):
    path = tmp_path / "data" / "x.py"
    path.parent.mkdir()
    path.write_text(text)
    assert faults(path, tmp_path) == []
