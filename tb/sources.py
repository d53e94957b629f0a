# SPDX-License-Identifier: Apache-2.0
"""Finds Verilog sources by name: one module a file, `rtl/<family>/<module>.v`, and what each module instantiates."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# Strings come before comments, so that "http://" inside one opens no comment.
_NOISE = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_IDENTIFIER = re.compile(r"(?<![\w$`.\\])[A-Za-z_][\w$]*")


class UnknownModuleError(LookupError):
    """No file under rtl/ is named after this module; the message offers the nearest that is."""


class DuplicateModuleError(LookupError):
    """Two families hold a module of the same name, so a name no longer says which is meant."""


def strip_comments(text: str) -> str:
    """Blanks comments and strings out of Verilog text; line numbers stay as they are."""
    return _NOISE.sub(lambda match: "\n" * match[0].count("\n") or " ", text)


def modules(root: Path) -> dict[str, Path]:
    """Maps each module's name to its file `rtl/<family>/<name>.v`, in alphabetical order of families, then names.

    Of a name that two families have, the first; whoever needs that module is refused by `closure`.
    """
    found: dict[str, Path] = {}
    for path in sorted((root / "rtl").glob("*/*.v")):
        found.setdefault(path.stem, path)
    return found


def check_unique(name: str, root: Path) -> None:
    """Refuses a name that says nothing; raises DuplicateModuleError when two families have a module of that name."""
    families = [path.parent.name for path in sorted((root / "rtl").glob(f"*/{name}.v"))]
    if len(families) > 1:
        raise DuplicateModuleError(f"module {name!r} is in {' and '.join(families)}")


def nearest(name: str, names: Iterable[str]) -> str:
    """Returns "; did you mean 'x'?" for the valid name that is most like a wrong one, or nothing."""
    close = difflib.get_close_matches(name, list(names), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def closure(top: str, root: Path) -> list[Path]:
    """Lists the files that a module needs, children before parents, itself last.

    A name of a module of rtl/ that occurs anywhere in the text counts as an instance: a file too many costs nothing,
    and no Verilog grammar is needed.

    Args:
        top: the module's name.
        root: the folder that holds rtl/.

    Raises:
        UnknownModuleError: rtl/ has no such module.
        DuplicateModuleError: a name is not unique.
    """
    known = modules(root)
    if top not in known:
        raise UnknownModuleError(f"no module {top!r} in rtl/{nearest(top, known)}")
    order: dict[str, None] = {}
    opened: set[str] = set()

    def visit(name: str) -> None:
        if name in opened:
            return
        opened.add(name)
        check_unique(name, root)
        text = strip_comments(known[name].read_text(encoding="utf-8"))
        for child in sorted(set(_IDENTIFIER.findall(text)) & known.keys()):
            visit(child)
        order[name] = None

    visit(top)
    return [known[name] for name in order]
