"""The two consoles of the command line: results on stdout, chatter on stderr."""

from __future__ import annotations

from rich.console import Console


def stdout() -> Console:
    """Where results go."""
    return Console(highlight=False, soft_wrap=False)


def stderr() -> Console:
    """Where progress and remarks go."""
    return Console(stderr=True, highlight=False)
