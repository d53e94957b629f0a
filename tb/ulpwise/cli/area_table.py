# SPDX-License-Identifier: Apache-2.0
"""`make area`: what the cores of the project cost, as a table."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ulpwise.bench.project import Project
from ulpwise.bench.select import configurations, modules
from ulpwise.history.buckets import normalise
from ulpwise.history.database import History
from ulpwise.history.tree import commit
from ulpwise.synthesis.area import Area, AreaRequest, attempt
from ulpwise.system.fault import message
from ulpwise.system.jsonfile import Keep

_PIPED = 250  # columns where there is no terminal


def requests(project: Project, module: str | None, family: str | None, config: str | None) -> list[AreaRequest]:
    """Lists the designs that a user asks for: each set of Verilog parameters once, labelled with its configurations.

    Args:
        project: where the benches are.
        module: cores, names and patterns with commas between; None for all.
        family: families, likewise; None for all.
        config: configurations, likewise, of which each must be of at least one of the cores; None for all.

    Raises:
        UnknownNameError: a name does not exist; the message has the nearest one that does.
    """
    names = modules(project, module, family)
    benches = {name: project.bench(name) for name in names}
    chosen = configurations({name: bench.configs for name, bench in benches.items()}, config)
    found = []
    for name, bench in benches.items():
        sets: dict[tuple[tuple[str, int | str], ...], list[str]] = {}
        for label in bench.configs if config is not None or not bench.area else bench.area:
            sets.setdefault(tuple(sorted(bench.config(label).parameters.items())), []).append(label)
        for values, labels in sets.items():
            if set(labels) & set(chosen.get(name, ())):
                found.append(AreaRequest(name, dict(values), " ".join(labels), project.given(bench)))
    return found


def sizes(text: str) -> list[int]:
    """Reads LUT sizes such as "6,4".

    Raises:
        ValueError: they are no numbers.
    """
    try:
        return [int(word) for word in text.replace(",", " ").split()]
    except ValueError:
        raise ValueError(f"LUTS={text}: write sizes of 3 to 6, such as 6,4") from None


def report(
    wanted: Sequence[AreaRequest],
    root: Path,
    luts: Sequence[int],
    jobs: int | None,
    keep: Keep,
    xc7: bool,
) -> int:
    """Measures and prints.

    Args:
        wanted: the designs.
        root: the project's top folder.
        luts: LUT sizes.
        jobs: processes at a time.
        keep: gets the results as a list of records.
        xc7: whether to map to xc7 as well.

    Returns:
        0 when all were measured, 1 when one could not be.
    """
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _PIPED
    spinner = "line" if console.options.ascii_only else "dots"
    with console.status("", spinner=spinner) as status:  # shows nothing where there is no terminal
        left = len(wanted)

        def finished() -> None:
            nonlocal left
            left -= 1
            status.update(f"Yosys: {left} of {len(wanted)} designs left")

        results = attempt(wanted, root, luts, jobs, finished, xc7=xc7)
    areas = [result for result in results if isinstance(result, Area)]
    if areas:
        console.print(_table(areas, xc7))
        _remember(areas, root)
    for result in results:
        if not isinstance(result, Area):
            console.print(f"error: {result.args[0]}", markup=False, soft_wrap=True, style="red")
    keep([_record(request, result) for request, result in zip(wanted, results, strict=True)])
    return 0 if len(areas) == len(results) else 1


def _record(request: AreaRequest, result: Area | Exception) -> dict[str, Any]:
    """Return a design as other programs read it."""
    parameters = {name: _short(value) for name, value in request.parameters.items()}
    first = f" CONFIG={shlex.quote(request.label.split()[0])}" if request.label else ""
    replay = f"make area MODULE={request.top}{first}"
    if isinstance(result, Area):
        return {**asdict(result), "parameters": parameters, "verdict": "pass", "bucket": "", "replay": replay}
    told = {"top": request.top, "label": request.label, "parameters": parameters, "error": message(result)}
    return {**told, "verdict": "fail", "bucket": normalise(message(result)), "replay": replay}


def _remember(areas: Sequence[Area], root: Path) -> None:
    """Adds the areas to the history, a row a configuration."""
    rows = [
        {
            "module": area.top,
            "config": config,
            "lut6": area.luts.get(6),
            "lut4": area.luts.get(4),
            "ff": area.ff,
            "depth": area.depth,
        }
        for area in areas
        for config in area.label.split()
    ]
    History(root / "build" / "history.sqlite").add_areas(commit(root)[0], rows)


def _table(areas: Sequence[Area], xc7: bool) -> Table:
    """Prints one design a row."""
    luts = list(areas[0].luts)
    memories = any(area.xc7_other for area in areas)
    table = Table(box=None, pad_edge=False)
    for column in ("module", "configurations", "parameters"):
        table.add_column(column, overflow="fold")
    numbers = [*(f"LUT{size}" for size in luts), "FF", "depth", *(["xc7 LUT", "CARRY4"] if xc7 else [])]
    for column in [*numbers, *(["xc7 other"] if memories else [])]:
        table.add_column(column, justify="right", no_wrap=True)
    for area in areas:
        counts = [
            *(area.luts[size] for size in luts),
            area.ff,
            area.depth,
            *([area.xc7_lut, area.carry4] if xc7 else []),
        ]
        other = " ".join(f"{count} {cell}" for cell, count in area.xc7_other.items())
        cells = [area.top, area.label, _values(area.parameters), *(f"{count:,}" for count in counts)]
        table.add_row(*map(escape, cells), *([other] if memories else []))
    return table


def _short(value: int | str) -> int | str:
    """Writes a packed value in hexadecimal: Python refuses to print thousands of decimal digits."""
    return value if isinstance(value, str) or abs(value) >> 64 == 0 else f"{value:#x}"


def _values(parameters: Mapping[str, int | str]) -> str:
    """Prints parameters, of packed values the start only."""
    texts = {name: str(_short(value)) for name, value in parameters.items()}
    cut = {name: text if len(text) <= 20 else f"{text[:12]}... ({len(text)})" for name, text in texts.items()}
    return " ".join(f"{name}={text}" for name, text in cut.items()) or "-"
