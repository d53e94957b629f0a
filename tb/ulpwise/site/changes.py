"""When the files of a module were last changed: from git, or else from the file system."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ulpwise.system import process

_IMPORT = re.compile(r"^\s*(?:from\s+models\.([\w.]+)\s+import\s+(.+)|import\s+models\.([\w.]+))", re.MULTILINE)
_PATIENCE = 30.0  # seconds for git


@dataclass(frozen=True)
class Change:
    """A change of a file.

    Attributes:
        date: Day, as YYYY-MM-DD.
        commit: Short hash; empty when the change is not committed, or there is no git.
        subject: First line of the commit's message.
    """

    date: str
    commit: str = ""
    subject: str = ""


class Changes:
    """The newest change of every file below a project's `rtl/`, `models/` and `tests/`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known = _log(root)
        self._touched = _status(root) if self._known else set()

    def newest(self, files: Iterable[Path]) -> Change | None:
        """Return the newest change of some files; None when none exists.

        A file that differs from its commit, and one that git does not know, counts with the time of the file.
        """
        found = [change for path in files if (change := self._of(path)) is not None]
        return max(found, key=lambda change: (change.date, not change.commit), default=None)

    def _of(self, path: Path) -> Change | None:
        name = path.relative_to(self._root).as_posix()
        if name in self._known and name not in self._touched:
            return self._known[name]
        try:
            day = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except OSError:
            return None
        return Change(day.date().isoformat(), "", "not committed" if self._known else "")


def files_of(root: Path, source: Path | None, bench: Path | None) -> list[Path]:
    """Name the files of a module: its source, its bench, and the models that the bench imports."""
    found = [path for path in (source, bench) if path is not None]
    if bench is None:
        return found
    try:
        text = bench.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return found
    for dotted, names, plain in _IMPORT.findall(text):
        base = root.joinpath("models", *(dotted or plain).split("."))
        tries = [base.with_suffix(".py"), *(base / f"{name}.py" for name in re.findall(r"\w+", names))]
        found += [path for path in tries if path.is_file()]
    return list(dict.fromkeys(found))


def _git(root: Path, *words: str) -> str:
    """Return what git says; nothing when there is no git or no repository."""
    try:
        git = ["git", "-C", str(root), "-c", "core.quotepath=off"]
        done = process.run([*git, *words, "--", "rtl", "models", "tests"], limit=_PATIENCE)
    except OSError:
        return ""
    return done.out if done.status == 0 else ""


def _log(root: Path) -> dict[str, Change]:
    """Read the newest commit of each file."""
    known: dict[str, Change] = {}
    text = _git(root, "log", "--no-merges", "--relative", "--name-only", "--format=%x01%cs%x1f%h%x1f%s")
    for entry in text.split("\x01")[1:]:
        head, _, names = entry.partition("\n")
        date, commit, subject = (*head.split("\x1f", 2), "", "")[:3]
        for name in filter(None, names.splitlines()):
            known.setdefault(name, Change(date, commit, subject))
    return known


def _status(root: Path) -> set[str]:
    """Read which files differ from their commit."""
    return set(_git(root, "diff", "--relative", "--name-only", "HEAD").splitlines())
