"""How far some runs are: how many of how many, how many failed, about how long it still takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, TypeAlias

from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ulpwise.run.columns import cut, mark

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from ulpwise.run.record import Record, RunSpec

Durations: TypeAlias = Mapping[tuple[str, str, str, str], float]
"""Seconds that the last run of a module, configuration, simulator and mode took, its build included."""

BAR = 20  # columns


class Tally:
    """Counts runs, and estimates when the last one ends.

    Args:
        specs: What is to be run; what is finished already is not among them.
        known: How long such runs took before.
        jobs: Runs at a time; None when that is not known.
        done: Runs that are finished already.
        failed: Those of them that failed.
        clock: Tells the time in seconds.
    """

    def __init__(
        self,
        specs: Collection[RunSpec],
        known: Durations,
        jobs: int | None,
        done: int = 0,
        failed: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total, self.done, self.failed = len(specs) + done, done, failed
        self._left = dict.fromkeys(specs)
        self._known = {spec: known.get((spec.module, spec.config, spec.sim, spec.mode)) for spec in specs}
        self._jobs = jobs
        self._clock = clock
        self._begun = clock()
        self._running: dict[RunSpec, float] = {}
        self._took: list[float] = []
        self._work = 0.0

    @property
    def running(self) -> list[RunSpec]:
        """What goes on, the run first that began first."""
        return list(self._running)

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return self._clock() - self._begun

    def started(self, spec: RunSpec) -> None:
        """Note that a run has begun."""
        self._running[spec] = self._clock()

    def finished(self, spec: RunSpec, record: Record | None) -> None:
        """Note that a run has ended; one without a record could not be done."""
        self._running.pop(spec, None)
        self._left.pop(spec, None)
        self.done += 1
        if record is not None:
            self.failed += not record.passed
            self._took.append(record.seconds + record.build_seconds)
            self._work += self._known.get(spec) or self._took[-1]

    def left(self) -> float | None:
        """Estimate the seconds until the last run ends; None when nothing is known to estimate it from."""
        before = [seconds for seconds in self._known.values() if seconds is not None]
        usual = self._took or before
        if not usual:
            return None
        mean, now = sum(usual) / len(usual), self._clock()
        rest = []
        for spec in list(self._left):
            known = self._known[spec]
            seconds = mean if known is None else known
            rest.append(max(0.0, seconds - (now - self._running.get(spec, now))))
        if not rest:
            return 0.0
        if self._jobs is not None:
            return max(sum(rest) / min(self._jobs, len(rest)), *rest)
        return sum(rest) * self.elapsed / self._work if self._work else None

    def text(self, width: int) -> str:
        """Say it in one line that is no wider, in as many words as fit."""
        left = self.left() if self._left else None
        span = f"{_span(self.elapsed)} so far" if left is None else f"about {_span(left)} left"
        failed = f", {self.failed} failed" if self.failed else ""
        brief = f"{self.done}/{self.total}{failed}"
        forms = [
            f"{self.done} of {self.total}{failed}, {span}",
            f"{brief}, {span}",
            f"{brief}, {span.removeprefix('about ')}",
            brief,
        ]
        return next((form for form in forms if len(form) <= width), brief[:width])


def meter(tally: Tally, console: Console) -> RenderableType:
    """Return what a terminal shows below everything else: a bar where there is room, the counts, what goes on."""
    text = tally.text(console.width)
    room = console.width - len(text) - 2
    grid = Table.grid(padding=(0, 1, 0, 0))
    cells: list[RenderableType] = [Text(text, "red" if tally.failed else "", no_wrap=True)]
    if room > BAR + 24:  # names say more than a bar
        cells.insert(0, ProgressBar(max(1, tally.total), tally.done, width=BAR))
        room -= BAR + 1
    names = ", ".join(spec.name for spec in tally.running)
    if names and room > 8:
        cells.append(Text(cut(names, room, mark(console)), "dim", no_wrap=True))
    grid.add_row(*cells)
    return grid


def _span(seconds: float) -> str:
    """Round a time as one says it."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
