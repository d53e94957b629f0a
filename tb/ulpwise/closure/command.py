"""The commands on the coverage of a regression: judge it, show it, rank its runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Console

from ulpwise.bench.select import modules as choose_modules
from ulpwise.bench.select import named
from ulpwise.closure import merge, ratchet, regression, table, told
from ulpwise.closure.export import cobertura, lcov, ucis
from ulpwise.closure.measure import ModuleCoverage, measure
from ulpwise.closure.rank import rank as rank_runs
from ulpwise.coverage.lines import view
from ulpwise.history.database import History
from ulpwise.history.levels import LEVELS
from ulpwise.system import atomic
from ulpwise.system.jsonfile import Keep, nowhere
from ulpwise.verilog.parse import relative

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ulpwise.bench.declare import Bench
    from ulpwise.bench.project import Project
    from ulpwise.closure.merge import FileCounts
    from ulpwise.closure.ratchet import Miss
    from ulpwise.closure.regression import RunData


@dataclass(frozen=True)
class Totals:
    """The coverage of a regression.

    Attributes:
        folder: Of the regression.
        runs: Its finished runs.
        modules: Coverage of each core that was run.
        benches: Their benches.
        files: Hits of the points of every source file, of cores without a bench as well.
    """

    folder: Path
    runs: list[RunData]
    modules: dict[str, ModuleCoverage]
    benches: dict[str, Bench]
    files: FileCounts


def judge(project: Project, history: History, name: str) -> list[Miss]:
    """Merge the coverage of a regression, write it down, and hold it against the targets.

    Args:
        project: Whose.
        history: Gets the shares.
        name: Its id.

    Returns:
        Missed targets, if the regression runs every configuration and not under Icarus alone, and shares that fell;
        empty when all is well.

    Raises:
        ValueError: The coverage cannot be read, or does not add up.
    """
    totals = collect(project, regression.find(project, name))
    write(totals)
    _remember(history, totals)
    absolute = misses(totals.modules.values()) if _whole(history, name) else []
    return [*absolute, *ratchet.falls(history, name)]


def _whole(history: History, name: str) -> bool:
    """Tell whether a regression runs all that the targets are meant for."""
    row = history.regression(name)
    level = LEVELS.get(row["level"]) if row else None
    return row is None or level is None or (level.every_config and row["options"].get("sim") != "icarus")


def misses(modules: Iterable[ModuleCoverage]) -> list[Miss]:
    """List the targets that are missed."""
    found: list[Miss] = []
    for each in modules:
        for name, text in each.missed:
            kind = each.kinds[name]
            target = 0.0 if kind.target is None else kind.target
            found.append({"module": each.module, "kind": name, "percent": kind.percent, "target": target, "text": text})
    return found


def coverage(
    project: Project,
    name: str | None,
    module: str | None = None,
    family: str | None = None,
    keep: Keep = nowhere,
) -> int:
    """Merge the coverage of a regression, write and export it, and print it; of one core, also what is missing.

    Args:
        project: Whose.
        name: Id of the regression; the latest when it is None.
        module: Cores, names and patterns with commas between; all without.
        family: Families of cores, likewise.
        keep: Gets what other programs are told.

    Returns:
        0 when the shown cores reach their targets (if the regression runs every configuration) and none fell, else 1.

    Raises:
        LookupError: There is no such module or family.
        ValueError: There is no regression, or it cannot be read, or the module is not in it.
    """
    chosen = choose_modules(project, module, family)
    folder = regression.find(project, name)
    totals = collect(project, folder)
    files = write(totals)
    history = History(project.build / "history.sqlite")
    _remember(history, totals)
    shown = [each for each in totals.modules.values() if each.module in chosen]
    if not shown:
        raise _absent(folder, module, family)
    names = {each.module for each in shown}
    falls = [fall["text"] for fall in ratchet.falls(history, folder.name) if fall["module"] in names]
    console = Console(highlight=False, soft_wrap=True)
    table.show(console, shown, falls)
    for each in shown if module is not None else ():
        table.show_holes(console, each)
    table.show_files(console, len(totals.runs), folder.name, [_near(project, path) for path in files])
    missed, whole = any(each.missed for each in shown), _whole(history, folder.name)
    keep(told.coverage(folder.name, shown, falls, [_near(project, path) for path in files], judged=whole))
    if missed and not whole:
        console.print("the targets are judged of LEVEL=full and nightly, which run every configuration", style="yellow")
    return 1 if falls or (missed and whole) else 0


def _absent(folder: Path, module: str | None, family: str | None) -> regression.RegressionError:
    what = named(module=module, family=family)
    return regression.RegressionError(f"regression {folder.name} ran nothing of {what or 'ours'}: run one that does")


def rank(
    project: Project,
    name: str | None,
    module: str | None = None,
    reach: float = 100.0,
    family: str | None = None,
    keep: Keep = nowhere,
) -> int:
    """Choose for each core the fewest runs that reach its coverage, print them, and keep them in the history.

    Args:
        project: Whose.
        name: Id of the regression; the latest when it is None.
        module: Cores, names and patterns with commas between; all of the regression without.
        reach: Percent of the coverage that they must reach (see `ulpwise.closure.rank.rank`).
        family: Families of cores, likewise.
        keep: Gets what other programs are told.

    Returns:
        0.

    Raises:
        LookupError: There is no such module.
        ValueError: There is no regression, or it cannot be read, or the module is not in it.
    """
    wanted = choose_modules(project, module, family)
    if not 0 < reach <= 100:
        raise regression.RegressionError(f"REACH={reach:g}: give a percentage above 0, at most 100")
    folder = regression.find(project, name)
    history = History(project.build / "history.sqlite")
    _check_whole(history, folder.name)
    runs = [run for run in regression.runs(folder) if run.module in wanted]
    if not runs:
        raise _absent(folder, module, family)
    chosen = {}
    for each in sorted({run.module for run in runs}):
        own = [run for run in runs if run.module == each]
        chosen[each] = rank_runs(own, relative(project.source(each), project.root), reach)
    history.set_ranking(
        folder.name,
        [
            {key: getattr(item.run, key) for key in ("module", "config", "sim", "mode", "seed", "n")}
            for ranking in chosen.values()
            for item in ranking.chosen
        ],
    )
    keep(told.ranking(folder.name, chosen, runs))
    table.show_ranking(Console(highlight=False, soft_wrap=True), chosen, runs)
    return 0


def _check_whole(history: History, name: str) -> None:
    """Refuse to choose among the runs of a regression that did not run all; RegressionError."""
    row = history.regression(name)
    if row and row["options"].get("partial"):
        raise regression.RegressionError(f"regression {name} repeated failures only: run make regress without FAILED")
    if row and row["status"] == "interrupted":
        raise regression.RegressionError(f"regression {name} was interrupted: go on with make regress RESUME=1")


def collect(project: Project, folder: Path) -> Totals:
    """Merge the coverage of a regression; runs of cores that have no bench any more count for the code of others."""
    runs = regression.runs(folder)
    functional, files = merge.functional(runs), merge.code(runs)
    ran = {run.module for run in runs}
    modules, benches = {}, {}
    for module, path in project.bench_files().items():
        if module in ran:
            family = path.parent.name
            counts = files.get(relative(project.source(module), project.root), {})
            benches[module] = project.bench(module)
            modules[module] = measure(benches[module], family, functional.get(module, {}), counts, project.root)
    return Totals(folder, runs, modules, benches, files)


def write(totals: Totals) -> list[Path]:
    """Write `coverage/<module>.json` and the exports into the folder of the regression.

    Returns:
        The exports.
    """
    for module, each in totals.modules.items():
        _replace(totals.folder / "coverage" / f"{module}.json", json.dumps(each.to_json()))
    excluded = {each.file: each.excluded for each in totals.modules.values()}
    views = {file: view(counts, excluded.get(file, {})) for file, counts in totals.files.items()}
    moment = _moment(totals.folder)
    texts = {
        "coverage.info": lcov.text(views),
        "cobertura.xml": cobertura.text(views, int(moment.timestamp() * 1000)),
    }
    if totals.modules:
        designs = [_design(totals.benches[each.module], each) for each in totals.modules.values()]
        texts["ucis.xml"] = ucis.text(designs, totals.runs, moment.strftime("%Y-%m-%dT%H:%M:%S"))
    for name, text in texts.items():
        _replace(totals.folder / name, text)
    return [totals.folder / name for name in texts]


def _design(bench: Bench, each: ModuleCoverage) -> ucis.Design:
    known = [config for config in each.functional if config in bench.configs]
    return ucis.Design(each, {config: bench.cover(bench.config(config)) for config in known})


def _remember(history: History, totals: Totals) -> None:
    rows = [
        {"module": each.module, "kind": name, "points": kind.points, "hit": kind.hit}
        for each in totals.modules.values()
        for name, kind in each.kinds.items()
    ]
    history.set_coverage(totals.folder.name, rows)


def _moment(folder: Path) -> datetime:
    """Return when the regression was started; now when that is not written down."""
    try:
        started = json.loads((folder / "regression.json").read_text())["started"]
        return datetime.fromisoformat(started).astimezone(UTC)
    except (OSError, ValueError, LookupError, TypeError):
        return datetime.now(UTC)


def _near(project: Project, path: Path) -> str:
    return str(path.relative_to(project.root)) if path.is_relative_to(project.root) else str(path)


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_text(path, text)
