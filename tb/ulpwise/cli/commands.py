"""The command line.

Exit status: 0 all passed, 1 a run failed, 2 wrong use, a missing tool or a broken bench, 130 interrupted (143 by TERM,
129 by HUP).
"""

from __future__ import annotations

import os
import runpy
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ulpwise.bench.project import Project, choose
from ulpwise.cli import scaffold
from ulpwise.cli.sim import Session
from ulpwise.run.plan import Request, plan
from ulpwise.run.record import TIME_OUT
from ulpwise.system import install, interrupts
from ulpwise.system.fault import message
from ulpwise.system.process import kill_all
from ulpwise.toolchain.tools import ToolError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)

USER_ERRORS = (LookupError, ValueError, OSError)


def main() -> None:
    """Run the command line; never returns."""
    interrupts.follow_make()
    try:
        status = app(prog_name="python -m ulpwise", standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        status = 130
    except Exception as fault:
        if isinstance(fault, ImportError) and install.missing(fault):
            typer.echo(f"error: {install.missing(fault)}", err=True)
            sys.exit(2)
        if not hasattr(fault, "format_message"):  # not of an option, by the click that typer carries within
            raise
        text = " ".join(fault.format_message().split())
        typer.echo(f"error: {text or 'name a command: python -m ulpwise --help lists them'}", err=True)
        status = 2
    sys.exit(status)


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """Turn whatever goes wrong into one line and an exit status; DEBUG=1 shows the traceback as well."""
    try:
        with interrupts.heard():
            yield
    except KeyboardInterrupt as stop:
        kill_all()
        typer.echo("interrupted", err=True)
        raise typer.Exit(interrupts.status(stop)) from None
    except (typer.Exit, typer.Abort):
        raise
    except Exception as fault:
        if os.environ.get("DEBUG") == "1":
            traceback.print_exc()
        if isinstance(fault, ImportError) and install.missing(fault):
            raise  # which `main` puts into words, as it does for an import in front of this
        text = message(fault)
        hint = "" if isinstance(fault, (*USER_ERRORS, ToolError)) else "; DEBUG=1 shows where"
        name = "" if isinstance(fault, (ValueError, LookupError, ToolError)) else f"{type(fault).__name__}: "
        typer.echo(f"error: {name}{text}{hint}", err=True)
        raise typer.Exit(2) from None


@app.command()
def sim(
    module: Annotated[str | None, typer.Option(help="core; without one, the main job")] = None,
    config: Annotated[str | None, typer.Option(help="one of its configurations; all without")] = None,
    sim: Annotated[str | None, typer.Option(help="verilator, icarus or both")] = None,
    mode: Annotated[
        str | None, typer.Option(help="beat, burst or both; guards for the limits of its parameters alone")
    ] = None,
    seed: Annotated[int, typer.Option(help="seeds stimuli and stalls")] = 1,
    n: Annotated[int | None, typer.Option("--n", "-n", help="transactions of each random sequence")] = None,
    vectors: Annotated[Path | None, typer.Option(help="your own transactions, .npz or .csv")] = None,
    out: Annotated[Path | None, typer.Option(help="save what came out, .npz or .csv")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="write one record a run")] = None,
    jobs: Annotated[int | None, typer.Option(help="runs at a time")] = None,
    limit: Annotated[float, typer.Option(help="wall-clock limit of a simulation, seconds")] = TIME_OUT,
    waves: Annotated[bool, typer.Option("--waves", help="dump waves (FST)")] = False,
    coverage: Annotated[bool, typer.Option("--coverage", help="count code coverage")] = False,
) -> None:
    """Verify cores: simulate them, compare with the golden models, report."""
    with _one_line_errors():
        project = _project()
        request = Request(module, config, sim, mode, seed, n, vectors, out, waves, coverage, limit)
        specs = plan(project, request)
        if json_file is not None and not json_file.parent.is_dir():
            raise ValueError(f"--json {json_file}: there is no folder {json_file.parent}")
        session = Session(project, specs, json_file)
        raise typer.Exit(session.run(jobs or os.cpu_count() or 1))


@app.command()
def limits(
    module: Annotated[str | None, typer.Option(help="one core; all without")] = None,
) -> None:
    """Say which limits of each core's parameters no configuration runs, and why."""
    from ulpwise.cli import limits_table  # noqa: PLC0415 (each command imports what it needs)

    with _one_line_errors():
        raise typer.Exit(limits_table.report(_project(), module, Console(highlight=False, soft_wrap=True)))


