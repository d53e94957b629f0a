"""Turns exceptions into what a person reads: one line that names the fault and its place."""

from __future__ import annotations

import os
import traceback
from pathlib import Path


def one_line(fault: BaseException, root: Path) -> str:
    """Describe an exception in one line, with the last place in the user's own files that took part in it.

    Args:
        fault: The exception.
        root: Top of the user's project.

    Returns:
        Such as `tests/lab/test_echo.py:12: NameError: name 'x' is not defined`; the place and the type are left out
        where there is no file of the project in it: then the message says all.
    """
    text = message(fault)
    place = _place(fault, root)
    if not place:
        return text
    text = text.removeprefix(f"{place}: ")
    return (
        f"{place}: {text}" if type(fault).__module__.startswith("tb.") else f"{place}: {type(fault).__name__}: {text}"
    )


def message(fault: BaseException) -> str:
    """Return what an exception says, in one line; its type when it says nothing."""
    said = fault.args[0] if isinstance(fault, KeyError) and fault.args else fault
    if isinstance(fault, SyntaxError):
        said = fault.msg
    return " ".join(str(said).split()) or type(fault).__name__


def _place(fault: BaseException, root: Path) -> str:
    """Find the last line of the project's own that the exception passed; of a syntax error the line that it names."""
    root = root.resolve()
    places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(fault.__traceback__)]
    if isinstance(fault, SyntaxError) and fault.filename:
        places.append((fault.filename, fault.lineno))
    for name, line in reversed(places):
        path = Path(os.path.abspath(name))  # noqa: PTH100 (links stay links: mutants run in a project of links)
        if any((root / part) in path.parents for part in ("tests", "models")):
            return f"{path.relative_to(root)}:{line or 1}"
    return ""
