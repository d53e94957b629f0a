"""Plants faults in the cores and prints which run of `make sim MODULE=` finds each: `make results FAMILY=faults`."""

from __future__ import annotations

import importlib
import json
import os
import re
from collections.abc import Mapping
from concurrent.futures import as_completed
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.results.planted._fault import Fault, found_by
from ulpwise.history.tree import snapshot
from ulpwise.system import atomic
from ulpwise.system.pools import pool

FAMILIES = ("online", "bitlet", "unrolled")


def main(root: Path) -> int:
    """Print the table.

    What was found is kept in `build/planted/found.json`, and not looked for again until a source changes: so a table$
    that was interrupted goes on.

    Args:
        root: Top of the project. The variable FAULTS may name families, cores, or parts of a fault's name, with `;`
            between them.

    Returns:
        0 when every fault was found, 1 otherwise.
    """
    wanted = os.environ.get("FAULTS", "")
    modules = [importlib.import_module(f"tests.results.planted.{family}") for family in FAMILIES]
    faults = {
        f"{fault.core}, {fault.name}": fault
        for family, module in zip(FAMILIES, modules, strict=True)
        for fault in module.FAULTS
        if any(word.strip() in f"{family} {fault.core}, {fault.name}" for word in wanted.split(";"))
    }
    for fault in faults.values():
        fault.text(root)  # each can be planted, before any is
    console = Console()
    found = _search_all(root, faults, console)
    table = Table("core", "fault", "found by", title=f"{len(faults)} faults planted in the cores")
    for name, fault in faults.items():
        table.add_row(fault.core, fault.name, escape(found.get(name, "")) or "[bold red]nothing[/]")
    console.print(table)
    console.print(f"{len(found)} found, {len(faults) - len(found)} not found")
    return int(len(found) < len(faults))


def _search_all(root: Path, faults: Mapping[str, Fault], console: Console) -> dict[str, str]:
    """Look for faults by their names; return by name what found them."""
    folder, sources = root / "build" / "planted", snapshot(root).digest
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "found.json"
    state = json.loads(kept.read_text()) if kept.exists() else {}
    known: dict[str, str] = state["found"] if state.get("sources") == sources else {}
    with pool(os.cpu_count() or 1) as threads:
        left = [name for name in faults if name not in known]
        searches = {threads.submit(_search, root, folder, name, faults[name]): name for name in left}
        for search in as_completed(searches):
            name, said = searches[search], search.result()
            console.print(f"{name}: {said or 'NOT FOUND'}", markup=False, highlight=False, soft_wrap=True)
            if said:
                known[name] = said
                atomic.write_text(kept, json.dumps({"sources": sources, "found": known}, indent=1))
    return {name: known[name] for name in faults if name in known}


def _search(root: Path, folder: Path, name: str, fault: Fault) -> str:
    try:
        return found_by(root, fault, folder / re.sub(r"\W+", "-", name))
    except RuntimeError as error:  # a run that is no run finds nothing
        Console(stderr=True).print(f"{name}: {error}", markup=False)
        return ""
