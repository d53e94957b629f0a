# SPDX-License-Identifier: Apache-2.0
"""Checks style and types of the Python code, and each core under rtl/ in Verilator, Icarus and Yosys.

Any word that a tool says is a fault: a warning that may stay is one that hides the next.
"""

from __future__ import annotations

import functools
import os
import re
import sys
from concurrent.futures import as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from ulpwise.bench.by_hand import strays
from ulpwise.bench.project import Project
from ulpwise.cli.lint_memory import Memory
from ulpwise.scaffold.names import licence
from ulpwise.system import process
from ulpwise.system.fault import message, one_line
from ulpwise.system.pools import pool
from ulpwise.toolchain import tools
from ulpwise.verilog import sources
from ulpwise.verilog.parse import SourceError, data, scan

if TYPE_CHECKING:
    from collections.abc import Callable

_UNREAD = re.compile(r"(\S+\.svh?:\d+): ERROR:")
_MARK = "@@ module"  # splits the one log of Yosys into one part a module


@dataclass(frozen=True)
class Check:
    """The outcome of one check."""

    name: str
    faults: tuple[str, ...] = ()
    """Lines that say what is wrong; none means that it passed."""


def _said(name: str, command: list[str], root: Path, env: dict[str, str] | None = None) -> Check:
    """Runs a tool that is silent when all is well."""
    status, text = _run(command, root, env)
    lines = [line for line in text.splitlines() if line.strip()]
    return Check(name, tuple(lines or ([f"ended with status {status}"] if status else [])))


def _run(command: list[str], root: Path, env: dict[str, str] | None = None) -> tuple[int, str]:
    done = process.run(command, root, env, merge=True)
    return done.status, done.out


def python_checks(root: Path) -> list[Callable[[], Check]]:
    """Returns the checks of the Python code: ruff twice, then mypy, as pyproject.toml configures them."""

    def tool(name: str, *arguments: str) -> Check:
        status, text = _run([sys.executable, "-m", *arguments], root)
        # These three print a summary when all is well, so here the status decides.
        return Check(name, tuple(text.splitlines() or [f"ended with status {status}"]) if status else ())

    return [
        lambda: tool("ruff check", "ruff", "check", "--output-format=concise", "."),
        lambda: tool("ruff format", "ruff", "format", "--check", "."),
        lambda: tool("mypy", "mypy"),
    ]


def rules(path: Path, root: Path) -> Check:
    """Checks what a file of rtl/ must have: licence, its module's name, default_nettype, a bench and a model."""
    try:
        text = data(path, root).decode("latin-1")
    except SourceError as fault:
        return Check(f"rules {path.stem}", (str(fault),))
    held = scan(path, root, sources.folders(root))
    family, name = path.parent.name, path.stem
    faults = []
    said = f"// SPDX-License-Identifier: {licence(root)}"
    if licence(root) and text.splitlines()[:1] != [said]:
        faults.append(f"the first line is not {said}")
    package = not held.modules and held.packages == (name,)
    if held.modules != (name,) and not package:
        what = "one module or package" if path.suffix == ".sv" else "one module"
        holds = ", ".join((*held.packages, *held.modules)) or "no module"
        faults.append(f"holds {holds}, but must hold {what}, {name}, its file's name")
    if not held.strict and not package:
        faults.append("lacks `default_nettype none")
    if family != "common" and not package:
        bench, models = Path("tests", family, f"test_{name}.py"), Path("models", family)
        faults += [f"has no bench {bench}"] if not (root / bench).is_file() else []
        faults += [f"has no golden models in {models}/"] if not (root / models).is_dir() else []
    file = path.relative_to(root)
    return Check(f"rules {name}", tuple(f"{file}: {fault}" for fault in faults))


def arguments(name: str, root: Path) -> list[str]:
    """Returns what tools are told of a module's files, besides options of their own."""
    needed = sources.closure(name, root)
    return [*sources.search(needed, root), *(str(path.relative_to(root)) for path in needed)]


