"""The skip rule of conftest.py, tried in a pytest of its own without any program on the path."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MARKED = """
import pytest

@pytest.mark.openssl
def test_marked():
    raise AssertionError("ran without its program")
"""
INSIDE = """
import pytest

def test_inside():
    pytest.skip("no such program")
"""
WHOLE_FILE = """
import pytest

pytest.skip("no such program", allow_module_level=True)
"""
EXPECTED_FAILURE = """
import pytest

@pytest.mark.xfail(reason="known")
def test_known():
    raise AssertionError
"""


@pytest.fixture
def run_pytest(tmp_path: Path, repository: Path):
    """Run a test file beside a copy of conftest.py, no program on the path: (status, output)."""

    def run(source: str, *arguments: str) -> tuple[int, str]:
        conftest = (repository / "tests" / "conftest.py").read_text(encoding="utf-8")
        (tmp_path / "conftest.py").write_text(conftest, encoding="utf-8")
        (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = openssl: x\n", encoding="utf-8")
        (tmp_path / "test_planted.py").write_text(source, encoding="utf-8")
        environment = {
            name: value
            for name, value in os.environ.items()
            if name != "PATH" and not name.startswith("PYTEST_")
        }
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", *arguments],
            cwd=tmp_path,
            env={**environment, "PATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return run


def test_a_marked_test_is_skipped_when_its_program_is_missing(run_pytest) -> None:
    """Without the program a marked test does not run, and the run stays green."""
    status, output = run_pytest(MARKED)
    assert "1 skipped" in output
    assert status == pytest.ExitCode.OK


@pytest.mark.parametrize("source", [MARKED, INSIDE], ids=["marker", "call"])
def test_a_skip_fails_when_programs_are_required(run_pytest, source: str) -> None:
    """Under --require-programs a skipped test is a failed one and the reason is told."""
    status, output = run_pytest(source, "--require-programs")
    assert "skipped under --require-programs" in output
    assert status == pytest.ExitCode.TESTS_FAILED


def test_a_skipped_file_fails_when_programs_are_required(run_pytest) -> None:
    """Under --require-programs a test file that skips as a whole stops the run."""
    status, output = run_pytest(WHOLE_FILE, "--require-programs")
    assert "skipped under --require-programs" in output
    assert status == pytest.ExitCode.INTERRUPTED


def test_an_expected_failure_is_not_a_skip(run_pytest) -> None:
    """An xfail is a statement about our code, so --require-programs leaves it alone."""
    status, output = run_pytest(EXPECTED_FAILURE, "--require-programs")
    assert "1 xfailed" in output
    assert status == pytest.ExitCode.OK
