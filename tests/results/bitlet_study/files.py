"""Weights that a user gives: `.npy`, `.npz` and `.safetensors`, refused in one line, and never executed."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

import ml_dtypes  # noqa: F401 (numpy learns bfloat16 from it)
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

LIMIT = 1 << 31  # bytes of one tensor in memory
_FEW = 1024  # an array of one axis and at least as many weights is cut into filters
_REMEDY = "save float16, float32, float64 or integers"
_SAFE = {"BF16": "bfloat16", "F16": "f2", "F32": "f4", "F64": "f8"} | {
    f"{kind}{8 * size}": f"{kind.lower()}{size}" for kind in "IU" for size in (1, 2, 4, 8)
}


class StudyError(ValueError):
    """What the user gave cannot be studied; the text names the fault and the remedy."""


@dataclass(frozen=True)
class Tensor:
    """One tensor of a file, not read yet.

    Attributes:
        name: As the file has it, without characters that do not print.
        shape: At least one axis, no empty one.
        read: Returns floats of 16 to 64 bits or integers, of that shape.
    """

    name: str
    shape: tuple[int, ...]
    read: Callable[[], NDArray[Any]]


def tensors(path: Path) -> list[Tensor]:
    """List the tensors of a file; scalars (step counters and the like) are left out.

    Args:
        path: `.npy`, `.npz` or `.safetensors`.

    Raises:
        StudyError: The file is missing, unreadable, damaged, or holds anything but arrays of numbers of sane size.
    """
    readers = {".npy": _npy, ".npz": _npz, ".safetensors": _safetensors}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise StudyError(f"{path}: unknown extension '{path.suffix}'; use .npy, .npz or .safetensors")
    if not path.exists():
        raise StudyError(f"{path}: no such file; check the path")
    if not path.is_file():
        raise StudyError(f"{path}: is a {'directory' if path.is_dir() else 'device'}; name a file")
    try:
        found = [tensor for tensor in reader(path) if tensor.shape]
    except StudyError as error:
        raise StudyError(f"{path}: {error}") from None
    except OSError as error:
        raise StudyError(f"{path}: cannot be read: {error.strerror or error}") from None
    except Exception as error:  # noqa: BLE001 (a damaged file raises whatever its decoder trips over)
        raise StudyError(f"{path}: {_damage(path, error)}") from None
    if not found:
        raise StudyError(f"{path}: holds no weights; save at least one array with one axis or more")
    return found


def values(path: Path, tensor: Tensor) -> NDArray[Any]:
    """Read a tensor and check that all of it is finite.

    Raises:
        StudyError: It is damaged, does not fit into memory, or holds NaN or infinity.
    """
    try:
        array = tensor.read()
    except MemoryError:
        raise StudyError(f"{path}: tensor {tensor.name} does not fit into memory; save a part of it") from None
    except Exception as error:  # noqa: BLE001 (likewise)
        raise StudyError(f"{path}: {_damage(path, error)}") from None
    if not (np.isfinite(array.max()) and np.isfinite(array.min())):  # both hand NaN on
        index = np.unravel_index(int(np.argmin(np.isfinite(array))), array.shape)
        place = ", ".join(str(int(part)) for part in index)
        raise StudyError(f"{path}: tensor {tensor.name} holds NaN or infinity at [{place}]; give finite numbers")
    return array


def matrix(array: NDArray[Any]) -> NDArray[Any]:
    """Lay a tensor out as (filters, inputs of one filter).

    The first axis is the filter's, as PyTorch saves layers; the others are its inputs, row-major. An array of one axis
    is one filter, or, from 1,024 weights on, as many as 16 filters of equal length.
    """
    if array.ndim == 1:
        rows = math.gcd(array.size, 16) if array.size >= _FEW else 1
        return array.reshape(rows, -1)
    return array.reshape(len(array), -1)


def printable(name: str) -> str:
    """Return a name without line breaks and escape codes."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in name)


