"""Commands that look at what is there: list, limits, doctor, lint."""

from __future__ import annotations

import typer
from rich.console import Console

from ulpwise.cli.app import app, examples, here, one_line_errors
from ulpwise.cli.options import Config, Family, Module


@app.command(
    "list",
    epilog=examples(
        "ulpwise list", "ulpwise list --family online,bitlet", "ulpwise list --module 'online_*' --config 'n8*'"
    ),
)
def list_(module: Module = None, family: Family = None, config: Config = None) -> None:
    """List the modules, their families and configurations."""
    from ulpwise.bench.select import configurations, modules  # noqa: PLC0415 (each command imports what it needs)

    with one_line_errors():
        project = here()
        benches, broken = project.survey(modules(project, module, family))
        chosen = configurations({name: bench.configs for name, bench in benches.items()}, config)
        for name, configs in chosen.items():
            typer.echo(f"{name:20} {project.family(name):10} {' '.join(configs)}")
        for text in broken.values():
            typer.echo(f"error: {text}", err=True)
        if broken:
            raise typer.Exit(2)


@app.command(epilog=examples("ulpwise limits", "ulpwise limits --module 'online_*'", "ulpwise limits --family bitlet"))
def limits(module: Module = None, family: Family = None) -> None:
    """Say which limits of each core's parameters no configuration runs, and why."""
    from ulpwise.cli import limits_table  # noqa: PLC0415 (each command imports what it needs)

    with one_line_errors():
        console = Console(highlight=False, soft_wrap=True)
        raise typer.Exit(limits_table.report(here(), module, console, family))


@app.command(epilog=examples("ulpwise doctor"))
def doctor() -> None:
    """Print each tool, its version, where it was found, and what is missing."""
    from ulpwise.cli import doctor as tools_doctor  # noqa: PLC0415 (each command imports what it needs)

    with one_line_errors():
        raise typer.Exit(tools_doctor.report())


@app.command(epilog=examples("ulpwise lint"))
def lint() -> None:
    """Check style, types, and every core in Verilator, Icarus and Yosys."""
    from ulpwise.cli import lint as checks  # noqa: PLC0415 (each command imports what it needs)

    with one_line_errors():
        raise typer.Exit(checks.run(here().root))
