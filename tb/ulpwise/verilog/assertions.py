"""The assertions of a core: where they stand, and how often each was exercised.

Verilator counts `cover` statements, and nothing of an assertion. So in a build that counts, each assertion gets a cover
statement of its own on its line, in a copy of its source: beside an immediate one it counts how often that was reached,
beside a concurrent one how often its antecedent held, or without one in how many cycles it was not disabled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ulpwise.verilog import parse

if TYPE_CHECKING:
    from pathlib import Path

    from ulpwise.coverage.codecov import Counts

MARK = "ulpwise_tried_"  # names of the cover statements
USER = "user"  # their kind of point
_HIDE = "/*verilator coverage_"
_WORDS = (b"assert", b"assume", b"cover")


@dataclass(frozen=True)
class Assertion:
    """One assertion, or one `cover`.

    Attributes:
        kind: assert, assume or cover.
        name: Its label; empty without one.
        file: Its source, relative to the project.
        line: Line of its keyword.
        column: Column of its keyword.
        edits: What is put into its source to count it: places, in bytes, and texts. None of a cover, which counts
            itself, nor where no statement can be put beside it.
    """

    kind: str
    name: str
    file: str
    line: int
    column: int
    edits: tuple[tuple[int, str], ...] = field(default=(), repr=False)

    @property
    def mark(self) -> str:
        """Name of the statement that counts it."""
        return f"{MARK}{self.line}_{self.column}"

    def count(self, counts: Counts) -> int | None:
        """Return how often it was exercised, in all instances; None where that cannot be counted."""
        if self.kind != "cover" and not self.edits:
            return None
        return sum(
            hits for point, hits in counts.items() if self._is(point.file, point.line, point.kind, point.comment)
        )

    def _is(self, file: str, line: int, kind: str, comment: str) -> bool:
        """Tell whether a point of code coverage counts it."""
        if (file, line, kind) != (self.file, self.line, USER):
            return False
        name = comment.rpartition(".")[2]
        if self.kind != "cover":
            return name == self.mark
        return name == self.name or not (self.name or name.startswith(MARK))

    def told(self, counts: Counts) -> dict[str, Any]:
        """Return it as plain data, with its `count`."""
        named = {name: getattr(self, name) for name in ("kind", "name", "file", "line")}
        return {**named, "count": self.count(counts)}


def find(path: Path, root: Path, folders: Sequence[Path] = (), macros: Sequence[str] = ()) -> list[Assertion]:
    """List the assertions of a source in their order, as a simulator sees it; those of macros and includes are not its.

    Args:
        path: The source.
        root: Top of the project.
        folders: Where includes are looked for.
        macros: What is defined, `name=value`.
    """
    text = path.read_bytes()
    if not any(word in text for word in _WORDS):
        return []
    manager = parse.manager(folders)
    tree = parse.unit([path], manager, parse.preprocessor(macros))
    return _Reader(manager, tree, parse.relative(path, root)).found


def counting(path: Path, found: Iterable[Assertion], name: str) -> str:
    """Write a source with the statements that count; each line is where it was, in a file of the same name.

    Args:
        path: The source.
        found: Its assertions.
        name: What it is called in messages and coverage.
    """
    data = path.read_bytes()
    for place, text in sorted({edit for each in found for edit in each.edits}, reverse=True):
        data = data[:place] + text.encode() + data[place:]
    return f'`line 1 "{name}" 0\n' + data.decode("utf-8", errors="surrogateescape")


class _Reader:
    """One look through a tree of slang's."""

    def __init__(self, manager: Any, tree: Any, file: str) -> None:  # noqa: ANN401 (slang's own)
        from pyslang import syntax  # noqa: PLC0415 (slow to import)

        self.manager, self.file = manager, file
        self.kinds = kinds = syntax.SyntaxKind
        self.properties: dict[str, Any] = {}
        self.clocked = False  # there is a default clocking
        self.hidden: list[tuple[int, str]] = []
        self.found: list[Assertion] = []
        immediate = {"Assert": "assert", "Assume": "assume", "Cover": "cover"}
        concurrent = {"AssertProperty": "assert", "AssumeProperty": "assume", "CoverProperty": "cover"}
        table = {kinds.ClockingDeclaration: self._clocking, kinds.DefaultClockingReference: self._clocking}
        tree.root.visit(lookup_table={kinds.PropertyDeclaration: self._property, **table})
        table = {getattr(kinds, f"Immediate{key}Statement"): self._immediate(kind) for key, kind in immediate.items()}
        table |= {getattr(kinds, f"{key}Statement"): self._concurrent(kind) for key, kind in concurrent.items()}
        tree.root.visit(lookup_table=table)

    def _property(self, node: Any) -> None:  # noqa: ANN401 (slang's own)
        if node.portList is None and not node.variables:
            self.properties[node.name.valueText] = node.propertySpec
        span = node.sourceRange
        if self.manager.isFileLoc(span.start) and self.manager.isFileLoc(span.end):
            # Verilator counts how often the lines of a declaration run: never
            self.hidden += [(span.start.offset, f"{_HIDE}off*/ "), (span.end.offset, f" {_HIDE}on*/")]

    def _clocking(self, node: Any) -> None:  # noqa: ANN401 (slang's own)
        self.clocked |= str(node).split()[0] == "default"

    def _immediate(self, kind: str) -> Any:  # noqa: ANN401 (what slang calls)
        def visit(node: Any) -> None:  # noqa: ANN401 (slang's own)
            if kind == "cover" or node.parent.kind == self.kinds.ImmediateAssertionMember:
                return self._add(kind, node, ())
            start, end = node.sourceRange.start.offset, node.sourceRange.end.offset
            return self._add(kind, node, ((start, "begin {}: cover (1'b1); "), (end, " end")))

        return visit

    def _concurrent(self, kind: str) -> Any:  # noqa: ANN401 (what slang calls)
        def visit(node: Any) -> None:  # noqa: ANN401 (slang's own)
            tried = self._tried(node.propertySpec)
            if kind == "cover" or tried is None or node.parent.kind != self.kinds.ConcurrentAssertionMember:
                return self._add(kind, node, ())
            return self._add(kind, node, ((node.sourceRange.end.offset, f" {{}}: cover property ({tried});"),))

        return visit

    def _tried(self, spec: Any) -> str | None:  # noqa: ANN401 (slang's own)
        """Write when a concurrent assertion has something to say; None where its clock is not to be seen."""
        clocking, disable, expr = spec.clocking, spec.disable, self._bare(spec.expr)
        inner = self.properties.get(_words(expr))
        if inner is not None:
            clocking, disable, expr = clocking or inner.clocking, disable or inner.disable, self._bare(inner.expr)
        if clocking is None and not self.clocked:
            return None
        implies = expr.kind == self.kinds.ImplicationPropertyExpr
        parts = [_words(each) for each in (clocking, disable) if each is not None]
        return " ".join([*parts, _words(expr.left) if implies else "1'b1"])

    def _bare(self, expr: Any) -> Any:  # noqa: ANN401 (slang's own)
        """Take parentheses off."""
        while expr.kind == self.kinds.ParenthesizedPropertyExpr:
            expr = expr.expr
        return expr

    def _add(self, kind: str, node: Any, edits: tuple[tuple[int, str], ...]) -> None:  # noqa: ANN401 (slang's own)
        place = node.keyword.location
        if not self.manager.isFileLoc(place) or not self.manager.isFileLoc(node.sourceRange.end):
            return
        if self.manager.isIncludedFileLoc(place):
            return
        name = node.label.name.valueText if node.label is not None else ""
        line, column = self.manager.getLineNumber(place), self.manager.getColumnNumber(place)
        mark = f"{MARK}{line}_{column}"
        told = tuple((at, text.replace("{}", mark)) for at, text in edits)
        told += tuple(self.hidden) if edits else ()
        self.found.append(Assertion(kind, name, self.file, line, column, told))


def _words(node: Any) -> str:  # noqa: ANN401 (slang's own)
    """Write a part of a tree in one line, without its comments."""
    from pyslang import parsing  # noqa: PLC0415 (slow to import)

    words: list[str] = []
    node.visit(lambda each: words.append(each.rawText) if isinstance(each, parsing.Token) else None)
    return " ".join(words)
