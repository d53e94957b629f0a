"""Archives of arrays (`.npz`), read without unpickling and written so that the same data gives the same bytes."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import numpy as np

from ulpwise.data.columns import VectorsError, check_names

if TYPE_CHECKING:
    from collections.abc import Collection

    from ulpwise.data.formats import Array, Batch


def dump(batch: Batch) -> bytes:
    """Build an archive without compression and with a fixed date, so that no library version shows in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in batch.items():
            member = io.BytesIO()
            plain = array.astype(np.float32) if array.dtype.name == "bfloat16" else array  # which numpy cannot name
            np.lib.format.write_array(member, np.ascontiguousarray(plain), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, member.getvalue())
    return buffer.getvalue()


def parse(raw: bytes, names: Collection[str]) -> Batch:
    """Read the arrays of an archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            check_names([info.filename.removesuffix(".npy") for info in archive.infolist()], names)
            return {name: _array(name, archive.read(f"{name}.npy")) for name in names}
    except VectorsError:
        raise
    except Exception as error:  # noqa: BLE001 (a damaged archive raises whatever its decoder trips over)
        detail = " ".join(str(error).split())
        raise VectorsError(f"not a readable .npz archive ({detail}); write it with numpy.savez") from None


def _array(name: str, member: bytes) -> Array:
    """Read one array of an archive, and never a pickle."""
    try:
        return np.asarray(np.lib.format.read_array(io.BytesIO(member), allow_pickle=False))
    except (ValueError, MemoryError, OverflowError) as error:
        if "allow_pickle" in str(error):
            raise VectorsError(f"column {name} holds pickled Python objects; save it as an array of numbers") from None
        raise VectorsError(f"column {name} is not a readable array; write it with numpy.savez") from None
