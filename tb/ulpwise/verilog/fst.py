"""Reads which signals a dump of waves holds: the hierarchy of an FST file, which libfst writes for both simulators."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_HEADER, _HIERARCHY, _HIERARCHY_LZ4, _HIERARCHY_LZ4_TWICE = 0, 4, 6, 7
_SCOPE, _UPSCOPE, _ATTRIBUTE, _ATTRIBUTE_END = 254, 255, 252, 253
_EXPONENT_AT = 64  # bytes from the start of the header's data to the power of ten of a time step


class DumpError(ValueError):
    """A dump whose hierarchy cannot be read, such as one cut off by the death of the simulator."""


@dataclass(frozen=True)
class Variable:
    """A signal of a dump.

    Attributes:
        scope: Where it is, with dots.
        name: Its name, with its range, such as `x_tdata[7:0]`.
        width: Its bits.
    """

    scope: str
    name: str
    width: int


def read(path: Path) -> tuple[list[Variable], int]:
    """Return the variables of an FST file, and the power of ten of its time step in seconds (-12 for ps).

    Raises:
        OSError: It cannot be read.
        DumpError: It is no FST file, or not whole.
    """
    exponent, tree = None, None
    try:
        with path.open("rb") as file:
            while head := file.read(9):
                kind, length = struct.unpack(">BQ", head)
                if kind == _HEADER:
                    exponent = struct.unpack_from("b", file.read(length - 8), _EXPONENT_AT)[0]
                elif kind in {_HIERARCHY, _HIERARCHY_LZ4, _HIERARCHY_LZ4_TWICE}:
                    tree = _unpacked(kind, file.read(length - 8))
                else:
                    file.seek(length - 8, 1)
        if exponent is None or tree is None:
            raise DumpError(f"{path}: no hierarchy")
        return list(_variables(tree)), exponent
    except (struct.error, IndexError, zlib.error) as fault:
        raise DumpError(f"{path}: {fault}") from None


def _variables(tree: bytes) -> Iterator[Variable]:
    """Walk the hierarchy."""
    scopes: list[str] = []
    at = 0
    while at < len(tree):
        kind = tree[at]
        at += 1
        if kind == _UPSCOPE:
            scopes.pop()
        elif kind == _SCOPE:
            name, at = _text(tree, at + 1)
            _, at = _text(tree, at)
            scopes.append(name)
        elif kind == _ATTRIBUTE:
            _, at = _text(tree, at + 2)
            _, at = _number(tree, at)
        elif kind != _ATTRIBUTE_END:
            name, at = _text(tree, at + 1)  # after a byte for its direction, which only Verilator gives
            width, at = _number(tree, at)
            _, at = _number(tree, at)
            yield Variable(".".join(scopes), name.replace(" ", ""), width)


def _text(data: bytes, at: int) -> tuple[str, int]:
    """Read a text that ends in a zero byte."""
    end = data.find(b"\0", at)
    if end < 0:
        raise IndexError("a name without an end")
    return data[at:end].decode("utf-8", "replace"), end + 1


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Read a number of seven bits a byte, the lowest first."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def _unpacked(kind: int, data: bytes) -> bytes:
    """Unpack a hierarchy, which begins with its size unpacked."""
    (size,) = struct.unpack_from(">Q", data)
    if kind == _HIERARCHY:
        return zlib.decompress(data[8:], 31)
    if kind == _HIERARCHY_LZ4:
        return _lz4(data[8:])
    _, at = _number(data, 8)  # the size after the first of two passes
    return _lz4(_lz4(data[at:]))[:size]


def _lz4(data: bytes) -> bytes:
    """Unpack a block in LZ4's format: runs of new bytes, each followed by a copy of bytes unpacked before."""
    out = bytearray()
    at = 0
    while at < len(data):
        token = data[at]
        run, at = _length(data, at + 1, token >> 4)
        out += data[at : at + run]
        at += run
        if at >= len(data):
            break
        offset = data[at] | data[at + 1] << 8
        copy, at = _length(data, at + 2, token & 15)
        if not 0 < offset <= len(out):
            raise IndexError("a copy from before the start")
        for _ in range(copy + 4):
            out.append(out[-offset])
    return bytes(out)


def _length(data: bytes, at: int, length: int) -> tuple[int, int]:
    """Read the rest of a length that does not fit its four bits."""
    if length == 15:
        while True:
            byte = data[at]
            at += 1
            length += byte
            if byte < 255:
                break
    return length, at
