"""The command line: parse, call, print. No logic.

Exit status: 0 all expectations hold, 1 an expectation failed, 2 wrong input, 3 our bug.
Results go to stdout, everything else to stderr. Heavy rooms are imported where they are used, so
that `twin --help` answers at once.
"""

from __future__ import annotations

from twin.cli import answers, console, exports, imports, logs, lookups, reports, trust
from twin.cli.program import app, main

__all__ = [
    "answers", "app", "console", "exports", "imports", "logs", "lookups", "main", "reports",
    "trust",
]  # fmt: skip
