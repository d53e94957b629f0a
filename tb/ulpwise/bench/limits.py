# SPDX-License-Identifier: Apache-2.0
"""What a bench says of the values that the parameters of its core may have: each guard's limits, and beyond them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

GUARDS = "guards"
"""Mode of the run that tries the guards of a core."""

LIMITS = "limits"
"""Name that stands for the configuration in that run."""


@dataclass(frozen=True)
class Trial:
    """One elaboration of the core.

    Attributes:
        values: Parameters that differ from the base configuration.
        shown: Names of those that matter, for messages.
        legal: Whether the core must elaborate; else it must be refused.
        module: The module whose guard refuses.
        names: Parameters of that module, of which the refusal must name one.
        early: Whether Verilator refuses it before it comes to the guard.
    """

    values: Mapping[str, int]
    shown: tuple[str, ...]
    legal: bool
    module: str
    names: tuple[str, ...]
    early: bool = False

    def __str__(self) -> str:
        return ", ".join(f"{name} = {self.values[name]}" for name in self.shown) or "the base configuration"


@dataclass(frozen=True)
class Limit:
    """A parameter that may have any value from the least to the greatest.

    Tried are the least and the greatest value, which must elaborate, and the values next to them, which must not.

    Attributes:
        name: The parameter.
        least: Its least legal value; None where nothing is refused, however small.
        greatest: Its greatest legal value; None likewise.
        given: Other parameters during these trials, such as keep a core at its limit small and legal.
        by: Module and parameter whose guard refuses, `module.PARAMETER`, if it is not the core's own.
        slow: Values of these that take too long to elaborate, each with the reason why they are not tried.
        early: Values beyond the limits that Verilator refuses before it comes to the guard, each with what it says;
            Icarus must name the guard all the same.
        left: Limits that no configuration of the bench has, each with the reason.
    """

    name: str
    least: int | None
    greatest: int | None
    given: Mapping[str, int] = field(default_factory=dict)
    by: str = ""
    slow: Mapping[int, str] = field(default_factory=dict)
    early: Mapping[int, str] = field(default_factory=dict)
    left: Mapping[int, str] = field(default_factory=dict)

    @property
    def ends(self) -> list[int]:
        """The least and the greatest legal value, as far as there is one."""
        return list(dict.fromkeys(end for end in (self.least, self.greatest) if end is not None))

    @property
    def beyond(self) -> list[int]:
        """The values next to these, which are illegal."""
        below, above = self.least, self.greatest
        return [*([] if below is None else [below - 1]), *([] if above is None else [above + 1])]

    def check(self) -> None:
        """Check the declaration.

        Raises:
            ValueError: No limits, limits in the wrong order, or a reason that is empty or belongs to no limit.
        """
        if not self.ends:
            raise ValueError(f"Limit {self.name}: neither a least nor a greatest value")
        if self.least is not None and self.greatest is not None and self.least > self.greatest:
            raise ValueError(f"Limit {self.name}: {self.least} to {self.greatest} is no range")
        known = {"slow": (*self.ends, *self.beyond), "early": self.beyond, "left": self.ends}
        for what, values in known.items():
            for value, reason in getattr(self, what).items():
                if value not in values:
                    raise ValueError(
                        f"Limit {self.name}: {what} speaks of {value}, not of {' or '.join(map(str, values))}"
                    )
                if not reason.strip():
                    raise ValueError(f"Limit {self.name}: {what} gives no reason for {value}")

    @property
    def parameters(self) -> set[str]:
        """The parameters of the core that it speaks of."""
        return {self.name, *self.given}

    def trials(self, top: str) -> Iterator[Trial]:
        """List the elaborations that show whether the guard is right."""
        module, names = _guard(self.by, top, (self.name,))
        for value in (*self.ends, *self.beyond):
            if value not in self.slow:
                values, legal = {**self.given, self.name: value}, value in self.ends
                yield Trial(values, (self.name,), legal, module, names, value in self.early)


@dataclass(frozen=True)
class Refused:
    """Values that must be refused for what they are together, and their legal neighbours.

    Attributes:
        values: Parameters that must be refused.
        legal: The legal values next to them; those of the base configuration where they say nothing.
        given: Other parameters during both.
        by: Module and parameter whose guard refuses, `module.PARAMETER`, if it is not the core's own.
        edge: Tells whether a configuration lies at this limit; unless given, one that has the values of `legal`.
        left: Why no configuration of the bench lies there.
    """

    values: Mapping[str, int]
    legal: Mapping[str, int] = field(default_factory=dict)
    given: Mapping[str, int] = field(default_factory=dict)
    by: str = ""
    edge: Callable[[Any], bool] | None = None
    left: str = ""

    def check(self) -> None:
        """Check the declaration.

        Raises:
            ValueError: No values, or legal values that are the refused ones.
        """
        if not self.values:
            raise ValueError("Refused: no values")
        if self.values == self.legal:
            raise ValueError(f"Refused: the same values are legal: {dict(self.values)}")

    @property
    def parameters(self) -> set[str]:
        """The parameters of the core that it speaks of."""
        return {*self.values, *self.legal, *self.given}

    def trials(self, top: str) -> Iterator[Trial]:
        """List the elaborations that show whether the guard is right."""
        module, names = _guard(self.by, top, tuple(self.values))
        for values, legal in ((self.legal, True), (self.values, False)):
            yield Trial({**self.given, **values}, tuple(values), legal, module, names)


def _guard(by: str, top: str, names: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return the module that refuses, and the parameters of which it names one."""
    module, _, name = by.partition(".")
    return module or top, (name,) if name else names
