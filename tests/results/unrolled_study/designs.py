"""Designs of y = W x for signed inputs of one width: ours, and the Verilog of what it is compared with."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.unrolled.graph import optimise
from models.unrolled.layers import bounds
from tests.results.unrolled_study.matrices import Integers
from ulpwise.synthesis.area import AreaRequest

REMEDY = "run: .venv/bin/pip install -r requirements-bench.txt"
Digits = list[tuple[int, int]]
"""Shifts and signs: the sum of sign * 2**shift."""


def ours(matrix: Integers, bits: int, target: str, registers: int = 0) -> AreaRequest:
    """Return rtl/unrolled/adder_graph.v with the graph of a matrix.

    Args:
        matrix: weights (inputs, outputs).
        bits: of an input.
        target: what it is optimised for, of `models.unrolled.graph.TARGETS`.
        registers: 0 for none, else they come after as many two-operand adders.
    """
    program = optimise(matrix, bits, target=target).pack(target, registers)
    (inputs, outputs), size = matrix.shape, widest(matrix, bits)
    values = {"PB": program.bit_length(), "PROGRAM": program, "XW": inputs * bits, "O": outputs, "YB": size}
    return AreaRequest("adder_graph", values, f"ours, {target}")


def others(matrix: Integers, bits: int, root: Path) -> dict[str, AreaRequest]:
    """Return what ours is compared with, by name; da4ml only where it is installed.

    Args:
        matrix: weights (inputs, outputs).
        bits: of an input.
        root: the project's top folder; their Verilog is written below its `build/results`.
    """
    texts = {"naive": naive(matrix, bits), "CSD": csd(matrix, bits)}
    if has_da4ml():
        texts["da4ml"] = da4ml(matrix, bits)
    return {name: written(name, text, root) for name, text in texts.items()}


def written(name: str, text: str, root: Path) -> AreaRequest:
    """Write Verilog to a file that is named after its content and return the request for its module, `product`."""
    folder = root.resolve() / "build" / "results" / "unrolled" / "rtl"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.v"
    path.write_text(text, encoding="utf-8")
    return AreaRequest("product", {}, name, (path,))


def has_da4ml() -> bool:
    """Tell whether da4ml is installed."""
    return importlib.util.find_spec("da4ml") is not None


@dataclass(frozen=True)
class Word:
    """A signed value, to be added or to be subtracted."""

    text: str
    """An expression."""
    low: int
    """Its least value."""
    high: int
    """Its greatest value."""
    negative: bool = False
    """Whether it is to be subtracted."""


class _Module:
    """Verilog of a matrix, written word by word, each as wide as its exact range."""

    def __init__(self, bits: int) -> None:
        self.lines: list[str] = []
        self.input = -(1 << (bits - 1)), (1 << (bits - 1)) - 1

    def word(self, text: str, low: int, high: int, negative: bool = False) -> Word:
        """Declare a wire that holds low..high."""
        name = f"w{len(self.lines)}"
        self.lines.append(f"wire signed [{_width(low, high) - 1}:0] {name} = {text};")
        return Word(name, low, high, negative)

    def tree(self, words: Iterable[Word]) -> Word | None:
        """Add words up in a balanced tree; a pair of opposite signs is a subtraction. None if there are none."""
        level = sorted(words, key=lambda word: word.negative)
        while len(level) > 1:
            pairs = [self.add(*level[i : i + 2]) for i in range(0, len(level) - 1, 2)]
            level = [*pairs, *level[2 * len(pairs) :]]
        return level[0] if level else None

    def add(self, a: Word, b: Word) -> Word:
        """Add two words."""
        if a.negative == b.negative:
            return self.word(f"{a.text} + {b.text}", a.low + b.low, a.high + b.high, a.negative)
        plus, minus = (b, a) if a.negative else (a, b)
        return self.word(f"{plus.text} - {minus.text}", plus.low - minus.high, plus.high - minus.low)

    def text(self, matrix: Integers, results: Sequence[Word | None]) -> str:
        """Write the module: vector x, element 0 lowest, to vector y."""
        inputs, outputs = matrix.shape
        bits = _width(*self.input)
        size = widest(matrix, bits)
        ports = f"input wire [{inputs * bits - 1}:0] x, output wire [{outputs * size - 1}:0] y"
        wires = [f"wire signed [{bits - 1}:0] x{i} = x[{i * bits} +: {bits}];" for i in range(inputs)]
        ends = []
        for j, word in enumerate(results):
            value = "0" if word is None else f"{'-' if word.negative else ''}{word.text}"
            ends += [f"wire signed [{size - 1}:0] y{j} = {value};", f"assign y[{j * size} +: {size}] = y{j};"]
        return "\n".join([f"module product ({ports});", *wires, *self.lines, *ends, "endmodule", ""])


def _width(low: int, high: int) -> int:
    """Bits of low..high in two's complement."""
    return max((~low).bit_length() if low < 0 else 0, max(high, 0).bit_length()) + 1


