"""Guesses from the names of a core's pins what a bench has to say of them."""

from __future__ import annotations

from collections.abc import Mapping

from ulpwise.scaffold.pinout import Digits, PinError, Pinout, Told
from ulpwise.scaffold.roles import role
from ulpwise.scaffold.streams import listed, take
from ulpwise.verilog.elaborate import Port

_PIPELINE = "for pins without a handshake, write the bench with Pipeline (docs/ports.md)"


def guess(ports: Mapping[str, Port], told: Told) -> Pinout:
    """Guess.

    Args:
        ports: The core's ports by name.
        told: What the user says of them.

    Raises:
        PinError: There is no kind of ports that we know, or a pin that could be clock, reset or enable is not known, or
            what the user says cannot be.
    """
    if not ports:
        raise PinError("the core has no ports: there is nothing to drive or to look at")
    both = [name for name, port in ports.items() if port.direction == "inout"]
    if both:
        raise PinError(f"{listed(both)}: there is no harness for a port of both directions")
    strange = [name for name in (told.clock, told.reset.partition("=")[0], *told.tie) if name and name not in ports]
    if strange:
        raise PinError(f"the core has no pin {listed(strange)}: it has {listed(ports)}")
    _check(ports, told)
    found = Pinout(tie={name: (value, "as you said") for name, value in told.tie.items()})
    left = {name: port for name, port in ports.items() if name not in told.tie}
    take(found, left)
    _clock_and_reset(found, left, told)
    if not found.streams:
        _digits(found, left)
    _rest(found, left)
    return found


def _check(ports: Mapping[str, Port], told: Told) -> None:
    """Refuse what the user says of pins that exist, where it cannot be."""
    reset = told.reset.partition("=")[0]
    for name in filter(None, (told.clock, reset)):
        if ports[name].direction != "input":
            raise PinError(f"{name} is an output of the core: neither clock nor reset")
        if name in told.tie:
            raise PinError(f"{name}: clock or reset, or held by --tie, but not both")
    if told.clock and told.clock == reset:
        raise PinError(f"{reset}: clock and reset are two pins, not one")
    for name, value in told.tie.items():
        port = ports[name]
        if port.direction != "input":
            raise PinError(f"tie: {name} is an {port.direction} of the core, and inputs alone are held")
        if not -(1 << port.width - 1) <= value < 1 << port.width:
            raise PinError(f"tie: {value} does not fit {name}, which is {port.width} bit{'s' * (port.width > 1)}")


def _clock_and_reset(found: Pinout, left: dict[str, Port], told: Told) -> None:
    """Take clock and reset, which must be one each."""
    roles = {name: role(name) for name, port in left.items() if port.direction == "input"}
    own, _, level = told.reset.partition("=")
    clocks = [told.clock] if told.clock else [name for name, each in roles.items() if each.kind == "clock"]
    resets = [own] if own else [name for name, each in roles.items() if each.kind == "reset"]
    unsure = [name for name, each in roles.items() if each.kind == "unsure" and name not in (*clocks, *resets)]
    if level not in ("", "0", "1") or (own and not level and roles.get(own, role("")).kind != "reset"):
        raise PinError(f"reset {told.reset}: write {own}=0 if it is on while it is low, {own}=1 if while it is high")
    inside = [name for name in (told.clock, own) if name and name not in left]
    if inside:
        raise PinError(f"{listed(inside)}: a pin of a stream is neither clock nor reset")
    if clocks and clocks == resets:
        raise PinError(f"{listed(clocks)}: clock and reset are two pins, not one")
    if not clocks:
        known = found.streams or {"ce", "first"} <= {name.lower() for name in left}
        logic = "" if known else f"; a core that is all logic has none: {_PIPELINE}"
        raise PinError(f"none of {listed(left) or 'its pins'} is a clock by its name: say which, --clock PIN{logic}")
    if len(clocks) > 1:
        raise PinError(
            f"{listed(clocks)} are clocks, and a bench drives one: --clock PIN, and --tie PIN=VALUE for others"
        )
    if len(resets) > 1:
        raise PinError(
            f"{listed(resets)} are resets, and a bench drives one: --reset PIN, and --tie PIN=VALUE for others"
        )
    if unsure:
        raise PinError(
            f"{listed(unsure)}: clock, reset or enable, and at which level? say --clock PIN, --reset PIN=0 (on at 0) "
            "or =1, or --tie PIN=VALUE"
        )
    wide = [name for name in (*clocks, *resets) if left[name].width != 1]
    if wide:
        raise PinError(f"{listed(wide)}: a clock or reset of {left[wide[0]].width} bits has no harness")
    found.clock, found.reset = clocks[0], (resets or [""])[0]
    found.low = bool(found.reset) and (level == "0" if level else roles[found.reset].low)
    for name in (*clocks, *resets):
        del left[name]


def _digits(found: Pinout, left: dict[str, Port]) -> None:
    """Take the pins of a digit-serial operator."""
    capitals = {name.lower(): name for name in left}
    if not {"ce", "first"} <= capitals.keys():
        raise PinError(
            f"{listed(left)}: neither AXI4-Stream (..._tdata, _tvalid, _tlast) nor digit-serial (ce, "
            f"first, x_p, x_n): {_PIPELINE}"
        )
    found.names |= {pin: capitals[pin] for pin in ("ce", "first") if capitals[pin] != pin}
    for pin in ("ce", "first"):
        del left[capitals[pin]]
    stems = [name[:-2] for name in left if name.endswith("_p") and f"{name[:-2]}_n" in left]
    rails = {stem: left[f"{stem}_p"] for stem in stems}
    inputs = {stem: port for stem, port in rails.items() if port.direction == "input"}
    serial = {stem: port for stem, port in rails.items() if stem not in inputs and f"{stem}_first" in left}
    parallel = {name: port for name, port in left.items() if port.direction == "output" and f"{name}_valid" in left}
    held = {
        name: port
        for name, port in left.items()
        if port.direction == "input" and not role(name).kind and name[:-2] not in inputs
    }
    if not (serial or parallel) or not (inputs or held):
        raise PinError(
            f"{listed(left)}: no operand (x_p, x_n) or no result (z_first, z_p, z_n; q_valid, q) among these"
        )
    found.digits = Digits(inputs, held, serial, parallel)
    used = [f"{stem}_{end}" for stem in (*inputs, *serial) for end in ("p", "n")]
    used += [*(f"{stem}_first" for stem in serial), *held, *parallel, *(f"{name}_valid" for name in parallel)]
    for name in used:
        del left[name]


def _rest(found: Pinout, left: Mapping[str, Port]) -> None:
    """Hold the inputs that are left, enables at 1, and ignore the outputs."""
    for name, port in left.items():
        if port.direction == "output":
            found.ignore.append(name)
        elif role(name).kind == "enable":
            found.tie[name] = (1, "an enable by its name")
        else:
            found.tie[name] = (0, "not known by its name")
    if not {each.source for each in found.streams} == {True, False} and found.digits is None:
        raise PinError(f"streams {listed(each.name for each in found.streams)}: a bench needs an input and an output")
