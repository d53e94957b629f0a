"""Turns what the user asks for into runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from pathlib import Path

from ulpwise.bench.limits import GUARDS, LIMITS
from ulpwise.bench.project import Project, choose
from ulpwise.data import vectors
from ulpwise.run import trials
from ulpwise.run.record import MODES, TIME_OUT, RunSpec
from ulpwise.system import atomic
from ulpwise.toolchain.simulators import SIMULATORS

MOST_SEED = 2**63 - 1  # what the history's integers hold


class RequestError(ValueError):
    """Options that contradict each other; the message is one line."""


@dataclass(frozen=True)
class Request:
    """The options of `make sim`; None stands for what was left open.

    Attributes:
        module: One core; None for the main job.
        config: One of its configurations; None for all.
        sim: verilator, icarus or both.
        mode: beat, burst or both; guards for the limits of its parameters alone.
        seed: Seeds the runs.
        n: Transactions of each random sequence.
        vectors: File with the user's own transactions.
        out: File that gets what came out of the core.
        waves: Dump waves.
        coverage: Count code coverage.
        limit: Wall-clock limit of a simulation in seconds.
    """

    module: str | None = None
    config: str | None = None
    sim: str | None = None
    mode: str | None = None
    seed: int = 1
    n: int | None = None
    vectors: Path | None = None
    out: Path | None = None
    waves: bool = False
    coverage: bool = False
    limit: float = TIME_OUT


def plan(project: Project, request: Request) -> list[RunSpec]:
    """List the runs of a request, and refuse a request that cannot be met before anything is built.

    Args:
        project: Where the benches are.
        request: What the user asks for.

    Raises:
        UnknownNameError: A name does not exist; the message has the nearest one that does.
        RequestError: The options contradict each other.
        BenchError: The core does not run under that simulator.
        VectorsError: The user's transactions do not fit the core.
        ValueError: Results cannot be written where they are to go.
    """
    sims = _select("simulator", request.sim, SIMULATORS)
    guarded = request.mode == GUARDS or request.config == LIMITS
    modes = () if guarded else _select("mode", request.mode, MODES, GUARDS)
    if request.n is not None and request.n < 1:
        raise RequestError(f"N={request.n}: at least one transaction is needed")
    if not 0 <= request.seed <= MOST_SEED:
        raise RequestError(f"SEED={request.seed}: a seed is 0 to {MOST_SEED}")
    if not 0 < request.limit < inf:
        fault = "ends every run at once" if request.limit <= 0 else "ends none: give a number of seconds"
        raise RequestError(f"a wall-clock limit of {request.limit:g} s {fault}")
    if guarded:
        return _guards(project, request, sims)
    if request.module is None:
        if request.config is not None or request.vectors is not None:
            raise RequestError("CONFIG and VECTORS belong to a core: name it with MODULE")
        module, config = project.headline()
        configs = [config]
    else:
        module = request.module
        valid = project.bench(module).configs
        configs = list(valid) if request.config is None else [choose("configuration", request.config, valid)]
    pairs = [(sim, mode) for sim in project.bench(module).on(sims) for mode in modes]
    if request.module is None and request.sim is None and request.mode is None:
        # the main job is big: all of it in bursts under the fast simulator, samples of it everywhere else
        pairs = [pair for pair in pairs if pair != ("icarus", "burst")]
    specs = [_spec(request, module, config, sim, mode) for config in configs for sim, mode in pairs]
    _check_files(project, request, specs)
    if request.module is not None and {request.config, request.mode, request.vectors, request.out} == {None}:
        specs += trials.runs(project, project.bench(module), sims)
    return specs


def _guards(project: Project, request: Request, sims: Iterable[str]) -> list[RunSpec]:
    """List the runs that try the limits of a core's parameters, and nothing else."""
    if request.module is None:
        raise RequestError(f"MODE={GUARDS} tries the limits of one core: name it with MODULE")
    if request.mode not in {None, GUARDS} or request.config not in {None, LIMITS}:
        raise RequestError(f"CONFIG={LIMITS} and MODE={GUARDS} go with each other alone: leave one of them out")
    if request.vectors is not None or request.out is not None:
        raise RequestError(f"MODE={GUARDS} simulates nothing: leave VECTORS and OUT out")
    found = trials.runs(project, project.bench(request.module), sims)
    if not found:
        raise RequestError(f"{request.module} has no guards, and its bench declares no limits")
    return found


def _select(kind: str, name: str | None, valid: Iterable[str], *more: str) -> tuple[str, ...]:
    if name is None or name == "both":
        return tuple(valid)
    return (choose(kind, name, [*valid, "both", *more]),)


def _spec(request: Request, module: str, config: str, sim: str, mode: str) -> RunSpec:
    return RunSpec(
        module=module,
        config=config,
        sim=sim,
        mode=mode,
        seed=request.seed,
        n=request.n,
        vectors=request.vectors,
        out=request.out,
        waves=request.waves,
        coverage=request.coverage,
        limit=request.limit,
    )


def _check_files(project: Project, request: Request, specs: list[RunSpec]) -> None:
    """Read the user's transactions once for each configuration, and look where the results are to go."""
    if request.vectors is not None:
        if len({spec.config for spec in specs}) > 1:
            raise RequestError("VECTORS belong to one configuration: name it with CONFIG")
        bench = project.bench(specs[0].module)
        vectors.load(request.vectors, bench.interface(bench.config(specs[0].config)).input_fields)
    if request.out is None:
        return
    if len(specs) > 1:
        raise RequestError(f"OUT holds the results of one run, not of {len(specs)}: name CONFIG, SIM and MODE")
    if request.out.suffix not in {".npz", ".csv"}:
        raise RequestError(f"OUT={request.out}: the name must end in .npz or .csv")
    atomic.check(request.out, f"OUT={request.out}")
