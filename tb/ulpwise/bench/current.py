"""The run in which a cocotb test that stands beside a bench is called."""

from __future__ import annotations

import json
from pathlib import Path

from ulpwise.bench.by_hand import ORDER
from ulpwise.bench.declare import Bench, Config
from ulpwise.bench.project import Project


def running() -> tuple[Bench, Config]:
    """Return the bench and the configuration of the run in which it is called, for a cocotb test.

    Raises:
        LookupError: No run of the framework's goes on here.
    """
    try:
        order = json.loads(Path(ORDER).read_text(encoding="utf-8"))
    except OSError:
        raise LookupError("running() is for cocotb tests that make sim runs: there is no run here") from None
    bench = Project(Path(order["root"])).bench(order["module"])
    return bench, bench.config(order["config"])
