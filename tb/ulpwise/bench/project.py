"""Finds benches by name: `tests/<family>/test_<module>.py` holds the bench of `rtl/<family>/<module>.v` or `.sv`."""

from __future__ import annotations

import ast
import difflib
import importlib.util
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ulpwise.bench import by_hand
from ulpwise.bench.callbacks import shielded
from ulpwise.bench.declare import Bench, BenchError
from ulpwise.system.fault import one_line
from ulpwise.system.fresh import Fresh, fresh
from ulpwise.verilog.given import NONE, Given, read
from ulpwise.verilog.parse import SourceError
from ulpwise.verilog.sources import cores, folders, modules


class UnknownNameError(LookupError):
    """A module, configuration, simulator or mode that does not exist; the message names the nearest valid one."""


def choose(kind: str, name: str, valid: Iterable[str]) -> str:
    """Return `name` if it is valid.

    Args:
        kind: What is named, for the message.
        name: What the user wrote.
        valid: The names that exist.

    Raises:
        UnknownNameError: It is not; the message names the nearest valid one, or all when none is near.
    """
    names = list(valid)
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(names)}"
    raise UnknownNameError(f"unknown {kind} '{name}': {hint}")


@dataclass(frozen=True)
class Project:
    """A tree with `rtl/`, `models/` and `tests/`.

    Attributes:
        root: Its top folder; builds and runs go to `build/` below it.
        netlist: Whether rtl/ holds a netlist, which stands for all sources that benches name.
    """

    root: Path
    netlist: bool = False

    @property
    def build(self) -> Path:
        """Folder of everything generated."""
        return self.root / "build"

    def bench_files(self) -> dict[str, Path]:
        """Bench files by module: each `tests/<family>/test_<module>.py` that has its core in `rtl/<family>/`."""
        return {module: paths[0] for module, paths in self._all_bench_files().items()}

    def _all_bench_files(self) -> dict[str, list[Path]]:
        """Find bench files by module: one each, unless two families have a module of one name."""
        found: dict[str, list[Path]] = {}
        for source in cores(self.root):
            bench = self.root / "tests" / source.parent.name / f"test_{source.stem}.py"
            if bench.is_file() and bench not in found.get(source.stem, []):
                found.setdefault(source.stem, []).append(bench)
        if not self.netlist:
            for module, bench in self.foreign().items():
                found.setdefault(module, [bench])
        return found

    def foreign(self) -> dict[str, Path]:
        """Bench files by module that name sources themselves: `bench = Bench(..., sources=...)`."""
        files = sorted((self.root / "tests").glob("*/test_*.py"))
        return {path.stem.removeprefix("test_"): path for path in files if names_sources(path.read_bytes())}

    def vendored(self) -> list[Path]:
        """List what holds the sources that benches name, at the project's top: what a regression packs besides.

        Raises:
            SourceError: A source lies outside the project, or is not there.
        """
        found: dict[Path, None] = {}
        benches, _ = self.survey(self.foreign())
        for bench in benches.values():
            given = self.given(bench)
            for path in (*given.files, *given.libraries, *given.includes, *given.lists):
                if not path.is_relative_to(self.root) or path == self.root:
                    raise SourceError(
                        f"{bench.top}: {path} lies outside the project, which a regression packs: copy it"
                    )
                found[self.root / path.relative_to(self.root).parts[0]] = None
        return list(found)

    def given(self, bench: Bench) -> Given:
        """Find the sources that a bench names itself.

        Raises:
            SourceError: Something is missing or not understood.
        """
        return NONE if self.netlist else read(self.root, bench.sources, bench.includes, bench.defines)

    def family(self, module: str) -> str:
        """Return the family of a module that has a bench."""
        return self.bench_files()[module].parent.name

    def source(self, module: str) -> Path:
        """Return the file of a module's core; where there is none, the one that would be looked for."""
        known = modules(self.root)
        if module not in known and module in self.foreign():
            given = self.given(self.bench(module))
            known = given.modules(self.root, folders(self.root, given))
        return known[module] if module in known else self.root / "rtl" / self.family(module) / f"{module}.v"

    def bench(self, module: str) -> Bench:
        """Load the bench of a module.

        Raises:
            UnknownNameError: No bench has that name.
            BenchError: The bench file cannot be imported, declares no `bench` of that module or one that contradicts
                itself, or two families have a module of that name; the message begins with the file and the line.
        """
        files = self._all_bench_files()
        path, *others = files[choose("module", module, files)]
        if others:
            families = " and ".join(f"rtl/{each.parent.name}" for each in (path, *others))
            raise BenchError(f"{self._near(path)}:1: module {module} is in {families}: rename one of them")
        try:
            by_hand.check(path, module)
            return self._load(module, path)
        except (Exception, SystemExit) as fault:  # a bench is anybody's Python
            text = one_line(fault, self.root)
            if not text.startswith(("tests/", "models/")):
                text = f"{self._near(path)}:{_declared(path)}: {text}"
            raise BenchError(text) from fault

    def survey(self, names: Iterable[str] | None = None) -> tuple[dict[str, Bench], dict[str, str]]:
        """Load benches, whatever is wrong with some of them.

        Args:
            names: Modules that have a bench; all unless given.

        Returns:
            By module the benches that can be loaded, and of the others one line each that begins with file and line.
        """
        benches, broken = {}, {}
        for module in self.bench_files() if names is None else names:
            try:
                benches[module] = self.bench(module)
            except BenchError as fault:
                broken[module] = str(fault)
        return benches, broken

    def _near(self, path: Path) -> str:
        return str(path.relative_to(self.root))

    def _load(self, module: str, path: Path) -> Bench:
        """Import a bench file and check what it declares."""
        if sys.path[:1] != [str(self.root)]:  # before the framework's own repository, which has models of its own
            sys.path[:] = [str(self.root), *(folder for folder in sys.path if folder != str(self.root))]
        fresh(self.root / "models", self.root / "tests")
        name = f"bench_{path.parent.name}_{module}"
        spec = importlib.util.spec_from_file_location(name, path, loader=Fresh(name, str(path)))
        if spec is None or spec.loader is None:
            raise BenchError(f"{path} cannot be loaded as Python")
        loaded = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded)
        bench = getattr(loaded, "bench", None)
        if not isinstance(bench, Bench) or bench.top != module:
            raise BenchError(f"{path.name} declares no bench of {module}: set `bench = Bench(top='{module}', ...)`")
        shielded(bench, self.root).check()
        return bench

    def headline(self) -> tuple[str, str]:
        """Return module and configuration of the main job.

        Raises:
            UnknownNameError: No bench declares a headline.
        """
        broken = []
        for module in self.bench_files():
            try:
                bench = self.bench(module)
            except BenchError as fault:  # it may be another's
                broken.append(str(fault))
                continue
            if bench.headline is not None:
                return module, bench.headline
        more = f"; a bench is broken: {broken[0]}" if broken else ""
        raise UnknownNameError(f"no bench declares a headline configuration: name a module (MODULE=...){more}")


_BENCH = re.compile(rb"^bench\b", re.MULTILINE)
_SOURCES = re.compile(rb"\bsources\s*=")


@cache
def names_sources(text: bytes) -> bool:
    """Tell whether a bench file names sources: whether `bench = ...` has `sources=`."""
    if not (_BENCH.search(text) and _SOURCES.search(text)):  # parsing takes a thousand times as long
        return False
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError):
        return False
    return any(
        isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and any(isinstance(target, ast.Name) and target.id == "bench" for target in node.targets)
        and any(keyword.arg == "sources" for keyword in node.value.keywords)
        for node in body
    )


def _declared(path: Path) -> int:
    """Return the line on which a bench file declares its bench; 1 where it does not."""
    lines = path.read_text(errors="replace").splitlines()
    return next((number for number, line in enumerate(lines, 1) if line.startswith("bench")), 1)
