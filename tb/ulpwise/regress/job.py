"""One job in a process of its own, in a tree of sources: `python -m ulpwise.regress.job FOLDER`.

Without a folder, and with the variable of `forkserver`, it is forked for each job of a worker, and what it has loaded
and started serves them all.

The folder holds `order.json` (see `ulpwise.regress.remote.perform`); this leaves `answer.json` there, and files in
`out/`.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from ulpwise.bench.project import Project
from ulpwise.coverage.codecov import CodecovError
from ulpwise.run import simulation
from ulpwise.run.build import build
from ulpwise.run.execute import attempt, execute
from ulpwise.run.record import Record, RunSpec
from ulpwise.system import forkserver
from ulpwise.toolchain.simulators import SIMULATORS, BuildError
from ulpwise.toolchain.tools import ToolError

KEPT = ("result.json",)
OF_FAILURES = ("sim.log", "failing.npz", "shrunk.npz", "waves.fst", "waves.gtkw", "waves.sucl")


def main(folder: Path) -> None:
    """Do what the order says."""
    order = json.loads((folder / "order.json").read_text())
    project = Project(Path.cwd())
    spec = RunSpec.from_json(order["spec"])
    out = folder / "out"
    out.mkdir()
    answer = _build(project, spec) if order["what"] == "build" else _run(project, spec, order, out)
    (folder / "answer.json").write_text(json.dumps(answer))


def _build(project: Project, spec: RunSpec) -> dict[str, Any]:
    """Build, and say where; a refusal of the sources is an answer too."""
    bench = project.bench(spec.module)
    try:
        built = build(project, bench, bench.config(spec.config), spec.sim, spec.flavour, spec.mode)
    except BuildError as fault:
        return {"folder": "", "seconds": 0.0, "fresh": True, "error": f"build failed: {fault}"}
    return {"folder": built.folder.name, "seconds": built.seconds, "fresh": built.fresh, "error": ""}


def _run(project: Project, spec: RunSpec, order: dict[str, Any], out: Path) -> dict[str, Any]:
    """Run; a rerun of a failure dumps waves and finds the smallest batch that still fails."""
    refused = next((part["error"] for part in order["built"] if part["error"]), "")
    if refused:
        return {"record": Record(spec, Path(), reasons=(refused,), replay=spec.make_line()).to_json()}
    rerun = order["what"] == "rerun"
    record = execute(project, replace(spec, waves=True)) if rerun else attempt(project, spec)
    for name in (*KEPT, *(() if record.passed else OF_FAILURES)):
        if (record.folder / name).exists():
            shutil.copy(record.folder / name, out / name)
    if (record.folder / "coverage.dat").exists():
        from ulpwise.coverage.pack import pack_code  # noqa: PLC0415 (few runs need it)

        with suppress(CodecovError):  # cut off by the death of the simulator, which is the verdict already
            pack_code(record.folder / "coverage.dat", out / "code.json.gz")
    seconds = sum(part["seconds"] for part in order["built"] if part["fresh"])
    shutil.rmtree(record.folder, ignore_errors=True)  # a regression has many
    return {"record": replace(record, build_seconds=max(record.build_seconds, seconds)).to_json()}


def _warm() -> None:
    """Start the servers of simulations, which jobs share; Verilator's can start when the first build has made it."""
    for simulator in SIMULATORS.values():
        with suppress(ToolError):  # whoever needs it will say so
            launch = simulator.early(Path.cwd() / "build" / "sim")
            if launch is not None:
                simulation.prepare(launch, simulator.environment())


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        forkserver.serve(_warm)
        main(Path(os.environ.pop(forkserver.ARGUMENTS)))
