"""Guesses the AXI4-Stream ports of a core from the names of its pins."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from ulpwise.scaffold.pinout import BESIDE, PinError, Pinout, Stream
from ulpwise.verilog.elaborate import Port

STREAM_PINS = ("tdata", "tvalid", "tlast")  # which every stream has
SIDE_PINS = ("tready", *BESIDE)  # which the bench says, where there are some
_STREAM = re.compile(r"(\w*?)_?(tdata|tvalid|tready|tlast|tuser|tkeep|tstrb|tid|tdest)", re.IGNORECASE)


def take(found: Pinout, left: dict[str, Port]) -> None:
    """Take the pins of streams; those that the bench has no word for are held or ignored.

    Args:
        found: What is guessed so far.
        left: Ports that nobody has taken.

    Raises:
        PinError: A stream without pins that it needs, or one that would leave another behind.
    """
    groups: dict[str, dict[str, Port]] = {}
    for name, port in left.items():
        match = _STREAM.fullmatch(name)
        if match:
            groups.setdefault(match[1], {})[match[2].lower()] = port
    for stem, pins in groups.items():
        missing = [pin for pin in STREAM_PINS if pin not in pins]
        if missing:
            raise PinError(
                f"stream {stem or 'of ' + listed(port.name for port in pins.values())} has no {listed(missing)}"
            )
        source = pins["tvalid"].direction == "input"
        end = re.sub(r"^(?:[sm]_?axis|axis|in|out|[siom])(?:_|$)", "", stem, flags=re.IGNORECASE) or "xy"[not source]
        taken = {each.name for each in found.streams if each.source == source}
        name = next(each for each in (end, stem, f"{stem}_{'xy'[not source]}") if each and each not in taken)
        side = "s" if source else "m"
        said = [pin for pin in (*STREAM_PINS, *SIDE_PINS) if pin in pins]
        if "tkeep" in pins and 8 * pins["tkeep"].width == pins["tdata"].width:
            said.append("tkeep")
        stream = Stream(name, source, {pin: pins[pin] for pin in said})
        found.streams.append(stream)
        wanted = {f"{side}_axis_{name}_{pin}": port.name for pin, port in stream.pins.items()}
        found.names |= {pin: own for pin, own in wanted.items() if pin != own}
        for pin, port in pins.items():
            del left[port.name]
            if pin in stream.pins:
                continue
            if port.direction == "output":
                found.ignore.append(port.name)
            else:
                every = pin in ("tkeep", "tstrb")
                found.tie[port.name] = ((1 << port.width) - 1, "every byte counts") if every else (0, "one source")
    _free_inputs(found)


def listed(names: Iterable[str]) -> str:
    """Return names as a message has them."""
    return ", ".join(names)


def _free_inputs(found: Pinout) -> None:
    """Let nothing keep a core waiting whose input cannot wait."""
    inputs = [each for each in found.streams if each.source]
    free = [each.name for each in inputs if "tready" not in each.pins]
    if free and len(inputs) > 1:
        others = [each.name for each in inputs if each.name not in free[:1]]
        raise PinError(f"stream {free[0]} has no tready, and would run ahead of {listed(others)}")
    for each in found.streams:
        if free and not each.source and "tready" in each.pins:
            name = each.pins["tready"].name
            found.tie[name] = (1, f"{free[0]} has no tready, so nothing may wait")
            found.names.pop(f"m_axis_{each.name}_tready", None)
    if free:
        found.streams = [
            each
            if each.source
            else replace(each, pins={pin: port for pin, port in each.pins.items() if pin != "tready"})
            for each in found.streams
        ]