def _readable(name: str, root: Path) -> bool:
    try:
        arguments(name, root)
    except SourceError:
        return False
    return True


def _package(path: Path, root: Path) -> bool:
    held = scan(path, root, sources.folders(root))
    return bool(held.packages) and not held.modules


def verilator(name: str, root: Path) -> Check:
    """Lints one module and what it instantiates with Verilator; raises ToolError when there is none."""
    tool = tools.verilator()
    command = [
        str(tool.binary),
        "--lint-only",
        "-Wall",
        "--relative-includes",
        "--top-module",
        name,
        *arguments(name, root),
    ]
    status, text = _run(command, root, {**os.environ, **tool.env()})
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("- ")]  # "- " is its own report
    return Check(f"verilator {name}", tuple(lines or ([f"ended with status {status}"] if status else [])))


def _simulated(name: str, sim: str, root: Path) -> bool:
    """Tells whether a simulator may run a core, as its bench says; one that cannot be loaded says nothing."""
    project = Project(root)
    benches, _ = project.survey([name] if name in project.bench_files() else [])
    return all(not bench.simulators or sim in bench.simulators for bench in benches.values())


def icarus(name: str, root: Path) -> Check:
    """Compiles one module and what it instantiates with Icarus, to nothing; raises ToolError when there is none.

    A core in files named .v is held to Verilog-2005; one in SystemVerilog that its bench keeps from Icarus is left out.
    """
    files = arguments(name, root)
    if any(file.endswith(".sv") for file in files) and not _simulated(name, "icarus", root):
        return Check(f"icarus {name}: left out by its bench")
    command = [
        str(tools.iverilog().path),
        "-g2012" if any(file.endswith(".sv") for file in files) else "-g2005",
        "-grelative-include",
        "-Wall",
        "-t",
        "null",
        "-s",
        name,
        *files,
    ]
    return _said(f"icarus {name}", command, root)


def yosys(names: list[str], root: Path) -> list[Check]:
    """Elaborates modules with Yosys, all in one process, since its start takes longer than a module does.

    Raises:
        ToolError: there is no Yosys.
    """
    checks: list[Check] = []
    files: dict[str, list[str]] = {}
    for name in names:
        try:
            files[name] = arguments(name, root)
        except (LookupError, ValueError, OSError) as fault:  # of this one: the others go on
            checks.append(Check(f"yosys {name}", (message(fault),)))
    left = list(files)
    while left:
        script = "\n".join(
            f"log {_MARK} {name}\ndesign -reset\nread_verilog -sv {' '.join(files[name])}\n"
            f"hierarchy -check -top {name}\nproc\ncheck -assert\n"
            for name in left
        ).replace("\n\n", "\n")
        status, text = _run([str(tools.yosys().path), "-Q", "-T", "-p", script.replace("\n", "; ")], root)
        # The script itself is echoed on the first line; the marks that count stand alone.
        parts = re.split(rf"^{_MARK} (\w+)\s*$", text, flags=re.MULTILINE)
        seen = parts[1::2]
        for name, log in zip(seen, parts[2::2], strict=True):
            lines = [line for line in log.splitlines() if re.search(r"\b(Warning|ERROR)\b|Assert", line)]
            if status and name == seen[-1] and not lines:
                lines = [line for line in log.splitlines() if line.strip()][-1:] or [f"ended with status {status}"]
            unread = next(filter(None, map(_UNREAD.search, lines)), None)
            if unread:  # it knows less of SystemVerilog than the others, who say what is wrong
                checks.append(Check(f"yosys {name}: left out, cannot read {unread[1]}"))
            else:
                checks.append(Check(f"yosys {name}", tuple(lines)))
        if not seen:
            return [*checks, Check("yosys", tuple(text.splitlines()[-1:] or [f"ended with status {status}"]))]
        left = left[len(seen) :]  # an error ends the process: the modules behind it get another
    return checks


