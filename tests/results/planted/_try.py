"""Runs of a module, one after the other, until one fails: `python _try.py SPEC...` in a project.

Each SPEC is a RunSpec in JSON. All runs share one process, and the simulators that it has started.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ulpwise.bench.project import Project
from ulpwise.run.execute import attempt
from ulpwise.run.record import Record, RunSpec

FOUND = 3
"""The exit status when a run failed; a Python that dies of itself has another."""

TRIED = "tried.json"
"""The record of the last run, in the top of the project."""


def main(words: list[str]) -> int:
    """Run; return the exit status, 0 when all passed."""
    project = Project(Path.cwd())
    for word in words:
        record = attempt(project, RunSpec.from_json(json.loads(word)))
        Path(TRIED).write_text(json.dumps(record.to_json()))
        if fails(record):
            return FOUND
    return 0


def fails(record: Record) -> bool:
    """Tell whether a run found something; a limit of wall clock finds nothing."""
    return bool(record.reasons) and not any(reason.startswith("time-out") for reason in record.reasons)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
