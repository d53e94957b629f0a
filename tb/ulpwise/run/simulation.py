"""Runs one simulator process: its environment, its wall-clock limit, its end."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ulpwise.system import process
from ulpwise.system.cache import cache
from ulpwise.system.process import kill_all
from ulpwise.toolchain import tools

__all__ = ["LOG", "kill_all", "simulate"]

LOG = "sim.log"
PACKAGES = Path(__file__).parents[2]  # the folder that holds the framework


def simulate(command: Sequence[str], folder: Path, limit: float, environment: Mapping[str, str]) -> tuple[int, bool]:
    """Run a simulator in its folder, with what it prints in `sim.log`: beginning, end, and what reports errors between.

    Args:
        command: What to run.
        folder: Working directory, with the order of the run in `run.json`.
        limit: Wall-clock limit in seconds.
        environment: Variables that the simulator needs besides those of every run.

    Returns:
        Its exit status (negative for a signal), and whether the limit ended it.
    """
    done = process.run(command, folder, {**_environment(), **environment}, limit, folder / LOG)
    return done.status, done.timed_out


def _environment() -> dict[str, str]:
    """Tell cocotb what to run; nothing of the caller's cocotb settings gets through."""
    from cocotb_tools.config import pygpi_entry_point  # noqa: PLC0415 (slow to import, and needed here only)

    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COCOTB_", "GPI_", "PYGPI_"))}
    return kept | {
        "COCOTB_TEST_MODULES": "ulpwise.uvm.entry",
        "COCOTB_TOPLEVEL": "harness",
        "COCOTB_RANDOM_SEED": "1",  # stimuli come from the run's seed, by generators of their own
        "COCOTB_LOG_LEVEL": "WARNING",
        "COCOTB_RESULTS_FILE": "cocotb.xml",
        "TOPLEVEL_LANG": "verilog",
        "GPI_USERS": f"{tools.libpython().path};{pygpi_entry_point()}",
        "GPI_LOG_LEVEL": "ERROR",
        "PYGPI_PYTHON_BIN": sys.executable,
        "PYTHONPATH": os.pathsep.join([str(PACKAGES), *filter(None, sys.path)]),
        "PYTHONHASHSEED": "0",
        # every run starts a Python: it must not compile the framework anew, even where the caller keeps no bytecode
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(cache() / "pycache"),
        "COCOTB_REWRITE_ASSERTION_FILES": "",  # no asserts to rewrite in the simulator
        "OPENBLAS_NUM_THREADS": "1",  # runs share the cores already
    }
