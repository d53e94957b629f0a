"""When the cores of the FGIE take and give their beats, with sources that always offer and sinks that are always ready.

Layers that stand alone follow a formula; in a chain, each makes those in front of it wait: their control, cycle by
cycle. Cycle 0 is that of the first beat of activations, with the weights in place.
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
    def latency(self) -> int:
        """Cycles from the first beat of s_axis_x to the first beat of m_axis_z, unstalled."""
        return self.neuron + levels(self.pool)

    @property
    def tail(self) -> int:
        """Cycles of a frame behind its result digits."""
        return 1 if self.merged else levels(self.k + 1) + 2

    @property
    def digit(self) -> tuple[bool, bool]:
        """Whether a result digit is at the end, and whether it is the last one."""
        here = [age - self.latency + 1 == digits for age, digits in self.flying if 0 <= age - self.latency < digits]
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
            self.flying = [(age + 1, digits) for age, digits in self.flying if age + 1 < self.latency + digits]
            self.left -= self.left > 0
            self.wanted -= self.wanted > 0
            if first and taken:
                digits = max(taken[1], 1)
                self.flying.append((1, digits))
                self.left = digits + self.tail - 1
                self.wanted = max(min(taken[0], self.n) - 1, 0)
        if taken:
            self.open = not taken[2]
        self.fresh = enable or (self.fresh and skid)
        self.skid_last = self.skid_last if skid else last
        self.skid = valid and not ready


def _handed_on(layers: Sequence[Layer], users: list[list[Frame]]) -> list[tuple[int, int, bool] | None]:
    """Say what each layer offers to the next one, and drop the tuser of frames that have gone."""
    offers: list[tuple[int, int, bool] | None] = []
    for at, (layer, following) in enumerate(pairwise(layers), 1):
        user = users[at][0] if layer.valid else ()
        offers.append((user[at], user[at + 1], layer.last) if user else None)
        if user and following.ready and layer.last:
            users[at].pop(0)
    return offers


def network(layers: Sequence[Layer], frames: Sequence[Frame]) -> Cycles:
    """Run the layers of fgie_network, one behind the other.

    Args:
        layers: Their control, fresh from reset.
        frames: Beats and tuser of each.

    Returns:
        Cycles of the beats of x, y and stat.
    """
    source = [(frame[1:], beat == frame[0] - 1) for frame in frames for beat in range(frame[0])]
    users: list[list[Frame]] = [[], *([frame[1:] for frame in frames] for _ in layers[1:])]
    found: Cycles = {"x": [], "y": [], "stat": []}
    counts = [0] * len(layers)  # of each layer, that wait for those of the others
    cycle, word = 0, False
    while source or min(len(found["y"]), len(found["stat"])) < len(frames):
        ready = [*(layer.ready for layer in layers), True]
        for name, moves in {"x": bool(source) and ready[0], "y": word, "stat": all(counts)}.items():
            found[name] += [cycle] * moves
        counts = [count - all(counts) + layer.counted for count, layer in zip(counts, layers, strict=True)]
        word = layers[-1].valid and layers[-1].last
        offers = [(*source[0][0][:2], source[0][1]) if source else None, *_handed_on(layers, users)]
        if source and ready[0]:
            source.pop(0)
        for at, layer in enumerate(layers):
            layer.step(offers[at], ready[at + 1])
        cycle += 1
    return found


def convolution(layer: Layer, places: Sequence[tuple[bool, bool]], images: Sequence[int], bits: int) -> Cycles:
    """Say when fgie_conv moves; the padding in front of the first pixel has been passed.

    Args:
        layer: Its neurons.
        places: Of each place of the padded image, row by row: whether it is a pixel, and whether it ends a window.
        images: Result digits of each image.
        bits: Digits of a pixel.

    Returns:
        Cycles of the beats of x, y and stat.
    """
    found: Cycles = {"x": [], "y": [], "stat": []}
    cycle, gone, free = -1, 0, 0  # of the last step, of the last digit of a window, of the next window that may begin
    for digits in images:
        for pixel, ends in places:
            cycle = max(cycle + 1, gone) if ends else cycle + 1
            found["x"] += [cycle] * pixel
            if ends:
                begins = max(cycle + 1, free)
                gone, free = begins + bits - 1, begins + max(bits, digits + layer.tail)
                found["y"].append(begins + layer.latency + digits)
        found["stat"].append(found["y"][-1] + 1)
    return {name: [cycle - found["x"][0] for cycle in cycles] for name, cycles in found.items()}
