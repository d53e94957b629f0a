"""Puts together what is known of each module: its runs, coverage, bench, areas, last change and past."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ulpwise.bench.declare import BenchError
from ulpwise.bench.project import Project
from ulpwise.history.database import History
from ulpwise.site.changes import Changes, files_of
from ulpwise.site.model import KINDS, Kind, Module, Moment, Run
from ulpwise.verilog.sources import modules


class Gather:
    """Puts together what is known of each module."""

    def __init__(
        self,
        project: Project,
        info: Mapping[str, Any],
        runs: list[Run],
        coverage: dict[str, dict[str, Any]],
        history: History | None,
        past: list[dict[str, Any]],
        moments: dict[str, dict[str, Moment]],
        areas: list[dict[str, Any]],
    ) -> None:
        self._project, self._info, self._coverage = project, info, coverage
        self._past, self._moments = past, moments
        self._benches = project.bench_files()
        self._sources = modules(project.root)
        self._changes = Changes(project.root)
        self._runs: defaultdict[str, list[Run]] = defaultdict(list)
        for run in runs:
            self._runs[run.module].append(run)
        self._areas: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in areas:
            self._areas[row["module"]].append(row)
        self._kinds: defaultdict[str, dict[str, Kind]] = defaultdict(dict)
        for row in history.coverage(info["id"]) if history else []:
            share = 100.0 * row["hit"] / row["points"] if row["points"] else None
            self._kinds[row["module"]][row["kind"]] = Kind(row["kind"], row["points"], row["hit"], share)

    def names(self) -> list[str]:
        """Every module that has a bench, has run, or has coverage: first those that ran, by family and name."""
        found = {*self._benches, *self._runs, *self._coverage}
        return sorted(
            found, key=lambda name: (not self._runs.get(name), not self._family(name), self._family(name), name)
        )

    def module(self, name: str) -> Module:
        """Gather one module."""
        source, bench_file = self._sources.get(name), self._benches.get(name)
        coverage = self._coverage.get(name, {})
        configs, axes, plan, fault = self._bench(name)
        areas = self._areas[name]
        return Module(
            name=name,
            family=self._family(name),
            source=source,
            about=_about(source),
            configs=configs,
            axes=axes,
            fault=fault,
            runs=tuple(self._runs[name]),
            coverage=coverage,
            kinds=self._measured(name, coverage),
            plan=tuple(coverage.get("plan") or plan),
            areas=tuple({row["config"]: row for row in areas}.values()),
            area_trend=_lut_trend(areas),
            change=self._changes.newest(files_of(self._project.root, source, bench_file)),
            trend=self.trend(name),
            last_run=self._last_run(name),
        )

    def trend(self, module: str | None) -> tuple[Moment, ...]:
        """Return what a module, or all, came to in regressions of this level, oldest first."""
        same = [row for row in reversed(self._past) if row["level"] == self._info["level"]]
        if module is None:
            return tuple(Moment(r["id"], r["started"], r["runs"], r["failed"], r["kinds"]) for r in same)
        return tuple(self._moments[r["id"]][module] for r in same if module in self._moments[r["id"]])

    def _family(self, name: str) -> str:
        if name in self._sources:
            return self._sources[name].parent.name
        return str(self._coverage.get(name, {}).get("family", ""))

    def _measured(self, name: str, coverage: Mapping[str, Any]) -> dict[str, Kind]:
        """Return coverage by kind, from the merged file, or else from the history."""
        merged = {kind: _kind(kind, body) for kind, body in (coverage.get("kinds") or {}).items()}
        found = merged or self._kinds[name]
        return {kind: found[kind] for kind in dict.fromkeys((*KINDS, *found)) if kind in found}

    def _bench(self, name: str) -> tuple[dict[str, Any], dict[tuple[str, str, str], tuple[str, ...]], list[Any], str]:
        """Return configurations, points of the crosses, plan, and why the bench cannot be loaded."""
        if name not in self._benches:
            return {}, {}, [], ""
        functional = self._coverage.get(name, {}).get("functional") or {}
        crossed = {config for config, body in functional.items() if _crossed(body.get("record") or {})}
        try:
            bench = self._project.bench(name)
            configs = {config: bench.config(config) for config in bench.configs}
            axes = {
                (config, group.name, cross.name): cross.points
                for config in configs.keys() & crossed
                for group in bench.cover(configs[config])
                for cross in group.crosses
            }
        except Exception as fault:  # noqa: BLE001 (a bench is anybody's Python)
            text = str(fault) if isinstance(fault, BenchError) else f"{type(fault).__name__}: {fault}"
            return {}, {}, [], text
        plan = [{"feature": feature, "proofs": list(proofs), "covered": {}} for feature, proofs in bench.plan.items()]
        return {name: dict(config) for name, config in configs.items()}, axes, plan, ""

    def _last_run(self, name: str) -> str:
        if self._runs[name]:
            return ""
        return next((row["id"] for row in self._past if name in self._moments[row["id"]]), "")


def _kind(name: str, body: Mapping[str, Any]) -> Kind:
    """Read what the coverage part says of one kind."""
    points, hit = int(body.get("points") or 0), int(body.get("hit") or 0)
    return Kind(name, points, hit, body.get("percent"), int(body.get("excluded") or 0), body.get("target"))


def _crossed(record: Mapping[str, Any]) -> bool:
    """Tell whether a coverage record holds a cross."""
    return any(
        point["kind"] == "cross" for group in record.get("groups", {}).values() for point in group["points"].values()
    )


def _about(source: Path | None) -> str:
    """Return the first sentence of a source's header."""
    if source is None:
        return ""
    words = []
    for line in source.read_text(encoding="utf-8", errors="replace").splitlines():
        text = line.removeprefix("//").strip()
        if line.startswith("// SPDX"):
            continue
        if not line.startswith("//") or not text:
            break
        words.append(text)
    head, stop, _ = " ".join(words).partition(". ")
    return head + stop.strip()


def _lut_trend(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[int]]:
    """Return the 6-input LUTs of each measurement by configuration."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for row in rows:
        if row["lut6"] is not None:
            found[row["config"]].append(row["lut6"])
    return dict(found)
