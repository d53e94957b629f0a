"""Sends jobs to a dask cluster, one of this machine or a real one, and hands back what comes of them."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ulpwise.bench.by_hand import COCOTB
from ulpwise.bench.limits import GUARDS
from ulpwise.history.tree import Tree
from ulpwise.regress import remote, security
from ulpwise.regress.security import FarmError
from ulpwise.run.record import RunSpec

if TYPE_CHECKING:
    from types import TracebackType

    from distributed import Client, Future

GO_ON = "go on with: make regress RESUME=1"
PATIENCE = 60.0  # seconds that the first worker has to join
LONELY = 600.0  # seconds that a regression waits for a worker when none is left
POLL = 0.05  # seconds between looks at what has finished
RETRIES = 2  # of a job that ended by a fault of the machine; a worker that dies is another matter, which dask counts


@dataclass(frozen=True)
class Outcome:
    """What came of a job.

    Attributes:
        spec: The run.
        answer: What the worker returned (see `remote.perform`); None when the job could not be done.
        fault: One line on why not.
        attempts: How often it was begun; more than once when a worker died.
        killer: Whether each worker that took it died.
    """

    spec: RunSpec
    answer: dict[str, Any] | None
    fault: str = ""
    attempts: int = 1
    killer: bool = False


@dataclass
class Farm:
    """A cluster for the time of a regression; use it as a context manager.

    Attributes:
        tree: The sources that the jobs run on.
        work: Folder for trees and scratch that the workers of a cluster of this machine share.
        cache: Folder of finished builds that they share, with `make sim` too.
        address: Scheduler of a real cluster; None for a cluster of this machine.
        workers: Workers of a cluster of this machine, one a core unless given.
        say: Told what a person who waits must know.
        tls: Files of the certificates for a `tls://` address.
        begun: How often each job was begun, by its name.
    """

    tree: Tree
    work: Path
    cache: Path
    address: str | None = None
    workers: int | None = None
    say: Callable[[str], None] = print
    tls: security.Files = (None, None, None)
    begun: Counter[str] = field(default_factory=Counter)

    def __enter__(self) -> Self:
        _quiet()
        self._stack = ExitStack()
        self._lock = threading.Lock()
        self._futures: dict[str, Future] = {}
        try:
            self._client = self._connect()
            self._token = secrets.token_hex(4)  # tells our jobs from those of others on the same cluster
            self._client.subscribe_topic(remote.TOPIC, self._heard)
            self._call = remote.by_value()
            data = self.tree.data
            key = f"sources-{self.tree.digest}"
            self._sources = self._client.submit(lambda: data, key=key)  # a task: made again should its worker die
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(Exception):  # the cluster may be gone, which was said already
            self._client.cancel(list(self._futures.values()), force=True)
        self._futures.clear()
        with suppress(Exception):
            self._stack.close()

    def run(self, specs: Sequence[RunSpec], weights: Mapping[RunSpec, float], what: str = "run") -> Iterator[Outcome]:
        """Run all, and yield the outcomes as they come in.

        Args:
            specs: The runs; each distinct build among them happens once.
            weights: Expected seconds of each run: the longest begin first.
            what: run, or rerun for a failure that is run again with waves.

        Raises:
            FarmError: The scheduler went away, or all workers did and none came.
        """
        from distributed import as_completed  # noqa: PLC0415 (slow to import)

        order = sorted(specs, key=weights.__getitem__, reverse=True)
        jobs = {self._submit(spec, weights, what): spec for spec in order}
        try:
            done, watch = as_completed(list(jobs)), _Watch(self)
            while not done.is_empty():
                if not done.has_ready():
                    time.sleep(POLL)
                    watch.look()
                    continue
                future = next(done)
                spec = jobs[future]
                outcome = self._outcome(spec, future, f"{what}-{spec.name}")
                future.release()
                yield outcome
        except (CancelledError, OSError) as fault:
            raise FarmError(self._gone(str(fault))) from None

    def count(self) -> int:
        """Return how many workers there are."""
        return len(self._client.nthreads())

    def _submit(self, spec: RunSpec, weights: Mapping[RunSpec, float], what: str) -> Future:
        built = [] if what == "rerun" or spec.mode == GUARDS else [self._build(spec, weights)]
        return self._send(f"{what}-{spec.name}", spec, what, weights[spec], built)

    def _build(self, spec: RunSpec, weights: Mapping[RunSpec, float]) -> Future:
        """Submit the build of a run, unless another run has it already: runs come longest first, so does its weight."""
        key = f"build-{spec.module}-{spec.config}-{spec.sim}" + "-coverage" * spec.flavour.coverage
        key += "-alone" * (spec.mode == COCOTB)
        if key not in self._futures:
            self._futures[key] = self._send(key, spec, "build", weights[spec], [])
        return self._futures[key]

    def _send(self, name: str, spec: RunSpec, what: str, weight: float, built: list[Future]) -> Future:
        local = self.address is None
        order = {
            "name": name,
            "client": self._token,
            "tree": self.tree.digest,
            "what": what,
            "spec": spec.to_json(),
            "base": str(self.work) if local else None,
            "cache": str(self.cache) if local else None,
            "share": not local,
        }
        return self._client.submit(
            self._call,
            self._sources,
            order,
            *built,
            key=f"{name}-{self.tree.digest}-{self._token}",
            priority=weight,
            retries=RETRIES,
            pure=False,
        )

    def _outcome(self, spec: RunSpec, future: Future, name: str) -> Outcome:
        from distributed.scheduler import KilledWorker  # noqa: PLC0415 (slow to import)

        with self._lock:
            attempts = max(1, self.begun[name])
        if future.status == "finished":
            return Outcome(spec, future.result(), attempts=attempts)
        if future.status != "error":
            raise FarmError(self._gone(f"a job is {future.status}"))
        fault = future.exception()
        if isinstance(fault, KilledWorker):
            job = str(fault.task).removesuffix(f"-{self.tree.digest}-{self._token}")
            with self._lock:
                deaths = f"each of the {max(attempts, self.begun[job])} workers that took {job} died"
            return Outcome(spec, None, deaths, attempts, killer=True)
        return Outcome(spec, None, " ".join(str(fault).split()), attempts)

    def _heard(self, event: tuple[float, Any]) -> None:
        """Count the beginning of a job."""
        if event[1]["client"] == self._token:
            with self._lock:
                self.begun[event[1]["job"]] += 1

    def _connect(self) -> Client:
        import dask  # noqa: PLC0415 (slow to import)
        from distributed import Client, LocalCluster  # noqa: PLC0415 (slow to import)

        self._stack.enter_context(dask.config.set(_SETTINGS))
        if self.address is None:
            count = self.workers or os.cpu_count() or 1
            space = self.work / "dask"
            space.mkdir(parents=True, exist_ok=True)
            with _deaf_to_interrupts():
                cluster = self._stack.enter_context(
                    LocalCluster(
                        n_workers=count,
                        threads_per_worker=1,
                        memory_limit=0,  # what needs memory runs in processes of its own
                        dashboard_address=None,
                        local_directory=str(space),
                        silence_logs=logging.CRITICAL,
                    )
                )
            return self._stack.enter_context(Client(cluster))
        secure = security.settings(self.address, self.tls)
        if security.is_open(self.address):
            self.say(f"warning: CLUSTER={self.address}: {security.OPEN}")
        try:
            security.reach(self.address)  # dask itself goes on for the whole time-out where nobody listens
            client = self._stack.enter_context(Client(self.address, timeout="30s", security=secure))
        except (OSError, ValueError, TimeoutError) as fault:
            reason = " ".join(str(fault).split())
            raise FarmError(f"CLUSTER={self.address}: {reason}; start it with: dask scheduler") from None
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            remedy = f"start one in an environment with our requirements.txt: dask worker {self.address} --nthreads 1"
            raise FarmError(f"CLUSTER={self.address}: no worker joined within {PATIENCE:g} s; {remedy}") from None
        return client

    def _gone(self, fault: str) -> str:
        where = "the local cluster" if self.address is None else f"the scheduler at {self.address}"
        return f"{where} went away ({fault}); {GO_ON}"


class _Watch:
    """Looks now and then whether a real cluster has workers; those of this machine are begun again when they die."""

    EVERY = 5.0  # seconds

    def __init__(self, farm: Farm) -> None:
        self._farm = farm
        self._looked = time.monotonic()
        self._since: float | None = None  # when the last worker was gone

    def look(self) -> None:
        """Say that no worker is left, or that one came.

        Raises:
            FarmError: None came for long.
        """
        moment, address = time.monotonic(), self._farm.address
        if address is None or moment - self._looked < self.EVERY:
            return
        self._looked = moment
        if self._farm.count():
            if self._since is not None:
                self._farm.say("a worker has joined: the regression goes on")
            self._since = None
        elif self._since is None:
            self._since = moment
            remedy = f"dask worker {address} --nthreads 1"
            self._farm.say(f"no worker is left at {address}; waiting up to {LONELY:g} s for one: {remedy}")
        elif moment - self._since > LONELY:
            raise FarmError(f"CLUSTER={address}: no worker for {LONELY:g} s; start one and {GO_ON}")


_SETTINGS = {
    "distributed.comm.timeouts.connect": "30s",
    "distributed.comm.retry.count": 0,
    "distributed.client.heartbeat": "2s",
    "distributed.scheduler.allowed-failures": 3,
    "distributed.admin.large-graph-warning-threshold": "1GiB",
}


def _quiet() -> None:
    """Let dask say nothing: what matters reaches the user as an outcome or an error."""
    import distributed  # noqa: F401, PLC0415 (sets its loggers up, which would undo what follows)

    for name in ("distributed", "tornado", "asyncio", *logging.root.manager.loggerDict):
        if name.split(".")[0] in {"distributed", "tornado", "asyncio"}:
            logging.getLogger(name).setLevel(logging.CRITICAL)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Let the processes that begin here ignore Ctrl-C, which a terminal sends to all: this one ends them itself."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
