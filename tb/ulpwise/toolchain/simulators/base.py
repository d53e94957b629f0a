"""What every simulator can do for the framework."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ulpwise.system import forkserver, process
from ulpwise.system.locking import held
from ulpwise.toolchain.yosys import Parameters

HARNESS = "harness"  # the module around a core

# Icarus has no word for errors that its preprocessor or its elaboration finds
_COMPLAINT = re.compile(r"error|not found|no such|unknown|unable|cannot|can't|undefined|invalid|sorry", re.IGNORECASE)
_WARNING = re.compile(r"warning|\bnote\b|: In |included from", re.IGNORECASE)


class BuildError(RuntimeError):
    """A simulator or compiler refused the sources; the message is its first complaint, in one line."""


@dataclass(frozen=True)
class Flavour:
    """What a build can do beyond simulating fast.

    Attributes:
        coverage: Count lines, branches, expressions and toggles (Verilator only); two to four times slower.
        waves: Can dump waves.
        long: Simulates so much that a better optimised program pays (Verilator only).
    """

    coverage: bool = False
    waves: bool = False
    long: bool = False


@dataclass(frozen=True)
class Launch:
    """How a built simulation is started.

    Attributes:
        program: The simulator, with what it needs before the name of the design.
        design: The file that it runs.
        fixed: Arguments behind the design's name that do not depend on the run.
        arguments: The run's own.
        late: Whether the simulator asks for its own arguments when its Python has started (see `forkserver`).
    """

    program: Sequence[str]
    design: Path
    fixed: Sequence[str] = ()
    arguments: Sequence[str] = ()
    late: bool = False

    @property
    def line(self) -> list[str]:
        """The command."""
        return [*self.program, str(self.design), *self.fixed, *self.arguments]

    @property
    def server(self) -> list[str] | None:
        """The command of a server that forks such runs; None where each has arguments that it must start with."""
        if self.arguments and not self.late:
            return None
        return [*self.program, f"/proc/self/fd/{forkserver.SUBJECT}", *self.fixed]


@dataclass(frozen=True)
class Sources:
    """What a build is made of.

    Attributes:
        root: Top of the project; file names are given to tools relative to it, so that messages and coverage reports
            are the same wherever the project lies.
        harness: Text of the generated harness.
        files: The core, the modules it instantiates, and the transactors.
        search: Options by which tools find what the files include.
        top: The module that is built: the harness, or a core alone.
        parameters: Of a core alone; the harness gives a core its own.
        copies: Texts that stand for some of the files, which are left as they are.
    """

    root: Path
    harness: str
    files: Sequence[Path]
    search: Sequence[str] = ()
    top: str = HARNESS
    parameters: Parameters = field(default_factory=dict)
    copies: Mapping[Path, str] = field(default_factory=dict)

    @property
    def alone(self) -> bool:
        """Whether the core stands without a harness."""
        return self.top != HARNESS

    def lay_out(self, into: Path) -> list[str]:
        """Write the harness into a build directory and return a tool's last arguments, names relative to `root`."""
        (into / "harness.v").write_text(self.harness)
        files = [into / "harness.v", *(self._laid(file, into) for file in self.files)]
        found = [
            f"-I{os.path.relpath(folder, self.root)}" for folder in dict.fromkeys(each.parent for each in self.copies)
        ]
        return [*self.search, *found, *(os.path.relpath(file, self.root) for file in files)]

    def _laid(self, file: Path, into: Path) -> Path:
        """Return the file that is to be read; a copy is written first."""
        if file not in self.copies:
            return file
        copy = into / "copies" / os.path.relpath(file, self.root).replace("..", "_")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(self.copies[file], encoding="utf-8", errors="surrogateescape")
        return copy


class Simulator(ABC):
    """One simulator: how to build with it and how to run what was built."""

    name: str
    macros: Sequence[str]
    """What it defines before it reads a source, `name=value`."""

    @abstractmethod
    def recipe(self, flavour: Flavour) -> list[str]:
        """Return everything besides the sources that shapes a build: flags, tool versions, native sources."""

    @abstractmethod
    def make(self, sources: Sources, into: Path, cache: Path, flavour: Flavour) -> None:
        """Build.

        Args:
            sources: What to build.
            into: An empty directory for the result.
            cache: A directory for parts that builds share.
            flavour: What the build must be able to do.

        Raises:
            BuildError: A tool refused the sources.
            ToolError: A tool is missing.
        """

    @abstractmethod
    def complete(self, cache: Path, flavour: Flavour) -> None:
        """Make what finished builds run with and do not hold, unless it is there.

        Args:
            cache: The directory for parts that builds share.
            flavour: What the build can do.

        Raises:
            BuildError, ToolError: As in `make`.
        """

    @abstractmethod
    def launch(self, folder: Path, seed: int, flavour: Flavour, plusargs: Sequence[str] = ()) -> Launch:
        """Return how to run a build; waves and code coverage go to its working directory.

        Args:
            folder: The build directory.
            seed: Seeds what is left uninitialised, where the simulator can do that.
            flavour: What to record.
            plusargs: More arguments, `+name=value`.
        """

    @abstractmethod
    def early(self, cache: Path) -> Launch | None:
        """Return what all runs have in common, if it is there: their server can be started before any design is built.

        Args:
            cache: The directory for parts that builds share.
        """

    @abstractmethod
    def elaboration(self, top: str, files: Sequence[str]) -> tuple[list[str], Mapping[str, str]]:
        """Return the command that elaborates and builds nothing, and its environment; no warning makes it fail.

        Args:
            top: The module to elaborate.
            files: Names of the files, children of the module among them.
        """

    def environment(self) -> dict[str, str]:
        """Return what cocotb needs in the environment under this simulator in particular."""
        return {}


def digest(parts: Iterable[str | bytes]) -> str:
    """Hash texts or bytes to 16 hexadecimal digits; where one text ends and the next begins makes a difference."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "little") + data)
    return total.hexdigest()[:16]


def once(folder: Path, make: Callable[[Path], None]) -> None:
    """Fill a directory once: under another name, renamed when complete, one process at a time.

    Args:
        folder: The directory; when it exists, it is whole.
        make: Fills the empty directory that it is given.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with held(folder):
        if folder.is_dir():
            return
        scratch = folder.with_name(folder.name + ".part")
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        make(scratch)
        scratch.rename(folder)


def run_tool(line: Sequence[str], cwd: Path, log: Path, env: Mapping[str, str] | None = None) -> None:
    """Run one tool of a build.

    Args:
        line: The command.
        cwd: Where to run it.
        log: File that gets the command and what it says appended.
        env: Variables to add to the environment.

    Raises:
        BuildError: It failed.
    """
    done = process.run(line, cwd, {**os.environ, **(env or {})}, merge=True)
    with log.open("a") as sink:
        sink.write(" ".join(line) + "\n" + done.out)
    if done.timed_out:
        raise BuildError(f"{Path(line[0]).name}: still running after {process.LIMIT:g} s")
    if done.status:
        raise BuildError(f"{Path(line[0]).name}: {complaint(done.out)}")


def complaint(said: str) -> str:
    """Return the first complaint of a tool's log that is no warning; what follows is often its consequence only."""
    lines = [text.strip() for text in said.splitlines() if text.strip()]
    grave = [text for text in lines if not _WARNING.search(text)]
    return next(iter([*filter(_COMPLAINT.search, grave), *grave, *lines, "no output"]))
