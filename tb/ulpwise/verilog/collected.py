# SPDX-License-Identifier: Apache-2.0
"""Collects sources as lists name them, and refuses what is not there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ulpwise.verilog.parse import SourceError, relative

if TYPE_CHECKING:
    from pathlib import Path

_DEFINE = re.compile(r"[A-Za-z_]\w*(=[^\s\"';#\\]*)?")


class Collected:
    """What has been named so far; places, such as `vendor/x.f:3`, go into messages."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: list[Path] = []
        self.libraries: list[Path] = []
        self.includes: list[Path] = []
        self.defines: list[str] = []
        self.lists: list[Path] = []

    def file(self, path: Path, place: str) -> None:
        """Add a source."""
        self.files.append(self.present(path, place))

    def present(self, path: Path, place: str) -> Path:
        """Return a file that exists; SourceError otherwise."""
        if not path.is_file():
            raise SourceError(f"{place}: there is no file {relative(path, self.root)}: correct its name")
        return path

    def folder(self, path: Path, place: str) -> None:
        """Add a folder for includes."""
        if not path.is_dir():
            raise SourceError(f"{place}: there is no folder {relative(path, self.root)}: correct its name")
        self.includes.append(path)

    def define(self, text: str, place: str) -> None:
        """Add a macro, `NAME` or `NAME=VALUE`."""
        if not _DEFINE.fullmatch(text):
            raise SourceError(f"{place}: macro {text!r}: write NAME=VALUE, without spaces and quotes")
        name = text.partition("=")[0]
        self.defines[:] = [each for each in self.defines if each.partition("=")[0] != name]  # the last one counts
        self.defines.append(text if "=" in text else f"{text}=1")
