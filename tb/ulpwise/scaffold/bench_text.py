"""Writes what a guessed pinout is in the words of a bench."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ulpwise.scaffold.pinout import Digits, Pinout

_LINE = 120
_ROOM = _LINE - 16  # of a line of a cover group


def describe(pinout: Pinout, width: Mapping[str, str], *more: str) -> dict[str, object]:
    """Return what the template of a bench is filled with.

    Args:
        pinout: The guess.
        width: Width of each port as the bench writes it: a number, or `c.WIDTH`.
        more: What else the bench imports.
    """
    kind = _digits(pinout.digits) if pinout.digits else _streams(pinout, width)
    names = [*kind["uses"], "Batch", "Bench", "Config", "CoverGroup", "Point", *["Wiring"] * pinout.wired, *more]
    return kind | {
        "imports": _imports(sorted(set(names), key=lambda name: (name.islower(), name))),
        "uses_config": "c." in " ".join([*kind["inputs"], *kind["outputs"]]),
        "points_use_config": "c." in " ".join(kind["points"]),
        "wiring": _wiring(pinout),
        "tie": [(name, value, why) for name, (value, why) in pinout.tie.items()],
        "ignore": pinout.ignore,
        "digits": pinout.digits is not None,
    }


def _imports(names: Iterable[str]) -> str:
    line = f"from ulpwise import {', '.join(names)}"
    return (
        line if len(line) <= _LINE else "\n".join(["from ulpwise import (", *(f"    {name}," for name in names), ")"])
    )


def _streams(pinout: Pinout, width: Mapping[str, str]) -> dict[str, list[str]]:
    """Each stream is one field, one beat a frame."""
    inputs, outputs, points, covered = list[str](), list[str](), list[str](), list[str]()
    for each in sorted(pinout.streams, key=lambda stream: not stream.source):
        labels = pinout.labels(each)
        label, data = labels.pop("tdata"), width[each.pins["tdata"].name]
        said = [f'{{"{label}": Unsigned({data})}}']
        said += [f'{pin[1:]}={{"{own}": Unsigned({width[each.pins[pin].name]})}}' for pin, own in labels.items()]
        said += [_keep(width[each.pins["tkeep"].name], data)] if "tkeep" in each.pins else []
        said += [] if "tready" in each.pins else ["ready=False"]
        (inputs if each.source else outputs).append(_axis(each.name, said))
        if each.source:
            points.append(_halves(label, data))
            covered.append(label)
    keeps = ["Keep"] * any("tkeep" in each.pins for each in pinout.streams)
    uses = ["Axis", *keeps, "Streams", "Unsigned", "ranges"]
    return {"uses": uses, "inputs": inputs, "outputs": outputs, "points": points, "covered": covered}


def _keep(lanes: str, data: str) -> str:
    """Write that all bytes count, an eighth as many as there are bits if these are a parameter and they are none."""
    own = lanes if lanes.startswith("c.") or not data.startswith("c.") else f"{data} // 8"
    return f"keep=Keep({own})"


def _axis(name: str, said: list[str]) -> str:
    """Write a stream, on several lines where one is too short."""
    line = f'"{name}": Axis({", ".join(said)}),'
    if len(line) <= _LINE - 12:
        return line
    return "\n".join([f'"{name}": Axis(', *(f"{' ' * 16}{part}," for part in said), f"{' ' * 12}),"])


def _halves(name: str, width: str) -> str:
    """Cover the small and the large numbers of a field."""
    if width == "1":
        return f'Point("{name}", lambda t: t["{name}"], ranges((0, 0), (1, 1))),'
    half = f"2 ** ({width} - 1)" if width.startswith("c.") else f"2**{int(width) - 1}"
    most = f"2**{width}"
    parts = [f'"{name}"', f'lambda t: t["{name}"]', f"ranges((0, {half} - 1), ({half}, {most} - 1))"]
    line = f"Point({', '.join(parts)}),"
    return (
        line
        if len(line) <= _ROOM
        else "\n".join(["Point(", *(f"{' ' * 20}{part}," for part in parts), f"{' ' * 16}),"])
    )


def _digits(digits: Digits) -> dict[str, list[str]]:
    """A vector of operands has one rail bit an element."""

    def operand(name: str, size: int) -> str:
        return f'"{name}": SignedDigits(c.n{f", ({size},)" if size > 1 else ""}),'

    inputs = [operand(name, port.width) for name, port in digits.inputs.items()]
    outputs = [operand(name, port.width) for name, port in digits.serial.items()]
    outputs += [f'"{name}": Unsigned({port.width}),' for name, port in digits.parallel.items()]
    held = [f'"{name}": Unsigned({port.width}),' for name, port in digits.held.items()]
    points = [f'Point("{name}", lambda t: t["{name}"], values(-1, 0, 1)),' for name in digits.inputs]
    points += [_halves(name, str(port.width)) for name, port in digits.held.items()]
    uses = ["DigitSerial", *["SignedDigits"] * bool(digits.inputs or digits.serial)]
    uses += ["Unsigned"] * bool(held or digits.parallel)
    uses += [name for name in ("ranges", "values") if any(name + "(" in point for point in points)]
    covered = [*digits.inputs, *digits.held]
    return {"uses": uses, "inputs": inputs, "outputs": outputs, "held": held, "points": points, "covered": covered}


def _wiring(pinout: Pinout) -> list[str]:
    """Write the arguments of a `Wiring`, a line each; none where the core follows the convention."""
    if not pinout.wired:
        return []
    said = [f'clock="{pinout.clock}",'] if pinout.clock != "clk" else []
    said += [f'reset="{pinout.reset}",'] if pinout.reset != "rst" else []
    said += ["active_low=True,"] if pinout.low else []
    return [*said, *_mapping("pins", pinout.names)]


def _mapping(name: str, pairs: Mapping[str, str]) -> Iterable[str]:
    if not pairs:
        return []
    return [f"{name}={{", *(f'    "{pin}": "{own}",' for pin, own in pairs.items()), "},"]
