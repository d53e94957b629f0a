"""Options that several commands take, each with one meaning."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ulpwise.cli import complete

Module = Annotated[
    str | None,
    typer.Option(help="cores: names and patterns, commas between; all without", autocompletion=complete.modules),
]
Family = Annotated[
    str | None,
    typer.Option(help="families of cores: names and patterns, commas between", autocompletion=complete.families),
]
Config = Annotated[
    str | None,
    typer.Option(help="configurations: names and patterns, commas between", autocompletion=complete.configs),
]
Jobs = Annotated[int | None, typer.Option(help="how many at a time")]


def check_jobs(jobs: int | None) -> None:
    """Refuse less than one at a time; ValueError."""
    if jobs is not None and jobs < 1:
        raise ValueError(f"JOBS={jobs}: at least one at a time is needed")


N = Annotated[int | None, typer.Option("--n", "-n", help="transactions of each random sequence")]
Json = Annotated[Path | None, typer.Option("--json", help="write what came of it as JSON; - for standard output alone")]
