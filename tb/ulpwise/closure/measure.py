"""What the coverage of one core comes to: shares by kind, held against the targets of its bench."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ulpwise.bench.declare import CODE_KINDS
from ulpwise.bench.project import Project
from ulpwise.closure.exclude import apply, stale, text_of
from ulpwise.coverage.lines import view
from ulpwise.coverage.record import covered, points, summary
from ulpwise.coverage.sampler import CoverageError, Record
from ulpwise.toolchain.simulators import SIMULATORS
from ulpwise.verilog.assertions import find
from ulpwise.verilog.parse import relative
from ulpwise.verilog.sources import folders

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ulpwise.bench.declare import Bench
    from ulpwise.closure.merge import Functional
    from ulpwise.coverage.codecov import CodePoint, Counts

SLACK = 1e-9  # what a percentage may lose by being computed


@dataclass(frozen=True)
class Kind:
    """The share of one kind.

    Attributes:
        points: How many count.
        hit: How many of them were hit.
        excluded: How many more the bench excludes.
        target: Percent that must be reached; None for a kind without a target.
    """

    points: int
    hit: int
    excluded: int = 0
    target: float | None = None

    @property
    def percent(self) -> float:
        """From 0 to 100; all when there is nothing to hit."""
        return 100.0 * self.hit / self.points if self.points else 100.0

    @property
    def missed(self) -> bool:
        """Whether it falls short of its target."""
        return self.target is not None and self.percent < self.target - SLACK

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        named = {"points": self.points, "hit": self.hit, "percent": self.percent}
        return {**named, "excluded": self.excluded, "target": self.target}


@dataclass(frozen=True)
class Hole:
    """Something that was not covered.

    Attributes:
        kind: functional, line, branch, expr, toggle or assertion.
        where: file:line, or the configuration.
        what: What the simulator calls it, or group.point.bin.
        text: The source line, or the features of the test plan that need it.
    """

    kind: str
    where: str
    what: str
    text: str


@dataclass(frozen=True)
class ModuleCoverage:
    """The coverage of one core over a regression.

    Attributes:
        module: Its name.
        family: Its family.
        file: Its source file, relative to the project.
        functional: The sums by configuration.
        plan: The test plan: the cover points that prove each feature.
        counts: Hits of each point of its file.
        excluded: Why points do not count.
        kinds: The shares, of the kinds that occur; functional is the test plan's.
        bins: The share of all bins, in the plan or not.
        mutation: The mutation score, when there is one.
        unrun: Configurations that the regression did not run.
        stale: Exclusions that exclude nothing, or too much.
        source: The lines of its file.
        assertions: Those of its file, with how often each was exercised; None where that cannot be counted.
    """

    module: str
    family: str
    file: str
    functional: Mapping[str, Functional]
    plan: Mapping[str, Sequence[str]]
    counts: Counts
    excluded: Mapping[CodePoint, str]
    kinds: Mapping[str, Kind]
    bins: Kind
    mutation: Mapping[str, Any] | None = None
    unrun: Sequence[str] = ()
    stale: Sequence[str] = ()
    source: Sequence[str] = field(default=(), repr=False)
    assertions: Sequence[Mapping[str, Any]] = ()

    @property
    def missed(self) -> list[tuple[str, str]]:
        """The kinds that fall short of their targets, each with a line of text."""
        return [(name, self._short(name, kind)) for name, kind in self.kinds.items() if kind.missed]

    def holes(self) -> Iterator[Hole]:
        """List all that was not covered, and is not excluded."""
        for config, merged in self.functional.items():
            needed = plan_bins(merged.record, self.plan, f"{self.module} {config}")
            for name in summary(merged.record)["holes"]:
                features = [feature for feature, bins in needed.items() if name in bins]
                yield Hole("functional", config, name, "; ".join(features) or "not in the test plan")
        for number, count in view(self.counts, self.excluded).lines.items():
            if not count:
                yield Hole("line", f"{self.file}:{number}", "", self._text(number))
        for each in self.assertions:
            if each["count"] == 0:
                text = self._text(each["line"])
                yield Hole("assertion", f"{self.file}:{each['line']}", each["name"] or each["kind"], text)
        for point, count in self.counts.items():
            if not count and point not in self.excluded and point.kind in {"branch", "expr", "toggle"}:
                where = f"{self.file}:{point.line}"
                yield Hole(point.kind, where, point.comment, text_of(point, self.source))

    def to_json(self) -> dict[str, Any]:
        """Return it as it is written to `coverage/<module>.json`."""
        rows = [
            [p.line, p.column, p.kind, p.comment, p.lines, count, self.excluded.get(p)]
            for p, count in self.counts.items()
        ]
        return {
            "module": self.module,
            "family": self.family,
            "file": self.file,
            "functional": {
                name: {"record": each.record, "summary": summary(each.record), "runs": each.runs}
                for name, each in self.functional.items()
            },
            "plan": [
                {
                    "feature": feature,
                    "proofs": list(proofs),
                    "covered": {
                        name: all(covered(each.record, proof) for proof in proofs)
                        for name, each in self.functional.items()
                    },
                }
                for feature, proofs in self.plan.items()
            ],
            "code": {"points": rows},
            "kinds": {name: kind.to_json() for name, kind in self.kinds.items()},
            "bins": self.bins.to_json(),
            "mutation": None if self.mutation is None else dict(self.mutation),
            "missed": [text for _, text in self.missed],
            "unrun": list(self.unrun),
            "stale": list(self.stale),
            "assertions": [dict(each) for each in self.assertions],
        }

    def _short(self, name: str, kind: Kind) -> str:
        what = "bins of the test plan" if name == "functional" else f"{name} points" if name != "line" else "lines"
        percent = f"{kind.percent:.2f}".rstrip("0").rstrip(".")
        return (
            f"{self.module}: {name} coverage {percent} % is below {kind.target:g} %: "
            f"{kind.points - kind.hit:,} of {kind.points:,} {what} missed; "
            f"make coverage MODULE={self.module} lists them"
        )

    def _text(self, number: int) -> str:
        return self.source[number - 1].strip() if number <= len(self.source) else ""


def measure(
    bench: Bench, family: str, functional: Mapping[str, Functional], counts: Counts, root: Path
) -> ModuleCoverage:
    """Measure one core.

    Args:
        bench: Its bench.
        family: Its family.
        functional: The merged functional coverage of its configurations.
        counts: The merged code coverage of its file; empty when none was counted.
        root: Top of the project.

    Raises:
        CoverageError: The test plan names cover points that the runs did not have.
    """
    file = relative(Project(root).source(bench.top), root)
    source = (root / file).read_text(encoding="utf-8", errors="replace").splitlines()
    excluded = apply(counts, bench.exclude, source)
    kinds = {**_functional_kind(bench, functional), **_code_kinds(bench, counts, excluded)}
    sums = [summary(merged.record) for merged in functional.values()]
    return ModuleCoverage(
        module=bench.top,
        family=family,
        file=file,
        functional=functional,
        plan=bench.plan,
        counts=counts,
        excluded=excluded,
        kinds=kinds,
        bins=Kind(sum(each["bins"] for each in sums), sum(each["hit"] for each in sums)),
        mutation=mutation(root / "build" / "mutation" / f"{bench.top}.json"),
        unrun=[name for name in bench.configs if name not in functional],
        stale=[f"{bench.top}: {text}" for text in stale(counts, bench.exclude, source)] if counts else [],
        source=source,
        assertions=_assertions(bench, file, counts, root),
    )


def _assertions(bench: Bench, file: str, counts: Counts, root: Path) -> list[dict[str, Any]]:
    """List the assertions of a core's file; none where code coverage was not counted."""
    if not counts:
        return []
    given = Project(root).given(bench)
    macros = [*given.defines, *SIMULATORS["verilator"].macros]  # which alone counts
    return [each.told(counts) for each in find(root / file, root, folders(root, given), macros)]


