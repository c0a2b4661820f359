"""What every test shares: Hypothesis profiles, and what an outside program's absence means.

A test that needs an outside program carries that program's marker (`@pytest.mark.openssl`). Without
the program the test is skipped, so that a bare machine can still run the rest; with
`--require-programs` (as in `.ci/run`) the same skip is a failure, so that a green run there has
left nothing out.
"""

from __future__ import annotations

import shutil
from collections.abc import Generator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

PROGRAM_MARKERS = ("openssl", "tshark", "chromium")
LIBRARY_MARKERS = ("atheris",)
"""Test tools that are not made for every platform."""

# Derandomized: a red run can be had again, and a green one does not depend on the day. To look for
# new counterexamples: pytest --hypothesis-profile=explore
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=2_000)
settings.load_profile("ci")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--require-programs` and `--refresh-fingerprints`."""
    parser.addoption(
        "--require-programs",
        action="store_true",
        help="a test skipped for a missing outside program fails",
    )
    parser.addoption(
        "--refresh-fingerprints",
        action="store_true",
        help="write tests/experiments/fingerprints.csv anew instead of comparing with it",
    )
    parser.addoption(
        "--refresh-readme",
        action="store_true",
        help="write this version's output and picture into README.md and docs/",
    )


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose marker names a program that is not on the path."""
    for program in PROGRAM_MARKERS:
        if item.get_closest_marker(program) and shutil.which(program) is None:
            pytest.skip(f"the program {program!r} is not on the path")
    for library in LIBRARY_MARKERS:
        if item.get_closest_marker(library) and find_spec(library) is None:
            pytest.skip(f"{library!r} is not installed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure under `--require-programs`.

    The only reason a test of this project may skip is a missing program, so every skip counts.
    """
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        _refuse_skip(item.config, report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Do the same for a test file that skips as a whole."""
    report = yield
    if report.skipped:
        _refuse_skip(collector.config, report)
    return report


def _refuse_skip(config: pytest.Config, report: pytest.TestReport | pytest.CollectReport) -> None:
    if config.getoption("--require-programs"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped under --require-programs: {reason}"


@pytest.fixture(scope="session")
def repository() -> Path:
    """The top folder of the source tree."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def openssl() -> str:
    """The openssl program; a test that takes it carries `@pytest.mark.openssl` too."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("the program 'openssl' is not on the path")
    return program
