"""Where the cells of a sweep are run: in this process, or on processes of this machine.

Knows: tasks and outcomes. Must not know the plan or what a row says. A cluster is in
`twin.study.sweep_dask`.

The local workers are plain child processes that talk through pipes. Unlike the children of
`multiprocessing` they do not import the caller's main module again, so that a script without a
guard and a notebook work alike; a worker that dies takes down one cell, and it is known which;
and when this process dies the workers see their pipe end and go.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Generator, Iterator
from typing import Any, Protocol

from twin.errors import SimulationError
from twin.study.sweep_worker import Outcome, Task, Trouble, read_frame, run_cell, write_frame

ATTEMPTS = 3
"""So often a cell is tried whose workers die."""

_BOOT = """import os, sys
answers = os.dup(1)
os.dup2(2, 1)
sys.path[:] = {path!r}
from twin.study.sweep_worker import main
main(answers)
"""
"""What a child does first: keep stdout for its answers, so that whatever prints goes to stderr."""

_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""numpy's own threads have nothing to do here, and each worker would start as many as cores."""


class Executor(Protocol):
    """Runs tasks, in any order, as many at a time as it has workers."""

    def outcomes(self, tasks: Iterator[Task]) -> Generator[Outcome, None, None]:
        """One outcome per task as it is done. Tasks are taken when there is somebody to run them.

        A task whose worker died is run again. Closing the iterator drops what is under way.
        """

    def close(self) -> None:
        """Let the workers go; safe to call twice."""


class InProcess:
    """Runs one task after the other right here."""

    def outcomes(self, tasks: Iterator[Task]) -> Generator[Outcome, None, None]:
        """See `Executor`."""
        for task in tasks:
            yield run_cell(task)

    def close(self) -> None:
        """Nothing to let go."""


def available_cores() -> int:
    """Processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Worker:
    """One child process and what it is doing."""

    def __init__(self, answers: queue.SimpleQueue[tuple[_Worker, Any]]) -> None:
        self.task: Task | None = None
        self.has_started = False
        code = _BOOT.format(path=sys.path)
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=dict.fromkeys(_ONE_THREAD, "1") | os.environ,
        )
        self._listener = threading.Thread(target=self._listen, args=(answers,), daemon=True)
        self._listener.start()

    def _listen(self, answers: queue.SimpleQueue[tuple[_Worker, Any]]) -> None:
        """Pass on what the child says; None when it says no more."""
        assert self.process.stdout is not None
        try:
            while True:
                answers.put((self, read_frame(self.process.stdout)))
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            answers.put((self, None))

    def give(self, task: Task) -> None:
        """Hand a task over. If the child is dead, its listener will say so."""
        assert self.process.stdin is not None
        self.task = task
        with contextlib.suppress(BrokenPipeError):
            write_frame(self.process.stdin, task)

    def stop(self, at_once: bool) -> None:
        """End the child: by closing its pipe if it is idle, else by force."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        if at_once:
            self.process.kill()
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()
        self._listener.join()
        self.process.stdout.close()


class LocalPool:
    """Child processes of this one, started at the first tasks and kept until `close`."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._workers: list[_Worker] = []
        self._answers: queue.SimpleQueue[tuple[_Worker, Any]] = queue.SimpleQueue()
        self._false_starts = 0

    @property
    def pids(self) -> list[int]:
        """The process numbers of the workers there are now."""
        return [worker.process.pid for worker in self._workers]

    def outcomes(self, tasks: Iterator[Task]) -> Generator[Outcome, None, None]:
        """See `Executor`.

        Raises:
            SimulationError: Workers die before they have started, again and again.
        """
        ready: deque[Task] = deque()
        deaths: dict[str, int] = {}
        try:
            self._hand_out(ready, tasks)
            while any(worker.task for worker in self._workers):
                worker, answer = self._answers.get()
                if worker not in self._workers:
                    continue
                done = None
                if answer is None:
                    done = self._bury(worker, ready, deaths)
                elif isinstance(answer, Outcome):
                    worker.task, done = None, answer
                else:
                    worker.has_started, self._false_starts = True, 0
                # The worker is busy again before anybody looks at what it brought.
                self._hand_out(ready, tasks)
                if done is not None:
                    yield done
        finally:
            for worker in [worker for worker in self._workers if worker.task]:
                self._workers.remove(worker)
                worker.stop(at_once=True)

    def close(self) -> None:
        """Let the workers go; safe to call twice."""
        while self._workers:
            self._workers.pop().stop(at_once=False)

    def _hand_out(self, ready: deque[Task], tasks: Iterator[Task]) -> None:
        """Give every idle worker a task, and have one ready for the next that will be idle."""
        while True:
            if not ready and (task := next(tasks, None)) is not None:
                ready.append(task)
            worker = self._idle() if ready else None
            if worker is None:
                return
            worker.give(ready.popleft())

    def _idle(self) -> _Worker | None:
        for worker in self._workers:
            if worker.task is None:
                return worker
        if len(self._workers) < self.workers:
            self._workers.append(_Worker(self._answers))
            return self._workers[-1]
        return None

    def _bury(self, worker: _Worker, ready: deque[Task], deaths: dict[str, int]) -> Outcome | None:
        """Put a dead worker's task back in the queue, or give it up as an outcome."""
        self._workers.remove(worker)
        task = worker.task
        worker.stop(at_once=True)
        status = worker.process.returncode
        if not worker.has_started:
            self._false_starts += 1
            if self._false_starts >= ATTEMPTS:
                raise SimulationError(f"workers end before they have started (status {status})")
        if task is None:
            return None
        key = task.cell.key
        deaths[key] = deaths.get(key, 0) + worker.has_started
        if deaths[key] < ATTEMPTS:
            ready.append(task)
            return None
        how = f"signal {-status}" if status < 0 else f"status {status}"
        return Outcome(task.cell, None, Trouble(f"its worker died {ATTEMPTS} times ({how})", True))
