"""The folder of one regression, `build/regress/<id>/`: its plan, what came of each run, and the partial report."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ulpwise.bench.project import Project
from ulpwise.run.record import Record, RunSpec
from ulpwise.run.report import junit
from ulpwise.system import atomic

LATEST = "latest"


class FolderError(ValueError):
    """A regression that is not there or cannot be read; the message is one line with the remedy."""


class Folder:
    """The files of one regression; every write is complete or not there.

    Args:
        project: Whose regression it is.
        name: Its id.
    """

    def __init__(self, project: Project, name: str) -> None:
        self.name = name
        self.path = project.build / "regress" / name

    @classmethod
    def latest(cls, project: Project) -> Folder:
        """Return the newest regression.

        Raises:
            FolderError: There is none.
        """
        try:
            name = (project.build / "regress" / LATEST).read_text().strip()
        except OSError:
            raise FolderError("no regression yet: run make regress LEVEL=smoke") from None
        return cls(project, name)

    @property
    def going(self) -> bool:
        """Whether a process works on it."""
        if not self.path.is_dir():
            return False
        try:
            with FileLock(self.path / "lock", timeout=0):
                return False
        except Timeout:
            return True
        except OSError:  # a folder that is only to be read
            return False

    def create(self, state: Mapping[str, Any]) -> None:
        """Make the folder and name it the latest."""
        (self.path / "runs").mkdir(parents=True, exist_ok=True)
        self.write_state(state)
        atomic.write_text(self.path.parent / LATEST, f"{self.name}\n")

    def state(self) -> dict[str, Any]:
        """Read `regression.json`.

        Raises:
            FolderError: It is missing or not whole.
        """
        path = self.path / "regression.json"
        try:
            state: dict[str, Any] = json.loads(path.read_text())
        except (OSError, ValueError) as fault:
            raise FolderError(f"{path} cannot be read ({fault}): run make regress LEVEL=smoke anew") from None
        return state

    def write_state(self, state: Mapping[str, Any]) -> None:
        """Write `regression.json`."""
        atomic.write_text(self.path / "regression.json", json.dumps(state, indent=1))

    def run(self, spec: RunSpec) -> Path:
        """Return the folder of a run."""
        return self.path / "runs" / spec.name

    def keep(self, record: Record, more: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
        """Write what came of a run; `record.json` comes last, so that a run with one is whole."""
        into = self.run(record.spec)
        into.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            last = Path(name).name  # a worker chose the name, and must not choose the place
            if last not in {"", ".."}:
                atomic.write_bytes(into / last, data)
        atomic.write_text(into / "record.json", json.dumps({**record.to_json(), **more}, indent=1))

    def extra(self, spec: RunSpec) -> dict[str, Any]:
        """Read all that the `record.json` of a finished run holds."""
        data: dict[str, Any] = json.loads((self.run(spec) / "record.json").read_text())
        return data

    def records(self) -> dict[str, tuple[Record, dict[str, Any]]]:
        """Read all finished runs, not those cut short: by name the record, and all that `record.json` holds."""
        found = {}
        for path in sorted(self.path.glob("runs/*/record.json")):
            result = path.with_name("result.json")
            loaded = load_whole(result.read_bytes() if result.exists() else b"")
            with suppress(ValueError, LookupError):
                data = json.loads(path.read_text())
                found[path.parent.name] = (Record.from_json(data, loaded), data)
        return found

    def write_junit(self, records: Iterable[Record], not_run: Iterable[RunSpec] = ()) -> None:
        """Write `junit.xml`, with what was planned and not run."""
        junit(records, self.path / "junit.xml", not_run)


def load_whole(data: bytes) -> dict[str, Any]:
    """Read a results file; empty when a simulator that died left half of it."""
    try:
        loaded = json.loads(data)
    except ValueError:
        return {}
    return loaded if isinstance(loaded, dict) else {}
