"""Chooses by lists and patterns: `MODULE='online_*,echo'`, each part a name or a pattern of the shell."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase

from ulpwise.bench.project import Project, UnknownNameError

SHOWN = 12  # names that a refusal lists


def parts(patterns: str, names: Collection[str] = ()) -> list[str]:
    """Split what a user wrote at its commas; a name that has a comma itself is one part.

    Args:
        patterns: Such as "online_*,echo".
        names: The names that exist.
    """
    if patterns in names:
        return [patterns]
    return list(dict.fromkeys(filter(None, map(str.strip, patterns.split(","))))) or [patterns]


def matching(patterns: str | None, names: Iterable[str]) -> list[str]:
    """Return the names that at least one part means, each once, in their own order; all without patterns."""
    known = list(dict.fromkeys(names))
    if patterns is None:
        return known
    wanted = parts(patterns, known)
    return [name for name in known if any(_means(part, name) for part in wanted)]


def select(kind: str, patterns: str | None, names: Iterable[str]) -> list[str]:
    """Choose names.

    Args:
        kind: What is named, for the message.
        patterns: Names and patterns with commas between; None for all.
        names: The names that exist.

    Returns:
        What at least one part means, each once, in the order of `names`.

    Raises:
        UnknownNameError: A part means nothing; the message has the nearest name, or the names when none is near.
    """
    known = list(dict.fromkeys(names))
    for part in [] if patterns is None else parts(patterns, known):
        if not any(_means(part, name) for name in known):
            raise UnknownNameError(f"unknown {kind} '{part}': {_hint(part, known)}")
    return matching(patterns, known)


def modules(project: Project, module: str | None, family: str | None) -> list[str]:
    """Choose modules that have a bench.

    Args:
        project: Where the benches are.
        module: Names and patterns of modules; None for all.
        family: Names and patterns of families; None for all.

    Returns:
        The modules that both allow, in order of family and name.

    Raises:
        UnknownNameError: A part means nothing.
        ValueError: A part of `module` means modules of other families only.
    """
    families = {name: path.parent.name for name, path in project.bench_files().items()}
    chosen = select("family", family, families.values())
    found = [name for name in select("module", module, families) if families[name] in chosen]
    for part in [] if module is None else parts(module, families):
        meant = [name for name in families if _means(part, name)]
        if not set(meant) & set(found):
            own = " and ".join(dict.fromkeys(families[name] for name in meant))
            raise ValueError(f"{part} belongs to the family {own}, not to {family}")
    return found


def configurations(valid: Mapping[str, Iterable[str]], config: str | None) -> dict[str, list[str]]:
    """Choose configurations of modules; each part must mean one of at least one module.

    Args:
        valid: The configurations of each module.
        config: Names and patterns; None for all.

    Returns:
        The chosen ones of each module that has any.

    Raises:
        UnknownNameError: A part means nothing.
    """
    select("configuration", config, (name for names in valid.values() for name in names))
    found = {module: matching(config, names) for module, names in valid.items()}
    return {module: names for module, names in found.items() if names}


def named(**given: str | None) -> str:
    """Say what a user chose by, such as "MODULE=echo FAMILY=lab", for a message; empty when by nothing."""
    return " ".join(f"{name.upper()}={value}" for name, value in given.items() if value is not None)


def _means(part: str, name: str) -> bool:
    return part == name or fnmatchcase(name, part)


def _hint(part: str, names: list[str]) -> str:
    near = get_close_matches(part.translate(dict.fromkeys(map(ord, "*?[]"))), names, n=1)
    if near:
        return f"did you mean {near[0]}?"
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"there are: {', '.join(names[:SHOWN])}{more}"
