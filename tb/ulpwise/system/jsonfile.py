"""What a command hands to other programs: JSON in a file, or alone on standard output."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, TypeAlias

from ulpwise.system import atomic
from ulpwise.system.interrupts import undisturbed

Keep: TypeAlias = Callable[[Any], None]
"""Takes what a command has found out, as plain data; the last call counts."""


def nowhere(_: Any) -> None:  # noqa: ANN401 (anything)
    """Keep nothing."""


def text(data: Any) -> str:  # noqa: ANN401 (anything)
    """Return plain data as it is written."""
    return json.dumps(data, indent=1, sort_keys=True) + "\n"


@contextmanager
def reporting(path: Path | None) -> Iterator[Keep]:
    """Write what is kept meanwhile once all is over, however it ends.

    Args:
        path: The file, replaced as a whole; `-` for standard output, which then gets nothing else, since all that is
            printed goes to the standard error; None for nothing.

    Raises:
        ValueError: The file cannot be written there.
    """
    if path is None:
        yield nowhere
        return
    alone = str(path) == "-"
    if not alone:
        atomic.check(path, f"--json {path}")
    kept: list[Any] = []
    try:
        if alone:
            with _apart():
                yield kept.append
        else:
            yield kept.append
    finally:
        with undisturbed():
            if kept and alone:
                sys.stdout.write(text(kept[-1]))
                sys.stdout.flush()
            elif kept:
                atomic.write_text(path, text(kept[-1]))


@contextmanager
def _apart() -> Iterator[None]:
    """Send what is printed to standard error, by child processes as well."""
    if sys.__stdout__ is None or sys.stdout is not sys.__stdout__:  # somebody listens to Python alone
        with redirect_stdout(sys.stderr):
            yield
        return
    sys.__stdout__.flush()
    own = os.dup(1)
    try:
        os.dup2(2, 1)
        with redirect_stdout(sys.stderr):
            yield
    finally:
        sys.stderr.flush()
        os.dup2(own, 1)
        os.close(own)
