"""The sources of a project as one value: what is sent to workers that share no file system, named by its content."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ulpwise.system import process

FOLDERS = ("rtl", "models", "tb", "tests")
PACKAGE = "tb/ulpwise"  # where the framework is in a tree, wherever it is installed here
_PATIENCE = 60.0  # seconds for git
_GENERATED = ("__pycache__", ".mypy_cache", ".ruff_cache")


@dataclass(frozen=True)
class Tree:
    """All that a run depends on, but for the installed tools.

    Attributes:
        digest: 16 hexadecimal digits of the names and contents of all files.
        data: The files as a compressed tar archive; the same tree makes the same bytes.
    """

    digest: str
    data: bytes


def snapshot(root: Path, extra: Sequence[Path] = ()) -> Tree:
    """Read the sources of a project.

    Args:
        root: Top of the project, which holds rtl/, models/, tb/ and tests/; a project without the
            framework in its tb/ gets the one that runs.
        extra: Other files and folders below the root to pack.

    Raises:
        OSError: A file cannot be read.
    """
    digest = hashlib.sha256()
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for name, path in sorted({*_files(root), *_others(root, extra)}):
            content = path.read_bytes()
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return Tree(digest.hexdigest()[:16], gzip.compress(plain.getvalue(), mtime=0))


def commit(root: Path) -> tuple[str, bool]:
    """Return the commit that is checked out and whether files differ from it; ("", False) where there is no git."""

    def git(*words: str) -> str:
        done = process.run(["git", *words], root, limit=_PATIENCE)
        if done.status:
            raise OSError(done.err)
        return done.out.strip()

    try:
        return git("rev-parse", "HEAD"), bool(git("status", "--porcelain", "--untracked-files=no"))
    except OSError:
        return "", False


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield name and path of each file, in the order of the names."""
    framework = {} if (root / PACKAGE).is_dir() else {"tb": Path(__file__).parents[1]}
    for folder in sorted(FOLDERS):
        top = framework.get(folder, root / folder)
        name = PACKAGE if folder in framework else folder
        for path in sorted(top.rglob("*")):
            parts = (*name.split("/"), *path.relative_to(top).parts)
            hidden = any(part.startswith(".") or part in _GENERATED for part in parts)
            if path.is_file() and not hidden:
                yield "/".join(parts), path


def _others(root: Path, extra: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """Yield name and path of each file of what is packed besides."""
    for top in extra:
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            parts = path.relative_to(root).parts
            if path.is_file() and not any(part.startswith(".") or part in _GENERATED for part in parts):
                yield "/".join(parts), path
