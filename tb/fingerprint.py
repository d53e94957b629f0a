"""Hash of everything that decides what a run finds, but for the simulator."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tb import harness
from tb.bench import Bench, Config
from tb.project import Project
from tb.sources import closure

HERE = Path(__file__).parent


def fingerprint(project: Project, bench: Bench, config: Config, mode: str, order: Mapping[str, Any]) -> str:
    """Hash the sources, the bench, the models, the framework, and the order of the run.

    Args:
        project: Where the files are.
        bench: The bench.
        config: Its configuration.
        mode: beat or burst.
        order: Seed, volume and vectors of the run.

    Returns:
        16 hexadecimal digits.
    """
    files = [
        *closure(bench.top, project.root),
        *harness.TRANSACTORS,
        *sorted((project.root / "models").rglob("*.py")),
        *sorted(path for path in (project.root / "tests" / "data").glob("*.*") if path.is_file()),
        *sorted(HERE.rglob("*.py")),
        project.bench_files()[bench.top],
        *sorted(project.bench_files()[bench.top].parent.glob("_*.py")),  # what benches of a family share
    ]
    digest = hashlib.sha256(harness.render(bench, config, waves=False).encode())
    digest.update(json.dumps([mode, order["seed"], order["n"]]).encode())
    if order["vectors"]:
        files.append(Path(order["vectors"]))
    for path in files:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
