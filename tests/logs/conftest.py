"""The deck's excerpts, and journals of bundled experiments, each played once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

import twin
from twin.api import RunResult
from twin.logs import files

SEED = Path(__file__).parent / "seed"


@cache
def _played(name: str) -> RunResult:
    return twin.run(name)


@pytest.fixture
def excerpt() -> Callable[[str], list[str]]:
    """The lines of an excerpt of the deck; only what its layout wrapped has been joined again."""
    return lambda name: (SEED / name).read_text(encoding="utf-8").splitlines()


@pytest.fixture
def played() -> Callable[[str], RunResult]:
    """The result of a bundled experiment."""
    return _played


@pytest.fixture
def logs_of() -> Callable[[str], dict[str, list[str]]]:
    """The log files of a bundled experiment."""
    return lambda name: files(_played(name).tables.node_events, _played(name).epoch)
