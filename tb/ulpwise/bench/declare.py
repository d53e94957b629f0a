"""The declaration of a bench: all that the framework needs to know about one core."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Integral
from typing import TypeAlias, cast

from ulpwise.bench.limits import LIMITS, Limit, Refused
from ulpwise.bench.stimuli import Stimuli, standard
from ulpwise.coverage.sampler import Coverage, CoverGroup
from ulpwise.data.formats import Array, Batch
from ulpwise.ports.base import Interface
from ulpwise.ports.harness import Core
from ulpwise.ports.wiring import CLOCK, CONVENTION, RESET, Wiring
from ulpwise.system import names


class BenchError(ValueError):
    """A bench declaration that contradicts itself."""


TARGETS: Mapping[str, float] = {"functional": 100.0, "line": 95.0, "branch": 95.0, "toggle": 90.0}
"""Percent of each kind of coverage that a bench must reach unless it says otherwise; functional is the test plan's."""

CODE_KINDS = ("line", "branch", "expr", "toggle")
"""Kinds of code coverage."""


@dataclass(frozen=True)
class Exclusion:
    """Points of code coverage that no stimulus can hit, and why; a point that was hit counts nonetheless.

    Attributes:
        kind: line, branch, expr or toggle.
        comment: What the simulator calls them, such as `digits[0]:*` or `else`; `*` stands for anything, `?` for any
            one character.
        reason: Why no stimulus of any configuration reaches them.
        source: Text of the source line, without indentation; the same wildcards.
    """

    kind: str
    comment: str
    reason: str
    source: str = "*"

    def check(self) -> None:
        """Check the declaration.

        Raises:
            BenchError: No such kind, no reason, or nothing said of which points.
        """
        if self.kind not in CODE_KINDS:
            raise BenchError(f"exclusion of kind '{self.kind}': there are {', '.join(CODE_KINDS)}")
        if not self.reason.strip():
            raise BenchError(f"exclusion of {self}: give the reason")
        if {self.comment, self.source} == {"*"}:
            raise BenchError(f"exclusion of all {self.kind} points: say which, by comment or source")

    def __str__(self) -> str:
        named = [f"{name} '{value}'" for name, value in (("", self.comment), ("source", self.source)) if value != "*"]
        return " ".join([self.kind, *(text.strip() for text in named)])


class Config(Mapping[str, int]):
    """One configuration of a core: a named set of integers, read as attributes or items.

    UPPER_CASE names are Verilog parameters of the core; lower-case names are settings of the bench alone (such as the
    number of digits in a frame), but for those that the bench calls `parameters`. A parameter may also be a string; to
    type checkers all values are integers.
    """

    def __init__(self, name: str, values: Mapping[str, int | str], parameters: Iterable[str] = ()) -> None:
        self.name = name
        self._values = cast("dict[str, int]", dict(values))
        self._named = frozenset(parameters)

    def __getitem__(self, key: str) -> int:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, key: str) -> int:
        values: dict[str, int] = self.__dict__.get("_values", {})  # absent while the object is being copied
        if key not in values:
            raise AttributeError(f"the configuration has no value {key}")
        return values[key]

    @property
    def parameters(self) -> dict[str, int | str]:
        """The Verilog parameters; a string is quoted, as a Verilog literal."""
        values: dict[str, int | str] = {**self._values}
        found = {key: value for key, value in values.items() if key.isupper() or key in self._named}
        return {key: f'"{value}"' if isinstance(value, str) else value for key, value in found.items()}


Golden: TypeAlias = Callable[[Config, Batch], Batch]
Timing: TypeAlias = Callable[[Config, Batch], Mapping[str, Array]]
Figures: TypeAlias = Callable[[Config, str, Batch, Batch, Batch], Mapping[str, str]]


