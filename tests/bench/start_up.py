"""Times the whole command `make sim`, and splits what a run needs before it simulates."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

IMPORT = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\w+)")


@dataclass(frozen=True)
class Command:
    """One `make sim`.

    Attributes:
        wall: Wall-clock seconds.
        cpu: Processor seconds of it and all that it started.
        runs: Seconds of each run's simulator process, by mode.
    """

    wall: float
    cpu: float
    runs: dict[str, list[float]]


def make_sim(root: Path, module: str, sim: str) -> Command:
    """Run `make sim MODULE=... SIM=...` for all configurations and both modes.

    Raises:
        RuntimeError: A run failed.
    """
    path = root / "build" / "bench" / "records.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    line = ["make", "--no-print-directory", "sim", f"MODULE={module}", f"SIM={sim}", f"JSON={path}"]
    done = subprocess.run(line, cwd=root, check=False, capture_output=True, text=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{' '.join(line)} failed: {(done.stdout + done.stderr)[-400:]}")
    runs: dict[str, list[float]] = {}
    for record in json.loads(path.read_text()):
        runs.setdefault(record["mode"], []).append(record["seconds"])
    return Command(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, runs)


def imports(root: Path, modules: Iterable[str], top: int = 5) -> tuple[float, str]:
    """Import modules in a new Python and tell where the time goes.

    Args:
        root: Working directory.
        modules: What to import.
        top: How many packages to name.

    Returns:
        Seconds of all imports, and the packages that took the most, as text.
    """
    line = [sys.executable, "-X", "importtime", "-c", "".join(f"import {name}\n" for name in modules)]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    said = subprocess.run(line, cwd=root, env=environment, check=True, capture_output=True, text=True).stderr
    spent: Counter[str] = Counter()
    for microseconds, package in IMPORT.findall(said):
        spent[package.lstrip("_")] += int(microseconds)
    named = ", ".join(f"{package} {value / 1e6:.2f}" for package, value in spent.most_common(top))
    return spent.total() / 1e6, f"{named} s"
