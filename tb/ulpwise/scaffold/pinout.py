"""What a bench has to say of the pins of a core."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ulpwise.verilog.elaborate import Port


class PinError(ValueError):
    """Pins that nobody can guess at; the message is one line that names them, and the options that decide."""


@dataclass(frozen=True)
class Told:
    """What the user says of pins, which is then not guessed.

    Attributes:
        clock: Name of the clock; empty to look for it.
        reset: Name of the reset, with the level at which it is on behind it where the name does not tell: `xrst=0`.
        tie: Values of inputs that are held.
    """

    clock: str = ""
    reset: str = ""
    tie: Mapping[str, int] = field(default_factory=dict)


BESIDE = ("tuser", "tid", "tdest")
"""Pins of a stream that carry fields beside the data."""


@dataclass(frozen=True)
class Stream:
    """An AXI4-Stream port: its name in the bench, whether it is an input, its pins by the convention's ends."""

    name: str
    source: bool
    pins: Mapping[str, Port]


@dataclass(frozen=True)
class Digits:
    """Digit-serial ports: rails in and out, operands held, parallel results, by name, each with one of its pins."""

    inputs: Mapping[str, Port]
    held: Mapping[str, Port]
    serial: Mapping[str, Port]
    parallel: Mapping[str, Port]


@dataclass
class Pinout:
    """What a bench says of a core's pins.

    Attributes:
        streams: Its streams, unless it is digit-serial.
        digits: Its digit-serial ports, or None.
        clock: Name of its clock.
        reset: Name of its reset; empty when it has none.
        low: Whether the reset is on while it is low.
        names: Names of other pins by those of the convention, where they differ.
        tie: Inputs that are held, each with its value and why.
        ignore: Outputs that nobody looks at.
    """

    streams: list[Stream] = field(default_factory=list)
    digits: Digits | None = None
    clock: str = ""
    reset: str = ""
    low: bool = False
    names: dict[str, str] = field(default_factory=dict)
    tie: dict[str, tuple[int, str]] = field(default_factory=dict)
    ignore: list[str] = field(default_factory=list)

    @property
    def wired(self) -> bool:
        """Whether a `Wiring` has to say so."""
        return (self.clock, self.reset, self.low) != ("clk", "rst", False) or bool(self.names)

    def labels(self, stream: Stream) -> dict[str, str]:
        """Return what the fields of a stream are called in the bench, by the pins that carry them."""
        both = any(each.name == stream.name for each in self.streams if each.source != stream.source)
        name = stream.name if stream.source or not both else f"{stream.name}_out"
        return {"tdata": name} | {pin: f"{name}_{pin[1:]}" for pin in BESIDE if pin in stream.pins}
