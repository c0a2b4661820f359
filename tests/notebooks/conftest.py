"""How a notebook is run in a test: in a clean kernel and an empty folder, its exercises solved.

Every cell runs as it is shipped. After each exercise a cell is added with the solution from
solutions/, and the check has to accept it; so the checks are proven by the same run.
"""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from traitlets.config import Config

CELL_TIMEOUT_S = 60
Solved = Callable[[str], NotebookNode]


@pytest.fixture(scope="session")
def notebooks(repository: Path) -> Path:
    """The folder of the notebooks."""
    return repository / "notebooks"


@pytest.fixture(scope="session")
def solutions(repository: Path) -> dict[str, str]:
    """The solution of each exercise, by its number."""
    found: dict[str, str] = {}
    for path in sorted((repository / "tests" / "notebooks" / "solutions").glob("solution_*.py")):
        parts = re.split(r"^# %% (\d\.\d)\n", path.read_text(encoding="utf-8"), flags=re.M)
        found |= dict(zip(parts[1::2], parts[2::2], strict=True))
    return found


@pytest.fixture
def executed(
    notebooks: Path, solutions: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Solved:
    """Run a notebook with its exercises solved; the notebook with its outputs."""

    def run(name: str) -> NotebookNode:
        notebook = nbformat.read(notebooks / name, as_version=4)
        return _run(with_solutions(notebook, solutions), tmp_path, monkeypatch)

    return run


@pytest.fixture
def teaches(executed: Solved) -> Callable[[str], None]:
    """Hold a lesson to running through, with nothing on stderr, every check content."""

    def hold(name: str) -> None:
        outputs = [output for cell in executed(name).cells for output in cell.get("outputs", [])]
        assert [one["text"] for one in outputs if one.get("name") == "stderr"] == []
        assert any("text/html" in output.get("data", {}) for output in outputs)

    return hold


def number_of(cell: NotebookNode) -> str:
    """The number an exercise's cell checks."""
    found = re.search(r'check\("(\d\.\d)", answer\)', cell.source)
    assert found is not None, cell.source
    return found[1]


def with_solutions(notebook: NotebookNode, solutions: dict[str, str]) -> NotebookNode:
    """The notebook with a cell after each exercise that solves it."""
    solved = copy.deepcopy(notebook)
    solved.cells = []
    for cell in notebook.cells:
        solved.cells.append(cell)
        if "exercise" in cell.metadata.get("tags", ()):
            number = number_of(cell)
            source = (
                f"{solutions[number]}\nverdict = check({number!r}, answer)\n"
                "assert verdict, str(verdict)\nverdict"
            )
            added = nbformat.v4.new_code_cell(source, id=f"solution-{number.replace('.', '-')}")
            solved.cells.append(added)
    return solved


def _run(notebook: NotebookNode, folder: Path, monkeypatch: pytest.MonkeyPatch) -> NotebookNode:
    # A kernel of its own: nothing of the user's settings, no history, no port on the network.
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(folder / name.lower()))
    monkeypatch.chdir(folder)
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=CELL_TIMEOUT_S,
        startup_timeout=CELL_TIMEOUT_S,
        config=Config({"KernelManager": {"transport": "ipc"}}),
    )
    ran: NotebookNode = client.execute(env=dict(os.environ))
    return ran
