"""One AXI4-Stream port of a core: what its beats carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ulpwise.data.formats import Batch, Bits, Format, SignedDigits
from ulpwise.ports.base import InterfaceError, Pin, Port, split
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

    def __post_init__(self) -> None:
        """Refuse what no core does with `tlast`, and a name that would be two fields."""
        if self.tlast not in {"", "delimits", "ignored"}:
            raise InterfaceError(f"tlast='{self.tlast}': a core delimits its frames by it, or it is ignored")
        places: dict[str, str] = dict.fromkeys(self.fields, "tdata")
        for pin, fields in self.sides.items():
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
        return {**self.fields, **self.beside}

    @property
    def width(self) -> int:
        """Bits of `tdata`.

        Raises:
            InterfaceError: The fields do not fill the beats evenly.
        """
        total = _width(self.fields)
        even = self.beats >= 1 and total % self.beats == 0
        if self.planes:
            even = all(isinstance(fmt, SignedDigits) and fmt.n == self.beats for fmt in self.fields.values())
        if not even:
            raise InterfaceError(f"{total} bits of {', '.join(self.fields)} do not fill {self.beats} equal beats")
        return total // self.beats

    def port(self, name: str, *, setup: bool = False) -> Port:
        """Return the port of the harness that moves this stream."""
        user = _width(self.beside)
        width = self.width + user
        return Port(
            name, width, self.beats, user=user, setup=setup, ragged=self.ragged, tlast=self.tlast, ready=self.ready
        )

    def pins(self, port: Port, wire: str, sides: tuple[str, str]) -> list[Pin]:
        """Connect the stream.

        Args:
            port: Its port.
            wire: What the name of its data in the harness ends with.
            sides: Directions of the data and of `tready`, as the core sees them.
        """
        data, (forward, backward) = port.width - port.user, sides
        found = [Pin(f"{port.name}_tdata", forward, data, f"{port.name}_{wire}[0 +: {data}]")]
        low = data
        for pin, fields in self.sides.items():
            bits = _width(fields)
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
        data = data.reshape(-1, self.width)
        sides = [np.repeat(fmt.to_bits(batch[name]), self.beats, axis=0) for name, fmt in self.beside.items()]
        return np.concatenate([data, *sides], axis=1)

    def unpack(self, beats: Bits) -> Batch:
        """Read beats back: the inverse of `pack`."""
        data = np.ascontiguousarray(beats[:, : self.width])
        if self.planes:
            batch = from_planes(digit_fields(self.fields), data, self.beats)
        else:
            batch = split(self.fields, data.reshape(-1, self.beats * self.width))
        return batch | split(self.beside, beats[:: self.beats, self.width :])


def _width(fields: Mapping[str, Format]) -> int:
    return sum(fmt.width for fmt in fields.values())
