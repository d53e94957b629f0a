"""The command line.

Exit status: 0 all passed, 1 a run failed, 2 wrong use, a missing tool or a broken bench, 130 interrupted (143 by TERM,
129 by HUP).
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import typer

# in the order of the list of commands
# isort: off
from ulpwise.cli import run_commands, look_commands, coverage_commands, measure_commands, new_commands

# isort: on
from ulpwise.cli.app import app, unread
from ulpwise.system import install, interrupts

__all__ = ["app", "coverage_commands", "look_commands", "main", "measure_commands", "new_commands", "run_commands"]


def main() -> None:
    """Run the command line; never returns."""
    interrupts.follow_make()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a letter that a terminal lacks ends no run
            stream.reconfigure(errors="backslashreplace")
    try:
        status = _status()
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit) as fault:
        if not unread(fault):
            raise
        for stream in (sys.stdout, sys.stderr):  # Python flushes both when it ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        status = 2
    sys.exit(status)


def _status() -> int:
    """Run the command; return its exit status."""
    try:
        status: int = app(prog_name=_name(), complete_var="_ULPWISE_COMPLETE", standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except Exception as fault:
        if isinstance(fault, ImportError) and install.missing(fault):
            typer.echo(f"error: {install.missing(fault)}", err=True)
            return 2
        if not hasattr(fault, "format_message"):  # not of an option, by the click that typer carries within
            raise
        text = " ".join(fault.format_message().split())
        if text in {"", "Missing command."}:
            text = f"name a command: {_name()} --help lists them"
        typer.echo(f"error: {text}", err=True)
        return 2
    return status


def _name() -> str:
    """Return what the user called; shells complete the program alone."""
    program = Path(sys.argv[0]).name
    completion = any(word in {"--install-completion", "--show-completion"} for word in sys.argv)
    return "ulpwise" if program == "ulpwise" or completion else "python -m ulpwise"
