"""Commands that run benches: sim, regress, wave."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ulpwise.cli import complete
from ulpwise.cli.app import app, examples, here, one_line_errors
from ulpwise.cli.options import Config, Family, Jobs, Json, Module, N, check_jobs
from ulpwise.system.jsonfile import reporting

TIME_OUT = 600.0  # as ulpwise.run.record has it


@app.command(
    epilog=examples(
        "ulpwise sim",
        "ulpwise sim --module 'online_*' --config 'n4,n8*' --sim icarus --mode burst",
        "ulpwise sim --family online,bitlet --seed 7 --json runs.json",
        "ulpwise sim --module online_add --config n8 --sim icarus --mode burst --vectors mine.csv --out sums.csv",
    )
)
def sim(
    module: Annotated[
        str | None,
        typer.Option(
            help="cores: names and patterns, commas between; without them and FAMILY the main job",
            autocompletion=complete.modules,
        ),
    ] = None,
    family: Family = None,
    config: Config = None,
    sim: Annotated[str | None, typer.Option(help="verilator, icarus or both")] = None,
    mode: Annotated[
        str | None,
        typer.Option(help="beat, burst or both; cocotb or guards for the tests beside the bench, or the limits, alone"),
    ] = None,
    seed: Annotated[int, typer.Option(help="seeds stimuli and stalls")] = 1,
    n: N = None,
    vectors: Annotated[Path | None, typer.Option(help="your own transactions, .npz or .csv")] = None,
    out: Annotated[Path | None, typer.Option(help="save what came out, .npz or .csv")] = None,
    json_file: Json = None,
    jobs: Jobs = None,
    limit: Annotated[float, typer.Option(help="wall-clock limit of a simulation, seconds")] = TIME_OUT,
    waves: Annotated[bool, typer.Option("--waves", help="dump waves (FST)")] = False,
    coverage: Annotated[bool, typer.Option("--coverage", help="count code coverage")] = False,
) -> None:
    """Verify cores: simulate them, compare with the golden models, report."""
    from ulpwise.cli.sim import Session  # noqa: PLC0415 (each command imports what it needs)
    from ulpwise.run.plan import Request, plan  # noqa: PLC0415 (each command imports what it needs)

    with one_line_errors():
        check_jobs(jobs)
        project = here()
        request = Request(module, config, sim, mode, seed, n, vectors, out, waves, coverage, limit, family)
        specs = plan(project, request)
        with reporting(json_file) as keep:
            status = Session(project, specs, keep).run(jobs or os.cpu_count() or 1)
        raise typer.Exit(status)


@app.command(
    epilog=examples(
        "ulpwise regress",
        "ulpwise regress --level full --family online,bitlet --jobs 4",
        "ulpwise regress --failed --json -",
        "ulpwise regress --level nightly --cluster tls://host:8786 --tls-ca ca.pem --tls-cert a.pem --tls-key a.key",
    )
)
def regress(
    level: Annotated[str, typer.Option(help="smoke, full or nightly")] = "smoke",
    family: Family = None,
    module: Module = None,
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
    json_file: Json = None,
) -> None:
    """Run modules x configurations x simulators x modes x seeds on a dask cluster, and remember what came of it."""
    from ulpwise.history.levels import Wish  # noqa: PLC0415 (each command imports what it needs)
    from ulpwise.regress.session import Options  # noqa: PLC0415 (each command imports what it needs)
    from ulpwise.regress.session import regress as run  # noqa: PLC0415 (each command imports what it needs)

    with one_line_errors():
        check_jobs(jobs)
        if failed and resume:
            raise ValueError("FAILED and RESUME contradict each other: leave one out")
        if accept and (failed or resume):
            raise ValueError("ACCEPT is for a regression from its beginning: leave FAILED and RESUME out")
        wish = Wish(level, family, module, sim, seeds, coverage)
        options = Options(cluster, jobs, failed, resume, accept, (tls_ca, tls_cert, tls_key))
        with reporting(json_file) as keep:
            status = run(here(), wish, options, Console(), keep)
        raise typer.Exit(status)


@app.command(epilog=examples("ulpwise wave", "ulpwise wave --module 'online_*'"))
def wave(module: Module = None, family: Family = None) -> None:
    """Open the newest waves of a failure, or name the file where there is no viewer."""
    from ulpwise.run import waves  # noqa: PLC0415 (each command imports what it needs)

    with one_line_errors():
        raise typer.Exit(waves.show(here(), module, family))
