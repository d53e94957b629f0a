"""Writes files whole or not at all, however many processes write the same one at once."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path


def check(path: Path, name: str) -> None:
    """See that a file could be written here, before something is done that is to end in it.

    Args:
        path: The file.
        name: What the user calls it.

    Raises:
        ValueError: It cannot; the message is one line.
    """
    try:
        if not path.parent.is_dir():
            raise ValueError(f"{name}: there is no folder {path.parent}")
        if path.exists() and not path.is_file():  # a device would be replaced, too
            raise ValueError(f"{name}: that is {'a folder' if path.is_dir() else 'no file'}")
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as fault:
        raise ValueError(f"{name}: {fault.strerror}") from None


def write_bytes(path: Path, data: bytes) -> None:
    """Put a file in its place in one step: written beside it under a name of its own, then moved there.

    Args:
        path: The file; what is there is replaced. Its folder must exist.
        data: All of its contents.

    Raises:
        OSError: It cannot be written; what was there stays, and nothing else is left behind.
    """
    scratch = path.with_name(f".{path.name[:100]}.{os.getpid()}.{secrets.token_hex(4)}.part")
    try:
        scratch.write_bytes(data)
        scratch.replace(path)
    except BaseException:  # an interrupt, too
        with suppress(OSError):
            scratch.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Put a text file in its place in one step, in UTF-8 and with line ends as they are; see `write_bytes`."""
    write_bytes(path, text.encode())
