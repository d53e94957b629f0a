"""Which cores passed which tool of lint, and have not changed since."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ulpwise.toolchain.simulators.base import digest
from ulpwise.toolchain.tools import Tool
from ulpwise.verilog import sources
from ulpwise.verilog.parse import relative

_TEXT = re.compile(rb'"([^"\n]+)"')


@dataclass(frozen=True)
class Memory:
    """An empty file in `build/lint/` for each module and tool, named by all that the tool reads.

    Attributes:
        root: Top of the project.
        options: Gives what tools are told of a module's files.
        fresh: Whether to forget what is there and check anew.
    """

    root: Path
    options: Callable[[str, Path], Sequence[str]]
    fresh: bool = False

    def mark(self, tool: Tool, module: str) -> Path | None:
        """Name the file that says that a module passed a tool as both are now; None where the check will say why."""
        try:
            return self._mark(tool, module)
        except (LookupError, ValueError, OSError):
            return None

    def known(self, mark: Path | None) -> bool:
        """Tell whether a module passed a tool."""
        return not self.fresh and mark is not None and mark.is_file()

    def keep(self, mark: Path | None, tool: Tool, module: str) -> None:
        """Remember that a module passed.

        Args:
            mark: What was marked before the check: what was edited meanwhile is not what the tool has read.
            tool: The tool.
            module: The module.
        """
        if mark is not None and mark == self.mark(tool, module):
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.touch()

    def _mark(self, tool: Tool, module: str) -> Path:
        read = sources.closure(module, self.root)
        read += sources.includes(read, self.root)
        # what a tool reads in a way of its own may be any file of rtl/, and any file that a source names
        others = [
            path for path in (self.root / "rtl").rglob("*") if path.is_file() and path.suffix not in sources.SUFFIXES
        ]
        files = dict.fromkeys([*read, *sorted(others), *(path for each in read for path in self._named(each))])
        parts: list[str | bytes] = [
            repr(tool),
            module,
            Path(__file__).with_name("lint.py").read_bytes(),
            *self.options(module, self.root),
        ]
        for path in files:
            parts += [relative(path, self.root), path.read_bytes()]
        return self.root / "build" / "lint" / digest(parts)

    def _named(self, source: Path) -> Iterator[Path]:
        """List the files that texts in a source name, such as those of memories."""
        text = source.read_bytes()
        for name in _TEXT.findall(text) if b"$readmem" in text else ():
            for folder in (self.root, source.parent):
                path = folder / name.decode(errors="surrogateescape")
                if path.is_file():
                    yield path
