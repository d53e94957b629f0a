"""Generates the harness of a bench: transactors, clock and watchdog around one core, all in Verilog."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path

import jinja2

from tb._synthesis import literal
from tb.bench import Bench, Config
from tb.formats import SignedDigits
from tb.interface import DigitSerial, Interface, Port, Streams

HDL = Path(__file__).parent / "hdl"
TRANSACTORS = tuple(sorted(HDL.glob("tb_*.v")))
PAUSE_BITS = 76  # of a stall generator's setting: seed, rate, pattern
BLOCK_BITS = 1 << 20  # memory of a source: blocks of up to 1,024 words, fewer when they are wide


def render(bench: Bench, config: Config, *, waves: bool) -> str:
    """Write the harness of one configuration.

    Args:
        bench: The bench.
        config: One of its configurations.
        waves: Under Icarus, dump all signals to `waves.fst` (Verilator's main loop does it by itself).

    Returns:
        Verilog source of module `harness`.
    """
    interface = bench.interface(config)
    return _template().render(
        top=bench.top,
        config=config.name,
        parameters={name: literal(value) for name, value in config.parameters.items()},
        kind=interface.kind,
        sources=interface.sources,
        sinks=interface.sinks,
        setups=sum(port.setup for port in interface.sources),
        pins=_pins(interface),
        pauses=interface.pauses,
        setting=partial(_setting, interface),
        waves=waves,
        block=_block,
    )


def ports(interface: Interface) -> list[str]:
    """Return the names of the core's ports, clock and reset first."""
    return ["clk", "rst", *(name for name, _ in _pins(interface))]


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


def _pins(interface: Interface) -> list[tuple[str, str]]:
    """Connect every port of the core to a wire of the harness."""
    if isinstance(interface, DigitSerial):
        return _digit_pins(interface)
    if not isinstance(interface, Streams):
        raise TypeError(f"no harness for the interface {type(interface).__name__}")
    pins = []
    for port in interface.sources:
        data = port.width - port.user
        pins.append((f"{port.name}_tdata", f"{port.name}_tdata[0 +: {data}]"))
        if port.user:
            pins.append((f"{port.name}_tuser", f"{port.name}_tdata[{data} +: {port.user}]"))
        pins += [(f"{port.name}_{pin}", f"{port.name}_{pin}") for pin in ("tvalid", "tready", "tlast")]
    for port in interface.sinks:
        data = port.width - port.user
        pins.append((f"{port.name}_tdata", f"{port.name}_data[0 +: {data}]"))
        if port.user:
            pins.append((f"{port.name}_tuser", f"{port.name}_data[{data} +: {port.user}]"))
        pins += [(f"{port.name}_{pin}", f"{port.name}_{pin}") for pin in ("tvalid", "tready", "tlast")]
    return pins


def _digit_pins(interface: DigitSerial) -> list[tuple[str, str]]:
    """Connect rails, held operands and results of a digit-serial operator."""
    (source,) = interface.sources
    pins = [("ce", "ce"), ("first", "first")]
    low = 0
    for name, fmt in interface.inputs.items():
        for rail in ("p", "n"):
            pins.append((f"{name}_{rail}", f"{source.name}_data[{low} +: {fmt.size}]"))
            low += fmt.size
    low = 0
    for name, held in interface.held.items():
        pins.append((name, f"{source.name}_held[{low} +: {held.width}]"))
        low += held.width
    for name, result in interface.outputs.items():
        if not isinstance(result, SignedDigits):
            pins += [(f"{name}_valid", f"{name}_first"), (name, f"{name}_data")]
            continue
        pins.append((f"{name}_first", f"{name}_first"))
        pins.append((f"{name}_p", f"{name}_data[0 +: {result.size}]"))
        pins.append((f"{name}_n", f"{name}_data[{result.size} +: {result.size}]"))
    return pins
