# SPDX-License-Identifier: Apache-2.0
"""Finds the files that declare the packages of SystemVerilog which sources need, in the order of compilation."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from ulpwise.verilog.parse import Scan


class DuplicatePackageError(LookupError):
    """Two files declare a package that is needed."""


def needed(
    files: Sequence[Path], candidates: Iterable[Path], read: Callable[[Path], Scan], named: Callable[[Path], str]
) -> list[Path]:
    """Lists files that declare packages of which sources take something, each behind those that it needs itself.

    Args:
        files: the sources.
        candidates: files that may declare packages.
        read: parses a file.
        named: what a file is called in messages.

    Raises:
        DuplicatePackageError: a package that is needed is declared twice.
    """
    if not any(read(path).imports for path in files):
        return []
    found = _declared(candidates, read)
    order: dict[Path, bool] = {}  # whether it is whole: a circle of packages is left to the tools

    def visit(path: Path) -> None:
        if path in order:
            return
        order[path] = False
        for child in _children(path, found, read, named):
            visit(child)
        del order[path]
        order[path] = True

    for path in files:
        for child in _children(path, found, read, named):
            visit(child)
    return list(order)


def _declared(candidates: Iterable[Path], read: Callable[[Path], Scan]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in candidates:
        if b"package" in path.read_bytes():
            for name in read(path).packages:
                found.setdefault(name, []).append(path)
    return found


def _children(
    path: Path, found: dict[str, list[Path]], read: Callable[[Path], Scan], named: Callable[[Path], str]
) -> Iterator[Path]:
    held = read(path)
    for name in sorted(held.imports & found.keys() - set(held.packages)):
        if len(found[name]) > 1:
            files = " and in ".join(map(named, found[name]))
            raise DuplicatePackageError(f"package {name!r} is in {files}: remove one")
        yield found[name][0]
