# SPDX-License-Identifier: Apache-2.0
"""`make mutate`: seeds faults in cores and says which of them the benches find."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from ulpwise.bench.declare import Bench
from ulpwise.bench.project import Project, choose
from ulpwise.bench.select import configurations, modules
from ulpwise.mutate import told, trial
from ulpwise.mutate.netlist import Mutant, MutateError, elaborate, seed_faults, write
from ulpwise.mutate.place import place
from ulpwise.mutate.prove import equivalent
from ulpwise.mutate.score import Score, Survivor
from ulpwise.run.record import Record, RunSpec
from ulpwise.system.fault import message
from ulpwise.system.jsonfile import Keep, nowhere
from ulpwise.system.locking import held
from ulpwise.toolchain import tools
from ulpwise.toolchain.simulators import SIMULATORS

MUTANTS = 100
PROOF = 20.0  # seconds
_SHARE = 0.1  # of the bench's volume, as in a smoke regression; where that is too little to take time, more:
_CYCLES = {"verilator": 200_000, "icarus": 10_000}  # about a second
_PIPED = 160  # columns where there is no terminal


@dataclass(frozen=True)
class Wish:
    """What the user asks for; None stands for what was left open.

    Attributes:
        module: Cores, names and patterns with commas between; None for all.
        family: Only cores of these families, likewise.
        config: Configurations, likewise, in each of which a core is measured; None for the first that `make test` runs.
        sim: verilator or icarus.
        mutants: How many faults.
        seed: Seeds their choice.
        n: Transactions of each random sequence; None for a tenth of the bench's own volume, or more of it where the
            runs are short.
        jobs: Runs at a time; None for one a processor.
        proof: Seconds that one proof of equivalence may take.
    """

    module: str | None = None
    family: str | None = None
    config: str | None = None
    sim: str = "verilator"
    mutants: int = MUTANTS
    seed: int = 1
    n: int | None = None
    jobs: int | None = None
    proof: float = PROOF


def mutate(project: Project, wish: Wish, console: Console, keep: Keep = nowhere) -> int:
    """Measure mutation scores, write them, print them.

    Args:
        project: Where the cores are.
        wish: What is asked for.
        console: Where to write.
        keep: Gets a record a core and configuration, whenever one has been measured or refused.

    Returns:
        The exit status: 0, or 2 when one of several cores could not be measured.

    Raises:
        LookupError: A name does not exist.
        MutateError: The options make no sense, or the one core that is asked for cannot be measured.
        AreaError: Yosys refused it.
        ToolError: A tool is missing.
    """
    names = _check(project, wish)
    pairs: list[tuple[str, str | None]] = [(name, None) for name in names]
    if wish.config is not None:
        valid = {name: project.bench(name).configs for name in names}
        pairs = [(name, config) for name, own in configurations(valid, wish.config).items() for config in own]
    scores: list[Score] = []
    found: list[dict[str, Any]] = []
    keep(found)
    refused = False
    for name, config in pairs:
        try:
            scores.append(measure(project, name, replace(wish, config=config), console))
        except (ValueError, LookupError) as fault:
            found.append(told.refused(name, config, message(fault)))
            if len(pairs) == 1 and wish.module is not None:
                raise
            refused = True
            console.print(
                f"error: {' '.join(str(fault).split())}", style="red", markup=False, emoji=False, highlight=False
            )
            continue
        scores[-1].write(project.build)
        found.append(told.measured(scores[-1], wish.mutants, wish.n))
    if scores:
        _show(console, scores)
    return 2 if refused else 0


def measure(project: Project, module: str, wish: Wish, console: Console) -> Score:
    """Measure the mutation score of one core.

    Args:
        project: Where the core is.
        module: Its name.
        wish: What is asked for, but for the module.
        console: Shows how far it is.

    Raises:
        MutateError: The netlist does not pass, or there is nothing to mutate.
        AreaError: Yosys failed.
        LookupError: A module that the core instantiates has no file.
        ToolError: A tool is missing.
    """
    start = time.monotonic()
    project = Project(project.root.resolve())  # the wheel's Yosys sees only what is below the folder where it runs
    bench = project.bench(module)
    spec = _spec(bench, wish)
    parameters = bench.config(spec.config).parameters
    folder = project.build / "mutation" / f"{module}-{spec.config}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with held(folder):
        scratch = trial.lay_out(project, folder / "project", project.family(module))
        work = folder / "yosys"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        netlist = elaborate(module, parameters, project.root, work, bench.wiring, project.given(bench))
        mutants = seed_faults(netlist, wish.mutants, wish.seed)
        write(netlist, mutants, parameters, _core(scratch, project.family(module), module))
        specs, killed = _try(scratch, [spec, *_siblings(bench, spec, wish)], wish, mutants, console)
        alive = [mutant for mutant in mutants if mutant.number not in killed]
        unproved = equivalent(netlist, alive, wish.proof, _jobs(wish))
    return Score(
        specs=specs,
        seed=wish.seed,
        tool=tools.yosys().version,
        mutants=len(mutants),
        killed=killed,
        equivalent=[number for number, why in unproved.items() if not why],
        survivors=_survivors(alive, unproved, project.root),
        seconds=time.monotonic() - start,
    )


def _try(
    scratch: Project, runs: list[RunSpec], wish: Wish, mutants: list[Mutant], console: Console
) -> tuple[list[RunSpec], dict[int, str]]:
    """Run the bench on mutants, each run on those that the earlier ones have left.

    Returns:
        The runs that were needed, and by mutant's number the rule that killed it.
    """
    bench = scratch.bench(runs[0].module)
    done: list[RunSpec] = []
    killed: dict[int, str] = {}
    for spec in runs:
        alive = [mutant for mutant in mutants if mutant.number not in killed]
        if not alive:
            break
        base = _baseline(scratch, bench, spec, wish)
        done.append(base.spec)
        with _progress(console, base.spec, len(alive)) as progress:
            verdicts = trial.run(scratch, base, alive, _jobs(wish), progress)
        killed |= {number: rule for number, rule in verdicts.items() if rule}
    return done, killed


def _jobs(wish: Wish) -> int:
    return wish.jobs or os.cpu_count() or 1


def _survivors(alive: list[Mutant], unproved: dict[int, str], root: Path) -> list[Survivor]:
    """List the holes in the order of their places."""
    found = [
        Survivor(mutant, place(mutant, root), unproved[mutant.number]) for mutant in alive if unproved[mutant.number]
    ]
    return sorted(found, key=lambda each: (each.place.file, each.place.line, each.mutant.number))


def _core(scratch: Project, family: str, module: str) -> Path:
    return scratch.root / "rtl" / family / f"{module}.v"


def _check(project: Project, wish: Wish) -> list[str]:
    """Return the cores that are meant; LookupError or MutateError before anything is built."""
    if wish.mutants < 1:
        raise MutateError(f"MUTANTS={wish.mutants}: at least one mutant is needed")
    if not 0 <= wish.seed < 2**31:
        raise MutateError(f"SEED={wish.seed}: a seed is 0 to {2**31 - 1}")
    if wish.n is not None and wish.n < 1:
        raise MutateError(f"N={wish.n}: at least one transaction is needed")
    if not 0 < wish.proof < inf:
        fault = "ends every proof at once" if wish.proof <= 0 else "ends none: give a number of seconds"
        raise MutateError(f"a limit of {wish.proof:g} s {fault}")
    choose("simulator", wish.sim, SIMULATORS)
    if wish.config is not None and wish.module is None and wish.family is None:
        raise MutateError("CONFIG belongs to a core: name it with MODULE")
    names = modules(project, wish.module, wish.family)
    if not names:
        raise MutateError("no bench is there to run")
    return names


def _spec(bench: Bench, wish: Wish) -> RunSpec:
    """Choose the run: bursts, a share of the bench's volume, the configuration that `make test` runs first.

    Raises:
        BenchError: The core does not run under that simulator.
    """
    small = [name for name in bench.configs if name != bench.headline]
    config = wish.config or [*bench.quick, *small, *bench.configs][0]
    bench.on([wish.sim])
    return RunSpec(bench.top, config, wish.sim, "burst", n=_volume(bench, config, wish))


def _siblings(bench: Bench, spec: RunSpec, wish: Wish) -> list[RunSpec]:
    """Return runs of the configurations that differ for the bench only, such as in the length of a frame."""
    same = bench.config(spec.config).parameters
    others = [name for name in bench.configs if name not in {spec.config, bench.headline}]  # the main job is big
    names = [name for name in others if bench.config(name).parameters == same]
    return [replace(spec, config=name, n=_volume(bench, name, wish)) for name in names]


def _volume(bench: Bench, config: str, wish: Wish) -> int:
    return wish.n or max(1, round(bench.volume(bench.config(config)) * _SHARE))


def _baseline(scratch: Project, bench: Bench, spec: RunSpec, wish: Wish) -> Record:
    """Run the bench without a fault, twice where it can do more; that depends on no clock, so scores are repeatable."""
    record = trial.baseline(scratch, spec)
    assert spec.n is not None
    volume = bench.volume(bench.config(spec.config))
    more = max(spec.n, min(volume, spec.n * _CYCLES[spec.sim] // max(1, record.cycles)))
    return record if wish.n is not None or more == spec.n else trial.baseline(scratch, replace(spec, n=more))


@contextmanager
def _progress(console: Console, spec: RunSpec, count: int) -> Iterator[trial.Finished]:
    """Show how many mutants are done, where there is a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"{spec.module} {spec.config}", total=count)
        yield lambda: progress.advance(task)


def _show(console: Console, scores: list[Score]) -> None:
    """Print a row a core, and below all survivors."""
    if not console.is_terminal:
        console.width = _PIPED
    table = Table(box=None)
    for name in ("module", "config", "mutants", "killed", "equivalent", "survivors", "score", "seconds"):
        table.add_column(name, justify="left" if name in {"module", "config"} else "right")
    for score in scores:
        counts = (score.mutants, len(score.killed), len(score.equivalent), len(score.survivors))
        cells = [score.spec.module, score.spec.config, *map(str, counts)]
        # rounded down: 100 % means all
        table.add_row(*map(Text, [*cells, f"{int(10 * score.percent) / 10:g} %", f"{score.seconds:.0f}"]))
    console.print(table)
    for score in scores:
        for survivor in score.survivors:
            console.print(
                f"survived in {score.spec.module} {score.spec.config}: {survivor}",
                markup=False,
                emoji=False,
                highlight=False,
                soft_wrap=True,
            )
