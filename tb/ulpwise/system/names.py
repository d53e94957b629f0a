"""Names that a bench gives: they name folders and files, and stand in commands, tables, XML and HTML."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LONGEST = 100
_REFUSED = "/\\'\"`"


def fault(name: object) -> str:
    """Tell what is wrong with a name; nothing when it is fit for files, commands and reports."""
    if not isinstance(name, str):
        return f"is {type(name).__name__} and no text"
    if not name.strip() or name != name.strip():
        return "is empty or has blanks at its ends"
    if len(name) > LONGEST:
        return f"has {len(name)} letters, at most {LONGEST} fit into the name of a file"
    if name.startswith((".", "-")) and not name.lstrip("-.")[:1].isdigit():  # which bins of negative numbers do
        return "begins with a dot or a dash"
    found = next((letter for letter in name if letter in _REFUSED or not letter.isprintable()), None)
    return "" if found is None else f"holds {found!a}, which the name of a file cannot"


def shown(name: object) -> str:
    """Return a name as a message shows it: on one line, and not longer than that."""
    text = ascii(name) if not isinstance(name, str) or not name.isprintable() else f"'{name}'"
    return text if len(text) <= 60 else f"{text[:50]}...'"


def alike(names: Iterable[str]) -> tuple[str, str] | None:
    """Find two names that are one on file systems that do not tell capitals from small letters."""
    seen: dict[str, str] = {}
    for name in names:
        first = seen.setdefault(name.casefold(), name)
        if first != name:
            return first, name
    return None


def nearest(name: str, names: Iterable[str]) -> str:
    """Return "; did you mean x?" of the name that is most like a wrong one, in whatever letters; nothing of none."""
    capitals = {each.lower(): each for each in names}
    close = difflib.get_close_matches(name.lower(), sorted(capitals), n=1)
    return f"; did you mean {capitals[close[0]]}?" if close else ""
