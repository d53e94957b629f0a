"""How the report writes numbers, times and names."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime

from markupsafe import Markup

DASH = "\u2013"  # stands for what was not measured
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]|[\u202a-\u202e\u2066-\u2069]")
_ANSI = re.compile("\x1b\\[[0-9;?]*[A-Za-z]")
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")


def clean(value: object) -> object:
    """Replace what HTML does not allow, or what would turn the direction of a line; other values pass unchanged."""
    return _CONTROL.sub("\ufffd", value) if isinstance(value, str) and not isinstance(value, Markup) else value


def plain(text: str) -> str:
    """Take the colours of a terminal out of a log."""
    return _ANSI.sub("", text).replace("\r\n", "\n")


def percent(value: float | None) -> str:
    """Write a percentage rounded down, so that 100 % means all."""
    if value is None:
        return DASH
    floor = math.floor(value * 10 + 1e-9) / 10
    return f"{floor:.0f} %" if floor in {0.0, 100.0} else f"{floor:.1f} %"


def count(value: float | None) -> str:
    """Write a count with a comma every three digits."""
    return DASH if value is None else f"{value:,.0f}"


def short(value: int) -> str:
    """Write a count in at most five characters, such as 12.3k."""
    for unit, suffix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= unit:
            scaled = math.floor(value / unit * 10) / 10
            return f"{int(scaled)}{suffix}" if scaled >= 100 else f"{scaled:.1f}{suffix}"
    return str(value)


def setting(value: object) -> str:
    """Write a value of a configuration; packed ones, of thousands of bits, by their size only."""
    if isinstance(value, int) and value.bit_length() > 64:
        return f"({value.bit_length():,} bits)"
    text = str(value)
    return text if len(text) <= 24 else text[:23] + "…"


def seconds(value: float | None) -> str:
    """Write a duration."""
    if value is None:
        return DASH
    if value < 10:
        return f"{value:.2f} s"
    if value < 100:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def moment(text: str | None) -> datetime | None:
    """Read an ISO time; None when there is none or it is malformed."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def when(text: str | None) -> str:
    """Write an ISO time to the minute, in UTC."""
    found = moment(text)
    return found.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if found else DASH


def between(started: str | None, finished: str | None) -> float | None:
    """Return the seconds between two ISO times; None when one is missing."""
    first, last = moment(started), moment(finished)
    return (last - first).total_seconds() if first and last else None


def slug(name: str) -> str:
    """Turn a name into one that is safe in file names and anchors, another one for each name."""
    safe = _UNSAFE.sub("-", name)
    if safe == name and name and not name.startswith("."):
        return name
    return f"{safe.strip('.-')[:40]}-{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:8]}"


def spans(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Gather numbers into runs without a gap, ascending."""
    found: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found
