# SPDX-License-Identifier: Apache-2.0
"""Runs the bench of a core on its mutants: a project of its own, whose core is the netlist, one build, many runs."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ulpwise.bench.project import Project
from ulpwise.mutate.netlist import SELECT, Mutant, MutateError
from ulpwise.run.execute import attempt
from ulpwise.run.record import Record, RunSpec
from ulpwise.system.pools import pool

Finished = Callable[[], None]

_PATIENCE = 5.0  # a mutant may take so many times what the core itself takes,
_LEAST = 20.0  # and at least so many seconds: others use the machine too


def lay_out(project: Project, folder: Path, family: str) -> Project:
    """Lay out the project in which the core is its netlist; bench, models and data are those of the project.

    Args:
        project: Where the core and its bench are.
        folder: Top of the new project; what is there goes away.
        family: Family of the core.

    Returns:
        The new project; its core is to be written to `rtl/<family>/`.
    """
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "rtl" / family).mkdir(parents=True)
    (folder / "build").mkdir()
    root = project.root.resolve()
    (root / "build" / "sim").mkdir(parents=True, exist_ok=True)
    (folder / "build" / "sim").symlink_to(root / "build" / "sim")  # where the simulator's runtime is compiled already
    for name in ("tests", "models"):
        if (root / name).is_dir():
            (folder / name).symlink_to(root / name)
    return Project(folder, netlist=True)


def baseline(scratch: Project, spec: RunSpec) -> Record:
    """Run the bench on the netlist without any fault.

    Args:
        scratch: The project of the netlist.
        spec: The run.

    Returns:
        The record of a run that passed.

    Raises:
        MutateError: It did not: what the bench says of mutants would mean nothing.
    """
    record = attempt(scratch, spec)
    if not record.passed:
        raise MutateError(
            f"{spec.module} {spec.config}: the netlist without a fault does not pass: {record.reasons[0]}"
        )
    return record


def run(scratch: Project, base: Record, mutants: Sequence[Mutant], jobs: int, finished: Finished) -> dict[int, str]:
    """Run the bench on each mutant.

    Args:
        scratch: The project of the netlist.
        base: The run without a fault, which says what to run and how long it takes.
        mutants: The mutants.
        jobs: Runs at a time.
        finished: Called as each run ends.

    Returns:
        By mutant's number the first rule that its run broke; empty for a run that passed.
    """
    spec = replace(base.spec, limit=max(_LEAST, _PATIENCE * base.seconds))

    def one(mutant: Mutant) -> str:
        kind = f"mutants/{mutant.number}"
        record = attempt(scratch, spec, kind, [f"+{SELECT}={mutant.number}"])
        shutil.rmtree(scratch.build / kind, ignore_errors=True)  # a few hundred runs fill a disk
        finished()
        # reason without its details, so that the same rule has the same name
        return re.sub(r"\d+", "n", record.reasons[0].split(":")[0]) if record.reasons else ""

    with pool(jobs) as threads:
        verdicts = list(threads.map(one, mutants))
    return {mutant.number: verdict for mutant, verdict in zip(mutants, verdicts, strict=True)}
