"""What a storm costs, beside the same storm in textbook SimPy and on a bare heap.

    python benchmarks/bench.py [--sizes 1000,5000] [--repetitions 3] [--out FILE.json]

Prints a table and writes a JSON document (see benchmarks/README.md). Everything is CPU time of one
process, medians over the repetitions; the three programs take turns, so that a drift of the machine
touches all alike. Memory is the peak of a process of its own per size.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from storm import measure, scaled, shape
from textbook import bare_heap, textbook

SIZES = (1_000, 5_000, 10_000, 40_000, 80_000)
HERE = Path(__file__).resolve().parent


def cpu_s(function: Any, *arguments: Any) -> tuple[float, Any]:
    """CPU seconds of a call, and what it returned."""
    started = time.process_time()
    value = function(*arguments)
    return time.process_time() - started, value


def one_size(phones: int, repetitions: int) -> dict[str, Any]:
    """All three programs at one size, in turns."""
    config = scaled(phones)
    runs, books, heaps = [], [], []
    events = {}
    for _ in range(repetitions):
        runs.append(measure(config))
        seconds, (_, events["textbook"]) = cpu_s(textbook, shape(config))
        books.append(seconds)
        seconds, (_, events["bare_heap"]) = cpu_s(bare_heap, shape(config))
        heaps.append(seconds)
    first = runs[0]
    total = statistics.median(run.total_s for run in runs)
    return {
        "phones": first.phones,
        "setup_s": statistics.median(run.setup_s for run in runs),
        "storm_s": statistics.median(run.storm_s for run in runs),
        "metrics_s": statistics.median(run.metrics_s for run in runs),
        "total_s": total,
        "us_per_phone": total / first.phones * 1e6,
        "events": first.journal_rows,
        "events_per_s": first.journal_rows / total,
        "textbook_s": statistics.median(books),
        "bare_heap_s": statistics.median(heaps),
        "ratio_to_textbook": statistics.median(
            run.total_s / book for run, book in zip(runs, books, strict=True)
        ),
        "ratio_to_bare_heap": statistics.median(
            run.total_s / heap for run, heap in zip(runs, heaps, strict=True)
        ),
    }


def peak_memory_kb(phones: int) -> int:
    """Peak resident memory of a process that does one run into a folder, kB."""
    words = [sys.executable, str(HERE / "bench.py"), "--memory", str(phones)]
    return int(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


def run_for_memory(phones: int) -> None:
    """In a process of its own: one run, journal streamed to disk; prints the peak, kB."""
    from twin.study.run import run_experiment

    config = scaled(phones)
    with tempfile.TemporaryDirectory() as folder:
        run_experiment(
            config.experiment, model=config.model,
            overrides={"timing.tftp_service_ms": config.timing.tftp_service_ms.value},
            directory=Path(folder),
        )  # fmt: skip
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def cold_setup_s() -> float:
    """Wall seconds to build the benchmark's cluster with an empty key bank."""
    code = "from storm import *; import time; c = scaled(1000); t = time.perf_counter(); "
    code += "Twin(c.model, timing=c.timing); print(time.perf_counter() - t)"
    with tempfile.TemporaryDirectory() as bank:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=HERE,
            env={**os.environ, "CUCM_TWIN_CACHE": bank, "PYTHONPATH": str(HERE)},
        )  # fmt: skip
    return float(done.stdout)


def measure_all(sizes: list[int], repetitions: int, with_memory: bool) -> dict[str, Any]:
    """The whole document."""
    rows = []
    for phones in sizes:
        row = one_size(phones, repetitions)
        if with_memory:
            row["peak_memory_kb"] = peak_memory_kb(phones)
        rows.append(row)
    return {
        "what": "CallManager regeneration storm on enterprise-40k, scaled; CPU seconds, medians",
        "repetitions": repetitions,
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "simpy": version("simpy"),
        },
        "cold_key_bank_setup_s": cold_setup_s() if with_memory else None,
        "sizes": rows,
    }


def print_table(document: dict[str, Any]) -> None:
    """The document as a table."""
    table = Table(title=document["what"], box=None, pad_edge=False)
    columns = (
        "phones", "set-up s", "storm s", "metrics s", "us/phone", "events/s", "textbook s",
        "heap s", "ratio", "peak MB",
    )  # fmt: skip
    for column in columns:
        table.add_column(column, justify="right")
    for row in document["sizes"]:
        memory = row.get("peak_memory_kb")
        table.add_row(
            f"{row['phones']:,}", f"{row['setup_s']:.2f}", f"{row['storm_s']:.2f}",
            f"{row['metrics_s']:.2f}", f"{row['us_per_phone']:.1f}", f"{row['events_per_s']:,.0f}",
            f"{row['textbook_s']:.2f}", f"{row['bare_heap_s']:.2f}",
            f"{row['ratio_to_textbook']:.2f}", "" if memory is None else f"{memory / 1024:.0f}",
        )  # fmt: skip
    Console().print(table)


def main() -> None:
    """Parse, measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=",".join(str(size) for size in SIZES))
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--memory", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory is not None:
        run_for_memory(options.memory)
        return
    sizes = [int(size) for size in options.sizes.split(",")]
    document = measure_all(sizes, options.repetitions, not options.no_memory)
    print_table(document)
    if options.out is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        temporary = options.out.with_suffix(".part")
        temporary.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        temporary.replace(options.out)


if __name__ == "__main__":
    main()
