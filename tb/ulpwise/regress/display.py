"""What a terminal shows of a regression, and plain lines where there is no terminal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from ulpwise.run.columns import Column, table
from ulpwise.run.live import line
from ulpwise.run.progress import Durations, Tally, meter
from ulpwise.run.report import failure

if TYPE_CHECKING:
    from types import TracebackType

    from ulpwise.run.record import Record, RunSpec

COLUMNS = (
    Column("module", least=8, right=False),
    Column("runs", spare=True),
    Column("passed"),
    Column("failed"),
    Column("checked", spare=True),
    Column("seconds"),
)


class Display:
    """Shows how a regression goes; use it as a context manager.

    Args:
        console: Where to write.
        specs: All runs.
        done: Those that an earlier part of a resumed regression has finished.
        known: How long such runs took before.
        jobs: Runs at a time; None when that is not known.
    """

    def __init__(
        self,
        console: Console,
        specs: Sequence[RunSpec],
        done: Collection[Record],
        known: Durations | None = None,
        jobs: int | None = None,
    ) -> None:
        self.console = console
        before = {record.spec for record in done}
        failed = sum(not record.passed for record in done)
        left = [spec for spec in specs if spec not in before]
        self.tally = Tally(left, known or {}, jobs, len(specs) - len(left), failed)
        self._live = Live(
            console=console,
            get_renderable=lambda: meter(self.tally, console),
            refresh_per_second=4,
            transient=True,
        )

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.console.is_terminal:
            self._live.stop()

    def finished(self, spec: RunSpec, record: Record | None, fault: str = "") -> None:
        """Note that a run has ended; say so in one line where there is no terminal, or where it did not pass.

        Args:
            spec: The run.
            record: What came of it; None when it could not be done.
            fault: Why it could not.
        """
        self.tally.finished(spec, record)
        if record is None:
            self._say(f"LOST {spec.name}: {fault}", "red")
        elif not record.passed or not self.console.is_terminal:
            self._say(line(record))

    def say(self, text: str) -> None:
        """Print a line that a person who waits must know."""
        self._say(text, "yellow")

    def close(self, state: Mapping[str, Any], records: Collection[Record]) -> None:
        """Print a row a module, a report a bucket of failures, and what else a person must know."""
        self.console.print(Group(*_table(self.console, records)), soft_wrap=True)
        by_name = {record.spec.name: record for record in records}
        for bucket in state["buckets"]:
            told = failure(by_name[bucket["first"]])
            self._say(told, "red")
            if bucket["waves"] and "\n  waves: " not in told:
                self._say(f"  waves: {by_name[bucket['first']].folder}/waves.fst (make wave opens it)", "red")
            if bucket["count"] > 1:
                rest = bucket["runs"][1:6]
                more = f" and {bucket['count'] - 6} more" if bucket["count"] > 6 else ""
                self._say(f"  and alike: {', '.join(rest)}{more}", "red")
        for note in state["notes"]:
            self._say(f"note: {note}", "yellow")
        for target in state["targets"]:
            self._say(f"coverage: {target['text']}", "red")
        failed = sum(not record.passed for record in records)
        left = len(state["plan"]) - len(records)
        counts = f"{len(records) - failed} passed, {failed} failed" + f", {left} not run" * bool(left)
        checked = sum(record.transactions for record in records)
        self._say(f"{state['id']}: {counts}; {checked:,} transactions checked")

    def _say(self, text: str, style: str | None = None) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True, style=style)


def _table(console: Console, records: Collection[Record]) -> list[Text]:
    """Lay out one row a module."""
    rows = []
    for module in sorted({record.spec.module for record in records}):
        of = [record for record in records if record.spec.module == module]
        failed = sum(not record.passed for record in of)
        checked = sum(record.transactions for record in of)
        seconds = sum(record.seconds + record.build_seconds for record in of)
        counts = (f"{len(of)}", f"{len(of) - failed}", f"{failed}", f"{checked:,}", f"{seconds:.1f}")
        rows.append([Text(cell) for cell in (module, *counts)])
        rows[-1][3].style = "bold red" if failed else ""
    return table(console, COLUMNS, rows)
