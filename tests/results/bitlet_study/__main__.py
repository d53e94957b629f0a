"""Cycles of Bitlet and others on given weights: `make bitlet-study WEIGHTS=model.safetensors BITS=8`."""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from tests.results.bitlet_study import study as studies
from tests.results.bitlet_study import tables
from tests.results.bitlet_study.files import StudyError, printable
from tests.results.bitlet_study.study import Layer, Study

FOLDER = Path("build") / "bitlet-study"


def main(
    weights: Annotated[Path | None, typer.Option(help=".npy, .npz or .safetensors; the digits network without")] = None,
    bits: Annotated[str | None, typer.Option(help="1 to 24 bits of magnitude, or 32 (float)")] = None,
    activations: Annotated[Path | None, typer.Option(help="of the same formats; a stand-in without")] = None,
) -> None:
    """Print bit sparsity and cycles of each accelerator, draw them, and keep all of it in build/bitlet-study."""
    with _one_line_errors():
        console = Console(width=None if Console().is_terminal else 120)
        found = list(_studies(weights, bits, activations))
        for study in found:
            for table in (tables.accelerators(study), tables.significances(study), tables.tensors(study)):
                console.print(table)
                console.print()
        console.print(tables.paper())
        for path in _keep(found):
            console.print(str(path), markup=False, highlight=False, soft_wrap=True)


def _studies(weights: Path | None, bits: str | None, activations: Path | None) -> Iterator[Study]:
    if weights is None:
        if activations is not None:
            raise StudyError("ACTIVATIONS belong to WEIGHTS: give both; the digits network brings its own")
        for precision in [studies.precision(bits)] if bits else [8, 16, None]:
            layers = studies.digits_layers(precision)
            yield _watched("digits network", layers, precision)
        return
    precision = studies.precision(bits or "8")
    layers = studies.user_layers(weights, activations)
    studies.inspect(layers, precision)
    yield _watched(printable(weights.name), layers, precision)


def _watched(title: str, layers: list[Layer], bits: int | None) -> Study:
    """Study, with a bar on a terminal."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("weights", total=sum(layer.size for layer in layers))
        return studies.run(title, layers, bits, lambda _, done: progress.advance(task, done))


def _keep(found: list[Study]) -> list[Path]:
    """Write figures and one JSON file; return their paths."""
    from tests.results.bitlet_study import plot  # noqa: PLC0415 (a second that a refusal need not wait for)

    paths = [path for study in found for path in plot.draw(study, FOLDER)]
    record = [asdict(study) | {"total": asdict(study.total)} for study in found]
    path = FOLDER / "study.json"
    path.write_text(json.dumps(record, indent=1) + "\n")
    return [*paths, path]


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """Turn what goes wrong into one line and status 2; DEBUG=1 shows the traceback as well."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        raise typer.Exit(130) from None
    except (StudyError, OSError, MemoryError) as fault:
        if os.environ.get("DEBUG") == "1":
            traceback.print_exc()
        typer.echo(f"error: {' '.join(str(fault).split()) or type(fault).__name__}", err=True)
        raise typer.Exit(2) from None


if __name__ == "__main__":
    typer.run(main)
