"""Code coverage of one run in a small file: source points of the cores, instances added up."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, TypeAlias

from ulpwise.coverage import codecov
from ulpwise.system import atomic

if TYPE_CHECKING:
    from pathlib import Path

Row: TypeAlias = tuple[str, int, int, str, str, str, int]
"""File, line, column, kind, comment, lines, count."""

_TYPES = (str, int, int, str, str, str, int)


class PackError(ValueError):
    """A file that is not what `pack_code` writes; the message is one line."""


def pack_code(coverage_dat: Path, target: Path) -> None:
    """Keep what a simulation counted in the cores.

    Args:
        coverage_dat: What Verilator left.
        target: Gets `{"points": [[file, line, column, kind, comment, lines, count], ...]}` as gzipped JSON, replaced
            as a whole: instances added up, files relative to the project, only those below rtl/. The same counts make
            the same bytes.

    Raises:
        CodecovError: There is no such file, or it is malformed.
    """
    counts = codecov.collapse(codecov.read(coverage_dat, keep=codecov.under_rtl))
    rows = sorted(
        (_relative(point.file), point.line, point.column, point.kind, point.comment, point.lines, count)
        for point, count in counts.items()
    )
    data = gzip.compress(json.dumps({"points": rows}, separators=(",", ":")).encode(), compresslevel=6, mtime=0)
    atomic.write_bytes(target, data)


def unpack_code(path: Path) -> list[Row]:
    """Read what `pack_code` wrote.

    Raises:
        PackError: It is missing, cut short, or something else.
    """
    try:
        loaded = json.loads(gzip.decompress(path.read_bytes()))
        rows = [tuple(row) for row in loaded["points"]]
    except (OSError, EOFError, ValueError, LookupError, TypeError) as fault:
        raise PackError(f"{path}: not the code coverage of a run ({fault}): repeat the run") from None
    if any(tuple(map(type, row)) != _TYPES or row[-1] < 0 for row in rows):
        raise PackError(f"{path}: not the code coverage of a run (a point is malformed): repeat the run")
    return rows


def _relative(file: str) -> str:
    """Cut a file's name to what is below the project: `/a/rtl/b/c.v` to `rtl/b/c.v`."""
    parts = file.replace("\\", "/").split("/")
    start = max(place for place, part in enumerate(parts[:-1]) if part == "rtl")
    return "/".join(parts[start:])
