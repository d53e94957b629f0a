"""Which cores passed which tool of lint, and have not changed since."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ulpwise.cli import lint
from ulpwise.toolchain.simulators.base import digest
from ulpwise.toolchain.tools import Tool
from ulpwise.verilog import sources


@dataclass(frozen=True)
class Memory:
    """An empty file in `build/lint/` for each module and tool, named by all that the tool reads.

    Attributes:
        root: Top of the project.
        fresh: Whether to forget what is there and check anew.
    """

    root: Path
    fresh: bool = False

    def known(self, tool: Tool, module: str) -> bool:
        """Tell whether a module passed a tool as it is now."""
        if self.fresh:
            return False
        try:
            return self._mark(tool, module).is_file()
        except (LookupError, ValueError, OSError):  # the check itself says what is wrong
            return False

    def keep(self, tool: Tool, module: str) -> None:
        """Remember that a module passed."""
        mark = self._mark(tool, module)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()

    def _mark(self, tool: Tool, module: str) -> Path:
        # what a core includes or reads may be any file of rtl/
        others = [
            path for path in (self.root / "rtl").rglob("*") if path.is_file() and path.suffix not in {".v", ".sv"}
        ]
        files = [Path(lint.__file__), *sources.closure(module, self.root), *sorted(others)]
        parts: list[str | bytes] = [tool.name, str(tool.path), tool.version, module]
        for path in files:
            parts += [path.name, path.read_bytes()]
        return self.root / "build" / "lint" / digest(parts)
