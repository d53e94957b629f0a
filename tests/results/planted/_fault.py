"""What a planted fault is, and how it is looked for."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.results.planted import _try
from tests.results.planted._try import FOUND, TRIED
from ulpwise.bench.project import Project
from ulpwise.run import trials
from ulpwise.run.record import MODES, RunSpec
from ulpwise.system import process
from ulpwise.toolchain.simulators import SIMULATORS

LIMIT = 2 * 3600.0  # seconds of all runs that look for a fault; each has a limit of its own


@dataclass(frozen=True)
class Fault:
    """A change of one core.

    Attributes:
        core: The module whose bench must find it.
        name: What is wrong.
        changes: Texts of the core and what stands there instead; each is there once.
        file: The module that is changed, when it is another than the core.
    """

    core: str
    name: str
    changes: tuple[tuple[str, str], ...]
    file: str = ""

    def text(self, root: Path) -> tuple[Path, str]:
        """Return the file that is changed, relative to the project, and its text.

        Raises:
            ValueError: A text that is to be replaced is not there, or more than once.
        """
        (path,) = root.glob(f"rtl/*/{self.file or self.core}.v")
        text = path.read_text(encoding="utf-8")
        for old, new in self.changes:
            if text.count(old) != 1:
                raise ValueError(f"{self.core}, {self.name}: {text.count(old)} times in {path.name}: {old!r}")
            text = text.replace(old, new)
        return path.relative_to(root), text


def found_by(root: Path, fault: Fault, work: Path) -> str:
    """Plant a fault in a copy of the cores, and run the bench until it fails.

    Runs are those of `make sim MODULE=` without further options, none left out: Icarus, which builds in no time, before
    Verilator, quick configurations before the others, each from small to large, bursts before beats.

    Args:
        root: Top of the project.
        fault: The fault.
        work: A folder for the copy; replaced, and removed when the fault is found.

    Returns:
        The run and its reason, or nothing when all passed; a wall-clock limit is no reason.

    Raises:
        RuntimeError: A run was none, such as one that the machine refused.
        KeyboardInterrupt: Somebody wants this process to end.
    """
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(root / "rtl", work / "rtl")
    for part in ("models", "tests"):
        (work / part).symlink_to(root / part)
    for runtime in filter(Path.is_dir, (root / "build" / "sim").glob("runtime-*")):  # of Verilator, compiled once
        (work / "build" / "sim").mkdir(parents=True, exist_ok=True)
        (work / "build" / "sim" / runtime.name).symlink_to(runtime)
    path, text = fault.text(root)
    (work / path).write_text(text, encoding="utf-8")
    said = _run(root, work, tries(Project(root), fault.core, guards_first="guard" in fault.name))
    if said:
        shutil.rmtree(work)
    return said


def tries(project: Project, module: str, *, guards_first: bool) -> list[RunSpec]:
    """List the runs that look for a fault, the cheapest first.

    Args:
        project: Where the core is.
        module: The core.
        guards_first: Whether the run that looks at guards is cheaper than all before it: it is what finds the fault.
    """
    bench = project.bench(module)
    order = [
        *filter(bench.quick.__contains__, bench.configs),
        *(name for name in bench.configs if name not in bench.quick),
    ]
    found: dict[str, list[RunSpec]] = {}
    for sim in bench.on(SIMULATORS):
        names = [name for name in order if (sim, name) != ("icarus", bench.headline)]  # the main job is big
        found[sim] = [RunSpec(module, name, sim, mode) for name in names for mode in MODES]
    guards = trials.runs(project, bench, bench.on(SIMULATORS)) if bench.guards else []
    early, late = found.get("icarus", []), found.get("verilator", [])
    return [*guards, *early, *late] if guards_first else [*early, *guards, *late]


def _run(root: Path, work: Path, specs: list[RunSpec]) -> str:
    """Run one after the other; return the first failure in one line, or nothing."""
    words = [json.dumps(spec.to_json()) for spec in specs]
    env = os.environ | {"PYTHONPATH": f"{root / 'tb'}{os.pathsep}{root}", "NO_COLOR": "1"}
    done = process.run([sys.executable, _try.__file__, *words], work, env, LIMIT)
    if done.status not in {0, FOUND}:
        raise RuntimeError(f"{work.name}: {(done.err or done.out).strip()[-300:] or f'status {done.status}'}")
    if not done.status:
        return ""
    record = json.loads((work / TRIED).read_text())
    return f"{record['module']} {record['config']}, {record['sim']}, {record['mode']}: {record['reasons'][0]}"
