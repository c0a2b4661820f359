"""Running the cells of a sweep on a Dask cluster: the only module that imports Dask.

Knows: tasks, outcomes and Dask's futures. Must not know the plan or where rows go. A row comes
back to the process that asked, so the workers need no folder in common with it: only the same
version of the twin, and a key bank of their own.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

from twin.errors import Fault, InputError
from twin.study.sweep_executors import ATTEMPTS
from twin.study.sweep_plan import missing_extra
from twin.study.sweep_worker import Outcome, Task, Trouble, run_cell

LOCAL = "local"
TASKS_PER_THREAD = 2
"""One is run, one waits: a worker is never idle, and little is under way."""

FIRST_WORKER_S = 120
CONNECT_S = 15


class DaskCluster:
    """A Dask cluster, by its scheduler's address, or one made on this machine."""

    def __init__(self, address: str, workers: int) -> None:
        try:
            import dask
            from distributed import Client, LocalCluster
        except ImportError:
            raise missing_extra("--scheduler", "dask") from None
        self._cluster: Any = None
        if address == LOCAL:
            # A cell whose workers die is not tried for ever, here as in the local pool.
            with dask.config.set({"distributed.scheduler.allowed-failures": ATTEMPTS - 1}):
                self._cluster = LocalCluster(
                    n_workers=workers, threads_per_worker=1, dashboard_address=None
                )
        try:
            self._client = Client(self._cluster or address, timeout=CONNECT_S, set_as_default=False)
            self._client.wait_for_workers(1, timeout=FIRST_WORKER_S)
        except (OSError, ValueError, TimeoutError) as error:
            self.close()
            next_step = "Start one with 'dask scheduler' and a 'dask worker ADDRESS --nthreads 1'."
            found = f"no Dask scheduler with a worker ({error})"
            raise InputError(Fault(f"--scheduler {address}", found, "", None, next_step)) from None

    @property
    def address(self) -> str:
        """The scheduler's."""
        return str(self._client.scheduler.address)

    def outcomes(self, tasks: Iterator[Task]) -> Generator[Outcome, None, None]:
        """See `Executor`."""
        from distributed import as_completed

        with self._client.as_current():
            done = as_completed()
        under_way: dict[str, Task] = {}

        def submit() -> None:
            room = self._room()
            while len(under_way) < room:
                task = next(tasks, None)
                if task is None:
                    return
                future = self._client.submit(run_cell, task, pure=False)
                under_way[future.key] = task
                done.add(future)

        try:
            submit()
            for future in done:
                task = under_way.pop(future.key)
                outcome = _outcome(future, task)
                future.release()
                submit()
                yield outcome
        finally:
            self._client.cancel(done.futures)

    def close(self) -> None:
        """Leave the cluster; a local one ends."""
        for part in (getattr(self, "_client", None), self._cluster):
            if part is not None:
                part.close()
        self._cluster = None

    def _room(self) -> int:
        """Tasks to have under way; a cluster may grow and shrink meanwhile."""
        threads = sum(int(count) for count in self._client.nthreads().values())
        return TASKS_PER_THREAD * max(threads, 1)


def _outcome(future: Any, task: Task) -> Outcome:
    """What a future holds; if it holds nothing, why."""
    error = future.exception()
    if error is None:
        outcome: Outcome = future.result()
        return outcome
    is_theirs = isinstance(error, ImportError)
    text = f"{type(error).__name__}: {error}"
    if is_theirs:
        text = f"a worker without cucm-twin ({error})"
    return Outcome(task.cell, None, Trouble(text, not is_theirs))
