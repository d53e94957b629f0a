"""Pin driver and monitors of programs: commands, and their answers."""

from __future__ import annotations

from cocotb.triggers import RisingEdge

from ulpwise.ports.clock import now
from ulpwise.ports.pins import Agents, Frame, PinDriver, PinMonitor, Seen


class ProgramDriver(PinDriver):
    """Sends programs, one command a beat, and waits behind each until its answers are in."""

    _signals = ("command", "live", "index", "closed", "renew", "taken_pin", "close_pin")
    fresh = False

    async def _driver_send(self, transaction: Frame, sync: bool = True) -> None:
        edge = RisingEdge(self.clock)
        if sync:
            await edge
        beats, _ = transaction
        if self.fresh:
            self.bus.renew.value = 1
            await edge
            self.bus.renew.value = 0
        for index, beat in enumerate(beats):
            while self.stall():
                self.bus.live.value = 0
                self.bus.command.value = (1 << len(self.bus.command)) - 1 - int(self.bus.command.value)
                await edge
            self.bus.live.value = 1
            self.bus.index.value = index
            self.bus.command.value = beat
            await edge
            while self.bus.taken_pin.value != 1:
                await edge
            self.moves += 1
        self.bus.live.value = 0
        self.bus.closed.value = 1
        await edge
        while self.bus.close_pin.value != 1:
            await edge
        self.bus.closed.value = 0
        self.frames += 1
        await edge  # as in a burst

    def idle(self) -> None:
        """Ask for nothing."""
        self.bus.live.value = self.bus.closed.value = self.bus.renew.value = 0


class FreshDriver(ProgramDriver):
    """Resets the core in front of each program."""

    fresh = True


class CommandMonitor(PinMonitor):
    """Watches the commands that go in."""

    _signals = ("command", "taken_pin")

    def _sample(self) -> None:
        taken = self.bus.taken_pin.value
        if not taken.is_resolvable:
            self.unknown += 1
        elif taken == 1:
            self._add(self.bus.command.value)


class AnswerMonitor(PinMonitor):
    """Watches the answers; which of them are due, and what breaks a rule, its transactor says."""

    _signals = ("moved_pin", "place_pin", "data_pin", "close_pin", "fault_pin", "doubt_pin")

    def _forget(self) -> None:
        super()._forget()
        self._places: list[int] = []

    def _sample(self) -> None:
        self.protocol += self.bus.fault_pin.value == 1
        self.unknown += self.bus.doubt_pin.value == 1
        if self.bus.moved_pin.value == 1:
            data = self.bus.data_pin.value
            if not self._open:
                self._places = []
            self.moves += 1
            self.times.append(now())
            self._places.append(int(self.bus.place_pin.value))
            self._open.append(int(data) if data.is_resolvable else 0)
        if self.bus.close_pin.value == 1:
            words = [0] * self.beats
            for place, word in zip(self._places if self._open else [], self._open, strict=True):
                words[place] = word
            begins = self.times[-len(self._open)] if self._open else now()
            self._open = []
            self._recv(Seen(words, 0, begins))


AGENTS = Agents(ProgramDriver, CommandMonitor, AnswerMonitor)
FRESH = Agents(FreshDriver, CommandMonitor, AnswerMonitor)
