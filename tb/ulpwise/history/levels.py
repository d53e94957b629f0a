"""Which runs a regression has: modules, configurations, simulators, modes and seeds, taken from the benches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from ulpwise.bench.by_hand import COCOTB, file_of
from ulpwise.bench.declare import Bench, BenchError
from ulpwise.bench.limits import GUARDS
from ulpwise.bench.project import Project, choose
from ulpwise.bench.select import modules, named
from ulpwise.run import trials
from ulpwise.run.record import MODES, RunSpec
from ulpwise.toolchain.simulators import SIMULATORS


class LevelError(ValueError):
    """Options of a regression that cannot be met; the message is one line."""


@dataclass(frozen=True)
class Level:
    """How thorough a regression is.

    Attributes:
        name: What the user calls it.
        seeds: Seeds of each configuration, simulator and mode.
        share: Transactions of a random sequence in burst mode, as a share of the bench's own volume.
        every_config: All configurations; else the ranked runs, or where there is no ranking the first quick one.
        coverage: Count code coverage, where the simulator can.
        text: One line for the user.
    """

    name: str
    seeds: int
    share: float
    every_config: bool
    coverage: bool
    text: str


LEVELS = {
    level.name: level
    for level in (
        Level("smoke", 1, 0.1, False, False, "ranked runs, else a quick configuration with a tenth of the volume"),
        Level("full", 1, 1.0, True, True, "every configuration with one seed, code coverage counted"),
        Level("nightly", 5, 4.0, True, True, "every configuration with five seeds and four times the volume"),
    )
}


@dataclass(frozen=True)
class Wish:
    """What the user asked a regression to be.

    Attributes:
        level: Name of a level.
        family: Only modules of these families, names and patterns with commas between.
        module: Only these modules, likewise.
        sim: Only this simulator; None or "both" for all.
        seeds: Seeds of each run, instead of the level's number.
        coverage: Count code coverage, whatever the level says.
    """

    level: str = "smoke"
    family: str | None = None
    module: str | None = None
    sim: str | None = None
    seeds: int | None = None
    coverage: bool = False


def plan(
    project: Project,
    wish: Wish,
    ranking: Iterable[dict[str, Any]] = (),
    broken: MutableMapping[str, str] | None = None,
) -> list[RunSpec]:
    """List the runs of a regression.

    Args:
        project: Where the benches are.
        wish: What was asked for.
        ranking: Rows of `History.ranking`; a smoke regression runs these of a module that has any.
        broken: Gets the modules whose benches cannot be loaded, each with the reason; the others run.

    Raises:
        LookupError: A level, family, module or simulator does not exist.
        LevelError: Fewer than one seed, or no module at all.
        BenchError: The one bench that was asked for does not run under that simulator, or it or every one of them
            cannot be loaded.
    """
    level = LEVELS[choose("level", wish.level, LEVELS)]
    if wish.seeds is not None and wish.seeds < 1:
        raise LevelError(f"SEEDS={wish.seeds}: at least one seed is needed")
    if wish.sim not in {None, "both"}:
        choose("simulator", wish.sim, [*SIMULATORS, "both"])
    ranked: dict[str, list[dict[str, Any]]] = {}
    for row in ranking if not level.every_config and wish.seeds is None else ():
        ranked.setdefault(row["module"], []).append(row)
    seeds = range(1, (wish.seeds or level.seeds) + 1)
    names = modules(project, wish.module, wish.family)
    if len(names) == 1 and wish.module is not None and wish.sim not in {None, "both"}:
        project.bench(names[0]).on([wish.sim])
    benches, faults = project.survey(names)
    if faults and (broken is None or not benches):
        raise BenchError(next(iter(faults.values())))
    if broken is not None:
        broken.update(faults)
    specs = [
        replace(spec, coverage=(wish.coverage or level.coverage) and _counts(spec))
        for module, bench in benches.items()
        for spec in (
            *_of_module(bench, level, seeds, ranked.get(module, [])),
            *_by_hand(project, bench, level, seeds),
            *trials.runs(project, bench, SIMULATORS),
        )
        if wish.sim in {None, "both", spec.sim}
    ]
    if not specs:
        chosen = named(family=wish.family, module=wish.module, sim=wish.sim)
        raise LevelError(f"no bench is there to run{f' of {chosen}' if chosen else ''}")
    return list(dict.fromkeys(specs))  # a run and the same on the other simulator may both be ranked


def _counts(spec: RunSpec) -> bool:
    """Tell whether a run can count code coverage."""
    return spec.sim == "verilator" and spec.mode != GUARDS


def _by_hand(project: Project, bench: Bench, level: Level, seeds: Sequence[int]) -> list[RunSpec]:
    """List the runs of the cocotb tests beside a bench."""
    if file_of(project, bench.top) is None:
        return []
    runs = product(_configs(bench, level), bench.on(SIMULATORS), [COCOTB], seeds)
    return [RunSpec(bench.top, *each) for each in runs]


def _configs(bench: Bench, level: Level) -> list[str]:
    """List the configurations that a level runs."""
    return [*bench.configs] if level.every_config else [*bench.quick, *bench.configs][:1]


def _of_module(bench: Bench, level: Level, seeds: Sequence[int], ranked: list[dict[str, Any]]) -> Iterator[RunSpec]:
    """Yield the runs of one module."""
    counted = [row for row in ranked if row["mode"] in MODES]  # cocotb tests beside a bench run anyway
    kept = [row for row in counted if row["config"] in bench.configs and row["sim"] in bench.on(SIMULATORS)]
    if kept:
        for row in kept:  # the other simulator as well, since the two must agree
            for sim in bench.on(SIMULATORS):
                if sim == row["sim"] or (row["config"], sim, row["mode"]) != (bench.headline, "icarus", "burst"):
                    yield RunSpec(bench.top, row["config"], sim, row["mode"], row["seed"], row["n"])
        return
    for config in _configs(bench, level):
        for sim in bench.on(SIMULATORS):
            for mode in MODES:
                # the main job is big: under the slow simulator its bursts run at night only
                if (config, sim, mode) == (bench.headline, "icarus", "burst") and level.name != "nightly":
                    continue
                volume = bench.volume(bench.config(config))
                n = max(1, round(volume * level.share)) if mode == "burst" and level.share != 1 else None
                for seed in seeds:
                    yield RunSpec(bench.top, config, sim, mode, seed, n)