def _once(check: Callable[[str, Path], Check], tool: Callable[[], tools.Tool], memory: Memory, name: str) -> Check:
    """Checks a module, unless it passed as it is now."""
    program = tool()
    mark = memory.mark(program, name)
    if memory.known(mark):
        return Check(f"{check.__name__} {name}")
    try:
        outcome = check(name, memory.root)
    except (LookupError, ValueError, OSError) as fault:  # of this one: the others go on
        return Check(f"{check.__name__} {name}", (one_line(fault, memory.root),))
    if outcome == Check(f"{check.__name__} {name}"):
        memory.keep(mark, program, name)
    return outcome


def _yosys_once(names: list[str], memory: Memory) -> list[Check]:
    """Elaborates with Yosys what has not passed as it is now."""
    program = tools.yosys()
    marks = {name: memory.mark(program, name) for name in names}
    known = [name for name in names if memory.known(marks[name])]
    found = yosys([name for name in names if name not in known], memory.root)
    for name in names:
        if Check(f"yosys {name}") in found:
            memory.keep(marks[name], program, name)
    return [*(Check(f"yosys {name}") for name in known), *found]


def rtl_checks(root: Path, *, fresh: bool = False) -> list[Callable[[], Check | list[Check]]]:
    """Returns the checks of every module under rtl/, Yosys first since it takes longest.

    Args:
        root: Top of the project.
        fresh: Whether to check what passed before and has not changed, too.
    """
    memory = Memory(root, arguments, fresh)
    known = sources.modules(root)
    partial = functools.partial
    # of the others, `rules` says why; packages are read with what imports them
    read = [name for name, path in known.items() if _readable(name, root) and not _package(path, root)]
    checks: list[Callable[[], Check | list[Check]]] = [partial(_yosys_once, read, memory)] if read else []
    checks += [partial(rules, path, root) for path in known.values()]
    for name in read:
        checks.append(partial(_once, verilator, tools.verilator, memory, name))
        checks.append(partial(_once, icarus, tools.iverilog, memory, name))
    return checks


def benches(root: Path) -> Check:
    """Loads every bench: one that cannot be imported or contradicts itself is named with its file and line.

    So are cocotb tests that no bench stands beside.
    """
    project = Project(root)
    _, broken = project.survey()
    return Check("benches", (*broken.values(), *strays(project).values()))


def _guarded(check: Callable[[], Check | list[Check]], root: Path) -> Check | list[Check]:
    """Does a check; one that cannot be done, such as of a file in another encoding, is a fault and stops no other."""
    try:
        return check()
    except (LookupError, ValueError, OSError) as fault:
        function = getattr(check, "func", check)
        names = [each.stem if isinstance(each, Path) else each for each in getattr(check, "args", ()) if each != root]
        return Check(" ".join([function.__name__, *map(str, names)]), (one_line(fault, root),))


def run(root: Path, console: Console | None = None, *, fresh: bool = False) -> int:
    """Runs all checks in two threads and prints a line for each as it ends, with its faults below it.

    Args:
        root: Top of the project.
        console: where to print.
        fresh: whether to check what passed before and has not changed, too.

    Returns:
        0 when all pass, 1 when one fails, 2 when a tool is missing.
    """
    console = console or Console(highlight=False, soft_wrap=True)
    failed = 0
    checks: list[Callable[[], Check | list[Check]]]
    checks = [*rtl_checks(root, fresh=fresh), functools.partial(benches, root), *python_checks(root)]
    try:
        with pool(2) as threads:
            for future in as_completed([threads.submit(_guarded, check, root) for check in checks]):
                outcome = future.result()
                for check in outcome if isinstance(outcome, list) else [outcome]:
                    failed += bool(check.faults)
                    console.print(f"{'[red]FAIL[/]' if check.faults else '[green]ok[/]  '} {escape(check.name)}")
                    for fault in check.faults:
                        console.print(f"       {escape(fault)}")
    except (tools.ToolError, LookupError) as fault:
        console.print(f"[red]error:[/] {escape(str(fault))}")
        return 2
    return 1 if failed else 0
