"""A core alone, without a harness, as the top of a simulation: what the two simulators are told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ulpwise.toolchain.yosys import Parameters, literal

if TYPE_CHECKING:
    from ulpwise.toolchain.simulators.base import Sources

SETTINGS = "ulpwise_settings"  # a second top, under Icarus


def head(top: str, parameters: Parameters, *, waves: bool) -> str:
    """Write what stands in front of the sources of a core that has no harness.

    The time scale is for cores that have none. Parameters are set by `defparam` under Icarus, whose `-P` takes no
    negative number of more than 32 bits; Verilator, which has no second top, gets them as options.

    Args:
        top: The core.
        parameters: Its parameters.
        waves: Under Icarus, dump all signals to `waves.fst`.
    """
    lines = ["`timescale 1ns / 1ps", "`ifdef __ICARUS__", f"module {SETTINGS};"]
    lines += [f"defparam {top}.{name} = {literal(value)};" for name, value in parameters.items()]
    if waves:
        lines += ["initial begin", '    $dumpfile("waves.fst");', f"    $dumpvars(0, {top});", "end"]
    return "\n".join([*lines, "endmodule", "`endif", ""])


def icarus(sources: Sources) -> list[str]:
    """Name the tops."""
    return ["-s", sources.top, *["-s", SETTINGS] * sources.alone]


def verilator(sources: Sources) -> list[str]:
    """Name the top, the last of two counts; what a test may look at in a core that stands alone is everything."""
    given = [f"-G{name}={_constant(value)}" for name, value in sources.parameters.items()]
    return ["--top-module", sources.top, "--public-flat-rw", *given] if sources.alone else []


def define(sources: Sources) -> list[str]:
    """Tell the main loop that there is neither a clock to drive nor a burst to look for."""
    return ["-DULPWISE_ALONE=1"] * sources.alone


def _constant(value: int | str) -> str:
    """Write a parameter's value as one constant: an option takes no sign in front of a size."""
    text = literal(value)
    if isinstance(value, str) or not text.startswith("-") or "'" not in text:
        return text
    bits = value.bit_length() + 1
    return f"{bits}'sh{value & (1 << bits) - 1:x}"
