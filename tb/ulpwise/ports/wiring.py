"""What a core calls its clock, its reset and its pins, and what its reset is like."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

CLOCK, RESET = "clk", "rst"
"""Conventional names of the two pins that every clocked core has."""

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_ANNOUNCED = ("_tvalid", "_first", "_valid")  # ends of the pins that say that something is there


@dataclass(frozen=True)
class Wiring:
    """How the pins of a core are connected, where that is not as the convention has it.

    Attributes:
        clock: Name of its clock; rising edges count.
        reset: Name of its reset; empty when it has none: no reset is then tried, and what was in the core before the
            first transaction is gone after some idle cycles.
        active_low: The reset is on while it is low.
        asynchronous: The reset acts without a clock edge: it comes and goes at falling edges.
        pins: Names of other pins by the name that the convention gives them, such as `{"s_axis_x_tdata": "in_data"}`.
    """

    clock: str = CLOCK
    reset: str = RESET
    active_low: bool = False
    asynchronous: bool = False
    pins: Mapping[str, str] = field(default_factory=dict)

    def name(self, pin: str) -> str:
        """Return what the core calls a pin."""
        return {CLOCK: self.clock, RESET: self.reset}.get(pin) or self.pins.get(pin, pin)

    def shown(self, port: str) -> str:
        """Return what a message calls a stream or a result.

        Its own name, or where the core calls the pin that announces it otherwise, that pin's.
        """
        return next((self.pins[port + end] for end in _ANNOUNCED if port + end in self.pins), port)

    def faults(self) -> Iterator[str]:
        """Yield what contradicts itself, whatever the interface is."""
        if not self.clock:
            yield "clock is empty: name the pin; only cores that are all logic have none, and their interface says so"
        if not self.reset:
            wrong = [name for name in ("active_low", "asynchronous") if getattr(self, name)]
            yield from (f"{name}=True speaks of a reset, and reset='' says that there is none" for name in wrong)
        for pin, own in {"clock": self.clock, "reset": self.reset, **self.pins}.items():
            if own and not _IDENTIFIER.fullmatch(own):
                yield f"{own!r} for {pin} is no name of a pin"
            elif not own and pin in self.pins:
                yield f"the name for {pin} is empty; pins that nobody looks at belong to tie or ignore"
        for pin, says in ((CLOCK, "clock"), (RESET, "reset")):
            if pin in self.pins:
                yield f"pins names {pin}: say {says}={self.pins[pin]!r}"

    def unknown(self, pins: Collection[str]) -> Iterator[str]:
        """Yield which of the names are none of the interface's pins, with the nearest that is.

        Args:
            pins: Conventional names of its pins.
        """
        for pin in self.pins:
            if pin not in pins:
                close = difflib.get_close_matches(pin, sorted(pins), n=1)
                near = f"; did you mean {close[0]}?" if close else ""
                yield f"{pin} is no pin of the interface{near}"

    def doubled(self, pins: Collection[str]) -> Iterator[str]:
        """Yield which pins of an interface would be one pin of the core.

        Args:
            pins: Conventional names of all its pins.
        """
        seen: dict[str, str] = {}
        for pin in pins:
            if pin == RESET and not self.reset:
                continue
            first = seen.setdefault(self.name(pin), pin)
            if first != pin:
                yield f"{first} and {pin} are both {self.name(pin)}"


CONVENTION = Wiring()
"""What holds where a bench says nothing."""
