# SPDX-License-Identifier: Apache-2.0
"""Finds sources by name: one module a file, `rtl/<family>/<module>.v` or `.sv`, and what each module needs."""

from __future__ import annotations

import difflib
import os
from typing import TYPE_CHECKING

from ulpwise.verilog.given import NONE, Given
from ulpwise.verilog.packages import needed
from ulpwise.verilog.parse import relative

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ulpwise.verilog.parse import Scan


SUFFIXES = (".v", ".sv")
"""What the names of sources end in."""


class UnknownModuleError(LookupError):
    """No file under rtl/ is named after this module; the message offers the nearest that is."""


class DuplicateModuleError(LookupError):
    """Two families hold a module of the same name, so a name no longer says which is meant."""


def cores(root: Path) -> list[Path]:
    """Lists the files `rtl/<family>/<name>.v` and `.sv`, in alphabetical order of families, then names."""
    found = [path for suffix in SUFFIXES for path in (root / "rtl").glob(f"*/*{suffix}")]
    return sorted(found, key=lambda path: (path.parent.name, path.stem, path.suffix))


def modules(root: Path) -> dict[str, Path]:
    """Maps each module's name to its file in rtl/, in the order of `cores`.

    Of a name that two families have, the first; whoever needs that module is refused by `closure`.
    """
    found: dict[str, Path] = {}
    for path in cores(root):
        found.setdefault(path.stem, path)
    return found


def check_unique(name: str, root: Path) -> None:
    """Refuses a name that says nothing; raises DuplicateModuleError when two files of rtl/ have a module's name."""
    found = [path for path in cores(root) if path.stem == name]
    families = list(dict.fromkeys(path.parent.name for path in found))
    if len(families) > 1:
        raise DuplicateModuleError(f"module {name!r} is in {' and '.join(families)}")
    if len(found) > 1:
        files = " and in ".join(str(path.relative_to(root)) for path in found)
        raise DuplicateModuleError(f"module {name!r} is in {files}: remove one")


def nearest(name: str, names: Iterable[str]) -> str:
    """Returns "; did you mean 'x'?" for the valid name that is most like a wrong one, or nothing."""
    close = difflib.get_close_matches(name, list(names), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def folders(root: Path, given: Given = NONE) -> list[Path]:
    """Lists where includes are looked for, after the folder of the file that names them: families, rtl/, the root.

    Raises:
        OSError: rtl/ cannot be read.
    """
    return [*given.includes, *sorted(path for path in (root / "rtl").glob("*") if path.is_dir()), root / "rtl", root]


def closure(top: str, root: Path, given: Given = NONE) -> list[Path]:
    """Lists the files that a module needs; `includes` lists what these include.

    Packages come first, each behind those that it imports, then modules, children before parents, itself last. An
    instance counts also where a configuration leaves it out, and a name that is no module of rtl/ does not.

    Args:
        top: the module's name.
        root: the folder that holds rtl/.
        given: what the bench names itself.

    Raises:
        UnknownModuleError: rtl/ has no such module.
        DuplicateModuleError: a name is not unique.
        SourceError: a source is in no encoding that all tools read.
    """
    where = folders(root, given)
    own = given.modules(root, where)
    known = {**modules(root), **own}
    if top not in known:
        place = "the bench's sources or rtl/" if given.files else "rtl/"
        raise UnknownModuleError(f"no module {top!r} in {place}{nearest(top, known)}")
    order: dict[Path, None] = {}
    opened: set[str] = set()

    def read(path: Path) -> Scan:
        return given.scan(path, root, where)

    def visit(name: str) -> None:
        if name in opened:
            return
        opened.add(name)
        if name not in own:
            check_unique(name, root)
        elif name in modules(root) and modules(root)[name] != own[name]:
            files = " and in ".join(relative(path, root) for path in (own[name], modules(root)[name]))
            raise DuplicateModuleError(f"module {name!r} is in {files}: leave one out")
        for child in sorted(read(known[name]).instances & known.keys()):
            visit(child)
        order[known[name]] = None

    visit(top)
    silent = [path for path in given.files if not read(path).modules and not read(path).packages]  # macros, types
    used = {*silent, *order}
    late = {*given.files, *given.libraries}  # in the order in which they are named: macros of one count in those behind
    found = [*(path for path in order if path not in late), *(path for path in given.files if path in used)]
    found += [path for path in order if path in late and path not in given.files]
    may = dict.fromkeys([*given.files, *given.libraries, *cores(root)])
    first = needed(found, may, read, lambda path: relative(path, root))
    return list(dict.fromkeys([*_leading(silent, given), *first, *found]))


def _leading(silent: Iterable[Path], given: Given) -> list[Path]:
    """Lists the files without modules that are named before all others: packages may need their macros."""
    held = set(silent)
    count = next((at for at, path in enumerate(given.files) if path not in held), len(given.files))
    return list(given.files[:count])


def includes(files: Iterable[Path], root: Path, given: Given = NONE) -> list[Path]:
    """Lists what sources include, for any of the tools, each file once.

    Args:
        files: sources, as `closure` lists them.
        root: the folder that holds rtl/.
        given: what the bench names itself.

    Raises:
        SourceError: a source is in no encoding that all tools read.
    """
    where = folders(root, given)
    return list(dict.fromkeys(file for path in files for file in given.scan(path, root, where).includes))


def search(files: Iterable[Path], root: Path, given: Given = NONE) -> list[str]:
    """Returns the options by which Verilator, Icarus and Yosys, started at the root, find what sources include.

    Args:
        files: sources, as `closure` lists them.
        root: the folder that holds rtl/.
        given: what the bench names itself.

    Raises:
        SourceError: a source is in no encoding that all tools read.
    """
    macros = [f"-D{define}" for define in given.defines]
    if not includes(files, root, given):
        return macros
    return [*macros, *(f"-I{os.path.relpath(folder, root)}" for folder in folders(root, given))]