def plan_bins(record: Record, plan: Mapping[str, Sequence[str]], where: str) -> dict[str, set[str]]:
    """List the bins group.point.bin that each feature of a test plan needs.

    Raises:
        CoverageError: A cover point of the plan is not in the record.
    """
    known = points(record)
    needed: dict[str, set[str]] = {}
    for feature, proofs in plan.items():
        bins = needed.setdefault(feature, set())
        for proof in proofs:
            try:
                covered(record, proof)
            except CoverageError as fault:
                raise CoverageError(f"{where}: {fault}; the bench has changed: repeat the regression") from None
            group, point, *item = proof.split(".", 2)
            name = f"{group}.{point}"
            bins.update(f"{name}.{each}" for each in (item or known[name]["bins"]))
    return needed


def mutation(path: Path) -> dict[str, Any] | None:
    """Read a mutation score; None when there is none.

    Returns:
        mutants, killed, equivalent, survivors as in the file, and percent: the share found of those that are not
        equivalent.

    Raises:
        CoverageError: The file is malformed.
    """
    if not path.is_file():
        return None
    try:
        loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        real = loaded["mutants"] - loaded["equivalent"]
        return {**loaded, "percent": 100.0 * loaded["killed"] / real if real else 100.0}
    except (OSError, ValueError, LookupError, TypeError) as fault:
        raise CoverageError(f"{path}: no mutation score ({fault}): measure it again") from None


def _functional_kind(bench: Bench, functional: Mapping[str, Functional]) -> dict[str, Kind]:
    """Count the bins that the test plan names, in every configuration that was run."""
    total = hit = 0
    for config, merged in functional.items():
        needed = set().union(*plan_bins(merged.record, bench.plan, f"{bench.top} {config}").values())
        total += len(needed)
        hit += len(needed - set(summary(merged.record)["holes"]))
    return {"functional": Kind(total, hit, target=bench.targets.get("functional"))} if functional else {}


def _code_kinds(bench: Bench, counts: Counts, excluded: Mapping[CodePoint, str]) -> dict[str, Kind]:
    """Count lines that ran, and the points of the other kinds; only kinds that occur."""
    found: dict[str, Kind] = {}
    for name in CODE_KINDS:
        target = bench.targets.get(name)
        if name == "line":
            seen = view(counts, excluded)
            kind = Kind(len(seen.lines), sum(map(bool, seen.lines.values())), seen.excluded, target)
        else:
            hits = [count > 0 for point, count in counts.items() if point.kind == name and point not in excluded]
            kind = Kind(len(hits), sum(hits), sum(point.kind == name for point in excluded), target)
        if kind.points or kind.excluded:
            found[name] = kind
    return found