def widest(matrix: Integers, bits: int) -> int:
    """Bits that hold every result of signed inputs of that width."""
    least, most = bounds(matrix, -(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    return max(map(_width, least.tolist(), most.tolist()))


def naive(matrix: Integers, bits: int) -> str:
    """Write a multiplication `*` a weight that is not zero and a tree a column, as wide as is needed."""
    module = _Module(bits)
    low, high = module.input

    def product(i: int, w: int) -> Word:
        return module.word(f"x{i} * ({w})", min(w * low, w * high), max(w * low, w * high))

    columns = [[product(i, w) for i, w in enumerate(column) if w] for column in matrix.T.tolist()]
    return module.text(matrix, [module.tree(column) for column in columns])


def csd(matrix: Integers, bits: int) -> str:
    """Write each weight as shifted inputs by its canonic signed digits, and a tree a column; nothing is shared."""
    module = _Module(bits)
    low, high = module.input

    def product(i: int, w: int) -> Word | None:
        return module.tree(Word(f"(x{i} <<< {t})", low << t, high << t, sign < 0) for t, sign in signed_digits(w))

    columns = [[product(i, w) for i, w in enumerate(column)] for column in matrix.T.tolist()]
    return module.text(matrix, [module.tree(word for word in column if word is not None) for column in columns])


def signed_digits(value: int) -> Digits:
    """Write an integer in canonic signed digits, no two of them neighbours (Reitwiesner, 1960)."""
    digits = []
    for shift in range(abs(value).bit_length() + 1):
        if value >> shift & 1:
            sign = 2 - (value >> shift & 3)
            digits.append((shift, sign))
            value -= sign << shift
    return digits


def da4ml(matrix: Integers, bits: int) -> str:
    """Let da4ml write its Verilog, with its default options, which share sub-expressions.

    Raises:
        ImportError: it is not installed; `REMEDY` says what to do.
        AssertionError: what it found is not that matrix.
    """
    from da4ml import codegen, trace  # noqa: PLC0415 (optional, and slow to load)
    from da4ml.codegen.rtl.verilog.comb import comb_logic_gen  # noqa: PLC0415

    inputs = len(matrix)
    kif = np.ones(inputs, bool), np.full(inputs, bits - 1), np.zeros(inputs, int)
    x = trace.FixedVariableArray.from_kif(*kif, hwconf=trace.HWConfig(1, -1, -1), solver_options={})
    found = trace.comb_trace(x, x @ matrix.astype(np.float64))
    for row in np.random.default_rng(0).integers(-(1 << (bits - 1)), 1 << (bits - 1), (20, inputs)):
        if not np.array_equal(np.array(found(row.astype(float)), float), row @ matrix):
            raise AssertionError("da4ml's graph is not equal to the matrix")
    library = Path(str(codegen.__file__)).parent / "rtl" / "verilog" / "source"
    parts = [(library / name).read_text() for name in ("shift_adder.v", "negative.v")]
    return "\n".join([comb_logic_gen(found, "product"), *parts])
