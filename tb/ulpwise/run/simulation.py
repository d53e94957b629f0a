"""Runs one simulator process: its environment, its wall-clock limit, its end."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path

from ulpwise.system import process
from ulpwise.system.cache import cache as cache_folder
from ulpwise.system.forkserver import AVAILABLE, ForkServer, Request, ServerError
from ulpwise.system.process import kill_all
from ulpwise.toolchain import tools
from ulpwise.toolchain.simulators import Launch

__all__ = ["LOG", "kill_all", "prepare", "simulate"]

LOG = "sim.log"
SWITCH = "ULPWISE_FORK"  # 0 starts every simulation by itself
PACKAGES = Path(__file__).parents[2]  # the folder that holds the framework
WARM = PACKAGES / "ulpwise" / "uvm" / "warm"
PATH = "PYTHONPATH"
EARLY = (
    *("PYTHON", "GPI_", "PYGPI_", "LD_", "LANG", "LC_", "TZ", "OPENBLAS_", "GOTO_", "OMP_", "MKL_", "NPY_", "NUMPY_"),
    *("MALLOC_", "GLIBC_", "ASAN_"),
)


_servers: dict[tuple[str, ...], ForkServer] = {}
_broken: set[tuple[str, ...]] = set()  # what did not serve
_lock = threading.Lock()


def simulate(launch: Launch, folder: Path, limit: float, environment: Mapping[str, str]) -> tuple[int, bool]:
    """Run a simulator in its folder, with what it prints in `sim.log`: beginning, end, and what reports errors between.

    Args:
        launch: What to run.
        folder: Working directory, with the order of the run in `run.json`.
        limit: Wall-clock limit in seconds.
        environment: Variables that the simulator needs besides those of every run.

    Returns:
        Its exit status (negative for a signal), and whether the limit ended it.
    """
    variables = {**_environment(), **environment}
    request = Request(str(launch.design), launch.arguments, str(folder), variables, limit, str(folder / LOG))
    server = _server(launch, variables)
    try:
        done = None if server is None else process.run_fork(server, request)
    except ServerError:
        done = None
        with _lock:
            _broken.add(_key(launch, variables))
        assert server is not None
        server.close()  # it may hang
    if done is None:
        done = process.run(launch.line, folder, variables, limit, folder / LOG)
    return done.status, done.timed_out


def prepare(launch: Launch, environment: Mapping[str, str]) -> None:
    """Start the server of such runs, if it is not there: it gets ready while something else is done.

    Args:
        launch: What is going to run; its design and its own arguments do not matter.
        environment: Variables that the simulator needs besides those of every run.
    """
    _server(launch, {**_environment(), **environment})


def _server(launch: Launch, variables: Mapping[str, str]) -> ForkServer | None:
    """Find or start the server that forks runs of this kind; None where each has to be started by itself."""
    if launch.server is None or not AVAILABLE or os.environ.get(SWITCH) == "0":
        return None
    key = _key(launch, variables)
    with _lock:
        if key in _broken:
            return None
        server = _servers.get(key)
        if server is None or not server.usable():
            path = os.pathsep.join([str(WARM), variables[PATH]])
            _servers[key] = server = ForkServer(launch.server, {**variables, PATH: path})
    return server


def _key(launch: Launch, variables: Mapping[str, str]) -> tuple[str, ...]:
    """Tell servers apart: by their command and by the variables that work in the start of a process only."""
    early = sorted(f"{name}={value}" for name, value in variables.items() if name.startswith(EARLY) and name != PATH)
    return (*(launch.server or ()), *early)


@cache
def _entry_point() -> str:
    """Return what `cocotb_tools.config.pygpi_entry_point` does, which imports all of cocotb and pytest for it."""
    package = find_spec("cocotb")
    found = PathFinder.find_spec("simulator", package.submodule_search_locations) if package else None
    if found is None or found.origin is None:
        raise ModuleNotFoundError("no module named 'cocotb.simulator'", name="cocotb.simulator")
    return f"{Path(found.origin).resolve()},initialize"


def _environment() -> dict[str, str]:
    """Tell cocotb what to run; nothing of the caller's cocotb settings gets through."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COCOTB_", "GPI_", "PYGPI_"))}
    return kept | {
        "COCOTB_TEST_MODULES": "ulpwise.uvm.entry",
        "COCOTB_TOPLEVEL": "harness",
        "COCOTB_RANDOM_SEED": "1",  # stimuli come from the run's seed, by generators of their own
        "COCOTB_LOG_LEVEL": "WARNING",
        "COCOTB_RESULTS_FILE": "cocotb.xml",
        "TOPLEVEL_LANG": "verilog",
        "GPI_USERS": f"{tools.libpython().path};{_entry_point()}",
        "GPI_LOG_LEVEL": "ERROR",
        "PYGPI_PYTHON_BIN": sys.executable,
        PATH: os.pathsep.join([str(PACKAGES), *filter(None, sys.path)]),
        "PYTHONHASHSEED": "0",
        # every run starts a Python: it must not compile the framework anew, even where the caller keeps no bytecode
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(cache_folder() / "pycache"),
        "COCOTB_REWRITE_ASSERTION_FILES": "",  # no asserts to rewrite in the simulator
        "OPENBLAS_NUM_THREADS": "1",  # runs share the cores already
    }
