"""Guards the functions of a bench: they see arrays that they cannot change, and what they raise is a `UserFault`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial, wraps
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ulpwise.bench.stimuli import check_fields
from ulpwise.coverage.sampler import CoverGroup
from ulpwise.data.formats import Batch, FormatError
from ulpwise.system.fault import UserFault, calling, is_users, refusal

if TYPE_CHECKING:
    from ulpwise.bench.declare import Bench, Config
    from ulpwise.bench.stimuli import Draw, Stimuli
    from ulpwise.bench.stimuli import Sequence as Sending
    from ulpwise.ports.base import Interface


def frozen(batch: Batch) -> Batch:
    """Return the arrays of a batch as views that refuse to be written."""
    views = {name: values.view() for name, values in batch.items()}
    for view in views.values():
        view.flags.writeable = False
    return views


def shielded(bench: Bench, root: Path) -> Bench:
    """Return a bench whose functions raise `UserFault` alone, and get arrays that they cannot write.

    Args:
        bench: The bench.
        root: Top of its project.
    """

    @wraps(bench.interface)
    def interface(config: Config) -> Interface:
        with calling("interface", root, bench.interface):
            return bench.interface(config)

    @wraps(bench.volume)
    def volume(config: Config) -> int:
        with calling("volume", root, bench.volume):
            given: Any = bench.volume(config)
        if not isinstance(given, Integral) or given < 1:
            raise refusal(f"volume gives {given!r}, not one transaction or more", bench.volume, root)
        return int(given)

    @wraps(bench.golden)
    def golden(config: Config, inputs: Batch) -> Batch:
        given: Batch = _rowwise("golden", root, bench.golden, lambda part: bench.golden(config, part), inputs)
        return given

    @wraps(bench.figures or dict)
    def figures(config: Config, name: str, *batches: Batch) -> Mapping[str, str]:
        own = bench.figures
        assert own is not None
        given: Mapping[str, str] = _rowwise("figures", root, own, partial(own, config, name), *batches)
        return given

    @wraps(bench.cover)
    def cover(config: Config) -> Sequence[CoverGroup]:
        with calling("cover", root, bench.cover):
            return [_cover_group(group, root) for group in bench.cover(config)]

    @wraps(bench.stimuli)
    def stimuli(config: Config) -> Stimuli:
        with calling("stimuli", root, bench.stimuli):
            given = bench.stimuli(config)
            return {name: _sending(name, sequence, root, bench.stimuli) for name, sequence in given.items()}

    @wraps(bench.timing or dict)
    def timing(config: Config, inputs: Batch) -> Mapping[str, Any]:
        own = bench.timing
        assert own is not None
        given: Mapping[str, Any] = _rowwise("timing", root, own, lambda part: own(config, part), inputs)
        return given

    return replace(
        bench,
        interface=interface,
        volume=volume,
        golden=golden,
        figures=None if bench.figures is None else figures,
        cover=cover,
        stimuli=stimuli,
        timing=None if bench.timing is None else timing,
    )


def first_row(fails: Callable[[int], bool], rows: int) -> int:
    """Return the index of the row with which the rows up to it begin to fail, by bisection.

    Args:
        fails: Tells whether the first n rows fail; all of them do.
        rows: How many there are.
    """
    sound, bad = 0, rows
    while bad - sound > 1:
        middle = (sound + bad) // 2
        sound, bad = (sound, middle) if fails(middle) else (middle, bad)
    return max(0, bad - 1)


def _rowwise(what: str, root: Path, function: object, call: Callable[..., Any], *batches: Batch) -> Any:  # noqa: ANN401
    """Call with batches that cannot be written; of what it raises, find the row."""
    batches = tuple(map(frozen, batches))

    def fails(rows: int) -> bool:
        try:
            call(*({name: values[:rows] for name, values in batch.items()} for batch in batches))
        except (Exception, SystemExit):  # noqa: BLE001 (whatever it is, it fails)
            return True
        return False

    try:
        with calling(what, root, function):
            return call(*map(dict, batches))
    except UserFault as raised:
        raised.row = first_row(fails, len(next(iter(batches[0].values()))))
        raise


def _cover_group(group: CoverGroup, root: Path) -> CoverGroup:
    """Guard the samples of the points."""

    def guard(what: str, own: Callable[[Batch], Any]) -> Callable[[Batch], Any]:
        return lambda batch: _rowwise(what, root, own, own, batch)

    points = [replace(p, sample=guard(f"cover point {group.name}.{p.name}", p.sample)) for p in group.points]
    return replace(group, points=points)


def _sending(name: str, sequence: Sending, root: Path, stimuli: object) -> Sending:
    """Guard one sequence: its batch is whole, of the formats of the fields, and cannot be changed later."""
    what = f"stimuli {name}"
    where = sequence if is_users(sequence, root) else stimuli  # one of the framework's own has no place of the user's

    def draw_all(draw: Draw) -> Batch:
        fields = dict(draw.fields)
        with calling(what, root, where):
            batch = sequence(draw)
        if not isinstance(batch, Mapping):
            raise refusal(f"{what}: gives {type(batch).__name__}, not a dict of arrays", where, root)
        try:
            for field, fmt in fields.items():
                if field not in batch:
                    raise FormatError(f"no values for field {field}")
                fmt.validate(np.asarray(batch[field]), field)
            check_fields(batch, fields)
        except FormatError as error:
            raise refusal(f"{what}: {error}", where, root) from None
        rows = {field: len(batch[field]) for field in fields}
        if len(set(rows.values())) > 1:
            counts = ", ".join(f"{field} {count}" for field, count in rows.items())
            raise refusal(f"{what}: fields of different numbers of rows: {counts}", where, root)
        if not any(rows.values()):
            raise refusal(f"{what}: has no transactions", where, root)
        return {field: np.array(batch[field]) for field in fields}

    return draw_all
