# SPDX-License-Identifier: Apache-2.0
"""The sources that a bench names itself, anywhere: files, globs, file lists and FuseSoC's `.core`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ulpwise.verilog import capi2, filelist
from ulpwise.verilog.collected import Collected
from ulpwise.verilog.parse import SourceError, relative, scan

if TYPE_CHECKING:
    from ulpwise.verilog.parse import Scan

SUFFIXES = (".v", ".sv")


@dataclass(frozen=True)
class Given:
    """What a bench has named.

    Attributes:
        files: Sources, in the order in which they are named.
        libraries: Files that are looked through for modules that are still missing (`-v`, `-y`).
        includes: Folders for includes, before those of the project.
        defines: Macros, `name=value`.
        lists: The file lists and `.core` files themselves.
    """

    files: tuple[Path, ...] = ()
    libraries: tuple[Path, ...] = ()
    includes: tuple[Path, ...] = ()
    defines: tuple[str, ...] = ()
    lists: tuple[Path, ...] = ()

    def modules(self, root: Path, where: Sequence[Path]) -> dict[str, Path]:
        """Map modules to the files that declare them.

        Args:
            root: Top of the project.
            where: Where includes are looked for.

        Raises:
            SourceError: Two files declare one module.
        """
        found: dict[str, Path] = {}
        for path in self.files:
            for name in self.scan(path, root, where).modules:
                if name in found:
                    both = f"{relative(found[name], root)} and {relative(path, root)}"
                    raise SourceError(f"module {name!r} is in {both}: leave one of them out of the sources")
                found[name] = path
        for path in self.libraries:
            for name in self.scan(path, root, where).modules:
                found.setdefault(name, path)
        return found

    def scan(self, path: Path, root: Path, where: Sequence[Path]) -> Scan:
        """Parse one file under the macros that are given."""
        return scan(path, root, where, self.defines)


NONE = Given()


def read(root: Path, named: Sequence[str], includes: Sequence[str], defines: Mapping[str, int | str]) -> Given:
    """Find what a bench names.

    Args:
        root: Top of the project, from which names count.
        named: Files, globs, lists, `.core` files.
        includes: Folders.
        defines: Macros.

    Raises:
        SourceError: Something is missing or not understood; one line with its place and the remedy.
    """
    into = Collected(root)
    cores: list[Path] = []
    for name in named:
        paths = _matching(root, name)
        for path in paths:
            if path.suffix == ".core":
                cores.append(path)
            elif path.suffix in SUFFIXES:
                into.file(path, "sources")
            elif path.suffix == ".f":
                filelist.read(path, root, into)
            else:
                raise SourceError(f"sources: {name}: name files .v, .sv, .f or .core")
    capi2.read(cores, root, into)
    for folder in includes:
        into.folder(Path(os.path.normpath(root / folder)), "includes")
    for key, value in defines.items():
        into.define(f"{key}={value}", "defines")
    return Given(
        tuple(dict.fromkeys(into.files)),
        tuple(dict.fromkeys(into.libraries)),
        tuple(dict.fromkeys(into.includes)),
        tuple(into.defines),
        tuple(dict.fromkeys(into.lists)),
    )


def _matching(root: Path, name: str) -> list[Path]:
    base = Path(os.path.normpath(root / name))
    if not any(sign in name for sign in "*?["):
        if not base.is_file():
            raise SourceError(f"sources: there is no file {name}: names count from the project's root")
        return [base]
    fixed = Path(base.anchor)
    parts = base.parts[1:]
    start = next(at for at, part in enumerate(parts) if any(sign in part for sign in "*?["))
    found = sorted(path for path in fixed.joinpath(*parts[:start]).glob("/".join(parts[start:])) if path.is_file())
    if not found:
        raise SourceError(f"sources: nothing matches {name}: names count from the project's root")
    return found
