"""Reads Verilog with slang's parser: what a file declares and instantiates, and what it includes, its macros expanded.

A file is parsed once a process for each content that it and its includes have.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyslang
    from pyslang import parsing, syntax

# pyslang takes 0.08 s to import, which a simulator's Python has no use for: functions import it
TOOLS = ("VERILATOR", "__ICARUS__", "YOSYS")
"""What the tools define: a source may look different to each. Designs are elaborated without any of them, but where
ports depend on them."""

_MARKS = {b"\xef\xbb\xbf": "a byte-order mark", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


class SourceError(ValueError):
    """A source that not all tools can read; the message names file and byte."""


@dataclass(frozen=True)
class Scan:
    """What one file holds, whatever the parameters.

    Attributes:
        modules: Names of the modules and interfaces that it declares, in order.
        packages: Names of the packages that it declares, in order.
        imports: Names of which it takes something by `::`: packages, and classes of its own.
        instances: Names of the modules that it instantiates, also in branches that a configuration leaves out, and of
            the interfaces that are its ports.
        includes: Files that it includes, and that these include; those that are missing are not among them.
        memories: Whether it reads a memory file.
        conditional: Whether macros decide over any part of it.
        strict: Whether it begins with `` `default_nettype none``, which holds for all its modules.
    """

    modules: tuple[str, ...]
    packages: tuple[str, ...]
    imports: frozenset[str]
    instances: frozenset[str]
    includes: tuple[Path, ...]
    memories: bool
    conditional: bool
    strict: bool


_scans: dict[tuple[Path, tuple[Path, ...], tuple[str, ...]], tuple[str, Scan]] = {}


def data(path: Path, root: Path) -> bytes:
    """Read a source.

    Raises:
        SourceError: It begins with a byte-order mark, which Icarus and Yosys take for a syntax error.
    """
    text = path.read_bytes()
    for mark, what in _MARKS.items():
        if text.startswith(mark):
            raise SourceError(f"{relative(path, root)}: {what} at byte 0: save the file as UTF-8 without a mark")
    return text


def relative(path: Path, root: Path) -> str:
    """Write a path from the project's root, if it lies below."""
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def hashed(files: Sequence[Path], root: Path) -> str:
    """Hash the contents of sources; files that are gone count as such."""
    total = hashlib.sha256()
    for path in files:
        text = data(path, root) if path.is_file() else None
        total.update(repr((str(path), text if text is None else hashlib.sha256(text).digest())).encode())
    return total.hexdigest()


def scan(path: Path, root: Path, folders: Sequence[Path], macros: Sequence[str] = ()) -> Scan:
    """Parse one file; faults of its syntax are left to those who elaborate it.

    Args:
        path: The file.
        root: Top of the project.
        folders: Where includes are looked for, after the folder of the file itself.
        macros: What is defined, `name=value`.

    Raises:
        SourceError: The file is in no encoding that all tools read.
        OSError: It cannot be read.
    """
    key = (path, tuple(folders), tuple(macros))
    if key in _scans:
        contents, known = _scans[key]
        if hashed([path, *known.includes], root) == contents:
            return known
    first = _parse(path, folders, *macros)
    texts = [data(file, root) for file in (path, *first.includes)]
    variants = [first]
    conditional = any(b"`if" in text for text in texts)
    if conditional:
        variants += [_parse(path, folders, *macros, f"{define}=1") for define in TOOLS]
    found = Scan(
        first.modules,
        first.packages,
        frozenset().union(*(part.imports for part in variants)),
        frozenset().union(*(part.instances for part in variants)),
        tuple(dict.fromkeys(file for part in variants for file in part.includes)),
        any(b"$readmem" in text for text in texts),
        conditional,
        first.strict,
    )
    _scans[key] = (hashed([path, *found.includes], root), found)
    return found


def unit(files: Sequence[Path], manager: pyslang.SourceManager, *options: object) -> syntax.SyntaxTree:
    """Parse files one behind the other, as the simulators do: macros of one also count in those behind it."""
    import pyslang  # noqa: PLC0415 (slow to import)
    from pyslang import syntax  # noqa: PLC0415 (slow to import)

    return syntax.SyntaxTree.fromFiles([str(path) for path in files], manager, pyslang.Bag(list(options)))


def preprocessor(macros: Sequence[str]) -> parsing.PreprocessorOptions:
    """Return slang's options for macros, `name=value`."""
    from pyslang import parsing  # noqa: PLC0415 (slow to import)

    options = parsing.PreprocessorOptions()
    options.predefines = list(macros)
    return options


def manager(folders: Sequence[Path]) -> pyslang.SourceManager:
    """Return a source manager that looks for includes in folders."""
    import pyslang  # noqa: PLC0415 (slow to import)

    made = pyslang.SourceManager()
    for folder in folders:
        made.addUserDirectories(str(folder))
    return made


def included(parsed: syntax.SyntaxTree, manager: pyslang.SourceManager) -> list[Path]:
    """List the files that a tree has included."""
    return [Path(manager.getFullPath(each.buffer.id)) for each in parsed.getIncludeDirectives() if each.buffer]


def _parse(path: Path, folders: Sequence[Path], *defines: str) -> Scan:
    from pyslang import parsing, syntax  # noqa: PLC0415 (slow to import)

    sources = manager(folders)
    parsed = unit([path], sources, preprocessor(defines))
    modules: list[str] = []
    packages: list[str] = []
    imports: set[str] = set()
    instances: set[str] = set()
    kinds = syntax.SyntaxKind

    def named(node: Any) -> None:  # noqa: ANN401 (slang's own)
        if node.name.kind == kinds.IdentifierName:
            instances.add(node.name.identifier.valueText)

    def scoped(node: Any) -> None:  # noqa: ANN401 (slang's own)
        if node.separator.valueText == "::" and node.left.kind == kinds.IdentifierName:
            imports.add(node.left.identifier.valueText)

    parsed.root.visit(
        lookup_table={
            kinds.ModuleDeclaration: lambda node: modules.append(node.header.name.valueText),
            kinds.InterfaceDeclaration: lambda node: modules.append(node.header.name.valueText),
            kinds.PackageDeclaration: lambda node: packages.append(node.header.name.valueText),
            kinds.PackageImportItem: lambda node: imports.add(node.package.valueText),
            kinds.ScopedName: scoped,
            kinds.NamedType: named,
            kinds.InterfacePortHeader: lambda node: instances.add(node.nameOrKeyword.valueText),
            kinds.HierarchyInstantiation: lambda node: instances.add(node.type.valueText),
        }
    )
    trivia = parsed.root.getFirstToken().trivia
    head: list[Any] = [piece.syntax() for piece in trivia if piece.kind == parsing.TriviaKind.Directive]
    nets = [piece.netType.valueText for piece in head if piece.kind == kinds.DefaultNetTypeDirective]
    return Scan(
        tuple(modules),
        tuple(packages),
        frozenset(imports),
        frozenset(instances),
        tuple(included(parsed, sources)),
        memories=False,
        conditional=False,
        strict=nets[-1:] == ["none"],
    )
