"""Commands that measure: area, mutate, bench, results."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ulpwise.cli.app import app, examples, here, one_line_errors
from ulpwise.cli.options import Config, Family, Jobs, Json, Module, N, check_jobs
from ulpwise.system.jsonfile import reporting


@app.command(
    epilog=examples(
        "ulpwise area --module 'online_*' --luts 6",
        "ulpwise area --family unrolled,online --json area.json",
        "ulpwise area --module online_mul --config 'n8*' --no-xc7",
    )
)
def area(
    module: Module = None,
    family: Family = None,
    config: Config = None,
    luts: Annotated[str, typer.Option(help="LUT sizes, of 3 to 6")] = "6,4",
    json_file: Json = None,
    jobs: Jobs = None,
    xc7: Annotated[bool, typer.Option(help="map to xc7 as well, 4 s a design")] = True,
) -> None:
    """Measure what cores cost: LUTs, flip-flops, longest path, xc7 LUTs and carry chains."""
    from ulpwise.bench.select import matching  # noqa: PLC0415 (each command imports what it needs)
    from ulpwise.cli import area_table  # noqa: PLC0415 (each command imports what it needs)

    with one_line_errors():
        check_jobs(jobs)
        project = here()
        wanted = area_table.requests(project, module, family, config)
        with reporting(json_file) as keep:
            status = area_table.report(wanted, project.root, area_table.sizes(luts), jobs, keep, xc7)
            if family is not None and module is None and config is None:
                beside = _scripts(project.root / "tests" / "results" / "area")  # what a family compares its cores with
                status = max([status, *(_script(beside[name]) for name in matching(family, beside))])
        raise typer.Exit(status)


@app.command(
    epilog=examples(
        "ulpwise mutate --module online_mul",
        "ulpwise mutate --module 'online_*' --mutants 20 --sim icarus",
        "ulpwise mutate --family bitlet --jobs 4 --json scores.json",
    )
)
def mutate(
    module: Module = None,
    family: Family = None,
    config: Config = None,
    sim: Annotated[str, typer.Option(help="verilator or icarus")] = "verilator",
    mutants: Annotated[int, typer.Option(help="faults to seed in a core")] = 100,
    seed: Annotated[int, typer.Option(help="seeds their choice")] = 1,
    n: N = None,
    jobs: Jobs = None,
    proof: Annotated[float, typer.Option(help="limit of one proof of equivalence, seconds")] = 20.0,
    json_file: Json = None,
) -> None:
    """Seed faults in cores and say which of them the benches find, in a quick configuration unless CONFIG names one."""
    from ulpwise.mutate import command  # noqa: PLC0415 (each command imports what it needs)

    with one_line_errors():
        check_jobs(jobs)
        wish = command.Wish(module, family, config, sim, mutants, seed, n, jobs, proof)
        with reporting(json_file) as keep:
            status = command.mutate(here(), wish, Console(), keep)
        raise typer.Exit(status)


@app.command(epilog=examples("ulpwise bench"))
def bench() -> None:
    """Measure the speed of runs and builds."""
    with one_line_errors():
        raise typer.Exit(_script(here().root / "tests" / "bench" / "speed.py"))


@app.command(epilog=examples("ulpwise results", "ulpwise results --family online,bitlet"))
def results(family: Family = None) -> None:
    """Measure the figures that the families are compared by, beside the published ones."""
    from ulpwise.bench.select import select  # noqa: PLC0415 (each command imports what it needs)

    with one_line_errors():
        folder = here().root / "tests" / "results"
        scripts = _scripts(folder)
        if not scripts:
            raise ValueError(f"{folder} holds none: this project has no such measurements")
        raise typer.Exit(max((_script(scripts[name]) for name in select("family", family, scripts)), default=0))


def _scripts(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted(folder.glob("*.py"))}


def _script(path: Path) -> int:
    """Run a script of the project that measures something; its `main` takes the project's root and returns a status."""
    if not path.is_file():
        raise ValueError(f"{path} is missing: this project has no such measurements")
    # it imports the project's models, and what lies beside it
    sys.path[:0] = [str(path.parent), str(Path.cwd())]
    status: int = runpy.run_path(str(path))["main"](Path.cwd())
    return status
