"""What all commands share: the application, its errors in one line, the project around the working directory."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ulpwise.system import install, interrupts
from ulpwise.system.fault import message
from ulpwise.system.process import kill_all
from ulpwise.system.version import VERSION

if TYPE_CHECKING:
    from ulpwise.bench.project import Project

app = typer.Typer(
    pretty_exceptions_enable=False,
    help="""Verify Verilog cores against golden models.

Exit status: 0 all passed, 1 a run failed, 2 wrong use, a missing tool or a broken bench, 130 interrupted (143 by TERM,
129 by HUP).""",
)

USER_ERRORS = (LookupError, ValueError, OSError)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ulpwise {VERSION}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="print the version", is_eager=True, callback=_say_version)
    ] = False,
) -> None:
    """Take the options that stand before a command."""


def examples(*lines: str) -> str:
    """Return the end of a command's help.

    Args:
        lines: Whole command lines.
    """
    return "\n\n".join(["Examples:", *lines])


def unread(fault: BaseException) -> bool:
    """Tell whether nobody reads what is printed any more, as in `... | head -1`; rich and typer exit with 1 then."""
    return isinstance(fault, BrokenPipeError) or isinstance(fault.__context__, BrokenPipeError)


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn whatever goes wrong into one line and an exit status; DEBUG=1 shows the traceback as well.

    What is printed and not read ends a command without a word.
    """
    try:
        with interrupts.heard():
            yield
    except KeyboardInterrupt as stop:
        kill_all()
        typer.echo("interrupted", err=True)
        raise typer.Exit(interrupts.status(stop)) from None
    except (typer.Exit, typer.Abort):
        raise
    except Exception as fault:
        if unread(fault) or (isinstance(fault, ImportError) and install.missing(fault)):
            raise  # `main` knows what to make of either, also where it comes from in front of this
        from ulpwise.toolchain.tools import ToolError  # noqa: PLC0415 (help and completion need no tool)

        if os.environ.get("DEBUG") == "1":
            traceback.print_exc()
        text = message(fault)
        hint = "" if isinstance(fault, (*USER_ERRORS, ToolError)) else "; DEBUG=1 shows where"
        name = "" if isinstance(fault, (ValueError, LookupError, ToolError)) else f"{type(fault).__name__}: "
        typer.echo(f"error: {name}{text}{hint}", err=True)
        raise typer.Exit(2) from None


def here() -> Project:
    """Return the project around the working directory.

    Raises:
        ValueError: There is none.
    """
    from ulpwise.bench.project import Project  # noqa: PLC0415 (help and completion need none)

    root = Path.cwd()
    if not (root / "rtl").is_dir():
        raise ValueError(f"{root} holds no rtl/: run this from the top of a project; ulpwise init makes one")
    return Project(root)
