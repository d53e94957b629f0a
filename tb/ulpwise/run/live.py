"""What a terminal shows while runs go on, and plain lines where there is no terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ulpwise.run.report import failure, waves

if TYPE_CHECKING:
    from types import TracebackType

    from ulpwise.run.record import Record, RunSpec

COLUMNS = ("module", "config", "sim", "mode", "verdict", "checked", "cycles", "coverage", "seconds")


class Display:
    """Shows finished runs as they come in; use it as a context manager.

    Args:
        console: Where to write.
        specs: The runs, in the order of the table.
    """

    def __init__(self, console: Console, specs: Sequence[RunSpec]) -> None:
        self.console = console
        self._order = {spec: index for index, spec in enumerate(specs)}
        self.records: list[Record] = []
        self._running: list[RunSpec] = []
        bar = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*bar, console=console)
        self._task = self._progress.add_task("", total=len(specs))
        self._live = Live(console=console, get_renderable=self._render, refresh_per_second=4, transient=True)

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.console.is_terminal:
            self._live.stop()
            self.console.print(self._table())

    def started(self, spec: RunSpec) -> None:
        """Note that a run has begun."""
        self._running.append(spec)

    def finished(self, record: Record) -> None:
        """Note that a run has ended; without a terminal, say so in one line."""
        self._running.remove(record.spec)
        self.records.append(record)
        self._progress.advance(self._task)
        if not self.console.is_terminal:
            self.console.print(line(record), markup=False, highlight=False, soft_wrap=True)

    def sorted(self) -> list[Record]:
        """Return what has finished, in the order of the runs."""
        return sorted(self.records, key=lambda record: self._order[record.spec])

    def close(self, not_run: Sequence[RunSpec] = ()) -> None:
        """Print the bench's own figures, the reports of failures, and what was not run."""
        for record in self.sorted():
            figures = record.result.get("figures", {})
            if figures:
                spec = record.spec
                self.console.print(f"{spec.module} {spec.config}, {spec.sim}, {spec.mode}:", markup=False)
                for name, value in figures.items():
                    self.console.print(f"  {name}: {value}", markup=False, highlight=False)
        for record in self.sorted():
            if record.passed and (text := waves(record)):
                self.console.print(f"{record.spec.name}: {text}", markup=False, highlight=False, soft_wrap=True)
        for same in _buckets(self.sorted()):
            self.console.print(failure(same[0]), markup=False, highlight=False, soft_wrap=True, style="red")
            if len(same) > 1:
                names = ", ".join(record.spec.name for record in same[1:])
                self.console.print(f"  and alike: {names}", markup=False, highlight=False, soft_wrap=True, style="red")
        for spec in not_run:
            self.console.print(f"not run: {spec.name}", markup=False, highlight=False, soft_wrap=True)
        failed = sum(not record.passed for record in self.records)
        checked = sum(record.transactions for record in self.records)
        passed = len(self.records) - failed
        left = f", {len(not_run)} not run" if not_run else ""
        text = f"{passed} passed, {failed} failed{left}; {checked:,} transactions checked"
        self.console.print(text, highlight=False, soft_wrap=True)

    def _render(self) -> Group:
        running = ", ".join(spec.name for spec in self._running)
        self._progress.update(self._task, description=escape(running[:60]))
        return Group(self._table(), self._progress)

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False)
        for column in COLUMNS:
            table.add_column(column, justify="right" if column in COLUMNS[5:] else "left", no_wrap=True)
        for record in self.sorted():
            cells = [escape(cell) for cell in _cells(record)]
            colour = "green" if record.passed else "bold red"
            cells[4] = f"[{colour}]{cells[4]}[/]"
            table.add_row(*cells)
        return table


def line(record: Record) -> str:
    """Print a finished run as one line of a log."""
    *names, verdict, checked, cycles, coverage, seconds = _cells(record)
    counts = f"{checked} checked, {cycles} cycles, coverage {coverage}, {seconds} s"
    return f"{verdict} {' '.join(names)}: {counts}"


def _buckets(records: list[Record]) -> list[list[Record]]:
    """Group failed runs whose reasons differ in numbers only, so that one fault fills one report."""
    found: dict[tuple[str, ...], list[Record]] = {}
    for record in records:
        if not record.passed:
            found.setdefault(tuple(re.sub(r"\d+", "#", reason) for reason in record.reasons), []).append(record)
    return list(found.values())


def _cells(record: Record) -> list[str]:
    """Print a record as the cells of a table row."""
    spec = record.spec
    summary = record.result.get("summary")
    coverage = f"{summary['percent']:.0f} %" if summary else "-"
    return [
        spec.module,
        spec.config,
        spec.sim,
        spec.mode,
        "pass" if record.passed else "FAIL",
        f"{record.transactions:,}",
        f"{record.cycles:,}",
        coverage,
        f"{record.seconds + record.build_seconds:.1f}",
    ]
