"""The runs of `make sim`: some at a time, shown as they go, and whatever happens, what has finished is kept."""

from __future__ import annotations

import os
import traceback
from concurrent.futures import Future, as_completed
from dataclasses import dataclass, field
from pathlib import Path

import typer
from rich.console import Console

from ulpwise.bench.project import Project
from ulpwise.history.rows import as_json
from ulpwise.run.execute import execute, folder_of
from ulpwise.run.live import Display
from ulpwise.run.progress import Durations
from ulpwise.run.record import Record, RunSpec
from ulpwise.run.report import junit
from ulpwise.system.fault import one_line
from ulpwise.system.interrupts import undisturbed
from ulpwise.system.jsonfile import Keep, nowhere
from ulpwise.system.pools import pool
from ulpwise.toolchain.tools import ToolError

_LOST = "not added to the history"


@dataclass
class Session:
    """Some runs of one project.

    Attributes:
        project: Where the benches are.
        specs: The runs, in the order of reports.
        keep: Gets one record a run.
        records: What has finished.
    """

    project: Project
    specs: list[RunSpec]
    keep: Keep = nowhere
    records: dict[RunSpec, Record] = field(default_factory=dict)

    def run(self, jobs: int) -> int:
        """Run everything, and keep `junit.xml`, the history and the records of all that finished.

        Args:
            jobs: Runs at a time.

        Returns:
            0 when all passed, 1 when one failed.

        Raises:
            ToolError: A tool is missing.
            KeyboardInterrupt: Somebody ended it.
        """
        self._report.unlink(missing_ok=True)  # of other runs: should this process be killed, none is better
        try:
            self._run_all(jobs)
        finally:
            with undisturbed():
                self._keep()
        return 0 if all(record.passed for record in self.records.values()) else 1

    @property
    def _left(self) -> list[RunSpec]:
        return [spec for spec in self.specs if spec not in self.records]

    @property
    def _report(self) -> Path:
        return self.project.build / "junit.xml"

    def _run_all(self, jobs: int) -> None:
        """Run, and show how it goes; a run that cannot be done is one that failed, and stops no other."""
        console = Console()
        display = Display(console, self.specs, _known(self.project) if console.is_terminal else None, jobs)

        def one(spec: RunSpec) -> Record:
            display.started(spec)
            return self._one(spec)

        def keep(future: Future[Record]) -> bool:
            record = future.result()
            new = record.spec not in self.records
            self.records[record.spec] = record
            return new

        runs: list[Future[Record]] = []
        try:
            with display, pool(jobs) as threads:
                # configurations grow from first to last: the longest runs begin first
                runs += [threads.submit(one, spec) for spec in reversed(self.specs)]
                for future in as_completed(runs):
                    keep(future)
                    display.finished(future.result())
        finally:
            with undisturbed():
                # what came to its end while this was being ended: kept before anything is shown, which may fail
                ended = [each for each in runs if each.done() and not each.cancelled() and each.exception() is None]
                for future in list(filter(keep, ended)):
                    display.finished(future.result())
                display.close(self._left)

    def _one(self, spec: RunSpec) -> Record:
        try:
            return execute(self.project, spec)
        except ToolError:  # concerns every run
            raise
        except Exception as fault:  # noqa: BLE001 (whatever it is, it is this run's)
            if os.environ.get("DEBUG") == "1":
                traceback.print_exc()
            reason = f"could not be run: {one_line(fault, self.project.root)}"
            return Record(spec, folder_of(self.project, spec), (reason,), replay=spec.make_line())

    def _keep(self) -> None:
        """Write down what has finished, and what has not."""
        finished = [self.records[spec] for spec in self.specs if spec in self.records]
        junit(finished, self._report, self._left)
        notes = _remember(self.project, finished)
        self.keep([as_json(record) for record in finished])
        for note in notes:  # last: printing may fail
            typer.echo(note, err=note.startswith(_LOST))


def _known(project: Project) -> Durations:
    """Return how long runs took before; nothing where no history can be read."""
    from ulpwise.history.database import History  # noqa: PLC0415 (slow to import)

    path = project.build / "history.sqlite"
    try:
        return History(path).durations() if path.exists() else {}
    except (OSError, ValueError):
        return {}


def _remember(project: Project, records: list[Record]) -> list[str]:
    """Add runs to the history, and tell which are flaky; a history that cannot be written fails no run."""
    from ulpwise.history.database import History  # noqa: PLC0415 (slow to import)
    from ulpwise.history.rows import flaky, row  # noqa: PLC0415 (slow to import)

    notes = []
    try:
        history = History(project.build / "history.sqlite")
        for record in records:
            kept = row(record, None, {"attempts": 1, "worker": ""})
            unsteady = flaky(history.same_runs(kept), kept)
            history.add_run({**kept, "flaky": unsteady})
            if unsteady:
                notes.append(f"{record.spec.name} is flaky: {unsteady}")
    except (OSError, ValueError) as fault:
        notes.append(f"{_LOST}: {fault}")
    return notes
