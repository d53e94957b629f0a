"""Brings a core into a project, with what it needs beside it, and elaborates it before anything is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ulpwise.verilog import parse, sources
from ulpwise.verilog.elaborate import Design, elaborate


class CoreError(ValueError):
    """A file that holds no core that can be taken over; the message is one line."""


@dataclass(frozen=True)
class Staged:
    """A core in a copy of the project's `rtl/`.

    Attributes:
        top: Name of the module.
        root: Top of the copy.
        files: What has to be copied, contents by name from the project's top.
        design: The core with its own parameters.
    """

    top: str
    root: Path
    files: Mapping[str, bytes]
    design: Design

    def widths(self, parameters: Mapping[str, int]) -> dict[str, int]:
        """Return the widths of the ports with other parameters; nothing when the core refuses these."""
        design = elaborate(self.top, self.root, parameters)
        return {} if design.broken or design.refused else {name: port.width for name, port in design.ports.items()}


@contextmanager
def staged(top: str, family: str, project: Path, path: Path | None, text: str = "") -> Iterator[Staged]:
    """Elaborate a core as it will be in the project.

    Args:
        top: Name of the module.
        family: Its family.
        project: Top of the project.
        path: Where it is: anywhere, or in the project's `rtl/` already; None for a text.
        text: Its text, if it is in no file.

    Raises:
        CoreError: The file does not hold the module, slang refuses it, or what it needs cannot be found.
    """
    files = {f"rtl/{family}/{top}.v": text.encode()} if path is None else _files(top, family, project, path)
    with TemporaryDirectory(prefix="ulpwise-") as folder:
        root = Path(folder)
        for source in project.glob("rtl/*/*"):
            place = root / source.relative_to(project)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(source.resolve())
        for name, data in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(data)
        design = elaborate(top, root, {})
        faults = [*design.broken, *design.refused]
        if faults:
            more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
            raise CoreError(f"slang: {faults[0]}{more}")
        yield Staged(top, root, files, design)


def in_project(path: Path, top: str, project: Path) -> bool:
    """Tell whether a file is where the framework looks for the module."""
    return path.resolve().parent.parent == (project / "rtl").resolve() and path.name == f"{top}.v"


def _files(top: str, family: str, project: Path, path: Path) -> dict[str, bytes]:
    """Collect the core, the modules beside it that it instantiates, and what these include."""
    if not path.is_file():
        raise CoreError(f"{path}: there is no such file")
    if path.suffix not in {".v", ".sv"}:
        raise CoreError(f"{path}: a core is a file .v or .sv")
    if in_project(path, top, project):
        return {}
    folder, found = path.parent, dict[str, bytes]()
    here = sources.modules(project)
    beside = {each.stem: each for end in ("sv", "v") for each in sorted(folder.glob(f"*.{end}"))}
    left = [(top, path)]
    while left:
        name, file = left.pop()
        scan = parse.scan(file, folder, [folder])
        if name not in scan.modules:
            raise CoreError(f"{file} holds no module {name}: it holds {', '.join(scan.modules) or 'none'}")
        found[f"rtl/{family}/{name}.v"] = parse.data(file, folder)
        for include in scan.includes:
            if not include.is_relative_to(folder):
                raise CoreError(f"{file} includes {include}, which is not beside it: copy both into rtl/{family}/")
            found[f"rtl/{family}/{include.relative_to(folder)}"] = include.read_bytes()
        children = sorted(scan.instances & beside.keys() - here.keys() - set(scan.modules))
        left += [(child, beside[child]) for child in children if f"rtl/{family}/{child}.v" not in found]
    return found
