"""Applies a bench's exclusions to the points of its core."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ulpwise.bench.declare import Exclusion
    from ulpwise.coverage.codecov import CodePoint, Counts


def apply(counts: Counts, exclusions: Sequence[Exclusion], source: Sequence[str]) -> dict[CodePoint, str]:
    """Find the points that are excluded.

    Args:
        counts: Hits of the points of one file.
        exclusions: The bench's.
        source: The lines of the file.

    Returns:
        The reason of each point that is excluded; one that was hit is not.
    """
    excluded: dict[CodePoint, str] = {}
    for exclusion in exclusions:
        for point, count in counts.items():
            if not count and point not in excluded and matches(exclusion, point, source):
                excluded[point] = exclusion.reason
    return excluded


def stale(counts: Counts, exclusions: Sequence[Exclusion], source: Sequence[str]) -> list[str]:
    """Describe the exclusions that match no point, or match one that was hit: they should be narrowed or removed."""
    found = []
    for exclusion in exclusions:
        hits = [count > 0 for point, count in counts.items() if matches(exclusion, point, source)]
        if not hits:
            found.append(f"exclusion {exclusion} matches no point")
        elif any(hits):
            found.append(f"exclusion {exclusion} matches {sum(hits)} points that were hit, of {len(hits)}")
    return found


def matches(exclusion: Exclusion, point: CodePoint, source: Sequence[str]) -> bool:
    """Tell whether an exclusion names a point, hit or not."""
    if exclusion.kind != point.kind or not _pattern(exclusion.comment).fullmatch(point.comment):
        return False
    return bool(_pattern(exclusion.source).fullmatch(text_of(point, source)))


def text_of(point: CodePoint, source: Sequence[str]) -> str:
    """Return the source line of a point without indentation; empty when the file has changed and is shorter now."""
    return source[point.line - 1].strip() if 0 < point.line <= len(source) else ""


@lru_cache(maxsize=1024)
def _pattern(wild: str) -> re.Pattern[str]:
    """Compile a text with `*` and `?`; brackets stand for themselves, as the names of bits are full of them."""
    return re.compile("".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in wild), re.DOTALL)
