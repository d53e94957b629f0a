"""The cocotb tests that somebody has written by hand beside a bench, `tests/<family>/cocotb_<module>.py`."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ulpwise.bench.project import Project

COCOTB = "cocotb"
"""Mode of the run that such tests have."""

ORDER = "run.json"
"""What a run is told, in the folder in which its simulator works."""


def file_of(project: Project, module: str) -> Path | None:
    """Return the file that stands beside the bench of a module; None where none does."""
    path = _beside(project.bench_files()[module], module)
    return path if path.is_file() else None


def check(bench: Path, module: str) -> None:
    """Parse the file beside a bench, if there is one; it runs in a simulator alone.

    Raises:
        SyntaxError, ValueError: It is no Python.
    """
    path = _beside(bench, module)
    if path.is_file():
        ast.parse(path.read_bytes(), str(path))


def tested(path: Path) -> str:
    """Return the module that a file is named after."""
    return path.stem.removeprefix("cocotb_")


def strays(project: Project) -> dict[Path, str]:
    """List the files that stand beside no bench, which nothing would ever run, with a line that says so."""
    found = {}
    known = {_beside(bench, module) for module, bench in project.bench_files().items()}
    for path in sorted((project.root / "tests").glob("*/cocotb_*.py")):
        if path not in known:
            place = path.relative_to(project.root)
            bench = place.with_name(f"test_{tested(path)}.py")
            found[path] = f"{place}:1: there is no bench beside it that would run it: {bench}"
    return found


def _beside(bench: Path, module: str) -> Path:
    return bench.with_name(f"cocotb_{module}.py")
