"""README shows what this version prints.

To renew the block and the picture: python -m pytest tests/test_readme.py --refresh-readme
"""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

import twin
from twin import library
from twin.api import RunResult
from twin.report.figure_files import write_figure
from twin.report.summary import print_summary

MARK = "<!-- output: twin run callmanager-regeneration --model campus-10k"
PICTURE = "docs/storm-campus-10k"
BLOCK = re.compile(re.escape(MARK) + r"[^\n]*-->\n```\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def result() -> RunResult:
    """The run that README shows."""
    return twin.run("callmanager-regeneration", model="campus-10k")


def summary(result: RunResult) -> str:
    """The table as an 80-column terminal shows it, without trailing blanks."""
    out = io.StringIO()
    print_summary(Console(file=out, width=80), result.document)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()).strip("\n") + "\n"


def test_readme_shows_the_output_of_this_version(
    result: RunResult, repository: Path, request: pytest.FixtureRequest
) -> None:
    """The table in README is the one that the command prints now."""
    readme = repository / "README.md"
    text = readme.read_text(encoding="utf-8")
    if request.config.getoption("--refresh-readme"):
        start, end = BLOCK.search(text).span(1)
        readme.write_text(text[:start] + summary(result) + text[end:], encoding="utf-8")
        write_figure(result.plot(), repository / PICTURE, ("png",))
        text = readme.read_text(encoding="utf-8")
    assert BLOCK.search(text).group(1) == summary(result)


def test_the_picture_in_readme_exists(repository: Path) -> None:
    """The picture README shows is there and is a PNG."""
    assert (repository / f"{PICTURE}.png").read_bytes().startswith(b"\x89PNG")


def test_every_experiment_and_model_named_in_readme_exists(repository: Path) -> None:
    """A command in README that runs something names something bundled."""
    text = (repository / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"twin run ([a-z0-9-]+)", text) + re.findall(r'twin\.run\("([^"]+)"', text)
    models = re.findall(r"--model ([a-z0-9-]+)(?!\S)", text)  # others are files of one's own
    models += re.findall(r'Twin\("([^"]+)"\)', text)
    assert named
    assert set(named) <= set(library.experiments())
    assert set(models) <= set(library.models())
