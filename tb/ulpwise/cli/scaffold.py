"""`ulpwise init` and `ulpwise new`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ulpwise.bench.project import Project


def init(folder: Path, family: str) -> None:
    """Make a project, and say what to run next."""
    from ulpwise.scaffold import project as projects  # noqa: PLC0415 (each command imports what it needs)

    for line in projects.init(folder, family):
        typer.echo(line)


def new(
    project: Project, module: str, family: str | None, source: Path | None, told: tuple[str, str, list[str]]
) -> None:
    """Write the files of a module, and say what was guessed."""
    from ulpwise.scaffold import module as modules  # noqa: PLC0415 (each command imports what it needs)
    from ulpwise.scaffold.pinout import Told  # noqa: PLC0415 (each command imports what it needs)

    clock, reset, tie = told
    for line in modules.new(project.root, module, family, source, Told(clock, reset, _values(tie))):
        typer.echo(line)


def _values(words: list[str]) -> dict[str, int]:
    """Read `--tie a=1 --tie b=0x2f`, or both in one word with a comma between them."""
    found = {}
    for word in ",".join(words).replace(" ", ",").split(","):
        pin, _, value = word.partition("=")
        if not word:
            continue
        try:
            found[pin] = int(value, 0)
        except ValueError:
            raise ValueError(f"tie {word}: write PIN=VALUE, such as {pin}=0") from None
    return found


New = Annotated[str, typer.Argument(metavar="MODULE", help="its name, and that of its file")]
Family = Annotated[str | None, typer.Option(help="family; the only one without")]
From = Annotated[Path | None, typer.Option("--from", help="a core that exists, .v or .sv; one is written without")]
Clock = Annotated[str, typer.Option(help="its clock, where the name does not tell")]
Reset = Annotated[str, typer.Option(help="its reset, where the name does not tell: PIN=0 is on at 0, PIN=1 at 1")]
Tie = Annotated[list[str] | None, typer.Option(help="an input that is held: PIN=VALUE")]
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="where; here without")]
FirstFamily = Annotated[str, typer.Option("--family", help="family of the example")]
