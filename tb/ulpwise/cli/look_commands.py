"""Commands that look at what is there: list, limits, doctor, lint."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from ulpwise.cli.app import app, examples, here, one_line_errors
from ulpwise.cli.options import Config, Family, Json, Module
from ulpwise.system import install
from ulpwise.system.jsonfile import reporting


@app.command(
    "list",
    epilog=examples(
        "ulpwise list", "ulpwise list --family online,bitlet", "ulpwise list --module 'online_*' --config 'n8*'"
    ),
)
def list_(module: Module = None, family: Family = None, config: Config = None, json_file: Json = None) -> None:
    """List the modules, their families and configurations."""
    from ulpwise.bench import by_hand  # noqa: PLC0415 (each command imports what it needs)
    from ulpwise.bench.select import configurations, modules  # noqa: PLC0415 (each command imports what it needs)
    from ulpwise.cli import told  # noqa: PLC0415 (each command imports what it needs)

    with one_line_errors():
        project = here()
        benches, broken = project.survey(modules(project, module, family))
        stray = by_hand.strays(project) if module is None and family is None else {}
        chosen = configurations({name: bench.configs for name, bench in benches.items()}, config)
        with reporting(json_file) as keep:
            keep(told.listed(project, benches, chosen, broken, stray))
            for name, configs in chosen.items():
                tests = by_hand.file_of(project, name)
                more = "" if tests is None else f"  + {tests.name}"
                typer.echo(f"{name:20} {project.family(name):10} {' '.join(configs)}{more}")
            for text in (*broken.values(), *stray.values()):
                typer.echo(f"error: {text}", err=True)
        if broken or stray:
            raise typer.Exit(2)


@app.command(epilog=examples("ulpwise limits", "ulpwise limits --module 'online_*'", "ulpwise limits --family bitlet"))
def limits(module: Module = None, family: Family = None, json_file: Json = None) -> None:
    """Say which limits of each core's parameters no configuration runs, and why."""
    from ulpwise.cli import limits_table  # noqa: PLC0415 (each command imports what it needs)

    with one_line_errors():
        console = Console(highlight=False, soft_wrap=True)
        with reporting(json_file) as keep:
            status = limits_table.report(here(), module, console, family, keep)
        raise typer.Exit(status)


@app.command(epilog=examples("ulpwise doctor", "ulpwise doctor --json -"))
def doctor(json_file: Json = None) -> None:
    """Print each tool, its version, where it was found, and what is missing."""
    from ulpwise.cli import doctor as tools_doctor  # noqa: PLC0415 (each command imports what it needs)

    with one_line_errors():
        with reporting(json_file) as keep:
            status = tools_doctor.report(keep=keep)
        raise typer.Exit(status)


@app.command(epilog=examples("ulpwise lint", "ulpwise lint --all"))
def lint(
    everything: Annotated[
        bool, typer.Option("--all", help="check again what passed before and has not changed since, too")
    ] = False,
) -> None:
    """Check style, types, and every core in Verilator, Icarus and Yosys."""
    install.require("lint")
    from ulpwise.cli import lint as checks  # noqa: PLC0415 (each command imports what it needs)

    with one_line_errors():
        raise typer.Exit(checks.run(here().root, fresh=everything))
