"""Turns what the user asks for into runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ulpwise.bench.by_hand import COCOTB, file_of
from ulpwise.bench.declare import Bench
from ulpwise.bench.limits import GUARDS, LIMITS
from ulpwise.bench.project import Project, choose
from ulpwise.bench.select import configurations, modules, parts
from ulpwise.data import vectors
from ulpwise.run import trials
from ulpwise.run.record import MODES, RunSpec
from ulpwise.run.request import Request, RequestError, check, check_guards
from ulpwise.system import atomic
from ulpwise.toolchain.simulators import SIMULATORS

__all__ = ["Request", "RequestError", "plan"]


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
    guards, configs = _parted(request.config)
    alone = request.mode == GUARDS or (guards and configs is None)
    modes = () if alone else _select("mode", request.mode, MODES, GUARDS, COCOTB)
    check(request)
    if guards or alone:
        check_guards(request)
    if request.main_job:
        if request.config is not None or request.vectors is not None:
            raise RequestError("CONFIG and VECTORS belong to a core: name it with MODULE")
        module, config = project.headline()
        benches, chosen = {module: project.bench(module)}, {module: [config]}
    else:
        benches = _benches(project, request, SIMULATORS if alone else sims)
        chosen = {} if alone else configurations({name: each.configs for name, each in benches.items()}, configs)
    # the main job is big: all of it in bursts under the fast simulator, samples of it everywhere else
    sparing = request.sim is None and request.mode is None and (request.main_job or len(benches) > 1)
    specs = [
        _spec(request, module, config, sim, mode)
        for module, names in chosen.items()
        for config in names
        for sim in benches[module].on(sims)
        for mode in modes
        if mode != COCOTB
        if not (sparing and (config, sim, mode) == (benches[module].headline, "icarus", "burst"))
    ]
    _check_files(project, request, specs)
    specs += _by_hand(project, request, benches, chosen, sims)
    everything = not request.main_job and {request.config, request.mode, request.vectors, request.out} == {None}
    if guards or alone or everything:
        tried = [spec for bench in benches.values() for spec in trials.runs(project, bench, sims)]
        if alone and not tried:
            raise RequestError(f"{', '.join(benches)}: no guards, and no limits that a bench declares")
        specs += tried
    return specs


def _by_hand(
    project: Project,
    request: Request,
    benches: Mapping[str, Bench],
    chosen: Mapping[str, list[str]],
    sims: Iterable[str],
) -> list[RunSpec]:
    """List the runs of cocotb tests beside benches; the main job, and the user's own transactions, have none.

    Raises:
        RequestError: They are asked for alone, and there are none.
    """
    if request.mode not in {None, COCOTB} or request.main_job or (request.vectors or request.out) is not None:
        return []
    having = [module for module in chosen if file_of(project, module) is not None]
    if request.mode == COCOTB and not having:
        files = ", ".join(f"tests/{project.family(module)}/cocotb_{module}.py" for module in chosen)
        raise RequestError(f"MODE={COCOTB} runs cocotb tests beside a bench, and there is no {files}")
    runs = [(module, config, sim) for module in having for config in chosen[module] for sim in benches[module].on(sims)]
    return [replace(_spec(request, *each, COCOTB), n=None) for each in runs]


def _parted(config: str | None) -> tuple[bool, str | None]:
    """Tell whether the limits of parameters are among the configurations, and return the others; None for none."""
    words = [] if config is None else parts(config)
    others = [word for word in words if word != LIMITS]
    return (False, config) if others == words else (True, ",".join(others) or None)


def _benches(project: Project, request: Request, sims: Iterable[str]) -> dict[str, Bench]:
    """Load the chosen benches; of several those that run under one of the simulators."""
    found = {name: project.bench(name) for name in modules(project, request.module, request.family)}
    able = {name: bench for name, bench in found.items() if not bench.simulators or {*bench.simulators} & {*sims}}
    if not able:
        next(iter(found.values())).on(sims)  # refuses, with the reason
    return able


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
        if len({spec.module for spec in specs}) > 1:
            raise RequestError("VECTORS belong to one core: name it with MODULE")
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
