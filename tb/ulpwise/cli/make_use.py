"""Says what is wrong with the variables that a user gives to make, in one line, or nothing.

`python3 -I -S make_use.py MAKEFILE "GOALS" NAME=VALUE...`, needs nothing but the standard library. Which target takes
what is read from the recipes, so that no list says it a second time.
"""

from __future__ import annotations

import re
import sys

ON, OFF = ("1", "yes", "on", "true"), ("0", "no", "off", "false", "")

ALWAYS = ("PY", "SETUP", "SHELL", "DEBUG", "CXX", "VERILATOR", "YOSYS", "NO_COLOR")
"""What concerns the Makefile itself, or reaches every command through the environment."""

_USE = re.compile(r"\$\(call (opt|flag),(\w+)|TB_OPT_(\w+)|\$\((ARGS)\)")


def takes(makefile: str) -> tuple[dict[str, set[str]], set[str]]:
    """Read which variables each target takes, and which of all are flags.

    Args:
        makefile: Its text.
    """
    found: dict[str, set[str]] = {}
    flags: set[str] = set()
    target = ""
    for line in makefile.splitlines():
        rule = re.match(r"([a-z0-9-]+):", line)
        if rule:
            target = rule[1]
            found.setdefault(target, set())
        elif line.startswith("\t") or (line.startswith(" ") and target):
            for kind, called, option, arguments in _USE.findall(line):
                found[target].add(called or option or arguments)
                flags |= {called} if kind == "flag" else set()
        elif line and not line.startswith("#"):
            target = ""
    return found, flags


def fault(makefile: str, goals: list[str], given: dict[str, str]) -> str:
    """Find the first variable that no goal takes, or a flag that is neither on nor off.

    Args:
        makefile: Its text.
        goals: Targets that were asked for.
        given: Variables of the command line.

    Returns:
        One line with the remedy; empty when all is well.
    """
    known, flags = takes(makefile)
    every = set[str]().union(*known.values())
    # an unknown target is make's own business
    taken = set[str]().union(*(known.get(goal, every) for goal in goals))
    for name, value in given.items():
        if name in flags and name in taken and value.strip().lower() not in (*ON, *OFF):
            return f"{name}={value}: a flag is 1 or 0 (or yes, no, on, off, true, false)"
        if name in taken or name in ALWAYS:
            continue
        if name in every:
            takers = ", ".join(sorted(target for target, names in known.items() if name in names))
            return f"make {' '.join(goals)} takes no {name}: it belongs to make {takers}"
        near = _nearest(name, taken or every)
        return f"unknown variable {name}: {f'did you mean {near}?' if near else f'there are {_listed(taken)}'}"
    return ""


def _nearest(name: str, names: set[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 (few need it)

    return next(iter(get_close_matches(name.upper(), sorted(names), n=1)), "")


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none that this target takes"


def main() -> None:
    """Print the fault, if there is one."""
    makefile, goals, *given = sys.argv[1:]
    with open(makefile, encoding="utf-8") as file:  # noqa: PTH123 (pathlib is slow to import)
        text = file.read()
    pairs = dict(item.partition("=")[::2] for item in given)
    said = fault(text, goals.split() or ["help"], pairs)
    print(" ".join(said.split()), end="")


if __name__ == "__main__":
    main()
