"""Generates the harness of a bench: transactors, clock and watchdog around one core, all in Verilog."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import jinja2

from ulpwise.data.formats import SignedDigits
from ulpwise.ports.base import DigitSerial, Interface, Port, Streams
from ulpwise.toolchain.yosys import literal

HDL = Path(__file__).parent / "hdl"
TRANSACTORS = tuple(sorted(HDL.glob("tb_*.v")))
PAUSE_BITS = 76  # of a stall generator's setting: seed, rate, pattern
BLOCK_BITS = 1 << 20  # memory of a source: blocks of up to 1,024 words, fewer when they are wide


@dataclass(frozen=True)
class Core:
    """A core as the harness sees it.

    Attributes:
        top: Name of the module.
        config: Name of the configuration.
        parameters: Parameters of the core.
        interface: Its ports.
        tie: Pins that are held constant.
        ignore: Outputs that are not looked at.
    """

    top: str
    config: str
    parameters: Mapping[str, int]
    interface: Interface
    tie: Mapping[str, int]
    ignore: Collection[str]


@dataclass(frozen=True)
class Pin:
    """A pin of the core that the harness connects.

    Attributes:
        name: Its name.
        direction: input or output, as the core sees it.
        width: Bits.
        wire: What the harness connects it to.
    """

    name: str
    direction: str
    width: int
    wire: str


def render(core: Core, *, waves: bool) -> str:
    """Write the harness of a core.

    Args:
        core: The core.
        waves: Under Icarus, dump all signals to `waves.fst` (Verilator's main loop does it by itself).

    Returns:
        Verilog source of module `harness`.
    """
    interface = core.interface
    return _template().render(
        top=core.top,
        config=core.config,
        parameters={name: literal(value) for name, value in core.parameters.items()},
        kind=interface.kind,
        sources=interface.sources,
        sinks=interface.sinks,
        setups=sum(port.setup for port in interface.sources),
        pins=[*((pin.name, pin.wire) for pin in pins(interface)), *_constants(core)],
        pauses=interface.pauses,
        setting=partial(_setting, interface),
        waves=waves,
        block=_block,
    )


def ports(interface: Interface) -> list[str]:
    """Return the names of the core's ports, clock and reset first."""
    return [pin.name for pin in pins(interface)]


@cache
def _template() -> jinja2.Template:
    loader = jinja2.FileSystemLoader(HDL)
    environment = jinja2.Environment(
        loader=loader, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined, autoescape=False
    )
    return environment.get_template("harness.v.j2")


def _block(port: Port) -> int:
    """Words that a source reads at once."""
    return max(1, min(1024, BLOCK_BITS // max(port.width, port.held)))


def _setting(interface: Interface, name: str) -> str:
    """Name the bits that set one stall generator."""
    return f"settings[{PAUSE_BITS * interface.pauses.index(name)} +: {PAUSE_BITS}]"


def pins(interface: Interface) -> list[Pin]:
    """List the pins that a core must have for an interface, in the order of its instance.

    Raises:
        TypeError: There is no harness for this kind of interface.
    """
    clocked = [Pin("clk", "input", 1, "clk"), Pin("rst", "input", 1, "rst")]
    if isinstance(interface, DigitSerial):
        return [*clocked, *_digit_pins(interface)]
    if not isinstance(interface, Streams):
        raise TypeError(f"no harness for the interface {type(interface).__name__}")
    found = clocked
    for port in interface.sources:
        data = port.width - port.user
        found.append(Pin(f"{port.name}_tdata", "input", data, f"{port.name}_tdata[0 +: {data}]"))
        if port.user:
            found.append(Pin(f"{port.name}_tuser", "input", port.user, f"{port.name}_tdata[{data} +: {port.user}]"))
        found += _handshake(port, "input", "output")
    for port in interface.sinks:
        data = port.width - port.user
        found.append(Pin(f"{port.name}_tdata", "output", data, f"{port.name}_data[0 +: {data}]"))
        if port.user:
            found.append(Pin(f"{port.name}_tuser", "output", port.user, f"{port.name}_data[{data} +: {port.user}]"))
        found += _handshake(port, "output", "input")
    return found


def _handshake(port: Port, forward: str, backward: str) -> list[Pin]:
    """Connect what a stream has besides its data; `forward` is the direction of the data."""
    sides = {"tvalid": forward, "tready": backward, "tlast": forward}
    return [Pin(f"{port.name}_{pin}", side, 1, f"{port.name}_{pin}") for pin, side in sides.items()]


def _digit_pins(interface: DigitSerial) -> list[Pin]:
    """Connect rails, held operands and results of a digit-serial operator."""
    (source,) = interface.sources
    found = [Pin("ce", "input", 1, "ce"), Pin("first", "input", 1, "first")]
    low = 0
    for name, fmt in interface.inputs.items():
        for rail in ("p", "n"):
            found.append(Pin(f"{name}_{rail}", "input", fmt.size, f"{source.name}_data[{low} +: {fmt.size}]"))
            low += fmt.size
    low = 0
    for name, held in interface.held.items():
        found.append(Pin(name, "input", held.width, f"{source.name}_held[{low} +: {held.width}]"))
        low += held.width
    for name, result in interface.outputs.items():
        if not isinstance(result, SignedDigits):
            found.append(Pin(f"{name}_valid", "output", 1, f"{name}_first"))
            found.append(Pin(name, "output", result.width, f"{name}_data"))
            continue
        found.append(Pin(f"{name}_first", "output", 1, f"{name}_first"))
        for low_rail, rail in ((0, "p"), (result.size, "n")):
            wire = f"{name}_data[{low_rail} +: {result.size}]"
            found.append(Pin(f"{name}_{rail}", "output", result.size, wire))
    return found


def _constants(core: Core) -> list[tuple[str, str]]:
    """Connect what a bench holds constant or does not look at."""
    return [*((name, literal(value)) for name, value in core.tie.items()), *((name, "") for name in core.ignore)]
