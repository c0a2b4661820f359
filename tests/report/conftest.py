"""The made-up journals of tests/metrics, for figures and tables too."""

from __future__ import annotations

import importlib.util
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from twin.metrics.tables import JournalTables
from twin.simtime import Epoch


@pytest.fixture(scope="session")
def made_up() -> ModuleType:
    """The module that makes journals up; the tests are no package, so it is loaded by its path."""
    path = Path(__file__).parent.parent / "metrics" / "conftest.py"
    spec = importlib.util.spec_from_file_location("made_up_journals", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def storm_tables(made_up: ModuleType) -> JournalTables:
    """A window with two waves over 600 phones, 50 of them stuck in the second."""
    told, columns = made_up.made_up_storm(600)
    return told.tables(**columns)


@pytest.fixture(scope="session")
def epoch() -> Epoch:
    """The evening on which made-up scenarios start."""
    return Epoch(datetime(2016, 2, 7, 22, tzinfo=UTC))
