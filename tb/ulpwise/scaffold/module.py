"""`ulpwise new`: the files of a new module, which run at once and say that the golden model is missing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ulpwise.scaffold import bench_text, files, names
from ulpwise.scaffold.guess import guess
from ulpwise.scaffold.outside import Staged, in_project, staged
from ulpwise.scaffold.pinout import PinError, Pinout, Told


def new(root: Path, module: str, family: str | None, source: Path | None, told: Told) -> list[str]:
    """Write bench, golden model and core of a new module.

    Args:
        root: Top of the project.
        module: Its name.
        family: Its family; None for the only one, or for that of a core in `rtl/` already.
        source: File of a core that exists; None to write one.
        told: What is said of the core's pins.

    Returns:
        What was done, a line each.

    Raises:
        ValueError: A name, a core or its pins will not do, or a file exists; nothing is written.
    """
    here = source is not None and in_project(source, module, root)
    if here and source is not None:
        own = source.resolve().parent.name
        if family not in {None, own}:
            raise names.NameFaultError(f"{source} is of the family {own}, not of {family}")
        family = own
    family = family or names.family(root)
    names.check_family(family)
    names.check_module(module, root, root / "rtl" / family / f"{module}.v" if here else None)
    licence = names.licence(root)
    text = files.render("core.v", module=module, licence=licence)
    with staged(module, family, root, source, text) as core:
        try:
            pinout = guess(core.design.ports, told)
        except PinError as fault:
            raise PinError(f"{source or module}: {fault}") from None
        texts: dict[str, str | bytes] = dict(core.files)
        inside = (root / "tb" / "ulpwise").is_dir()  # the framework's own repository: isort tells them apart no more
        texts[f"tests/{family}/test_{module}.py"] = _bench(
            core, pinout, family, generated=source is None, inside=inside
        )
        fields = _fields(pinout)
        texts[f"models/{family}/{module}.py"] = files.render("model.py", module=module, **fields)
    files.write(root, texts | files.packages(root, family))
    return _told(texts, pinout, source, module)


def _bench(core: Staged, pinout: Pinout, family: str, *, generated: bool, inside: bool) -> str:
    """Write the bench."""
    said_of = {name: each for name, each in core.design.parameters.items() if not each.local and name.isupper()}
    free = {
        name: each.value
        for name, each in said_of.items()
        if each.value is not None and not each.text and abs(each.value) < 1 << 31
    }
    texts = {name: each.value for name, each in said_of.items() if each.text and each.value is not None}
    said = bench_text.describe(pinout, _widths(core, free), *["timing"] * generated)
    config = {name: str(value) for name, value in free.items()} | ({"n": "8"} if pinout.digits else {})
    config |= {name: f'"{text}"' for name, value in texts.items() if (text := _string(value)) is not None}
    return files.render(
        "bench.py", module=core.top, family=family, config=config, generated=generated, inside=inside, **said
    )


def _string(value: int) -> str | None:
    """Read a string parameter's value, if it is one that a configuration can hold."""
    text = value.to_bytes((value.bit_length() + 7) // 8).decode("latin-1")
    return text if text.isascii() and text.isprintable() and not {'"', "\\"} & set(text) else None


def _widths(core: Staged, free: Mapping[str, int]) -> dict[str, str]:
    """Write each port's width: `c.WIDTH` where it is that parameter, as another value of it shows; else a number."""
    found = {name: str(port.width) for name, port in core.design.ports.items()}
    for parameter, value in free.items():
        alike = [name for name, port in core.design.ports.items() if port.width == value]
        for other in (value + 1, 2 * value) if value > 0 and alike else ():
            moved = core.widths({parameter: other})
            found |= {name: f"c.{parameter}" for name in alike if moved.get(name) == other}
    return found


def _fields(pinout: Pinout) -> dict[str, str]:
    """Name what goes in and what comes out, for the golden model."""
    if pinout.digits:
        each = pinout.digits
        inputs, outputs = [*each.inputs, *each.held], [*each.serial, *each.parallel]
    else:
        labels = [(stream.source, label) for stream in pinout.streams for label in pinout.labels(stream).values()]
        inputs = [label for source, label in labels if source]
        outputs = [label for source, label in labels if not source]
    return {"inputs": ", ".join(inputs), "outputs": ", ".join(outputs), "first": outputs[0]}


def _told(texts: Mapping[str, str | bytes], pinout: Pinout, source: Path | None, module: str) -> list[str]:
    """Say what was done, and what was guessed."""
    lines = [
        f"wrote {name}" if isinstance(text, str) or source is None else f"copied to {name}"
        for name, text in texts.items()
    ]
    lines += [f"held {name} at {value}: {why}" for name, (value, why) in pinout.tie.items()]
    lines += [f"ignored {name}" for name in pinout.ignore]
    return [*lines, f"next: make sim MODULE={module} SIM=icarus"]
