# SPDX-License-Identifier: Apache-2.0
"""Measures what a design costs in hardware with Yosys: LUTs, registers, longest path, xc7 LUTs with carry chains.

Results are kept in `build/area/`, named by a hash of everything that shapes them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ulpwise.synthesis.cost import Area, AreaRequest
from ulpwise.system import atomic
from ulpwise.system.pools import pool
from ulpwise.toolchain import tools, yosys
from ulpwise.toolchain.yosys import AreaError, Counts
from ulpwise.verilog.sources import closure, includes, search

__all__ = ["LUT_SIZES", "Area", "AreaError", "AreaRequest", "attempt", "measure"]

LUT_SIZES = (3, 4, 5, 6)
TIME_OUT = 7200.0
_DATA_FILE = re.compile(r'"([^"\n]{1,200})"')


def measure(
    requests: Sequence[AreaRequest],
    root: Path,
    luts: Sequence[int] = (6, 4),
    jobs: int | None = None,
    *,
    xc7: bool = True,
) -> list[Area]:
    """Measures designs, some at a time.

    Args:
        requests: the designs.
        root: the project's top folder; results are kept in its `build/area/`.
        luts: LUT sizes, of 3 to 6.
        jobs: processes at a time; by default and at most one a processor.
        xc7: whether to map to xc7 as well, which takes some 4 s, be the design as small as it may.

    Returns:
        One result a request, in the same order.

    Raises:
        AreaError: one could not be measured.
        LookupError: rtl/ has no such module.
        ToolError: there is no Yosys.
    """
    results = []
    for result in attempt(requests, root, luts, jobs, xc7=xc7):
        if not isinstance(result, Area):
            raise result
        results.append(result)
    return results


def attempt(
    requests: Sequence[AreaRequest],
    root: Path,
    luts: Sequence[int] = (6, 4),
    jobs: int | None = None,
    finished: Callable[[], None] = lambda: None,
    *,
    xc7: bool = True,
) -> list[Area | AreaError | LookupError]:
    """Measures designs as `measure` does, but goes on after a fault, which takes the place of the result.

    Args:
        requests: the designs.
        root: the project's top folder.
        luts: LUT sizes.
        jobs: processes at a time.
        finished: called as each design is done.
        xc7: whether to map to xc7 as well.
    """
    if not luts or not set(luts) <= set(LUT_SIZES):
        raise ValueError(f"LUT sizes {','.join(map(str, luts)) or 'none'}: name some of 3, 4, 5 and 6")
    sizes = sorted(set(luts), reverse=True)
    root = root.resolve()

    def one(request: AreaRequest) -> Area | AreaError | LookupError:
        try:
            return _one(request, root, sizes, xc7)
        except (AreaError, LookupError) as fault:
            return fault
        finally:
            finished()

    processors = os.cpu_count() or 1
    with pool(min(jobs or processors, processors)) as threads:
        return list(threads.map(one, requests))


def _one(request: AreaRequest, root: Path, luts: Sequence[int], xc7: bool) -> Area:
    """Takes a result from the store, else from Yosys."""
    found = [root / path for path in request.sources] or closure(request.top, root, request.given)
    try:
        files = [os.path.relpath(path, root) if request.given.files else str(path.relative_to(root)) for path in found]
        # any bytes are text in Latin-1, and no two are the same
        texts = [path.read_text(encoding="latin-1") for path in (*found, *includes(found, root, request.given))]
    except (OSError, ValueError) as fault:
        raise AreaError(f"{request.top}: {fault}") from None
    files = [*search(found, root, request.given), *files]
    shape = [yosys.flow(request.top, files, luts, xc7, "."), yosys.wrapper(request.top, request.parameters)]
    kept = root / "build" / "area" / f"{request.top}-{_hash([*shape, *texts], root)}.json"
    counts = _load(kept)
    if counts is None:
        counts = _run(request, root, files, luts, xc7, kept)
    return Area(
        top=request.top,
        parameters=request.parameters,
        label=request.label,
        luts={size: counts["luts"][str(size)] for size in luts},
        depths={size: counts["depths"][str(size)] for size in luts},
        ff=counts["ff"]["ff"],
        xc7=counts["xc7"],
        seconds=counts["time"]["ms"] / 1000,
    )


def _hash(parts: Sequence[str], root: Path) -> str:
    """Hashes texts, the data files that they name in quotes (what $readmemh reads), and which Yosys it is."""
    names = {name for part in parts for name in _DATA_FILE.findall(part)}
    data = [(root / name).read_bytes() for name in sorted(names) if (root / name).is_file()]
    digest = hashlib.sha256(f"{tools.yosys().version} {tools.yosys().source}".encode())
    for part in (*(part.encode() for part in parts), *data):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()[:16]


def _load(kept: Path) -> dict[str, Counts] | None:
    try:
        counts: dict[str, Counts] = json.loads(kept.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return counts


def _run(
    request: AreaRequest, root: Path, files: Sequence[str], luts: Sequence[int], xc7: bool, kept: Path
) -> dict[str, Counts]:
    """Runs Yosys in a folder of its own, keeps the counts, or the log of a failure beside them."""
    begin = time.monotonic()
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{kept.stem}.", dir=kept.parent) as folder:
        work = Path(folder)
        script = yosys.flow(request.top, files, luts, xc7, str(work.relative_to(root)))
        (work / "flow.ys").write_text(script, encoding="utf-8")
        (work / "wrapper.v").write_text(yosys.wrapper(request.top, request.parameters), encoding="utf-8")
        try:
            yosys.run(request.top, root, work, TIME_OUT)
            counts = yosys.read(request.top, luts, xc7, work)
        except AreaError:
            if (work / "log").is_file():
                shutil.copy(work / "log", kept.with_suffix(".log"))
            raise
        counts["time"] = {"ms": round(1000 * (time.monotonic() - begin))}
        atomic.write_text(kept, json.dumps(counts, indent=1, sort_keys=True) + "\n")
    return counts
