"""Regressions for tests of what is done with their coverage: real runs, laid out as a regression leaves them."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ulpwise.coverage.pack import pack_code
from ulpwise.coverage.sampler import Coverage, CoverGroup
from ulpwise.data.formats import Batch
from ulpwise.run.record import Record

STARTED = "2026-01-31T12:00:00.000+00:00"


def lay_out(build: Path, name: str, records: Iterable[Record], level: str = "full") -> Path:
    """Write the folder of a regression.

    Args:
        build: The project's folder of generated files.
        name: Id of the regression.
        records: What was run.
        level: What the regression says it is.

    Returns:
        The folder, which is the latest regression then.
    """
    folder = build / "regress" / name
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "runs").mkdir(parents=True)
    plan = [add(folder, record) for record in records]
    state = {"id": name, "level": level, "started": STARTED, "finished": STARTED, "status": "passed", "plan": plan}
    (folder / "regression.json").write_text(json.dumps(state))
    (folder.parent / "latest").write_text(f"{name}\n")
    return folder


def add(folder: Path, record: Record) -> str:
    """Add a run to the folder of a regression, and return its name."""
    into = folder / "runs" / record.spec.name
    into.mkdir()
    (into / "result.json").write_text(json.dumps(record.result))
    if (record.folder / "coverage.dat").exists():
        pack_code(record.folder / "coverage.dat", into / "code.json.gz")
    extra = {"attempts": 1, "worker": "here", "bucket": "", "flaky": "", "finished": STARTED}
    (into / "record.json").write_text(json.dumps({**record.to_json(), **extra}))
    return into.name


def row(name: str, level: str = "full", **options: Any) -> dict[str, Any]:
    """Return what the history is told when a regression begins."""
    known = {"id": name, "level": level, "commit": "c", "dirty": False, "tree": "t", "tools": {}, "planned": 1}
    return {**known, "options": options}


def record(groups: Iterable[CoverGroup], *batches: Batch) -> dict[str, Any]:
    """Sample batches, and return the record."""
    coverage = Coverage(list(groups))
    for batch in batches:
        coverage.sample(batch)
    return coverage.to_json()


def made_up(
    folder: Path,
    module: str,
    config: str,
    seed: int = 1,
    functional: dict[str, Any] | None = None,
    code: Iterable[tuple] = (),
    seconds: float = 1.0,
) -> str:
    """Add a run that never was to the folder of a regression, and return its name."""
    name = f"{module}-{config}-verilator-burst-{seed}"
    into = folder / "runs" / name
    into.mkdir(parents=True)
    spec = {"module": module, "config": config, "sim": "verilator", "mode": "burst", "seed": seed, "n": None}
    (into / "record.json").write_text(json.dumps({**spec, "seconds": seconds, "verdict": "pass"}))
    if functional is not None:
        (into / "result.json").write_text(json.dumps({"coverage": functional}))
    rows = [list(row) for row in code]
    if rows:
        (into / "code.json.gz").write_bytes(gzip.compress(json.dumps({"points": rows}).encode()))
    return name
