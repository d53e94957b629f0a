"""When the stream cores of the online family take and give their beats: their control, cycle by cycle, without data.

Each function says, for sources that always offer and sinks that are always ready, in which cycle each beat is taken or
given; cycle 0 is that of the first beat of activations, with the weights in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from models.online.dot import levels

Frame = tuple[int, ...]  # beats, then the fields of tuser, lowest first
Cycles = dict[str, list[int]]  # by stream


@dataclass
class Layer:
    """Control of fgie_layer, registers only: what its pins say in this cycle, and the step to the next one."""

    k: int
    n: int = 63
    merged: bool = True
    pipe: int = 1
    pool: int = 1
    open: bool = False  # beats of a frame are to come
    left: int = 0  # cycles until the next frame may begin
    wanted: int = 0  # operand digits that count and are to come
    flying: list[tuple[int, int]] = field(default_factory=list)  # frames: enabled cycles since they began, digits
    fresh: bool = False  # the digits at the end have not gone yet
    skid: bool = False  # a digit waits for m_axis_z_tready
    skid_last: bool = False
    counted: bool = False  # m_axis_stat_tvalid

    @property
    def neuron(self) -> int:
        """Cycles from the first operand digit to the first result digit of the neurons."""
        deep = levels(self.k + 1)
        return (3 + (deep // self.pipe if self.pipe else 0)) if self.merged else 4 + 2 * deep

    @property
    def digit(self) -> tuple[bool, bool]:
        """Whether a result digit is at the end, and whether it is the last one."""
        first = self.neuron + levels(self.pool)
        here = [age - first + 1 == digits for age, digits in self.flying if first <= age < first + digits]
        return (True, here[0]) if here else (False, False)

    @property
    def valid(self) -> bool:
        """m_axis_z_tvalid."""
        return self.skid or (self.fresh and self.digit[0])

    @property
    def last(self) -> bool:
        """m_axis_z_tlast."""
        return self.skid_last if self.skid else self.digit[1]

    @property
    def stuck(self) -> bool:
        """All stands still: a digit is to go and one waits already."""
        return self.skid and self.fresh and self.digit[0]

    @property
    def ready(self) -> bool:
        """s_axis_x_tready."""
        return not self.stuck and (self.open or not self.left)

    def step(self, offered: tuple[int, int, bool] | None, ready: bool) -> None:
        """Go on by a cycle.

        Args:
            offered: The beat on s_axis_x: operand digits, result digits, tlast.
            ready: m_axis_z_tready.
        """
        taken = offered if self.ready else None
        first = taken is not None and not self.open and not self.left
        starved = self.left > 0 and self.open and self.wanted > 0 and offered is None
        enable = not self.stuck and not starved
        valid, last, skid = self.valid, self.last, self.skid
        self.counted = enable and any(age - self.neuron + 1 == digits for age, digits in self.flying)
        if enable:
            deep = self.neuron + levels(self.pool)
            self.flying = [(age + 1, digits) for age, digits in self.flying if age + 1 < deep + digits]
            self.left -= self.left > 0
            self.wanted -= self.wanted > 0
            if first and taken:
                digits = max(taken[1], 1)
                self.flying.append((1, digits))
                self.left = digits + (0 if self.merged else levels(self.k + 1) + 1)
                self.wanted = max(min(taken[0], self.n) - 1, 0)
        if taken:
            self.open = not taken[2]
        self.fresh = enable or (self.fresh and skid)
        self.skid_last = self.skid_last if skid else last
        self.skid = valid and not ready


def beats(frames: Sequence[Frame]) -> list[tuple[Frame, bool]]:
    """List the beats of frames: tuser and tlast of each."""
    return [(frame[1:], beat == frame[0] - 1) for frame in frames for beat in range(frame[0])]


def _handed_on(layers: Sequence[Layer], users: list[list[Frame]]) -> list[tuple[int, int, bool] | None]:
    """Say what each layer offers to the next one, and drop the tuser of frames that have gone."""
    offers: list[tuple[int, int, bool] | None] = []
    for at, (layer, following) in enumerate(pairwise(layers), 1):
        user = users[at][0] if layer.valid else ()
        offers.append((user[at], user[at + 1], layer.last) if user else None)
        if user and following.ready and layer.last:
            users[at].pop(0)
    return offers


def chain(layers: Sequence[Layer], frames: Sequence[Frame], *, words: bool, cycles: int) -> Cycles:
    """Run layers one behind the other: fgie_layer (one layer, words False) or fgie_network (words True).

    Args:
        layers: Their control, fresh from reset.
        frames: Beats and tuser of each.
        words: Results become a word a frame, as in fgie_network.
        cycles: Cycles to look at.
    """
    source = beats(frames)
    users: list[list[Frame]] = [[], *([frame[1:] for frame in frames] for _ in layers[1:])]
    found: Cycles = {"x": [], "z": [], "y": [], "stat": []}
    y_valid = False
    counts = [0] * len(layers)  # that wait for those of the other layers
    for cycle in range(cycles):
        valid, ready = [layer.valid for layer in layers], [layer.ready for layer in layers]
        last = [layer.last for layer in layers]
        if y_valid:
            found["y"].append(cycle)
        # a network collects the counts of all layers in FIFOs, a layer gives its own at once
        counts = counts if words else [int(layers[0].counted)]
        if all(counts):
            found["stat"].append(cycle)
            counts = [count - 1 for count in counts]
        counts = [count + layer.counted for count, layer in zip(counts, layers, strict=True)]
        if valid[-1]:
            found["z"].append(cycle)
        y_valid = words and valid[-1] and last[-1]
        offers: list[tuple[int, int, bool] | None] = []
        if source:
            (user, ends), taken = source[0], ready[0]
            offers.append((user[0], user[1], ends))
            if taken:
                found["x"].append(cycle)
                source.pop(0)
        else:
            offers.append(None)
        offers += _handed_on(layers, users)
        for at, layer in enumerate(layers):
            layer.step(offers[at], ready[at + 1] if at + 1 < len(layers) else True)
    return found


@dataclass
class Scan:
    """Where fgie_conv is in the padded image, and the digits of a window that are to go."""

    h: int
    w: int
    r: int
    s: int
    stride: int
    pad: int
    at: int = 0
    left: int = 0

    @property
    def place(self) -> tuple[int, int]:
        """Row and column of the next pixel, from the first row and column of the image on."""
        row, column = divmod(self.at, self.w + 2 * self.pad)
        return row - self.pad, column - self.pad

    @property
    def outside(self) -> bool:
        """The next pixel is padding."""
        row, column = self.place
        return not (0 <= row < self.h and 0 <= column < self.w)

    @property
    def ends(self) -> bool:
        """The next pixel ends a window."""
        row, column = (at + self.pad - size + 1 for at, size in zip(self.place, (self.r, self.s), strict=True))
        return row >= 0 and column >= 0 and row % self.stride == 0 and column % self.stride == 0

    def go(self) -> None:
        """Go on to the next pixel."""
        self.at = (self.at + 1) % ((self.h + 2 * self.pad) * (self.w + 2 * self.pad))


def convolution(scan: Scan, layer: Layer, frames: Sequence[Frame], bits: int, cycles: int) -> Cycles:
    """Run fgie_conv on whole images; `bits` is WX. The leading padding of the first image has been passed."""
    source, found = beats(frames), Cycles(x=[], y=[], stat=[])
    positions = ((scan.h + 2 * scan.pad - scan.r) // scan.stride + 1) * (
        (scan.w + 2 * scan.pad - scan.s) // scan.stride + 1
    )
    counted, word, image, window = 0, False, (0, 0), (0, 0)
    while scan.outside:
        scan.go()
    for cycle in range(cycles):
        if word:
            found["y"].append(cycle)
        if layer.counted:
            counted += 1
            found["stat"] += [cycle + 1] if counted % positions == 0 else []
        word = layer.valid and layer.last
        moves = scan.left > 0 and layer.ready
        room = scan.left == 0 or (moves and scan.left == 1)
        ends, outside = scan.ends, scan.outside
        step = (not ends or room) and (outside or bool(source))
        layer.step((window[0], window[1], scan.left == 1) if scan.left else None, ready=True)
        scan.left -= moves
        if step:
            if not outside:
                image = (source[0][0][0], source[0][0][1])
                found["x"].append(cycle)
                source.pop(0)
            if ends:
                scan.left, window = bits, image
            scan.go()
    return found


@dataclass
class Serial:
    """Control of serial_layer; `top` is WB - 1 + N + GROWTH."""

    top: int
    final: bool
    count: int = 0  # digits of a frame that are in
    digits: int = 0
    user: Frame = ()
    dropping: bool = False
    pending: bool = False
    hold: Frame | None = None  # precision of the layers behind, of the frame that goes out
    index: int = 0

    @property
    def last(self) -> bool:
        """m_axis_z_tlast."""
        return self.final or self.index == self.top - 1

    def ready(self, z_ready: bool) -> bool:
        """s_axis_x_tready."""
        return self.dropping or not self.pending or self.hold is None or (z_ready and self.last)

    def step(self, offered: tuple[Frame, bool] | None, z_ready: bool) -> None:
        """Go on by a cycle; frames have as many beats as digits, or more."""
        taken = offered if self.ready(z_ready) else None
        leaves = self.hold is not None and z_ready and self.last
        transfer = self.pending and (self.hold is None or leaves)
        if transfer:
            self.hold, self.index = self.user, self.top - self.user[0]
        elif self.hold is not None and z_ready:
            self.hold, self.index = (None if leaves else self.hold), self.index + 1
        self.pending = self.pending and not transfer
        if taken and not self.dropping:
            if not self.count:
                self.digits, self.user = taken[0][0], taken[0][1:]
            self.count += 1
            if self.count == self.digits:
                self.count, self.pending, self.dropping = 0, True, not taken[1]
        elif taken:
            self.dropping = not taken[1]


def serial(layers: Sequence[Serial], frames: Sequence[Frame], cycles: int) -> Cycles:
    """Run serial_layer (one layer) or serial_network (two)."""
    source, found = beats(frames), Cycles(x=[], z=[], y=[])
    for cycle in range(cycles):
        ready = [True]
        for layer in reversed(layers):
            ready.insert(0, layer.ready(ready[0]))
        offers: list[tuple[Frame, bool] | None] = [source[0] if source else None]
        offers += [(layer.hold, layer.last) if layer.hold is not None else None for layer in layers]
        if source and ready[0]:
            found["x"].append(cycle)
            source.pop(0)
        if offers[-1] is not None:
            found["z"].append(cycle)
        for layer, offer, z_ready in zip(layers, offers, ready[1:], strict=False):
            layer.step(offer, z_ready)
    found["y"] = found["z"]
    return found