def _damage(path: Path, error: Exception) -> str:
    """Say that a file is no such file as its extension says."""
    detail = printable(" ".join(str(error).split())) or type(error).__name__
    writer = {".npy": "numpy.save", ".npz": "numpy.savez", ".safetensors": "safetensors.numpy.save_file"}
    suffix = path.suffix.lower()
    return f"not a readable {suffix} file ({detail[:160]}); write it with {writer[suffix]}"


def _npy(path: Path) -> list[Tensor]:
    with path.open("rb") as file:
        shape, dtype = _header(path.stem, file, path.stat().st_size)
    return [_tensor(path.stem, shape, dtype, partial(np.lib.format.open_memmap, path, mode="r"))]


def _npz(path: Path) -> list[Tensor]:
    found = []
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            name = info.filename.removesuffix(".npy")
            with archive.open(info) as file:
                shape, dtype = _header(name, file, info.file_size)
            found.append(_tensor(name, shape, dtype, partial(_member, path, info.filename)))
    return found


def _member(path: Path, name: str) -> NDArray[Any]:
    """Read an array of an archive, to its end, so that its checksum is looked at."""
    with zipfile.ZipFile(path) as archive, archive.open(name) as file:
        array = np.lib.format.read_array(file, allow_pickle=False)
        file.read(1)
        return np.asarray(array)


def _header(name: str, file: IO[bytes], size: int) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Read the header of an array, and hold what it promises against the bytes that are there."""
    version = np.lib.format.read_magic(file)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise StudyError(f"tensor {printable(name)} has .npy version {version}; {_REMEDY}")
    shape, _, dtype = readers[version](file)
    if dtype.hasobject:
        raise StudyError(f"tensor {printable(name)} holds pickled Python objects; {_REMEDY}")
    there, claimed = size - file.tell(), math.prod(shape) * dtype.itemsize
    if there < claimed:
        raise StudyError(f"tensor {printable(name)} is cut off: {there} of {claimed} bytes are there; save it again")
    return shape, dtype


def _safetensors(path: Path) -> list[Tensor]:
    found = []
    with safe_open(path, "numpy") as file:
        for key in file.keys():  # noqa: SIM118 (no dict)
            part = file.get_slice(key)
            kind = part.get_dtype()
            if kind not in _SAFE:
                raise StudyError(f"tensor {printable(key)} is {kind}; {_REMEDY}, or bfloat16")
            found.append(_tensor(key, tuple(part.get_shape()), np.dtype(_SAFE[kind]), partial(_safe, path, key)))
    return found


def _safe(path: Path, key: str) -> NDArray[Any]:
    """Read a tensor of a safetensors file; bfloat16 becomes float32, which holds it exactly."""
    try:
        with safe_open(path, "numpy") as file:
            array = file.get_tensor(key)
    except SafetensorError as error:
        raise OSError(str(error)) from None
    return np.asarray(array.astype(np.float32) if array.dtype.name == "bfloat16" else array)


def _tensor(name: str, shape: tuple[int, ...], dtype: np.dtype[Any], read: Callable[[], NDArray[Any]]) -> Tensor:
    """Refuse what is no tensor of numbers."""
    label = printable(name)
    numbers = dtype.kind in "iu" or dtype.name in {"float16", "bfloat16", "float32", "float64"}
    if not numbers:
        raise StudyError(f"tensor {label} is {printable(str(dtype))[:60]}; {_REMEDY}")
    if shape and min(shape) < 1:
        raise StudyError(f"tensor {label} is empty; leave it out, or save at least one weight")
    size = math.prod(shape) * max(dtype.itemsize, 4 if dtype.name == "bfloat16" else 1)
    if size > LIMIT:
        raise StudyError(f"tensor {label} takes {size} bytes, more than {LIMIT}; save it in parts")
    return Tensor(label, shape, read)
