# SPDX-License-Identifier: Apache-2.0
"""Says where in the sources a mutant is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ulpwise.mutate.netlist import Mutant

_SOURCE = re.compile(r"(.+):(\d+)\.\d+-(\d+)\.\d+")


@dataclass(frozen=True)
class Place:
    """A line of a source file.

    Attributes:
        file: The file, relative to the project; empty when Yosys does not know.
        line: The line, from 1; 0 when Yosys does not know.
        text: The line without indentation.
    """

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.file else "no source"


def place(mutant: Mutant, root: Path) -> Place:
    """Find the line of a mutant: of the places of its cell the smallest; in a block, the line that sets its wire.

    Args:
        mutant: The mutant.
        root: Top of the project.
    """
    ranges = []
    for source in mutant.sources:
        match = _SOURCE.fullmatch(source)
        if match and (root / match[1]).is_file():
            ranges.append((int(match[3]) - int(match[2]), match[1], int(match[2])))
    if not ranges:
        return Place("", 0, "")
    length, file, first = min(ranges)
    lines = _lines(root / file)
    # wires of a flattened instance are called instance.wire
    wire = re.split(r"[.\[]", re.sub(r"\[\d+\]$", "", mutant.wire))[-1]
    if length and wire:
        setting = re.compile(rf"(?<![\w$]){re.escape(wire)}\s*(\[[^=]*\]\s*)?<?=(?!=)")
        inside = range(first, min(first + length, len(lines)) + 1)
        first = next((number for number in inside if setting.search(lines[number - 1])), first)
    return Place(file, first, lines[first - 1].strip() if first <= len(lines) else "")


@cache
def _lines(path: Path) -> tuple[str, ...]:
    return tuple(path.read_text(encoding="utf-8", errors="replace").splitlines())
