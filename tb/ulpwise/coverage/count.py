"""Counting of one cover group over whole batches."""

from __future__ import annotations

import hashlib
import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from ulpwise.coverage.bins import Codes, CoverageError, Transitions, Values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ulpwise.coverage.groups import CoverGroup, Cross, Point
    from ulpwise.coverage.record import Record
    from ulpwise.data.formats import Batch


class PointCounter:
    """Counts of one point, by the codes of its classifier."""

    def __init__(self, group: str, point: Point) -> None:
        self.point = point
        self.legal, self._illegal = point.legal_bins, point.illegal_bins
        self.other = len(self.legal)
        self._where = f"{group}.{point.name}"
        self._transition = self.legal[0].transition
        self._classify = (Transitions if self._transition else Values)(self.legal, self._illegal)
        self._samples = 0
        self._counts = np.zeros(self.other + 1 + len(self._illegal), dtype=np.int64)
        self.last: NDArray[Any] | None = None

    def sample(self, batch: Batch, rows: int) -> Codes:
        """Count a batch and return the code of each sample (rows, k); a first row makes no transition: other."""
        samples = np.asarray(self.point.sample(batch))
        if samples.dtype.name == "bfloat16":
            samples = samples.astype(np.float32)
        if samples.dtype.kind not in "biuf" or samples.ndim not in {1, 2} or len(samples) != rows:
            found = f"{samples.dtype} {samples.shape}"
            raise CoverageError(f"cover point {self._where}: expected numbers ({rows},) or ({rows}, k), got {found}")
        samples = samples.reshape(rows, samples.shape[1] if samples.ndim == 2 else 1)
        codes = self._pairs(samples) if self._transition else self._classify(samples)
        self._counts += np.bincount(codes.ravel(), minlength=len(self._counts))
        self._samples += codes.size
        missing = rows - len(codes)  # a first row makes no transition
        return np.concatenate([np.full((missing, codes.shape[1]), self.other), codes]) if missing else codes

    def to_json(self) -> Record:
        """Return the counts under the names of the bins."""
        counts = self._counts.tolist()
        parts = {
            "kind": "transition" if self._transition else "value",
            "definition": _digest(self.legal, self._illegal),
            "at_least": self.point.at_least,
            "samples": self._samples,
        }
        legal = {item.name: count for item, count in zip(self.legal, counts, strict=False)}
        illegal = {item.name: count for item, count in zip(self._illegal, counts[self.other + 1 :], strict=True)}
        return {**parts, "bins": legal, "other": counts[self.other], "illegal": illegal}

    def _pairs(self, samples: NDArray[Any]) -> Codes:
        """Classify each row with the row before it, the last of the previous batch included."""
        last, k = self.last, samples.shape[1]
        if last is not None and last.shape[1] != k:
            raise CoverageError(f"cover point {self._where}: {k} values a row after {last.shape[1]}")
        joined = samples if last is None else np.concatenate([last, samples])
        self.last = joined[-1:].copy() if len(joined) else None
        return self._classify(joined)


class CrossCounter:
    """Counts of one cross: a cube of one side a point, whose last plane on each side is other."""

    def __init__(self, group: str, cross: Cross, points: list[PointCounter]) -> None:
        self._cross, self._points = cross, points
        self._where = f"{group}.{cross.name}"
        self._samples = 0
        self._cube = np.zeros([point.other + 1 for point in points], dtype=np.int64)

    def sample(self, codes: dict[str, Codes]) -> None:
        """Count the combinations of the codes of one batch; points of one value a row go with each of k."""
        parts = [np.minimum(codes[point.point.name], point.other) for point in self._points]
        try:
            sides = np.broadcast_arrays(*parts)
        except ValueError:
            shapes = ", ".join(str(part.shape) for part in parts)
            raise CoverageError(f"cross {self._where}: its points have samples of shapes {shapes}") from None
        flat = sides[0]
        self._samples += flat.size
        for side, size in zip(sides[1:], self._cube.shape[1:], strict=True):
            flat = flat * size + side
        self._cube += np.bincount(flat.ravel(), minlength=self._cube.size).reshape(self._cube.shape)

    def to_json(self) -> Record:
        """Return the counts under the joined names of the bins."""
        names = itertools.product(*[[item.name for item in point.legal] for point in self._points])
        counts = self._cube[tuple(slice(0, -1) for _ in self._points)].ravel().tolist()
        bins = {",".join(name): n for name, n in zip(names, counts, strict=True) if not self._ignored(name)}
        return {
            "kind": "cross",
            "definition": _digest(*[point.legal for point in self._points], self._cross.ignore),
            "at_least": self._cross.at_least,
            "samples": self._samples,
            "bins": bins,
            "other": int(self._cube.sum()) - sum(bins.values()),
            "illegal": {},
        }

    def _ignored(self, names: tuple[str, ...]) -> bool:
        """Tell whether a combination is declared as one that cannot occur."""
        return any(
            all(part in {"*", name} for part, name in zip(combination, names, strict=True))
            for combination in self._cross.ignore
        )


class GroupCounter:
    """Counts of one group."""

    def __init__(self, group: CoverGroup) -> None:
        self._points = {point.name: PointCounter(group.name, point) for point in group.points}
        self._crosses = {
            cross.name: CrossCounter(group.name, cross, [self._points[name] for name in cross.points])
            for cross in group.crosses
        }

    def sample(self, batch: Batch) -> None:
        """Count a batch in every point and cross."""
        rows = len(next(iter(batch.values()), ()))
        codes = {name: point.sample(batch, rows) for name, point in self._points.items()}
        for cross in self._crosses.values():
            cross.sample(codes)

    def restart(self) -> None:
        """Forget the last row of every point."""
        for point in self._points.values():
            point.last = None

    def to_json(self) -> Record:
        """Return the counts of the points, then of the crosses."""
        points = {name: point.to_json() for name, point in self._points.items()}
        crosses = {name: cross.to_json() for name, cross in self._crosses.items()}
        return {"points": {**points, **crosses}}


def _digest(*parts: object) -> str:
    """Identify a definition by the names and bounds of its bins."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
