"""What every notebook in notebooks/ looks like as it is shipped."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from twin.notebook.checks import exercises

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NAMES = sorted(path.name for path in FOLDER.glob("*.ipynb"))
ABSOLUTE = re.compile(r"""["'](?:/[A-Za-z]|[A-Za-z]:\\)|file://""")


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    """Each notebook's file name."""
    return str(request.param)


@pytest.fixture
def text(name: str) -> str:
    """The file as it is."""
    return (FOLDER / name).read_text(encoding="utf-8")


@pytest.fixture
def shipped(text: str) -> NotebookNode:
    """The notebook read."""
    return nbformat.reads(text, as_version=4)


def test_there_are_nine_lessons() -> None:
    """Numbered from 1 to 9, each once."""
    assert [name.split("-")[0] for name in NAMES] == [f"{number:02d}" for number in range(1, 10)]


def test_a_notebook_is_in_one_form(text: str, shipped: NotebookNode) -> None:
    """Saved again it is the same file, so that a diff shows what somebody changed."""
    nbformat.validate(shipped)
    assert (shipped.nbformat, shipped.nbformat_minor) == (4, 5)
    assert nbformat.writes(shipped) + "\n" == text


def test_a_notebook_is_shipped_without_outputs(shipped: NotebookNode) -> None:
    """No outputs, no execution counts, no metadata of anybody's session."""
    for cell in shipped.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
        assert set(cell.metadata) <= {"tags"}
    assert set(shipped.metadata) == {"kernelspec", "language_info"}
    assert shipped.metadata.language_info == {"name": "python"}


def test_cells_have_ids_of_their_own(name: str, shipped: NotebookNode) -> None:
    """Ids are unique and carry the lesson's number: no run and no tool changes them."""
    ids = [cell.id for cell in shipped.cells]
    assert len(set(ids)) == len(ids)
    assert all(one.startswith(f"n{int(name[:2])}-") for one in ids)


def test_a_lesson_opens_with_a_question(name: str, shipped: NotebookNode) -> None:
    """The title is a numbered question, followed by what the reader will be able to do."""
    first = shipped.cells[0]
    assert first.cell_type == "markdown"
    title = first.source.splitlines()[0]
    assert re.fullmatch(rf"# {int(name[:2])}\. [A-Z].*\?", title)
    assert "Afterwards you will be able to" in first.source
    assert re.search(r"Time: \d+ minutes", first.source)


def test_a_lesson_names_no_place_of_a_machine(text: str) -> None:
    """It runs in any folder: no absolute path is in it."""
    assert ABSOLUTE.findall(text) == []


def test_a_lesson_has_two_to_four_exercises(name: str, shipped: NotebookNode) -> None:
    """They are numbered in order, asked before they are checked, and shipped unanswered."""
    lesson = int(name[:2])
    asked = re.findall(r"\*\*Exercise (\d\.\d)\*\*", "\n".join(c.source for c in shipped.cells))
    cells = [cell for cell in shipped.cells if "exercise" in cell.metadata.get("tags", ())]
    numbers = [f"{lesson}.{place}" for place in range(1, len(cells) + 1)]
    assert 2 <= len(cells) <= 4
    assert asked == numbers
    assert [cell.source for cell in cells] == [
        f'answer = ...\ncheck("{number}", answer)' for number in numbers
    ]
    assert [number for number in exercises() if number.startswith(f"{lesson}.")] == numbers


def test_a_lesson_asserts_what_it_says(shipped: NotebookNode) -> None:
    """A lesson is a test: it computes what it claims, in several places."""
    asserts = sum(
        line.startswith("assert ") or line.startswith("    assert ")
        for cell in shipped.cells
        if cell.cell_type == "code"
        for line in cell.source.splitlines()
    )
    assert asserts >= 5


def test_a_lesson_shows_more_than_it_programs(shipped: NotebookNode) -> None:
    """The code lives in the package: no cell is long, and prose stands between them."""
    code = [cell.source for cell in shipped.cells if cell.cell_type == "code"]
    assert max(len(source.splitlines()) for source in code) <= 30
    prose = sum(cell.cell_type == "markdown" for cell in shipped.cells)
    assert prose >= len(code) / 3


def test_the_readme_lists_every_lesson() -> None:
    """notebooks/README.md has a row for each file."""
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\(([\w.-]+\.ipynb)\)", readme) == NAMES
