"""The one cocotb test: runs the bench that the file `run.json` in the working directory names."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import cocotb
import numpy as np
from pyuvm import uvm_root

from ulpwise.bench.by_hand import ORDER
from ulpwise.bench.callbacks import shielded
from ulpwise.bench.project import Project
from ulpwise.coverage.sampler import Coverage
from ulpwise.data import vectors
from ulpwise.system import atomic
from ulpwise.system.fault import UserFault
from ulpwise.uvm.context import Context, Observed
from ulpwise.uvm.env import RunTest, share
from ulpwise.uvm.lines import flush_by_lines
from ulpwise.uvm.scoreboard import COUNTS

RESULT = "result.json"
FAILING = "failing.npz"
OUTPUTS = "outputs.npz"


@cocotb.test()
async def run(dut: Any) -> None:  # noqa: ANN401 (cocotb's handle has whatever the design has)
    """Run, and leave `result.json` behind as the very last thing: a run without one has failed."""
    flush_by_lines()
    spec = _order()
    project = Project(Path(spec["root"]))
    bench = shielded(project.bench(spec["module"]), project.root)
    config = bench.config(spec["config"])
    try:
        interface = bench.interface(config)
        Coverage(bench.cover(config))
    except UserFault as raised:
        nothing = Coverage(())
        _write(dict.fromkeys(COUNTS, 0), Observed(), str(raised), nothing)
        return
    context = Context(dut, bench, config, interface, spec["mode"], spec["seed"], spec["n"], root=project.root)
    if spec["vectors"]:
        context.vectors = vectors.load(Path(spec["vectors"]), interface.input_fields)
    root = uvm_root()
    root.clear_singletons(set())
    share(context)
    await root.run_test(RunTest, keep_singletons=True)
    env = uvm_root().uvm_test_top.env
    _leave(context, env, keep_outputs=spec["keep_outputs"])


def _order() -> dict[str, Any]:
    order: dict[str, Any] = json.loads(Path(ORDER).read_text())
    return order


def _leave(context: Context, env: Any, *, keep_outputs: bool) -> None:  # noqa: ANN401
    """Write what the run found."""
    board = env.scoreboard
    if keep_outputs and board.outputs:
        names = context.interface.output_fields
        vectors.save(Path(OUTPUTS), {name: np.concatenate([part[name] for part in board.outputs]) for name in names})
    if board.failing is not None:
        vectors.save(Path(FAILING), board.failing)
    rest = {"digest": board.digest, "first": board.first, "figures": board.figures}
    _write(board.tally, context.observed, context.raised, env.collector.coverage, **rest)


def _write(
    tally: Mapping[str, int],
    observed: Observed,
    raised: str,
    coverage: Coverage,
    *,
    digest: str = "",
    first: dict[str, Any] | None = None,
    figures: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Write `result.json`; nothing in it depends on time or place, so equal runs leave equal bytes."""
    result = {
        **tally,
        **dataclasses.asdict(observed),
        "raised": raised,
        "digest": digest,
        "first": first,
        "figures": dict(figures),
        "coverage": coverage.to_json(),
        "summary": coverage.summary(),
    }
    atomic.write_text(Path(RESULT), json.dumps(result, indent=1))
