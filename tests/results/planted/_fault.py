"""What a planted fault is, and how it is looked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ulpwise.bench.project import Project

LIMIT = 1800  # seconds of one search


@dataclass(frozen=True)
class Fault:
    """A change of one core.

    Attributes:
        core: The module whose bench must find it.
        name: What is wrong.
        changes: Texts of the core and what stands there instead; each is there once.
        file: The module that is changed, when it is another than the core.
    """

    core: str
    name: str
    changes: tuple[tuple[str, str], ...]
    file: str = ""

    def text(self, root: Path) -> tuple[Path, str]:
        """Return the file that is changed, relative to the project, and its text.

        Raises:
            ValueError: A text that is to be replaced is not there, or more than once.
        """
        (path,) = root.glob(f"rtl/*/{self.file or self.core}.v")
        text = path.read_text(encoding="utf-8")
        for old, new in self.changes:
            if text.count(old) != 1:
                raise ValueError(f"{self.core}, {self.name}: {text.count(old)} times in {path.name}: {old!r}")
            text = text.replace(old, new)
        return path.relative_to(root), text


def found_by(root: Path, fault: Fault, work: Path) -> str:
    """Plant a fault in a copy of the cores, and run the bench until it fails.

    Runs are those of `make sim MODULE=` without further options: the cheapest first, none left out.

    Args:
        root: Top of the project.
        fault: The fault.
        work: A folder for the copy; replaced.

    Returns:
        The run and its reasons, or nothing when all passed.
    """
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(root / "rtl", work / "rtl")
    for part in ("models", "tests"):
        (work / part).symlink_to(root / part)
    path, text = fault.text(root)
    (work / path).write_text(text, encoding="utf-8")
    bench = Project(root).bench(fault.core)
    order = [*bench.quick, *(name for name in bench.configs if name not in bench.quick)]
    tries = [["--config", name, "--sim", "icarus"] for name in order if name != bench.headline]
    tries += [["--mode", "guards"]] if bench.guards else []
    tries += [["--config", name, "--sim", "verilator"] for name in order]
    if "guard" in fault.name:  # the run that looks at guards is cheaper than all before it
        tries.sort(key=lambda words: "guards" not in words)
    for words in tries:
        said = _run(root, work, ["--module", fault.core, *words])
        if said:
            return said
    return ""


def _run(root: Path, work: Path, words: list[str]) -> str:
    """Run `sim`; return the first failure in one line, or nothing."""
    line = [sys.executable, "-m", "ulpwise", "sim", *words]
    env = os.environ | {"PYTHONPATH": f"{root / 'tb'}{os.pathsep}{root}", "NO_COLOR": "1"}
    done = subprocess.run(
        line, cwd=work, env=env, capture_output=True, text=True, check=False, timeout=LIMIT, stdin=subprocess.DEVNULL
    )
    if done.returncode == 0:
        return ""
    lines = done.stdout.splitlines()
    starts = [at for at, text in enumerate(lines) if text.startswith("FAIL ") and ", seed " in text]
    if done.returncode != 1 or not starts:
        raise RuntimeError(f"{' '.join(words)}: {(done.stderr or done.stdout).strip()[-300:]}")
    head, reason = lines[starts[0]], lines[starts[0] + 1].strip()
    return f"{head.removeprefix('FAIL ').rpartition(', seed')[0]}: {reason}"
