"""The command line: parse, call, print. No logic.

Exit status: 0 all expectations hold, 1 an expectation failed, 2 wrong input, 3 our bug.
Results go to stdout, everything else to stderr. Heavy rooms are imported where they are used, so
that `twin --help` answers at once.
"""

from __future__ import annotations

from twin.cli import answers, console, exports, lookups, trust
from twin.cli.program import app, main, not_built

__all__ = ["answers", "app", "console", "exports", "lookups", "main", "trust"]

not_built("report", "Reports come with a later version; 'twin run' leaves storm.png and storm.svg.")
