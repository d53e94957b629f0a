"""The runs of a regression, as its folder keeps them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ulpwise.coverage.pack import unpack_code

if TYPE_CHECKING:
    from pathlib import Path

    from ulpwise.bench.project import Project
    from ulpwise.coverage.pack import Row
    from ulpwise.coverage.sampler import Record


class RegressionError(ValueError):
    """There is no such regression, or it cannot be read; the message is one line with the remedy."""


@dataclass(frozen=True)
class RunData:
    """What one run left.

    Attributes:
        name: module-config-sim-mode-seed.
        folder: Its files.
        module: Name of the core.
        config: Name of the configuration.
        sim: The simulator.
        mode: beat or burst.
        seed: Of its stimuli.
        n: Transactions of each random sequence; None for the bench's own choice.
        seconds: Wall-clock time of the simulation.
        passed: Whether it passed.
    """

    name: str
    folder: Path
    module: str
    config: str
    sim: str
    mode: str
    seed: int
    n: int | None
    seconds: float
    passed: bool = True

    def functional(self) -> Record | None:
        """Read its functional coverage; None when the run left none, or failed and left half a file."""
        path = self.folder / "result.json"
        if not path.is_file():
            return None
        try:
            record: Record | None = _load(path).get("coverage")
        except RegressionError:
            if self.passed:
                raise
            return None
        return record or None

    def code(self) -> list[Row]:
        """Read its code coverage; empty when none was counted."""
        path = self.folder / "code.json.gz"
        return unpack_code(path) if path.is_file() else []


def find(project: Project, name: str | None) -> Path:
    """Return the folder of a regression.

    Args:
        project: Whose.
        name: Its id; the latest when it is None.

    Raises:
        RegressionError: There is none.
    """
    base = project.build / "regress"
    if name is None:
        try:
            name = (base / "latest").read_text().strip()
        except OSError:
            raise RegressionError("no regression yet: run make regress") from None
    folder = base / name
    if not name or not (folder / "runs").is_dir():
        raise RegressionError(f"{folder} holds no regression: run make regress")
    return folder


def runs(folder: Path) -> list[RunData]:
    """List the runs of a regression that have come to an end, by name.

    Raises:
        RegressionError: A record cannot be read.
    """
    return [_run(path) for path in sorted((folder / "runs").glob("*/record.json"))]


def _run(path: Path) -> RunData:
    record = _load(path)
    try:
        values = {name: record[name] for name in ("module", "config", "sim", "mode", "seed", "n", "seconds")}
        return RunData(path.parent.name, path.parent, **values, passed=record["verdict"] == "pass")
    except KeyError as fault:
        raise RegressionError(f"{path}: no record of a run: {fault} is missing; repeat the regression") from None


def _load(path: Path) -> dict[str, Any]:
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise RegressionError(f"{path} cannot be read ({fault}): repeat the regression") from None
    if not isinstance(loaded, dict):
        raise RegressionError(f"{path} holds no JSON object: repeat the regression")
    return loaded