@dataclass(frozen=True)
class Bench:
    """Everything about the verification of one core.

    Attributes:
        top: Name of the module, and of its file `rtl/<family>/<top>.v` or `.sv`, unless `sources` holds it.
        configs: Configurations by name: UPPER_CASE entries are Verilog parameters, the others settings of the bench.
        interface: Ports of the core in a configuration.
        golden: Expected outputs of a batch of inputs; a function of numpy arrays, one row a transaction.
        stimuli: Sequences of a configuration by name; unless given, every combination of operands if there are few,
            else corners and random ones.
        cover: Cover groups of a configuration, sampled on inputs and outputs of each batch.
        plan: Features that must be checked, each with the cover points that prove it (`group.point[.bin]`).
        figures: Numbers worth printing after a run, such as an accuracy, from the sequence's name,
            its inputs, its outputs and the expected outputs.
        headline: The configuration that `make sim` runs when it is given no module, if this core is the main job.
        volume: Transactions of each random sequence in burst mode.
        timing: For streams, the clock cycle in which every beat moves when sources always offer and sinks are always
            ready, as the core's header promises its latency and period: from a batch to arrays (rows, beats) by the
            name of the stream, counted from the first input beat; -1 for a beat that does not come. Every run measures
            it on the pins, for transactions alone and back to back. `ulpwise.bench.timing` helps to write it.
        sequential: The core keeps state from transaction to transaction: it is reset in front of every sequence, and
            `golden` sees the whole of it, first transaction first.
        watchdog: Cycles without any movement on the pins after which a run counts as hung.
        quick: The configurations that `make test` runs, when it would take too long to run them all; empty for all.
            `make sim MODULE=` and `make test ARGS=--every-config` run every one.
        area: The configurations that `make area` measures, when synthesis would take too long for all; empty for all.
            `make area CONFIG=` measures any.
        targets: Percent of functional, line, branch, expr and toggle coverage that a regression must reach; of those
            that are not given, `TARGETS`.
        exclude: Points of code coverage that no stimulus can hit.
        parameters: Names of Verilog parameters that are not in capitals, as in the configurations.
        tie: Inputs of the core that are no part of the interface and are held constant, with their values.
        ignore: Outputs of the core that are no part of the interface and that nobody looks at.
        simulators: The simulators that can run this core; empty for all.
        simulators_reason: Why the others cannot.
        guards: Values of parameters at which the core must elaborate, and next to them values that it must refuse,
            tried with the parameters of the first quick configuration.
        wiring: What the core calls its clock, its reset and its pins, where the convention calls them otherwise.
        sources: Files of the core, named from the project's root: `.v`, `.sv`, globs, lists `.f`, FuseSoC's `.core`.
        includes: Folders where they find includes.
        defines: Macros, for all tools.
    """

    top: str
    configs: Mapping[str, Mapping[str, int | str]]
    interface: Callable[[Config], Interface]
    golden: Golden
    cover: Callable[[Config], Sequence[CoverGroup]]
    plan: Mapping[str, Sequence[str]]
    stimuli: Callable[[Config], Stimuli] = field(default=standard)
    figures: Figures | None = None
    headline: str | None = None
    volume: Callable[[Config], int] = field(default=lambda _: 10_000)
    timing: Timing | None = None
    sequential: bool = False
    watchdog: int = 1000
    quick: Sequence[str] = ()
    area: Sequence[str] = ()
    targets: Mapping[str, float] = field(default_factory=dict)
    exclude: Sequence[Exclusion] = ()
    parameters: Sequence[str] = ()
    tie: Mapping[str, int] = field(default_factory=dict)
    ignore: Sequence[str] = ()
    simulators: Sequence[str] = ()
    simulators_reason: str = ""
    guards: Sequence[Limit | Refused] = ()
    wiring: Wiring = CONVENTION
    sources: Sequence[str] = ()
    includes: Sequence[str] = ()
    defines: Mapping[str, int | str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "targets", {**TARGETS, **self.targets})

    def config(self, name: str) -> Config:
        """Return the configuration of that name.

        Raises:
            BenchError: There is none.
        """
        if name not in self.configs:
            raise BenchError(f"{self.top} has no configuration {name}; it has {', '.join(self.configs)}")
        return Config(name, self.configs[name], self.parameters)

    def core(self, config: Config) -> Core:
        """Return what the harness of one configuration is made from."""
        interface = self.interface(config)
        return Core(self.top, config.name, config.parameters, interface, self.tie, self.ignore, self.wiring)

    def on(self, simulators: Iterable[str]) -> list[str]:
        """Return those of some simulators that can run this core.

        Raises:
            BenchError: None of them can.
        """
        names = list(simulators)
        found = [name for name in names if not self.simulators or name in self.simulators]
        if names and not found:
            able = " and ".join(self.simulators)
            raise BenchError(f"SIM={','.join(names)}: {self.top} runs under {able} only: {self.simulators_reason}")
        return found

    def check(self) -> None:
        """Check the declaration without building anything.

        Raises:
            BenchError: No configuration, one whose name no file can have or whose entries are no integers, no stimuli,
                no plan, a plan that names a cover point which does not exist, a field that is input and output, a
                target that cannot be, an exclusion without a reason, fewer simulators without one, or a wiring that
                no core can have.
        """
        if not self.configs:
            raise BenchError(f"{self.top}: a bench needs at least one configuration")
        self._check_configs()
        self._check_guards()
        for name in (*self.quick, *self.area, *([] if self.headline is None else [self.headline])):
            self.config(name)
        if not self.plan:
            raise BenchError(f"{self.top}: the test plan is empty")
        self._check_coverage()
        self._check_integers()
        self._check_simulators()
        self._check_wiring()
        for name in self.configs:
            self._check_fields(name)
            if not self.stimuli(self.config(name)):
                raise BenchError(f"{self.top} {name}: there are no stimuli")
            coverage = Coverage(self.cover(self.config(name)))
            for feature, proofs in self.plan.items():
                if not proofs:
                    raise BenchError(f"{self.top}: nothing proves the feature '{feature}' of the test plan")
                for proof in proofs:
                    try:
                        coverage.covered(proof)
                    except (KeyError, ValueError) as fault:
                        raise BenchError(f"{self.top} {name}: feature '{feature}': {fault}") from None

    def _check_fields(self, name: str) -> None:
        """Refuse names that would be two things to the cover points, which see inputs and outputs in one dict."""
        try:
            interface = self.interface(self.config(name))
        except Exception:  # noqa: BLE001 (its runs say so, with file and line; other configurations may be sound)
            return
        if self.timing is not None and not interface.timed:
            raise BenchError(f"{self.top} {name}: timing is of cores with streams: here latency says when results come")
        for field_name in interface.output_fields:
            if field_name in interface.input_fields:
                raise BenchError(f"{self.top} {name}: field {field_name} is input and output: rename one of the two")

    def _check_wiring(self) -> None:
        """Check the names of pins, of themselves and against the interface of each configuration; BenchError."""
        wiring, pairs, known, renewed = self.wiring, list[str](), dict[str, None](), False
        for name in self.configs:
            try:
                interface = self.interface(self.config(name))
                found = [pin.name for pin in interface.pins()]
            except Exception:  # noqa: BLE001 (as for fields)
                continue
            renewed |= interface.reset != RESET
            known |= dict.fromkeys(found)
            pairs += wiring.doubled(found)
        faults = [*wiring.faults(), *(wiring.unknown(known) if known else ()), *pairs]
        if known and CLOCK not in known and replace(wiring, pins={}) != CONVENTION:
            faults.append("the core is all logic, and has neither clock nor reset")
        if renewed and not wiring.reset:
            faults.append("reset='' of a core that is reset in front of each transaction")
        if self.sequential and not wiring.reset:
            faults.append("reset='' with sequential=True: a core that keeps state must be reset before each sequence")
        if faults:
            raise BenchError(f"{self.top}: wiring: {faults[0]}")

    def _check_simulators(self) -> None:
        """Check that the simulators exist and that there is a reason for leaving any out; BenchError."""
        if not self.simulators:
            return
        from ulpwise.toolchain.simulators import SIMULATORS  # noqa: PLC0415 (slow to import, and few benches need it)

        for name in self.simulators:
            if name not in SIMULATORS:
                raise BenchError(f"{self.top}: there is no simulator {name}: there are {', '.join(SIMULATORS)}")
        if not self.simulators_reason.strip():
            raise BenchError(f"{self.top}: simulators={list(self.simulators)}: give the reason, simulators_reason")

    def _check_integers(self) -> None:
        """Check that configurations and ties hold integers, neither True nor 1.0, parameters or strings; BenchError."""
        parts: dict[str, Mapping[str, int | str]] = {f"configuration {name}: ": v for name, v in self.configs.items()}
        for where, values in {**parts, "tie ": self.tie}.items():
            for key, value in values.items():
                if isinstance(value, str) and where != "tie " and (key.isupper() or key in self.parameters):
                    if not value.isascii() or not value.isprintable() or {'"', "\\"} & {*value}:
                        fault = "a string parameter is printable ASCII without quotes and backslashes"
                        raise BenchError(f"{self.top}: {where}{key} is {value!r}: {fault}")
                    continue
                if isinstance(value, bool) or not isinstance(cast("object", value), Integral):
                    raise BenchError(f"{self.top}: {where}{key} is {value!r}, which is no integer")

    def _check_guards(self) -> None:
        """Check the limits of parameters; BenchError."""
        if LIMITS in self.configs:
            raise BenchError(f"{self.top}: no configuration may be called {LIMITS}: the run that tries guards is")
        for item in self.guards:
            try:
                item.check()
            except ValueError as fault:
                raise BenchError(f"{self.top}: {fault}") from None

    def _check_configs(self) -> None:
        """Check the names of the configurations; BenchError."""
        for name in self.configs:
            fault = names.fault(name)
            if fault:
                raise BenchError(f"{self.top}: the configuration's name {names.shown(name)} {fault}")
        pair = names.alike(self.configs)
        if pair:
            raise BenchError(f"{self.top}: configurations '{pair[0]}' and '{pair[1]}' would share a file: rename one")

    def _check_coverage(self) -> None:
        """Check targets and exclusions; BenchError."""
        for kind, target in self.targets.items():
            if kind not in {"functional", *CODE_KINDS} or not 0 <= target <= 100:
                kinds = f"functional, {', '.join(CODE_KINDS)}"
                raise BenchError(f"{self.top}: no target {kind} {target}: kinds are {kinds}, a target is 0 to 100")
        for exclusion in self.exclude:
            try:
                exclusion.check()
            except BenchError as fault:
                raise BenchError(f"{self.top}: {fault}") from None