@app.command("list")
def list_() -> None:
    """List the modules, their families and configurations."""
    with _one_line_errors():
        project = _project()
        benches, broken = project.survey()
        for module, found in benches.items():
            typer.echo(f"{module:20} {project.family(module):10} {' '.join(found.configs)}")
        for text in broken.values():
            typer.echo(f"error: {text}", err=True)
        if broken:
            raise typer.Exit(2)


@app.command()
def doctor() -> None:
    """Print each tool, its version, where it was found, and what is missing."""
    from ulpwise.cli import doctor as tools_doctor  # noqa: PLC0415 (each command imports what it needs)

    with _one_line_errors():
        raise typer.Exit(tools_doctor.report())


@app.command()
def lint() -> None:
    """Check style, types, and every core in Verilator, Icarus and Yosys."""
    install.require("lint")
    from ulpwise.cli import lint as checks  # noqa: PLC0415 (each command imports what it needs)

    with _one_line_errors():
        raise typer.Exit(checks.run(_project().root))


@app.command()
def bench() -> None:
    """Measure the speed of runs and builds."""
    with _one_line_errors():
        raise typer.Exit(_script(_project().root / "tests" / "bench" / "speed.py"))


@app.command()
def results(
    family: Annotated[str | None, typer.Option(help="one family; all without")] = None,
) -> None:
    """Measure the figures that the families are compared by, beside the published ones."""
    with _one_line_errors():
        scripts = {path.stem: path for path in sorted((_project().root / "tests" / "results").glob("*.py"))}
        chosen = list(scripts) if family is None else [choose("family", family, scripts)]
        raise typer.Exit(max((_script(scripts[name]) for name in chosen), default=0))


def _script(path: Path) -> int:
    """Run a script of the project that measures something; its `main` takes the project's root and returns a status."""
    if not path.is_file():
        raise ValueError(f"{path} is missing: this project has no such measurements")
    # it imports the project's models, and what lies beside it
    sys.path[:0] = [str(path.parent), str(Path.cwd())]
    status: int = runpy.run_path(str(path))["main"](Path.cwd())
    return status


@app.command()
def area(
    module: Annotated[str | None, typer.Option(help="core; all without")] = None,
    family: Annotated[str | None, typer.Option(help="cores of one family")] = None,
    config: Annotated[str | None, typer.Option(help="one configuration; all without")] = None,
    luts: Annotated[str, typer.Option(help="LUT sizes, of 3 to 6")] = "6,4",
    json_file: Annotated[Path | None, typer.Option("--json", help="write one record a design")] = None,
    jobs: Annotated[int | None, typer.Option(help="designs at a time")] = None,
    xc7: Annotated[bool, typer.Option(help="map to xc7 as well, 4 s a design")] = True,
) -> None:
    """Measure what cores cost: LUTs, flip-flops, longest path, xc7 LUTs and carry chains."""
    from ulpwise.cli import area_table  # noqa: PLC0415 (each command imports what it needs)

    with _one_line_errors():
        project = _project()
        wanted = area_table.requests(project, module, family, config)
        status = area_table.report(wanted, project.root, area_table.sizes(luts), jobs, json_file, xc7)
        beside = project.root / "tests" / "results" / "area" / f"{family}.py"
        if module is None and config is None and beside.is_file():  # what a family compares its cores with
            status = max(status, _script(beside))
        raise typer.Exit(status)


@app.command()
def regress(
    level: Annotated[str, typer.Option(help="smoke, full or nightly")] = "smoke",
    family: Annotated[str | None, typer.Option(help="cores of one family")] = None,
    module: Annotated[str | None, typer.Option(help="one core")] = None,
    sim: Annotated[str | None, typer.Option(help="verilator, icarus or both")] = None,
    seeds: Annotated[int | None, typer.Option(help="seeds of each run; the level's number without")] = None,
    cluster: Annotated[str | None, typer.Option(help="dask scheduler, tls://host:port; this machine without")] = None,
    tls_ca: Annotated[str | None, typer.Option(help="certificate of the authority of a tls:// cluster")] = None,
    tls_cert: Annotated[str | None, typer.Option(help="our certificate for it")] = None,
    tls_key: Annotated[str | None, typer.Option(help="key of our certificate")] = None,
    jobs: Annotated[int | None, typer.Option(help="workers on this machine")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="only what failed last time")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="go on with the latest regression")] = False,
    accept: Annotated[bool, typer.Option("--accept", help="take coverage that fell for the new mark")] = False,
    coverage: Annotated[bool, typer.Option("--coverage", help="count code coverage, whatever the level says")] = False,
) -> None:
    """Run modules x configurations x simulators x modes x seeds on a dask cluster, and remember what came of it."""
    from ulpwise.history.levels import Wish  # noqa: PLC0415 (each command imports what it needs)
    from ulpwise.regress.session import Options  # noqa: PLC0415 (each command imports what it needs)
    from ulpwise.regress.session import regress as run  # noqa: PLC0415 (each command imports what it needs)

    with _one_line_errors():
        if failed and resume:
            raise ValueError("FAILED and RESUME contradict each other: leave one out")
        if accept and (failed or resume):
            raise ValueError("ACCEPT is for a regression from its beginning: leave FAILED and RESUME out")
        wish = Wish(level, family, module, sim, seeds, coverage)
        raise typer.Exit(
            run(
                _project(), wish, Options(cluster, jobs, failed, resume, accept, (tls_ca, tls_cert, tls_key)), Console()
            )
        )


