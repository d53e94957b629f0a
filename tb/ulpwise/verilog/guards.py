# SPDX-License-Identifier: Apache-2.0
"""Reads from a core's source which parameters it has and which guards refuse some of their values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

# strings come before comments, so that "http://" inside one opens no comment
_NOISE = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_BLOCK = re.compile(r"\bbegin\s*:\s*(guard_\w+)")
_PARAMETER = re.compile(r"\bparameter\s+(?:signed\s+|integer\s+)*(?:\[[^\]]*\]\s*)?(\w+)\s*=\s*([^,)\n]*)")


@dataclass(frozen=True)
class Guard:
    """A block `begin : guard_<name>` that stops elaboration.

    Attributes:
        module: The module that it is in.
        name: Name of the block.
        line: Where it begins.
        message: What it says, from the module's name on.
        signs: What of it is found in the words of a simulator that stopped: the message, or for Icarus the name of a
            module that does not exist.
        parameters: Parameters of the module that the message names.
    """

    module: str
    name: str
    line: int
    message: str
    signs: tuple[str, ...]
    parameters: frozenset[str]

    def spoke(self, said: str) -> bool:
        """Tell whether a simulator printed its message."""
        return any(sign in said for sign in self.signs)


def guards(path: Path) -> list[Guard]:
    """List the guards of a module, from the text of its file."""
    text = path.read_text(encoding="utf-8")
    module, names = path.stem, parameters(path)
    starts = [*_BLOCK.finditer(text)]
    ends = [*(start.start() for start in starts), len(text)][1:]
    found = []
    for start, end in zip(starts, ends, strict=True):
        signs = re.findall(
            rf'(?<!\w){module} parameters? [^"\n]*|(?<!\w){module}_parameters?_\w+', text[start.end() : end]
        )
        signs = [sign.split(" (instance")[0] for sign in signs]
        message = next((sign for sign in signs if " " in sign), signs[0] if signs else start[1])
        named = frozenset(name for name in names if any(names_parameter(sign, name) for sign in signs))
        line = text.count("\n", 0, start.start()) + 1
        found.append(Guard(module, start[1], line, message, tuple(signs), named))
    return found


def parameters(path: Path) -> dict[str, int | None]:
    """List the parameters of a module with their defaults; None for one that is no plain number."""
    text = _NOISE.sub(lambda match: "\n" * match[0].count("\n") or " ", path.read_text(encoding="utf-8"))
    return {name: int(value) if value.strip().isdigit() else None for name, value in _PARAMETER.findall(text)}


def names_parameter(text: str, name: str) -> bool:
    """Tell whether a message, or the name of a module that stands for one, names a parameter."""
    return re.search(rf"(?<![A-Za-z0-9$]){name}(?![A-Za-z0-9$])", text) is not None


def refusals(said: str, module: str) -> list[str]:
    """List what guards of a module say in the words of a simulator."""
    return re.findall(rf"(?<!\w){module}[ _]parameters?[ _]([^\n]*)", said)
