"""Times runs of one core on one set of vectors: burst mode, beat mode, and the C++ bench."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ulpwise.data import vectors
from ulpwise.run.build import build
from ulpwise.run.simulation import simulate
from ulpwise.toolchain import tools
from ulpwise.toolchain.simulators import SIMULATORS, Flavour
from ulpwise.toolchain.simulators import verilator as native
from ulpwise.toolchain.simulators.base import digest, once, run_tool
from ulpwise.verilog.sources import closure

if TYPE_CHECKING:
    from ulpwise.bench.project import Project

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Core:
    """The core that is timed.

    Attributes:
        project: Where it is.
        module: Its name.
        config: Its configuration.
    """

    project: Project
    module: str
    config: str

    @property
    def scratch(self) -> Path:
        """Folder of the measurements."""
        return self.project.build / "bench"

    def vectors(self, rows: int) -> Path:
        """Write random transactions and return their file."""
        bench = self.project.bench(self.module)
        fields = bench.interface(bench.config(self.config)).input_fields
        path = self.scratch / f"{rows}.npz"
        path.parent.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(1)
        vectors.save(path, {name: fmt.random(rng, rows) for name, fmt in fields.items()})
        return path

    def run(self, mode: str, rows: int, *, stalls: bool = False) -> dict[str, float]:
        """Run the framework once on `rows` transactions.

        Returns:
            Seconds by stage (see timed_entry.py), and `wall`, those of the whole simulator process.

        Raises:
            RuntimeError: The run did not check all transactions, or one was wrong.
        """
        bench = self.project.bench(self.module)
        built = build(self.project, bench, bench.config(self.config), "verilator", Flavour(long=True))
        folder = self.scratch / mode
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        order = {"root": str(self.project.root), "module": self.module, "config": self.config, "mode": mode, "seed": 1}
        order |= {"n": rows, "vectors": str(self.scratch / f"{rows}.npz"), "keep_outputs": False}
        (folder / "run.json").write_text(json.dumps(order))
        simulator = SIMULATORS["verilator"]
        path = f"{HERE}:{self.project.root}"
        environment = {"COCOTB_TEST_MODULES": "timed_entry", "PYTHONPATH": path, "STALLS": str(int(stalls))}
        start = time.perf_counter()
        launch = simulator.launch(built.folder, 1, Flavour())
        status, _ = simulate(launch, folder, 600, {**simulator.environment(), **environment})
        wall = time.perf_counter() - start
        result = json.loads((folder / "result.json").read_text()) if status == 0 else {}
        if not result or result["checked"] != rows or result["mismatches"]:
            raise RuntimeError(f"{mode} run of {rows} transactions failed: see {folder}/sim.log")
        return {**json.loads((folder / "times.json").read_text()), "wall": wall}

    def cpp(self, rows: int) -> tuple[float, float]:
        """Run the C++ bench on the files that the last burst left.

        Returns:
            Seconds from the first beat to the last result, files included, and without files.

        Raises:
            RuntimeError: Its results are not, byte for byte, those of the burst.
        """
        bench = self.project.bench(self.module)
        interface = bench.interface(bench.config(self.config))
        (source,), (sink,) = interface.sources, interface.sinks
        folder = self.scratch / "burst"
        line = [str(self._cpp_program()), str(source.beats), str(sink.beats), "1"]
        frames, whole, bare = subprocess.run(
            line, cwd=folder, check=True, capture_output=True, text=True
        ).stdout.split()
        ours, theirs = ((folder / name).read_bytes() for name in ("z.cpp.out", "z.out.first"))
        if int(frames) != rows or ours != theirs:
            raise RuntimeError("the C++ bench and the burst disagree")
        return float(whole), float(bare)

    def _cpp_program(self) -> Path:
        """Build the C++ bench with the flags of the framework, but for VPI."""
        tool, root = tools.verilator(), self.project.root
        bench = self.project.bench(self.module)
        config = bench.config(self.config)
        source = HERE / f"{self.module}.cpp"
        generics = [f"-G{name}={value}" for name, value in config.parameters.items()]
        flags = [flag for flag in native.VERILATE if flag not in ("--vpi", "harness")]
        verilate = [str(tool.binary), *flags, self.module, *generics]
        include = [f"-I{tool.root / 'include'}", f"-I{tool.root / 'include' / 'vltstd'}", "-Iobj"]
        sizes = [f"-DOPERANDS={config.K}", f"-DWEIGHT={config.WB}"]
        flags = [*native.COMPILE, native.LONG, "-DVM_COVERAGE=0", "-DVM_TRACE=0"]
        compiler = [str(tools.cxx().path), *flags, *include, *sizes]
        sources = closure(self.module, root)
        runtime = [str(tool.root / "include" / f"verilated{part}.cpp") for part in ("", "_threads")]

        def make(into: Path) -> None:
            log = into / "build.log"
            run_tool([*verilate, "-Mdir", str(into / "obj"), *map(str, sources)], root, log, tool.env())
            parts = [str(part) for part in sorted((into / "obj").glob("Vtop*.cpp"))]
            run_tool([*compiler, str(source), *parts, *runtime, "-o", "bench", "-lpthread", "-latomic"], into, log)

        texts = [file.read_text() for file in (source, *sources)]
        folder = self.scratch / f"cpp-{digest([*verilate, *compiler, *texts])}"
        if not folder.is_dir():
            once(folder, make)
        return folder / "bench"
