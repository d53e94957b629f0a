"""Compares what a bench says of a core with the core itself, before anything is built: parameters and pins.

A pin that the bench does not name would be left open, and nobody would look at it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from pathlib import Path

from ulpwise.bench.declare import Bench, Config
from ulpwise.bench.project import Project
from ulpwise.ports.base import Pin
from ulpwise.ports.harness import wired
from ulpwise.system.names import nearest
from ulpwise.toolchain.simulators.base import BuildError
from ulpwise.verilog.elaborate import Design, Port, elaborate
from ulpwise.verilog.parse import SourceError, relative


class AgreeError(BuildError):
    """Bench and core contradict each other, or the core is not sound; the message is one line with both places."""


def agree(project: Project, bench: Bench, config: Config, macros: Sequence[str] = ()) -> Design:
    """Compare the bench with the core in one configuration.

    Args:
        project: Where the core is.
        bench: The bench.
        config: One of its configurations.
        macros: What the simulator defines, on which the core's ports and parameters may depend.

    Returns:
        The core, elaborated.

    Raises:
        AgreeError: They do not agree, or slang refuses the core.
        LookupError: The core has no file, or its name is not unique.
    """
    try:
        design = elaborate(bench.top, project.root, config.parameters, macros, project.given(bench))
    except SourceError as fault:
        raise AgreeError(str(fault)) from None
    if design.broken:  # nothing that the core seems to have or not to have means anything
        raise AgreeError(f"slang: {_first(design.broken)}")
    found = [*_parameters(config, design), *design.refused]
    found = found or list(_Pins(project, bench, config, design).faults())  # with illegal parameters widths mean nothing
    if found:
        raise AgreeError(f"{bench.top} {config.name}: {_first(found)}")
    return design


def _first(found: Sequence[str]) -> str:
    """Return the first fault, and how many there are besides."""
    return found[0] + (f" (and {len(found) - 1} more)" if len(found) > 1 else "")


def _parameters(config: Config, design: Design) -> Iterator[str]:
    """Compare parameters: they exist, may be set, and hold the value."""
    free = [name for name, each in design.parameters.items() if not each.local]
    for name, value in config.parameters.items():
        if name not in design.parameters:
            yield f"the bench's parameter {name} is none of the core's ({design.place}){nearest(name, free)}"
            continue
        parameter = design.parameters[name]
        if parameter.local:
            yield f"the bench sets {name}, which is local to the core ({parameter.place}){nearest(name, free)}"
        elif isinstance(value, str) != parameter.text:
            kinds = ("a string", "a number") if parameter.text else ("a number", "a string")
            yield f"the bench's {name} = {value} is {kinds[1]}, the core's {name} ({parameter.place}) {kinds[0]}"
        elif parameter.value is None:
            yield f"the bench sets {name}, and the core's {name} ({parameter.place}) is neither an integer nor a string"
        elif parameter.value != (_bytes(value) if isinstance(value, str) else value):
            yield f"the bench's {name} = {value} becomes {parameter.value} in the core ({parameter.place})"
    capitals = {name.lower(): name for name in free if name not in config.parameters}
    for name in config:
        same = name if name in capitals.values() else capitals.get(name.lower())
        if name not in config.parameters and same is not None:  # the core would take its own value, unseen
            place = design.parameters[same].place
            remedy = f'parameters=["{same}"]' + (f", and call it {same}" if same != name else "")
            remedy = f"set {same}" if same.isupper() else remedy
            yield f"the bench's {name} is no parameter, but {same} is one of the core's ({place}), not set; {remedy}"


def _bytes(quoted: str) -> int:
    """Return the value of a string literal."""
    return int.from_bytes(quoted[1:-1].encode())


class _Pins:
    """Pins of one configuration."""

    def __init__(self, project: Project, bench: Bench, config: Config, design: Design) -> None:
        self.bench, self.design = bench, design
        self.wanted = {pin.name: pin for pin in wired(bench.interface(config), bench.wiring)}
        self.said = f"the bench ({_place(project, bench)})"

    def faults(self) -> Iterator[str]:
        """Yield all contradictions."""
        for pin in self.wanted.values():
            yield from self._wanted(pin)
        yield from self._tied()
        yield from self._ignored()
        for port in self.design.ports.values():
            if port.name not in {*self.wanted, *self.bench.tie, *self.bench.ignore}:
                yield self._unnamed(port)

    def _wanted(self, pin: Pin) -> Iterator[str]:
        """Look for one pin of the interface."""
        port = self.design.ports.get(pin.name)
        if port is None:
            free = [name for name, each in self.design.ports.items() if each.direction == pin.direction]
            near = nearest(pin.name, set(free) - self.wanted.keys())
            yield f"{self.said} has an {pin.direction} {pin.name}, the core ({self.design.place}) none{near}"
        elif port.direction != pin.direction:
            yield f"{pin.name} ({port.place}) is an {port.direction} of the core, and an {pin.direction} to {self.said}"
        elif port.width != pin.width:
            bits = _bits(port)
            yield f"the core's {port.direction} {pin.name} ({port.place}) is {bits}, {self.said} says {pin.width}"

    def _tied(self) -> Iterator[str]:
        for name, value in self.bench.tie.items():
            port = self.design.ports.get(name)
            yield from self._extra("tie", name, "input")
            if port is not None and not -(1 << port.width - 1) <= value < 1 << port.width:
                yield f"tie: {value} does not fit the core's {name} ({port.place}), which is {_bits(port)}"

    def _ignored(self) -> Iterator[str]:
        for name in self.bench.ignore:
            yield from self._extra("ignore", name, "output")

    def _extra(self, what: str, name: str, direction: str) -> Iterator[str]:
        """Check the name of a pin that is no part of the interface."""
        port = self.design.ports.get(name)
        if name in self.wanted:
            yield f"{what}: {name} is in the interface of {self.said} already"
        elif port is None:
            free = [key for key, each in self.design.ports.items() if each.direction == direction]
            near = nearest(name, set(free) - self.wanted.keys())
            yield f"{what}: {name} is no {direction} of the core ({self.design.place}){near}"
        elif port.direction != direction:
            yield f"{what}: {name} ({port.place}) is an {port.direction} of the core, not an {direction}"

    def _unnamed(self, port: Port) -> str:
        """Say that a port is left open, and how to mend that."""
        remedy = {
            "input": f'add it, or tie={{"{port.name}": 0}}',
            "output": f'add it, or ignore=["{port.name}"]',
        }.get(port.direction, "there is no harness for a port of both directions")
        vector = f" [{port.width - 1}:0]" if port.width > 1 else ""
        named = f"the core's {port.direction} {port.name}{vector} ({port.place})"
        return f"{named} is not in the interface of {self.said}; {remedy}"


def _bits(port: Port) -> str:
    return f"{port.width} bit{'s' if port.width != 1 else ''}"


def _place(project: Project, bench: Bench) -> str:
    """Say where the bench declares its interface."""
    try:
        path = Path(inspect.getsourcefile(inspect.unwrap(bench.interface)) or "")
        line = inspect.unwrap(bench.interface).__code__.co_firstlineno
    except (TypeError, AttributeError):  # any callable will do
        path, line = project.bench_files()[bench.top], 1
    return f"{relative(path, project.root)}:{line}"
