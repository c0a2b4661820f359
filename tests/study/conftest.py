"""What the tests of sweeps share: a small question, and the rows it has when run right here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from twin.study.sweep import run_sweep
from twin.study.sweep_executors import InProcess
from twin.study.sweep_question import Question, make_question

EXPERIMENT = "callmanager-regeneration"


@pytest.fixture(scope="session")
def question() -> Question:
    """Two variants of the two-phone lab, three replicates each."""
    return make_question(EXPERIMENT, vary={"timing.reset_debounce_s": [5, 25]}, replicates=3)


@pytest.fixture(scope="session")
def expected(question: Question, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The rows of `question`, run one after the other in this process."""
    directory: Path = tmp_path_factory.mktemp("expected")
    return run_sweep(question, directory, InProcess()).frame
