"""One AXI4-Stream port of a core: what its beats carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ulpwise.data.formats import Batch, Bits, Flags, Format, SignedDigits
from ulpwise.ports.axis.keep import Keep, cleared, noisy
from ulpwise.ports.base import InterfaceError, Lasts, Pin, Port, split
from ulpwise.ports.planes import digit_fields, from_planes, to_planes


@dataclass(frozen=True)
class Axis:
    """One AXI4-Stream port: the fields of a transaction side by side, first field lowest, in `beats` equal beats.

    Attributes:
        fields: Number formats by field name.
        beats: Beats of a frame, lowest bits first; `tlast` comes with the last.
        user: Fields that `tuser` carries, the same in all beats of a frame.
        id: Fields that `tid` carries, likewise.
        dest: Fields that `tdest` carries, likewise.
        keep: Bytes of a beat, and which of them count: then there is a `tkeep`. Frames need not fill their last beat.
        planes: The fields are signed digits of `beats` digits each, and beat i holds digit i of all of them: rails p of
            all elements of a field, above them its rails n.
        ragged: Frames may end before the last beat; what is missing reads as zeros (outputs only).
        tlast: What the core makes of frames that are too short, too long, or lack a `tlast` (inputs only): "delimits":
            a frame is what ends with `tlast`, what is missing reads as zeros, what is too much is ignored, so that each
            frame has one result; "ignored": a frame is `beats` beats wherever `tlast` is; "": the bench does not say,
            and it is not tried.
        ready: It has a `tready`. Without one all that is offered is taken in the same cycle: an input may pause but is
            never kept waiting, and nothing keeps an output waiting.
    """

    fields: Mapping[str, Format]
    beats: int = 1
    user: Mapping[str, Format] = field(default_factory=dict)
    planes: bool = False
    ragged: bool = False
    tlast: str = ""
    ready: bool = True
    id: Mapping[str, Format] = field(default_factory=dict)
    dest: Mapping[str, Format] = field(default_factory=dict)
    keep: Keep | None = None

    def __post_init__(self) -> None:
        """Refuse what no core does with `tlast`, and a name that would be two fields."""
        if self.tlast not in {"", "delimits", "ignored"}:
            raise InterfaceError(f"tlast='{self.tlast}': a core delimits its frames by it, or it is ignored")
        if self.keep is not None:
            if self.planes or self.ragged:
                other = "planes" if self.planes else "ragged"
                raise InterfaceError(f"{other}=True with keep: it is tkeep that says which bytes a beat has")
            if self.keep.count and self.tlast:
                raise InterfaceError(f"tlast='{self.tlast}' with keep: frames of any number of bytes end with it")
            self.keep.check(_width(self.fields), self.beats)
        places: dict[str, str] = dict.fromkeys(self.fields, "tdata")
        for pin, fields in (*self.sides.items(), ("tkeep", self._kept)):
            for label in fields:
                if label in places:
                    raise InterfaceError(f"field {label} is in {places[label]} and in {pin}: rename one of the two")
                places[label] = pin

    @property
    def sides(self) -> dict[str, Mapping[str, Format]]:
        """What goes beside the data, the same in all beats of a frame: fields by the pins that carry them."""
        pins = {"tuser": self.user, "tid": self.id, "tdest": self.dest}
        return {pin: fields for pin, fields in pins.items() if fields}

    @property
    def beside(self) -> dict[str, Format]:
        """The fields of all these pins, which lie above the data in a beat, the first lowest."""
        return {label: fmt for fields in self.sides.values() for label, fmt in fields.items()}

    @property
    def carried(self) -> dict[str, Format]:
        """All fields of the stream."""
        return {**self.fields, **self._kept, **self.beside}

    @property
    def _size(self) -> int:
        """Bytes of a frame."""
        return _width(self.fields) // 8

    @property
    def _kept(self) -> dict[str, Format]:
        """The field that `tkeep` carries."""
        return self.keep.fields(self._size) if self.keep else {}

    @property
    def _above(self) -> int:
        """The bit of a beat behind `tdata` and `tkeep`."""
        return self.width + (self.keep.lanes if self.keep else 0)

    @property
    def width(self) -> int:
        """Bits of `tdata`.

        Raises:
            InterfaceError: The fields do not fill the beats evenly.
        """
        if self.keep:
            return 8 * self.keep.lanes
        total = _width(self.fields)
        even = self.beats >= 1 and total % self.beats == 0
        if self.planes:
            even = all(isinstance(fmt, SignedDigits) and fmt.n == self.beats for fmt in self.fields.values())
        if not even:
            raise InterfaceError(f"{total} bits of {', '.join(self.fields)} do not fill {self.beats} equal beats")
        return total // self.beats

    def port(self, name: str, *, source: bool = False, setup: bool = False) -> Port:
        """Return the port of the harness that moves this stream."""
        user, counted = _width(self.beside), bool(self.keep and self.keep.count)
        return Port(
            name,
            self._above + user,
            self.beats,
            user=user,
            setup=setup,
            ragged=self.ragged or counted,
            tlast=self.tlast,
            ready=self.ready,
            delimited=source and (counted or self.tlast == "delimits"),
            keep=self.keep.lanes if self.keep else 0,
        )

    def pins(self, port: Port, wire: str, sides: tuple[str, str]) -> list[Pin]:
        """Connect the stream.

        Args:
            port: Its port.
            wire: What the name of its data in the harness ends with.
            sides: Directions of the data and of `tready`, as the core sees them.
        """
        forward, backward = sides
        low, found = 0, []
        widths = {"tdata": self.width, **({"tkeep": port.keep} if port.keep else {})}
        for pin, bits in (widths | {pin: _width(fields) for pin, fields in self.sides.items()}).items():
            found.append(Pin(f"{port.name}_{pin}", forward, bits, f"{port.name}_{wire}[{low} +: {bits}]"))
            low += bits
        handshake = {"tvalid": forward, "tready": backward, "tlast": forward}
        if not self.ready:
            del handshake["tready"]
        return found + [Pin(f"{port.name}_{pin}", side, 1, f"{port.name}_{pin}") for pin, side in handshake.items()]

    def pack(self, batch: Batch) -> Bits:
        """Lay out a batch as beats (rows * beats, width of the port)."""
        if self.planes:
            data = to_planes(digit_fields(self.fields), batch, self.beats)
        else:
            data = np.concatenate([fmt.to_bits(batch[name]) for name, fmt in self.fields.items()], axis=1)
        if self.keep:
            data = self._kept_alone(data, batch)
        data = data.reshape(-1, self._above)
        sides = [np.repeat(fmt.to_bits(batch[name]), self.beats, axis=0) for name, fmt in self.beside.items()]
        return np.concatenate([data, *sides], axis=1)

    def unpack(self, beats: Bits) -> Batch:
        """Read beats back: the inverse of `pack`."""
        data = np.ascontiguousarray(beats[:, : self.width])
        kept: Batch = {}
        if self.keep:
            there = self._bytes(beats)
            kept = self.keep.read(there, self._size)
            data = cleared(data.reshape(len(there), self.beats * self.width), there)[:, : 8 * self._size]
        if self.planes:
            batch = from_planes(digit_fields(self.fields), data, self.beats)
        else:
            batch = split(self.fields, data.reshape(-1, _width(self.fields)))
        return batch | kept | split(self.beside, beats[:: self.beats, self._above :])

    def dress(self, beats: Bits, rng: np.random.Generator) -> tuple[Bits, Lasts | None]:
        """Put noise where bytes do not count, and leave out the beats behind the last that does.

        Returns:
            The beats, and which of them carry `tlast` if frames are not all of one length.
        """
        if not self.keep:
            return beats, None
        there = self._bytes(beats).reshape(-1, self.keep.lanes)
        beats = np.concatenate([noisy(beats[:, : self.width], there, rng), beats[:, self.width :]], axis=1)
        if not self.keep.count:
            return beats, None
        sent = self.keep.there(there, self.beats)
        lasts = np.zeros((len(beats) // self.beats, self.beats), np.bool_)
        lasts[np.arange(len(lasts)), sent.reshape(lasts.shape).sum(axis=1) - 1] = True
        return beats[sent], lasts.reshape(-1)[sent]

    def breaches(self, beats: Bits) -> int:
        """Count the frames whose `tkeep` cannot be."""
        return self.keep.broken(self._bytes(beats), self._size) if self.keep else 0

    def _kept_alone(self, data: Bits, batch: Batch) -> Bits:
        """Fill the last beat up, put zeros where bytes do not count, and `tkeep` above the data of each beat."""
        assert self.keep is not None
        there = self.keep.of(batch, len(data), self._size, self.beats * self.keep.lanes)
        filled = np.zeros((len(data), 8 * there.shape[1]), np.uint8)
        filled[:, : data.shape[1]] = data
        parts = [cleared(filled, there).reshape(-1, self.width), there.reshape(-1, self.keep.lanes)]
        return np.concatenate(parts, axis=1, dtype=np.uint8)

    def _bytes(self, beats: Bits) -> Flags:
        """Return which bytes of each frame count, (rows, bytes), as its beats say."""
        bits = np.ascontiguousarray(beats[:, self.width : self._above])
        return np.asarray(bits.reshape(len(beats) // self.beats, self.beats * bits.shape[1]) != 0, np.bool_)


def _width(fields: Mapping[str, Format]) -> int:
    return sum(fmt.width for fmt in fields.values())
