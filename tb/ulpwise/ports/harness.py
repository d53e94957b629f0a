"""Generates the harness of a bench: transactors, clock and watchdog around one core, all in Verilog."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import jinja2

from ulpwise.ports.base import Interface, Pin, Port
from ulpwise.ports.wiring import CONVENTION, RESET, Wiring
from ulpwise.toolchain.yosys import Parameters, literal

HDL = Path(__file__).parent / "hdl"
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
        wiring: What its pins are called.
    """

    top: str
    config: str
    parameters: Parameters
    interface: Interface
    tie: Mapping[str, int]
    ignore: Collection[str]
    wiring: Wiring = CONVENTION


def render(core: Core, *, waves: bool) -> str:
    """Write the harness of a core.

    Args:
        core: The core.
        waves: Under Icarus, dump all signals to `waves.fst` (Verilator's main loop does it by itself).

    Returns:
        Verilog source of module `harness`.
    """
    interface = core.interface
    return _template(interface.part.parent).render(
        top=core.top,
        config=core.config,
        parameters={name: literal(value) for name, value in core.parameters.items()},
        part=interface.part.name,
        interface=interface,
        sources=interface.sources,
        sinks=interface.sinks,
        pins=[*((pin.name, pin.wire) for pin in wired(interface, core.wiring)), *_constants(core)],
        asynchronous=core.wiring.asynchronous,
        pauses=interface.pauses,
        setting=partial(_setting, interface),
        waves=waves,
        block=_block,
    )


def ports(core: Core) -> list[str]:
    """Return the names of the core's ports, clock and reset first."""
    return [pin.name for pin in wired(core.interface, core.wiring)]


def transactors(interface: Interface) -> list[Path]:
    """List the Verilog files of a harness, besides its own text: what all have, and those of the kind."""
    return [*sorted(HDL.glob("*.v")), *interface.hdl]


@cache
def _template(kind: Path) -> jinja2.Template:
    loader = jinja2.FileSystemLoader([kind, HDL, HDL.parent])  # a part may include another kind's
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


def wired(interface: Interface, wiring: Wiring) -> list[Pin]:
    """List the pins that a core must have for an interface, by its own names, in the order of its instance."""
    found = [replace(pin, name=wiring.name(pin.name)) for pin in interface.pins() if pin.name != RESET or wiring.reset]
    reset = "core_rst" if wiring.asynchronous else interface.reset
    sense = f"!({reset})" if wiring.active_low else reset
    return [replace(pin, wire=sense) if pin.wire == RESET else pin for pin in found]


def _constants(core: Core) -> list[tuple[str, str]]:
    """Connect what a bench holds constant or does not look at."""
    return [*((name, literal(value)) for name, value in core.tie.items()), *((name, "") for name in core.ignore)]
