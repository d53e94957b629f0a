"""Python imports a module of this name as it starts: in a fork server, that is where a simulator waits for its runs.

Its folder holds nothing else, and is on the path of fork servers only.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

from ulpwise.system import forkserver


def wait() -> None:
    """Load what every run needs, and wait; returns in each run."""
    for name in ("cocotb.regression", "pyuvm", "numpy", "ulpwise.uvm.entry", "ulpwise.bench.project"):
        importlib.import_module(name)
    forkserver.serve()
    # as in each process that starts by itself; Python's own are seeded by cocotb
    sys.modules["numpy"].random.seed()


def hand_over() -> None:
    """Let the module of this name that would have been imported without us do its part."""
    own = sys.modules.pop(__name__)
    sys.path[:] = [name for name in sys.path if Path(name) != Path(__file__).parent]
    importlib.invalidate_caches()
    try:
        importlib.import_module(__name__)
    except ModuleNotFoundError:
        sys.modules[__name__] = own


if forkserver.CONTROL in os.environ:
    wait()
    hand_over()
