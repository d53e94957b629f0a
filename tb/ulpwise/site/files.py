"""Reads what a regression left in its folder; whatever is missing or cut off is empty, and noted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ulpwise.history.database import History
from ulpwise.site._text import plain
from ulpwise.site.model import Run, run_name

KEPT = (
    ("log", "sim.log"),
    ("waves", "waves.fst"),
    ("signals for GTKWave", "waves.gtkw"),
    ("signals for Surfer", "waves.sucl"),
    ("failing stimuli", "failing.npz"),
    ("smallest failing batch", "shrunk.npz"),
    ("result", "result.json"),
)
_TAIL = 4000  # characters of a failure's log
_COLUMNS: Mapping[str, Any] = {
    "module": "?", "config": "?", "sim": "?", "mode": "?", "seed": 0, "n": None, "coverage": 0, "finished": "",
    "verdict": "fail", "reasons": [], "bucket": "", "transactions": 0, "cycles": 0, "seconds": 0.0,
    "build_seconds": 0.0, "bins": 0, "hit": 0, "fingerprint": "", "digest": "", "attempts": 1, "worker": "",
    "replay": "", "flaky": "",
}  # fmt: skip


class Folder:
    """The folder of one regression.

    Attributes:
        path: Where it is.
        notes: What could not be read, one line each.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notes: list[str] = []

    def info(self, row: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return regression.json, or in its place what the history knows.

        Args:
            row: The history's row of the regression.
        """
        return {**(row or {}), "id": self.path.name, **self._json(self.path / "regression.json", needed=True)}

    def coverage(self) -> dict[str, dict[str, Any]]:
        """Return the merged coverage by module."""
        found = {}
        for path in sorted(self.path.glob("coverage/*.json")):
            body = self._json(path, needed=True)
            if body:
                found[str(body.get("module", path.stem))] = body
        return found

    def runs(self, history: History | None) -> list[Run]:
        """Return the finished runs in the order in which they ended; of several by one name the last.

        Args:
            history: Asked first; without it, or when it knows none, the run folders are read.
        """
        rows = history.runs(self.path.name) if history else []
        known = {run_name(row): row for row in rows or self._records()}
        return [self._run(name, {**_COLUMNS, **row}) for name, row in known.items()]

    def _records(self) -> Iterator[dict[str, Any]]:
        for path in sorted(self.path.glob("runs/*/record.json")):
            record = self._json(path, needed=True)
            summary = record.get("coverage_summary") or {}
            if record:
                yield {**record, **{key: summary.get(key, 0) for key in ("bins", "hit")}}

    def _run(self, name: str, row: dict[str, Any]) -> Run:
        """Read what is shown of a failed run only."""
        row = {
            key: _COLUMNS[key] if value is None and key != "n" else value
            for key, value in row.items()
            if key in _COLUMNS
        }
        if row["verdict"] == "pass":
            return Run(row)
        folder = self.path / "runs" / name
        record, result = self._json(folder / "record.json"), self._json(folder / "result.json")
        files = tuple((what, folder / file) for what, file in KEPT if (folder / file).is_file())
        row["replay"] = row["replay"] or record.get("replay", "")
        return Run(
            row, result.get("first"), record.get("shrunk"), record.get("depends", ""), _tail(folder / "sim.log"), files
        )

    def _json(self, path: Path, *, needed: bool = False) -> dict[str, Any]:
        """Return the object in a file; an empty one when it is missing or malformed."""
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except OSError as fault:
            if needed:
                self.notes.append(f"{self._short(path)} cannot be read: {fault.strerror}")
            return {}
        except ValueError:
            self.notes.append(f"{self._short(path)} is not whole: it was left out")
            return {}
        return found if isinstance(found, dict) else {}

    def _short(self, path: Path) -> str:
        return path.relative_to(self.path).as_posix()


def _tail(path: Path) -> str:
    """Return the end of a log."""
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(max(0, size - _TAIL))
            text = plain(stream.read().decode("utf-8", "replace"))
    except OSError:
        return ""
    return text if size <= _TAIL else "…" + text.partition("\n")[2]
