# SPDX-License-Identifier: Apache-2.0
"""Prints each tool, its version, where it was found, and what is missing."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ulpwise.cli import told
from ulpwise.system.jsonfile import Keep, nowhere
from ulpwise.toolchain import tools


def _short(path: Path) -> str:
    """Writes a path below the project from there, so that the table fits a terminal."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def report(console: Console | None = None, keep: Keep = nowhere) -> int:
    """Prints the table and, below it, one line for each tool that is missing, with its remedy.

    Args:
        console: where to print.
        keep: gets what other programs are told.

    Returns:
        0 when nothing is missing that a run needs, else 2.
    """
    console = console or Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, 200)  # a log has no edge to wrap at
    findings = tools.find_all()
    keep(told.found(findings))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("tool", "version", "from", "status", "found at"):
        table.add_column(title, overflow="fold")
    for finding in findings:
        tool = finding.tool
        if tool is None:
            table.add_row(finding.name, "-", "-", "[red]missing[/]", "-")
        else:
            table.add_row(finding.name, escape(tool.version), tool.source, "[green]ok[/]", escape(_short(tool.path)))
    console.print(table)
    absent = {finding.name: finding.fault for finding in findings if finding.tool is None}
    synthesis = absent.pop("yosys", "")  # no run needs it
    faults = list(absent.values())
    for fault in faults:
        console.print(f"[red]missing:[/] {escape(fault)}", soft_wrap=True)
    if synthesis:
        console.print(f"[yellow]optional:[/] area, mutate and lint need Yosys: {escape(synthesis)}", soft_wrap=True)
    headers = tools.missing_headers()
    if headers:
        remedy = "sudo apt-get install -y " + " ".join(headers)
        console.print(f"[yellow]optional:[/] waveforms (WAVES=1) under Verilator need: {remedy}", soft_wrap=True)
    if not faults:
        console.print("all tools are there")
    return 2 if faults else 0
