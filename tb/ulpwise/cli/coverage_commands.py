"""Commands on what a regression left: coverage, rank, report."""

from __future__ import annotations

from typing import Annotated

import typer

from ulpwise.cli.app import app, examples, here, one_line_errors
from ulpwise.cli.options import Family, Json, Module
from ulpwise.system import install
from ulpwise.system.jsonfile import reporting


@app.command(
    epilog=examples(
        "ulpwise coverage", "ulpwise coverage --module online_mul", "ulpwise coverage --family online,bitlet"
    )
)
def coverage(module: Module = None, family: Family = None, json_file: Json = None) -> None:
    """Merge the coverage of the latest regression, compare it with the targets, export it (LCOV, Cobertura, UCIS).

    Of the cores that --module names all is shown that is not covered.
    """
    from ulpwise.closure import command  # noqa: PLC0415 (each command imports what it needs)

    with one_line_errors():
        with reporting(json_file) as keep:
            status = command.coverage(here(), None, module, family, keep)
        raise typer.Exit(status)


@app.command(epilog=examples("ulpwise rank", "ulpwise rank --module 'online_*' --reach 98"))
def rank(
    module: Module = None,
    reach: Annotated[float, typer.Option(help="percent of the coverage that they must reach")] = 100.0,
    family: Family = None,
    json_file: Json = None,
) -> None:
    """Find the fewest runs of the latest regression that reach its coverage; LEVEL=smoke runs these from then on."""
    install.require("rank")
    from ulpwise.closure import command  # noqa: PLC0415 (each command imports what it needs)

    with one_line_errors():
        with reporting(json_file) as keep:
            status = command.rank(here(), None, module, reach, family, keep)
        raise typer.Exit(status)


@app.command(epilog=examples("ulpwise report"))
def report() -> None:
    """Write the report of the latest regression and of the history, a static site."""
    install.require("report")
    from ulpwise.site.build import write  # noqa: PLC0415 (each command imports what it needs)

    with one_line_errors():
        typer.echo(write(here()))
