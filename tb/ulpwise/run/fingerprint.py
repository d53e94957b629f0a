"""Hash of everything that decides what a run finds, but for the simulator."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ulpwise.bench.by_hand import COCOTB, file_of
from ulpwise.bench.declare import Bench, Config
from ulpwise.bench.project import Project
from ulpwise.ports import harness
from ulpwise.verilog.elaborate import elaborate
from ulpwise.verilog.parse import relative

FRAMEWORK = Path(__file__).parents[1]


def fingerprint(project: Project, bench: Bench, config: Config, mode: str, order: Mapping[str, Any]) -> str:
    """Hash what the tools read, the bench with its imports, models, data, the framework, and the order of the run.

    Args:
        project: Where the files are.
        bench: The bench.
        config: Its configuration.
        mode: beat, burst, guards, or cocotb, to which the tests beside the bench belong.
        order: Seed, volume and vectors of the run.

    Returns:
        16 hexadecimal digits.
    """
    given, core = project.given(bench), bench.core(config)
    design = elaborate(bench.top, project.root, config.parameters, (), given)
    declared = project.bench_files()[bench.top]
    files = [
        *design.read,
        *harness.transactors(core.interface),
        *_below(project.root / "models"),
        *_below(project.root / "tests" / "data"),
        *sorted(FRAMEWORK.rglob("*.py")),
        *imported([*_declared(project, bench, mode), *sorted(declared.parent.glob("_*.py"))], project.root),
    ]
    digest = hashlib.sha256(harness.render(core, waves=False).encode())
    # in hexadecimal: Python refuses to write thousands of decimal digits, and the matrix of a layer has more
    settings = {name: hex(value) if isinstance(value, int) else str(value) for name, value in config.items()}
    digest.update(json.dumps([mode, order["seed"], order["n"], config.name, settings]).encode())
    digest.update("".join(f"{define}\0" for define in given.defines).encode())
    if order["vectors"]:
        files.append(Path(order["vectors"]))
    for path in files:
        digest.update(relative(path, project.root).encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _declared(project: Project, bench: Bench, mode: str) -> list[Path]:
    """List the files that a run is of; beside them `_*.py`, what benches of a family share."""
    tests = file_of(project, bench.top) if mode == COCOTB else None
    return [project.bench_files()[bench.top], *([] if tests is None else [tests])]


def imported(files: list[Path], root: Path) -> list[Path]:
    """List Python files with all that they import of the project's tests, each once, in an order of their own.

    Args:
        files: Where to begin.
        root: Top of the project.
    """
    found: dict[Path, None] = {}
    left = list(reversed(files))
    while left:
        path = left.pop()
        if path in found:
            continue
        found[path] = None
        for level, name in _imports(path.read_bytes()):
            stem = path.parents[level - 1] if level else root
            for part in name.split("."):  # the packages on the way are imported, too
                stem /= part
                left += [file for file in (stem.with_suffix(".py"), stem / "__init__.py") if file.is_file()]
    return list(found)


@cache
def _imports(text: bytes) -> tuple[tuple[int, str], ...]:
    """List what a Python source imports of the project's tests, as dots and name; loading says if it is no Python."""
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError):
        return ()
    names = [(0, alias.name) for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            head = f"{node.module}." if node.module else ""
            names += [(node.level, f"{head}{alias.name}") for alias in node.names]
    return tuple((level, name) for level, name in names if level or name.startswith("tests."))


def _below(folder: Path) -> list[Path]:
    """List all files below a folder, but for Python's bytecode."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.parent.name != "__pycache__")
