# SPDX-License-Identifier: Apache-2.0
"""Compares the ranges of each core's parameters with what its configurations run, and lists what is left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from ulpwise.bench.declare import Bench, Config
from ulpwise.bench.limits import Limit, Refused
from ulpwise.bench.project import Project
from ulpwise.bench.select import modules
from ulpwise.cli import told
from ulpwise.run.trials import source
from ulpwise.system.jsonfile import Keep, nowhere
from ulpwise.verilog.guards import guards, parameters

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class Row:
    """One parameter, or values of several.

    Attributes:
        what: Its name, or the values.
        legal: Its range, in words.
        run: The least and the greatest value that configurations run, in words.
        left: What no configuration runs, each with the reason, or "" when the bench gives none.
        untried: Limits that are not even elaborated, each with the reason.
    """

    what: str
    legal: str
    run: str
    left: Mapping[str, str]
    untried: Mapping[str, str]


def report(
    project: Project, module: str | None, console: Console, family: str | None = None, keep: Keep = nowhere
) -> int:
    """Print a table for each core.

    Args:
        project: Where the benches are.
        module: Cores, names and patterns with commas between; None for all.
        console: Where to write.
        family: Families of cores, likewise; None for all.
        keep: Gets a record a core.

    Returns:
        0 when all that is left has its reason and each guard its declaration, else 1.

    Raises:
        LookupError: There is no such core.
    """
    missing = 0
    records: list[dict[str, Any]] = []
    keep(records)
    for name in modules(project, module, family):
        bench = project.bench(name)
        console.print(f"[bold]{name}[/]")
        found, silent = list(rows(project, bench)), undeclared(project, bench)
        records.append(told.limited(project, name, found, silent))
        for row in found:
            console.print(escape(f"  {row.what}: {row.legal}; configurations run {row.run}"))
            for value, reason in row.untried.items():
                console.print(escape(f"    not tried: {value}: {reason}"))
            for value, reason in row.left.items():
                missing += not reason
                style = "" if reason else "[red]"
                console.print(f"    {style}left: {escape(value)}: {escape(reason or 'no reason given')}")
        for text in silent:
            missing += 1
            console.print(f"    [red]{escape(text)}")
    console.print(f"{missing} left without a reason" if missing else "nothing is left without a reason")
    return 1 if missing else 0


def rows(project: Project, bench: Bench) -> Iterator[Row]:
    """List the parameters with their ranges; behind them those of which the bench declares none."""
    defaults = parameters(source(project, bench))
    configs = [_filled(bench.config(name), defaults) for name in bench.configs]
    limits = [item for item in bench.guards if isinstance(item, Limit)]
    for item in bench.guards:
        yield _limit(item, configs) if isinstance(item, Limit) else _together(item, configs)
    for name in defaults:
        if name not in {item.name for item in limits} and _narrow(name, configs):
            yield Row(name, "no range declared", _span(name, configs), {}, {})


def undeclared(project: Project, bench: Bench) -> list[str]:
    """List the guards of a core of whose parameters the bench declares nothing."""
    known = set().union(*(item.parameters for item in bench.guards))
    return [
        f"{guard.name} in line {guard.line} of {guard.module}.v: guards= declares nothing for it ({guard.message})"
        for guard in guards(source(project, bench))
        if not guard.parameters & known
    ]


def _filled(config: Config, defaults: Mapping[str, int | None]) -> Config:
    """Return a configuration with the core's own values of the parameters that it leaves out."""
    return Config(config.name, {**{name: value for name, value in defaults.items() if value is not None}, **config})


def _limit(item: Limit, configs: list[Config]) -> Row:
    seen = {config[item.name] for config in configs if item.name in config}
    left = {f"{item.name} = {end}": item.left.get(end, "") for end in item.ends if end not in seen}
    legal = f"{'…' if item.least is None else item.least} to {'…' if item.greatest is None else item.greatest}"
    untried = {f"{item.name} = {end}": reason for end, reason in item.slow.items()}
    return Row(item.name, legal, _span(item.name, configs), left, untried)


def _together(item: Refused, configs: list[Config]) -> Row:
    values, legal = _shown(item.values), _shown(item.legal) or "others"
    there = [config.name for config in configs if _at(item, config)]
    what = f"the limit at {legal}" if item.legal else f"the limit beside {values}"
    return Row(
        values, f"refused, {legal} legal", ", ".join(there[:1]) or "none there", {} if there else {what: item.left}, {}
    )


def _at(item: Refused, config: Config) -> bool:
    """Tell whether a configuration lies at the limit; one that lacks a parameter does not."""
    if item.edge is None:
        return all(config.get(name) == value for name, value in item.legal.items())
    try:
        return item.edge(config)
    except AttributeError:
        return False


def _narrow(name: str, configs: list[Config]) -> bool:
    """Tell whether a parameter is a number, not weights or a program."""
    values: list[object] = [config.get(name, 0) for config in configs]
    return all(isinstance(value, int) and abs(value) < 1 << 32 for value in values)


def _span(name: str, configs: list[Config]) -> str:
    seen = [config[name] for config in configs if name in config]
    if not seen:
        return "the core's default"
    return str(min(seen)) if min(seen) == max(seen) else f"{min(seen)} to {max(seen)}"


def _shown(values: Mapping[str, int]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in values.items())
