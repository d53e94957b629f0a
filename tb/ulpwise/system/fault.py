"""What a person reads of exceptions: one line that names the fault and its place in the user's own files."""

from __future__ import annotations

import inspect
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FRAMEWORK = Path(__file__).parents[1]
LONGEST = 300  # letters of an exception's text that a reason quotes


class UserFault(ValueError):  # noqa: N818 (not an error of the framework's)
    """A function of a bench raised, or gave what it must not give; one line that ends in file and line.

    Attributes:
        row: The first row of its arguments without which it does not happen; None when it has none.
    """

    row: int | None = None


def describe(what: str, error: BaseException, root: Path, function: object = None) -> str:
    """Tell in one line what was raised and where.

    Args:
        what: The function of the bench that raised, such as `golden`.
        error: The exception.
        root: Top of the project, which the place is relative to.
        function: Where its code is, when no frame of the exception is the user's.

    Returns:
        Such as `golden raised KeyError: 'q' (tests/online/test_x.py:41)`: the innermost frame in the user's files.
    """
    text = " ".join(str(error).split())[:LONGEST]
    frames = [(Path(frame.filename), frame.lineno or 0) for frame in traceback.extract_tb(error.__traceback__)]
    own = [frame for frame in frames if _is_users(frame[0], root)]
    name = type(error).__name__
    if isinstance(error, NotImplementedError) and text:  # says itself what is to be done
        return f"{text}{_place(own[-1] if own else _code(function), root)}"
    return f"{what} raised {name}{': ' * bool(text)}{text}{_place(own[-1] if own else _code(function), root)}"


def refusal(text: str, function: object, root: Path) -> UserFault:
    """Return a fault of what a function gave, with the line in which it begins."""
    return UserFault(f"{text}{_place(_code(function), root)}")


@contextmanager
def calling(what: str, root: Path, function: object = None) -> Iterator[None]:
    """Turn what the user's code raises into a `UserFault`; one that has its place already passes."""
    try:
        yield
    except UserFault:
        raise
    except (Exception, SystemExit) as error:
        raise UserFault(describe(what, error, root, function)) from error


def is_users(function: object, root: Path) -> bool:
    """Tell whether a function's code is in the project's own files."""
    code = _code(function)
    return code is not None and _is_users(code[0], root)


def _is_users(path: Path, root: Path) -> bool:
    """Tell whether a file is of the project, and neither the framework nor installed."""
    installed = {"site-packages", "dist-packages"} & set(path.parts)
    return path.is_relative_to(root) and not path.is_relative_to(FRAMEWORK) and not installed


def _code(function: object) -> tuple[Path, int] | None:
    """Return where a function, or the one that it wraps, begins; None when it has no code in Python."""
    code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
    return None if code is None else (Path(code.co_filename), code.co_firstlineno)


def _place(where: tuple[Path, int] | None, root: Path) -> str:
    if where is None:
        return ""
    path, line = where
    shown = path.relative_to(root) if path.is_relative_to(root) else path.name
    return f" ({shown}:{line})"


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
    place = _own_place(fault, root)
    if not place:
        return text
    text = text.removeprefix(f"{place}: ")
    ours = type(fault).__module__.startswith("ulpwise.")
    return f"{place}: {text}" if ours else f"{place}: {type(fault).__name__}: {text}"


def message(fault: BaseException) -> str:
    """Return what an exception says, in one line; its type when it says nothing."""
    said = fault.args[0] if isinstance(fault, KeyError) and fault.args else fault
    if isinstance(fault, SyntaxError):
        said = fault.msg
    return " ".join(str(said).split()) or type(fault).__name__


def _own_place(fault: BaseException, root: Path) -> str:
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
