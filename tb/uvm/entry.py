"""The one cocotb test: runs the bench that the file `run.json` in the working directory names."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import cocotb
import numpy as np
from pyuvm import uvm_root

from tb import atomic, vectors
from tb.project import Project
from tb.uvm.context import Context
from tb.uvm.env import RunTest, share

SPEC = "run.json"
RESULT = "result.json"
FAILING = "failing.npz"
OUTPUTS = "outputs.npz"


@cocotb.test()
async def run(dut: Any) -> None:  # noqa: ANN401 (cocotb's handle has whatever the design has)
    """Run, and leave `result.json` behind as the very last thing: a run without one has failed."""
    spec = _order()
    project = Project(Path(spec["root"]))
    bench = project.bench(spec["module"])
    config = bench.config(spec["config"])
    interface = bench.interface(config)
    context = Context(dut, bench, config, interface, spec["mode"], spec["seed"], spec["n"])
    if spec["vectors"]:
        context.vectors = vectors.load(Path(spec["vectors"]), interface.input_fields)
    root = uvm_root()
    root.clear_singletons(set())
    share(context)
    await root.run_test(RunTest, keep_singletons=True)
    env = uvm_root().uvm_test_top.env
    _leave(context, env, keep_outputs=spec["keep_outputs"])


def _order() -> dict[str, Any]:
    order: dict[str, Any] = json.loads(Path(SPEC).read_text())
    return order


def _leave(context: Context, env: Any, *, keep_outputs: bool) -> None:  # noqa: ANN401
    """Write what the run found; nothing in it depends on time or place, so equal runs leave equal bytes."""
    board = env.scoreboard
    if keep_outputs:
        names = context.interface.output_fields
        vectors.save(Path(OUTPUTS), {name: np.concatenate([part[name] for part in board.outputs]) for name in names})
    if board.failing is not None:
        vectors.save(Path(FAILING), board.failing)
    result = {
        **board.tally,
        **dataclasses.asdict(context.observed),
        "digest": board.digest,
        "first": board.first,
        "figures": board.figures,
        "coverage": env.collector.coverage.to_json(),
        "summary": env.collector.coverage.summary(),
    }
    atomic.write_text(Path(RESULT), json.dumps(result, indent=1))
