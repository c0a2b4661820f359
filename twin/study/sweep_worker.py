"""One cell of a sweep, run wherever a worker is; and the program of a local worker.

Knows: how a run is made of documents that came with the task. Must not know the plan, where rows
go, or who sent the task. A worker reads no document and writes no result: all it needs comes in,
all it finds goes out. Only the key bank is on its disk.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import struct
import sys
import traceback
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from twin.config.load import RunConfig
from twin.errors import Fault, FormatError, InputError
from twin.pki.keys import KeyBank, default_directory
from twin.study.run import run_loaded
from twin.study.sweep_plan import Cell
from twin.study.sweep_row import make_row

_LENGTH = struct.Struct("!Q")


@dataclass(frozen=True, slots=True)
class Task:
    """A cell, the documents of its variant (a packed `RunConfig`), the version that asks."""

    cell: Cell
    documents: bytes
    version: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a cell has no row. `is_ours` tells a fault of the program from wrong input."""

    message: str
    is_ours: bool
    details: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a cell: its row (without the variant's values), or why there is none."""

    cell: Cell
    row: dict[str, Any] | None
    trouble: Trouble | None = None


def run_cell(task: Task) -> Outcome:
    """Run one cell. Never raises: what went wrong is in the outcome."""
    try:
        here = version("cucm-twin")
        if here != task.version:
            found = f"a worker of version {here} in a sweep of version {task.version}"
            raise InputError(Fault("worker", found, "the same version of cucm-twin everywhere"))
        config = _unpacked(task.documents)
        experiment = config.experiment.model_copy(update={"seed": task.cell.seed})
        config = replace(config, experiment=experiment)
        run = run_loaded(config, bank=_bank(default_directory()))
        return Outcome(task.cell, make_row(run, task.cell))
    except Exception as error:  # noqa: BLE001 - one bad cell must not end the sweep
        return Outcome(task.cell, None, trouble_of(error))


def trouble_of(error: Exception) -> Trouble:
    """An exception in words, and whose fault it is."""
    is_input = isinstance(error, InputError | FormatError | OSError)
    text = str(error) or type(error).__name__
    message = text if is_input else f"{type(error).__name__}: {text}"
    return Trouble(message, not is_input, "".join(traceback.format_exception(error)))


@lru_cache(maxsize=2)
def _unpacked(documents: bytes) -> RunConfig:
    """The documents; replicates of one variant come one after the other."""
    config: RunConfig = pickle.loads(documents)
    return config


@lru_cache(maxsize=1)
def _bank(directory: Path) -> KeyBank:
    """The key bank, so that one process reads a key once."""
    return KeyBank(directory)


def write_frame(stream: IO[bytes], message: Any) -> None:
    """Send one object to a process of our own at the other end of a pipe."""
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def read_frame(stream: IO[bytes]) -> Any:
    """The next object.

    Raises:
        EOFError: The other end is gone.
    """
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (size,) = _LENGTH.unpack(head)
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return pickle.loads(data)  # written by a process of our own


def main(answers_descriptor: int) -> None:
    """A local worker: tasks come in on stdin, outcomes go out, until stdin ends.

    Ctrl-C is for the process that asks.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(answers_descriptor, "wb")
    # What was imported stays: the collector need not look at it again in every run.
    gc.freeze()
    try:
        write_frame(answers, os.getpid())
        while True:
            write_frame(answers, run_cell(read_frame(sys.stdin.buffer)))
    except (EOFError, BrokenPipeError):
        os._exit(0)  # nobody is there to hear of a pipe that cannot be flushed
