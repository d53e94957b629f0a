"""What the pages show, before it is HTML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ulpwise.site._text import between, slug
from ulpwise.site.changes import Change

KINDS = ("functional", "line", "branch", "expr", "toggle")
SIMS = ("verilator", "icarus")


@dataclass(frozen=True)
class Run:
    """One finished run.

    Attributes:
        row: The columns of the history's table.
        first: The first wrong transaction, when there is one.
        shrunk: Transactions of the smallest batch that still fails.
        depends: What the failure depends on besides the transaction that failed.
        log: The end of the simulator's log, of a failure.
        files: What is kept of it: what it is called, and where it lies.
    """

    row: Mapping[str, Any]
    first: Mapping[str, Any] | None = None
    shrunk: int | None = None
    depends: str = ""
    log: str = ""
    files: tuple[tuple[str, Path], ...] = ()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (columns of a table)
        row: Mapping[str, Any] = self.__dict__.get("row", {})
        if name not in row:
            raise AttributeError(f"a run has no {name}")
        return row[name]

    @property
    def name(self) -> str:
        """Its folder's name."""
        return run_name(self.row)

    @property
    def passed(self) -> bool:
        """Whether it passed."""
        return bool(self.row["verdict"] == "pass")

    @property
    def total(self) -> float:
        """Seconds, the build included."""
        return float(self.row["seconds"]) + float(self.row["build_seconds"])

    @property
    def anchor(self) -> str:
        """Where its module's page describes it, when it failed."""
        return "run-" + slug(self.name)


@dataclass(frozen=True)
class Kind:
    """Coverage of one kind: functional, line, branch, expr or toggle."""

    name: str
    points: int
    hit: int
    percent: float | None
    excluded: int = 0
    target: float | None = None

    @property
    def missed(self) -> bool:
        """Whether it stays below its target."""
        return self.target is not None and self.percent is not None and self.percent < self.target - 1e-9


@dataclass(frozen=True)
class Moment:
    """What a module, or all of them, came to in one regression."""

    id: str
    started: str
    runs: int
    failed: int
    kinds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """The runs of a module under one simulator."""

    sim: str
    runs: int
    failed: int

    @property
    def state(self) -> str:
        """One word: none, pass or fail."""
        if not self.runs:
            return "none"
        return "fail" if self.failed else "pass"


@dataclass(frozen=True)
class Module:
    """All that is known of one module.

    Attributes:
        name: Its name.
        family: Its family; empty when its source is gone.
        source: Its Verilog file; None when that is gone.
        about: The first sentence of its header.
        configs: Values of its configurations.
        axes: Points of the crosses by configuration, group and cross.
        fault: Why its bench could not be loaded; empty when it could.
        runs: Those of the regression, the slowest last.
        coverage: What the coverage part wrote; empty when it has not.
        kinds: Its coverage by kind.
        plan: Its test plan: feature, proofs, and by configuration whether they are covered.
        areas: Its newest area by configuration.
        area_trend: LUTs of each measurement by configuration, oldest first.
        change: Its last change.
        trend: What it came to in regressions of the same level, oldest first.
        last_run: The newest earlier regression in which it ran; empty when it ran in this one, or never did.
    """

    name: str
    family: str
    source: Path | None
    about: str
    configs: Mapping[str, Mapping[str, int]]
    axes: Mapping[tuple[str, str, str], tuple[str, ...]]
    fault: str
    runs: tuple[Run, ...]
    coverage: Mapping[str, Any]
    kinds: Mapping[str, Kind]
    plan: tuple[Mapping[str, Any], ...]
    areas: tuple[Mapping[str, Any], ...]
    area_trend: Mapping[str, list[int]]
    change: Change | None
    trend: tuple[Moment, ...]
    last_run: str

    @property
    def page(self) -> str:
        """File of its page below the report's folder, safe in a link."""
        return f"modules/{slug(self.name)}.html"

    @property
    def failures(self) -> list[Run]:
        """Its failed runs, the smallest seed first."""
        return sorted((run for run in self.runs if not run.passed), key=lambda run: (run.seed, run.name))

    @property
    def verdicts(self) -> list[Verdict]:
        """Its runs by simulator."""
        sims = [*SIMS, *sorted({run.sim for run in self.runs} - set(SIMS))]
        runs = {sim: [run for run in self.runs if run.sim == sim] for sim in sims}
        return [Verdict(sim, len(found), sum(not run.passed for run in found)) for sim, found in runs.items()]

    @property
    def luts(self) -> tuple[int, int] | None:
        """Fewest and most 6-input LUTs of its configurations."""
        found = [row["lut6"] for row in self.areas if row.get("lut6") is not None]
        return (min(found), max(found)) if found else None

    @property
    def mutation(self) -> float | None:
        """Share of seeded faults that its bench finds, in percent; None when it was not measured."""
        found = self.coverage.get("mutation") or {}
        for key in ("percent", "score"):
            if isinstance(found.get(key), (int, float)):
                return float(found[key])
        mutants = found.get("mutants") or found.get("total")
        return 100.0 * found["killed"] / mutants if mutants and "killed" in found else None

    @property
    def state(self) -> str:
        """One word: fail, pass or none."""
        return "none" if not self.runs else "fail" if self.failures else "pass"

    @property
    def attention(self) -> bool:
        """Whether somebody should look at it: a failure, a flaky run, or a missed target."""
        flaky = any(run.flaky for run in self.runs)
        return bool(self.failures or flaky or self.fault or any(kind.missed for kind in self.kinds.values()))


@dataclass(frozen=True)
class Site:
    """All that the report shows.

    Attributes:
        root: The project's folder.
        folder: The regression's folder.
        info: Its regression.json, or what the history knows of it.
        modules: One a row of the overview.
        runs: All runs of the regression, in the order in which they ended.
        past: Regressions of any level, newest first, with their counts.
        trend: Regressions of the same level, oldest first.
        areas: All measured areas, oldest first.
        ranking: The smallest set of runs with the same coverage, by run name.
        notes: What the report could not read, one line each.
    """

    root: Path
    folder: Path
    info: Mapping[str, Any]
    modules: tuple[Module, ...]
    runs: tuple[Run, ...]
    past: tuple[Mapping[str, Any], ...]
    older: int
    trend: tuple[Moment, ...]
    areas: tuple[Mapping[str, Any], ...]
    ranking: frozenset[str]
    notes: tuple[str, ...]

    @property
    def failures(self) -> list[Run]:
        """All failed runs."""
        return [run for run in self.runs if not run.passed]

    @property
    def left(self) -> list[str]:
        """Planned runs that have no outcome."""
        done = {run.name for run in self.runs}
        return [name for name in self.info.get("plan", []) if name not in done]

    @property
    def duration(self) -> float | None:
        """Seconds of wall clock; None while it runs or when it was interrupted."""
        return between(self.info.get("started"), self.info.get("finished"))


def run_name(row: Mapping[str, Any]) -> str:
    """Name a run as its folder is named."""
    return f"{row['module']}-{row['config']}-{row['sim']}-{row['mode']}-{row['seed']}"
