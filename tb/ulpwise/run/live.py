"""What a terminal shows while runs go on, and plain lines where there is no terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from ulpwise.run.columns import Column, table
from ulpwise.run.progress import Durations, Tally, meter
from ulpwise.run.report import assertions, failure, waves

if TYPE_CHECKING:
    from types import TracebackType

    from ulpwise.run.record import Record, RunSpec

COLUMNS = (
    Column("module", least=8, right=False),
    Column("config", least=4, right=False),
    Column("sim", least=4, right=False),
    Column("mode", least=4, right=False),
    Column("verdict", right=False),
    Column("checked", spare=True),
    Column("coverage", spare=True),
    Column("cycles", spare=True),
    Column("seconds"),
)


class Display:
    """Shows finished runs as they come in; use it as a context manager.

    Args:
        console: Where to write.
        specs: The runs, in the order of the table.
        known: How long such runs took before.
        jobs: Runs at a time.
    """

    def __init__(
        self, console: Console, specs: Sequence[RunSpec], known: Durations | None = None, jobs: int | None = None
    ) -> None:
        self.console = console
        self._order = {spec: index for index, spec in enumerate(specs)}
        self.records: list[Record] = []
        self.tally = Tally(specs, known or {}, jobs)
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
            self.console.print(Group(*self._table(self.sorted())), soft_wrap=True)

    def started(self, spec: RunSpec) -> None:
        """Note that a run has begun."""
        self.tally.started(spec)

    def finished(self, record: Record) -> None:
        """Note that a run has ended; without a terminal, say so in one line."""
        self.records.append(record)
        self.tally.finished(record.spec, record)
        if not self.console.is_terminal:
            self.console.print(line(record), markup=False, highlight=False, soft_wrap=True)

    def sorted(self) -> list[Record]:
        """Return what has finished, in the order of the runs."""
        return sorted(self.records, key=lambda record: self._order[record.spec])

    def close(self, not_run: Sequence[RunSpec] = ()) -> None:
        """Print the bench's own figures, counts of assertions, the reports of failures, and what was not run."""
        for record in self.sorted():
            figures = record.result.get("figures", {})
            exercised = assertions(record)
            if figures or exercised:
                spec = record.spec
                self.console.print(f"{spec.module} {spec.config}, {spec.sim}, {spec.mode}:", markup=False)
                for name, value in figures.items():
                    self.console.print(f"  {name}: {value}", markup=False, highlight=False)
                for text in exercised:
                    self.console.print(f"  {text}", markup=False, highlight=False, soft_wrap=True)
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
        """Return the rows that fit, the newest when not all do, and how far it is."""
        rows = max(1, self.console.height - 3)
        shown = self.sorted() if len(self.records) <= rows else self.records[-rows:]
        return Group(*self._table(shown), meter(self.tally, self.console))

    def _table(self, records: Sequence[Record]) -> list[Text]:
        rows = [[Text(cell) for cell in _cells(record)] for record in records]
        for row, record in zip(rows, records, strict=True):
            row[4].style = "green" if record.passed else "bold red"
        return table(self.console, COLUMNS, rows)


def line(record: Record) -> str:
    """Print a finished run as one line of a log."""
    *names, verdict, checked, coverage, cycles, seconds = _cells(record)
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
        coverage,
        f"{record.cycles:,}",
        f"{record.seconds + record.build_seconds:.1f}",
    ]
