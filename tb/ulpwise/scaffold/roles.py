"""Tells clocks, resets and enables by their names; what might be one and is not known for sure is never guessed at."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Role:
    """What a pin is for.

    Attributes:
        kind: "clock", "reset", "enable", "" for any other pin, or "unsure": it sounds like one of the three, and a
            wrong guess at it or at its polarity would hold the core in reset, or never reset it.
        low: Whether a reset is on while it is low.
    """

    kind: str
    low: bool = False


_WORD = r"(?:(?<![iou])rst|reset|clr|clear)"  # neither first nor burst
_BEFORE = r"(?:\w*_)?"
_ROLES = (
    # in this order: nreset ends like reset, clk_en begins like clk
    (rf"{_BEFORE}(?:a?clk_?|clock_?)?(?:en|ena|enable)|{_BEFORE}(?:ce|cke)", Role("enable")),
    (rf"{_BEFORE}n_?[asg]?{_WORD}|{_BEFORE}[asgph]?{_WORD}_?(?:n|b|ni|nn|l|bar|neg)", Role("reset", low=True)),
    (rf"{_BEFORE}[asgph]?{_WORD}(?:_?p|_?h|_?hi)?", Role("reset")),
    (
        rf"{_BEFORE}(?:[a-z]{{0,2}})(?:clk|clock)(?:_?in|\d)?|(?:clk|clock)_(?!n$|p$|sel|div|gate|req|ack)[a-z]+",
        Role("clock"),
    ),
    (rf"\w*(?:{_WORD}|res_?n|clk|clock)\w*|(?:\w*_)?n?(?:ce|cke|en|ena|enable)(?:_?n|_?b|_\w+)?", Role("unsure")),
)
_MARKS = re.compile(r"^(?:i|in|inp)_|_(?:i|in|pin)$")


def role(name: str) -> Role:
    """Return what an input is for, by its name, whatever its capitals."""
    plain = _MARKS.sub("", name.lower())
    return next((found for pattern, found in _ROLES if re.fullmatch(pattern, plain)), Role(""))
