"""Holds the cocotb tests that stand beside a bench: cocotb is told to look for tests in this module.

They are compiled from their sources, as benches are. What is wrong with their file is left behind in one line.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

from cocotb.regression import Test, TestGenerator

from ulpwise.bench.by_hand import ORDER
from ulpwise.bench.project import Project
from ulpwise.system import atomic
from ulpwise.system.fault import one_line
from ulpwise.system.fresh import fresh
from ulpwise.uvm.lines import flush_by_lines

FAULT = "fault.txt"
REMEDY = "holds no tests: write some, async functions with @cocotb.test() above them"


def load(root: Path, module: str) -> dict[str, Any]:
    """Import the file beside the bench of a module.

    Args:
        root: Top of the project.
        module: Name of the core.

    Returns:
        Its tests by name.

    Raises:
        ImportError: It cannot be imported, or holds no tests; the message begins with file and line.
    """
    sys.path.insert(0, str(root))  # before the framework's own repository, which has tests of its own
    fresh(root / "models", root / "tests")
    sys.dont_write_bytecode = True  # pytest, which rewrites asserts, would go by the age of a source
    family = Project(root).family(module)
    place = f"tests/{family}/cocotb_{module}.py"
    try:
        loaded = importlib.import_module(f"tests.{family}.cocotb_{module}")
    except (Exception, SystemExit) as fault:
        text = one_line(fault, root)
        raise ImportError(text if text.startswith(("tests/", "models/")) else f"{place}:1: {text}") from fault
    tests = {name: each for name, each in vars(loaded).items() if isinstance(each, Test | TestGenerator)}
    if not any(isinstance(each, Test) or any(True for _ in each.generate_tests()) for each in tests.values()):
        raise ImportError(f"{place}:1: {REMEDY}")
    return tests


def _order() -> dict[str, Any]:
    order: dict[str, Any] = json.loads(Path(ORDER).read_text(encoding="utf-8"))
    return order


if Path(ORDER).is_file():  # else somebody looks at this module outside a simulator
    flush_by_lines()
    try:
        globals().update(load(Path(_order()["root"]), _order()["module"]))
    except ImportError as raised:
        atomic.write_text(Path(FAULT), f"{raised}\n")
        raise
