"""Plants faults in the cores and prints which run of `make sim MODULE=` finds each: `make results FAMILY=faults`."""

from __future__ import annotations

import importlib
import os
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.results.planted._fault import Fault, found_by

FAMILIES = ("online", "bitlet", "unrolled")


def main(root: Path) -> int:
    """Print the table.

    Args:
        root: Top of the project. The variable FAULTS may name families, cores, or parts of a fault's name, with `;`
            between them.

    Returns:
        0 when every fault was found, 1 otherwise.
    """
    wanted = os.environ.get("FAULTS", "")
    modules = [importlib.import_module(f"tests.results.planted.{family}") for family in FAMILIES]
    faults = [
        fault
        for family, module in zip(FAMILIES, modules, strict=True)
        for fault in module.FAULTS
        if any(word.strip() in f"{family} {fault.core}, {fault.name}" for word in wanted.split(";"))
    ]
    for fault in faults:
        fault.text(root)  # each can be planted, before any is
    console, found = Console(), dict.fromkeys(range(len(faults)), "")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        searches = {pool.submit(_search, root, number, fault): number for number, fault in enumerate(faults)}
        for search in as_completed(searches):
            number = searches[search]
            fault, found[number] = faults[number], search.result()
            said = found[number] or "NOT FOUND"
            console.print(f"{fault.core}, {fault.name}: {said}", markup=False, highlight=False, soft_wrap=True)
    table = Table("core", "fault", "found by", title=f"{len(faults)} faults planted in the cores")
    for number, fault in enumerate(faults):
        table.add_row(fault.core, fault.name, escape(found[number]) or "[bold red]nothing[/]")
    failed = sum(not said for said in found.values())
    console.print(table)
    console.print(f"{len(faults) - failed} found, {failed} not found")
    return int(failed > 0)


def _search(root: Path, number: int, fault: Fault) -> str:
    try:
        return found_by(root, fault, root / "build" / "planted" / str(number))
    except RuntimeError as error:  # a run that is no run finds nothing
        Console(stderr=True).print(f"{fault.core}, {fault.name}: {error}", markup=False)
        return ""
