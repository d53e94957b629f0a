"""What a person reads of coverage in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from ulpwise.closure.measure import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import Console

    from ulpwise.closure.measure import Hole, ModuleCoverage
    from ulpwise.closure.rank import Ranking
    from ulpwise.closure.regression import RunData

KINDS = ("functional", "line", "branch", "expr", "toggle")
SHOWN = 8  # points of one line that are named
WIDTH = 140  # of a table that goes into a pipe


def show(console: Console, modules: Sequence[ModuleCoverage], falls: Iterable[str]) -> None:
    """Print one row a core, their sum, and what is wrong."""
    table = _table(console, ("module", "functional", "all bins", *KINDS[1:], "mutation", "excluded"))
    for each in modules:
        excluded = sum(kind.excluded for kind in each.kinds.values())
        cells = [_cell(each.kinds.get(name)) for name in KINDS]
        score = "" if each.mutation is None else f"{_down(each.mutation['percent'])} %"
        table.add_row(Text(each.module), cells[0], _cell(each.bins), *cells[1:], score, f"{excluded or ''}")
    if len(modules) > 1:
        sums = [_sum([each.kinds[name] for each in modules if name in each.kinds]) for name in KINDS]
        bins = _sum([each.bins for each in modules])
        table.add_section()
        table.add_row("all", _cell(sums[0]), _cell(bins), *map(_cell, sums[1:]), "", "")
    console.print(table)
    for each in modules:
        _lines(console, (text for _, text in each.missed), "red")
        if not any(name in each.kinds for name in KINDS[1:]):
            _lines(console, [f"{each.module}: code coverage was not counted, or its file has no points"], "yellow")
        if each.unrun:
            _lines(console, [f"{each.module}: configurations that were not run: {', '.join(each.unrun)}"], "yellow")
        _lines(console, each.stale, "yellow")
    _lines(console, falls, "red")


def show_holes(console: Console, module: ModuleCoverage) -> None:
    """Print all that a core has not covered, with places and source text, the points of a line together."""
    groups: dict[tuple[str, str, str], list[Hole]] = {}
    for hole in module.holes():
        groups.setdefault((hole.kind, hole.where, hole.text), []).append(hole)
    for each in module.assertions:
        times = {None: "is not counted", 0: "was never exercised"}.get(
            each["count"], f"was exercised {each['count']:,} times"
        )
        console.print(f"{each['file']}:{each['line']}: {each['kind']} {each['name'] or '-'} {times}", markup=False)
    if not groups:
        console.print(f"{module.module}: nothing is left to cover", markup=False)
        return
    console.print(f"\nnot covered in {module.module}:", markup=False)
    for (kind, where, text), holes in groups.items():
        names = [hole.what for hole in holes if hole.what]
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        what = f"  {', '.join(names[:SHOWN])}{more}" if names else ""
        console.print(f"  {where}: {kind}{what}  | {text}", markup=False)
    excluded = {(point.kind, reason) for point, reason in module.excluded.items()}
    for kind, reason in sorted(excluded):
        number = sum(point.kind == kind and each == reason for point, each in module.excluded.items())
        console.print(f"  excluded: {number} {kind} points: {reason}", markup=False)


def show_files(console: Console, runs: int, regression: str, files: Iterable[str]) -> None:
    """Print what was merged, and where the exports are."""
    noun = "run" if runs == 1 else "runs"
    console.print(f"{runs:,} {noun} of regression {regression}; {', '.join(files)}", markup=False)


def show_ranking(console: Console, rankings: Mapping[str, Ranking], runs: Sequence[RunData]) -> None:
    """Print the chosen runs of each core."""
    table = _table(console, ("run", "seconds", "adds", "reached"))
    for ranking in rankings.values():
        for item in ranking.chosen:
            name = Text(item.run.name)
            table.add_row(name, f"{item.run.seconds:.1f}", f"{item.adds:,}", f"{_down(item.share)} %")
    console.print(table)
    for module, ranking in rankings.items():
        own = [run for run in runs if run.module == module]
        took, whole = sum(item.run.seconds for item in ranking.chosen), sum(run.seconds for run in own)
        share = "all" if ranking.reach >= 100 else f"{ranking.reach:g} % of the"
        proof = "none smaller does" if ranking.proved else "a smaller set may exist: the search was cut short"
        console.print(
            f"{module}: {len(ranking.chosen)} of {len(own)} runs reach {share} {ranking.items:,} bins and points that "
            f"they cover together, {took:.1f} s of {whole:.1f} s; {proof}",
            markup=False,
        )


def _table(console: Console, columns: Iterable[str]) -> Table:
    if not console.is_terminal:
        console.width = WIDTH
    table = Table(box=None, pad_edge=False)
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number else "left", no_wrap=True)
    return table


def _lines(console: Console, texts: Iterable[str], style: str) -> None:
    for text in texts:
        console.print(Text(text, style))


def _cell(kind: Kind | None) -> Text:
    if kind is None:
        return Text("-")
    return Text(f"{_down(kind.percent)} % of {kind.points:,}", "red" if kind.missed else "")


def _sum(kinds: Sequence[Kind]) -> Kind | None:
    return Kind(sum(kind.points for kind in kinds), sum(kind.hit for kind in kinds)) if kinds else None


def _down(percent: float) -> str:
    """Round down to a tenth, so that 100 means all."""
    return f"{int(percent * 10 + 1e-9) / 10:g}"