@app.command()
def mutate(
    module: Annotated[str | None, typer.Option(help="core; all without")] = None,
    family: Annotated[str | None, typer.Option(help="cores of one family")] = None,
    config: Annotated[str | None, typer.Option(help="one of its configurations; a quick one without")] = None,
    sim: Annotated[str, typer.Option(help="verilator or icarus")] = "verilator",
    mutants: Annotated[int, typer.Option(help="faults to seed in a core")] = 100,
    seed: Annotated[int, typer.Option(help="seeds their choice")] = 1,
    n: Annotated[int | None, typer.Option("--n", "-n", help="transactions of each random sequence")] = None,
    jobs: Annotated[int | None, typer.Option(help="runs at a time")] = None,
    proof: Annotated[float, typer.Option(help="limit of one proof of equivalence, seconds")] = 20.0,
) -> None:
    """Seed faults in cores and say which of them the benches find."""
    from ulpwise.mutate import command  # noqa: PLC0415 (each command imports what it needs)

    with _one_line_errors():
        wish = command.Wish(module, family, config, sim, mutants, seed, n, jobs, proof)
        raise typer.Exit(command.mutate(_project(), wish, Console()))


@app.command()
def coverage(
    module: Annotated[str | None, typer.Option(help="one core, with all that it has not covered")] = None,
    family: Annotated[str | None, typer.Option(help="cores of one family")] = None,
) -> None:
    """Merge the coverage of the latest regression, compare it with the targets, export it (LCOV, Cobertura, UCIS)."""
    from ulpwise.closure import command  # noqa: PLC0415 (each command imports what it needs)

    with _one_line_errors():
        raise typer.Exit(command.coverage(_project(), None, module, family))


@app.command()
def rank(
    module: Annotated[str | None, typer.Option(help="one core; all without")] = None,
    reach: Annotated[float, typer.Option(help="percent of the coverage that they must reach")] = 100.0,
) -> None:
    """Find the fewest runs of the latest regression that reach its coverage; LEVEL=smoke runs these from then on."""
    install.require("rank")
    from ulpwise.closure import command  # noqa: PLC0415 (each command imports what it needs)

    with _one_line_errors():
        raise typer.Exit(command.rank(_project(), None, module, reach))


@app.command()
def report() -> None:
    """Write the report of the latest regression and of the history, a static site."""
    install.require("report")
    from ulpwise.site.build import write  # noqa: PLC0415 (each command imports what it needs)

    with _one_line_errors():
        typer.echo(write(_project()))


@app.command()
def wave(
    module: Annotated[str | None, typer.Option(help="one core; the newest waves of all without")] = None,
) -> None:
    """Open the newest waves of a failure, or name the file where there is no viewer."""
    from ulpwise.run import waves  # noqa: PLC0415 (each command imports what it needs)

    with _one_line_errors():
        raise typer.Exit(waves.show(_project(), module))


@app.command()
def init(folder: scaffold.Folder = Path(), family: scaffold.FirstFamily = "example") -> None:
    """Make a project in an empty folder: an example that passes, Makefile, tests, CI."""
    with _one_line_errors():
        scaffold.init(folder, family)


@app.command()
def new(
    module: scaffold.New,
    family: scaffold.Family = None,
    source: scaffold.From = None,
    clock: scaffold.Clock = "",
    reset: scaffold.Reset = "",
    tie: scaffold.Tie = None,
) -> None:
    """Write bench, golden model and core of a new module, or a bench around a core that exists."""
    with _one_line_errors():
        scaffold.new(_project(), module, family, source, (clock, reset, tie or []))


def _project() -> Project:
    """Return the project around the working directory."""
    root = Path.cwd()
    if not (root / "rtl").is_dir():
        raise ValueError(f"{root} holds no rtl/: run this from the top of a project; ulpwise init makes one")
    return Project(root)
