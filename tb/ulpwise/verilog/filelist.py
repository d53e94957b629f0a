# SPDX-License-Identifier: Apache-2.0
"""Reads file lists (`.f`) as simulators do."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from ulpwise.verilog.collected import Collected
from ulpwise.verilog.parse import SourceError, relative

_COMMENT = re.compile(r"/\*.*?\*/|(?<!\S)(?://|#)[^\n]*", re.DOTALL)
_PAIRS = ("-f", "-F", "-y", "-v")
_KNOWN = "+incdir+, +define+, +libext+, -y, -v, -f and -F are read"


def read(path: Path, root: Path, into: Collected, base: Path | None = None, opened: tuple[Path, ...] = ()) -> None:
    """Read a list and those that it names.

    Args:
        path: The list.
        root: Top of the project.
        into: Gets what is named.
        base: What names count from: the root for a list of a bench and for `-f`, the list's folder for `-F`.
        opened: Lists on the way to this one.

    Raises:
        SourceError: A file is missing, an option unknown, or a list names itself.
    """
    into.lists.append(path)
    where = base or root
    words = _words(path, root)
    for word, place in words:
        if word in _PAIRS:
            value = next(words, ("", ""))[0]
            if not value:
                raise SourceError(f"{place}: {word} names nothing: write it behind, on the same line or the next")
            target = Path(os.path.normpath(where / value))
            if word in {"-v", "-y"}:
                _library(word, target, place, into)
            elif target in (*opened, path):
                raise SourceError(f"{place}: {word} {value}: the list names itself: take it out")
            else:
                nested = into.present(target, place)
                read(nested, root, into, nested.parent if word == "-F" else where, (*opened, path))
        elif word[0] in "+-":
            _option(word, place, where, into)
        else:
            into.file(Path(os.path.normpath(where / word)), place)


def _option(word: str, place: str, where: Path, into: Collected) -> None:
    """Read an option that is one word."""
    name, *parts = word.strip("+").split("+")
    if word.startswith("+incdir+"):
        for part in parts:
            into.folder(Path(os.path.normpath(where / part)), place)
    elif word.startswith("+define+"):
        for part in parts:
            into.define(part, place)
    elif name != "libext":
        raise SourceError(f"{place}: option {word} is not known: {_KNOWN}; take it out")


def _library(word: str, folder: Path, place: str, into: Collected) -> None:
    if word == "-v":
        into.libraries.append(into.present(folder, place))
        return
    if not folder.is_dir():
        raise SourceError(f"{place}: there is no folder {relative(folder, into.root)}: correct its name")
    into.libraries += sorted(path for path in folder.iterdir() if path.suffix in {".v", ".sv"})


def _words(path: Path, root: Path) -> Iterator[tuple[str, str]]:
    """Yield the words of a list with their places."""
    text = _COMMENT.sub(lambda match: "\n" * match[0].count("\n") or " ", path.read_text("utf-8", errors="replace"))
    for number, line in enumerate(text.splitlines(), 1):
        for word in line.split():
            yield word, f"{relative(path, root)}:{number}"
