"""LCOV: lines and branches of every source file, for genhtml and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ulpwise.coverage.lines import View


def text(files: Mapping[str, View]) -> str:
    """Write views of source files as an LCOV tracefile.

    Args:
        files: By name, relative to the project.

    Returns:
        The tracefile. A branch on a line that never ran has `-` for its count, as the format wants.
    """
    return "".join(f"{line}\n" for name, view in files.items() for line in _file(name, view))


def _file(name: str, view: View) -> Iterator[str]:
    yield "TN:"
    yield f"SF:{' '.join(name.splitlines())}"
    taken = total = 0
    for number, branches in sorted(view.branches.items()):
        ran = any(branch.count for branch in branches)
        for place, branch in enumerate(branches):
            yield f"BRDA:{number},0,{place},{branch.count if ran else '-'}"
            total, taken = total + 1, taken + (branch.count > 0)
    if total:
        yield f"BRF:{total}"
        yield f"BRH:{taken}"
    for number, count in view.lines.items():
        yield f"DA:{number},{count}"
    yield f"LF:{len(view.lines)}"
    yield f"LH:{sum(map(bool, view.lines.values()))}"
    yield "end_of_record"
