"""What the distribution files carry: the package, and inside it the two data libraries."""

from __future__ import annotations

import email
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.packaging

LIBRARY = "twin/_library/"


def build(repository: Path, kind: str, folder: Path) -> Path:
    """Build one distribution file with the backend installed here, without the network."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "build", f"--{kind}", "--no-isolation"),
            *("--outdir", str(folder), str(repository)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = folder.iterdir()
    return file


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """The wheel of this tree."""
    file = build(repository, "wheel", tmp_path_factory.mktemp("wheel"))
    with zipfile.ZipFile(file) as archive:
        yield archive


def data_files(repository: Path) -> dict[str, bytes]:
    """Every file of models/ and experiments/ by its path in the tree."""
    return {
        path.relative_to(repository).as_posix(): path.read_bytes()
        for folder in ("models", "experiments")
        for path in sorted((repository / folder).rglob("*"))
        if path.is_file()
    }


def test_the_wheel_carries_both_data_libraries(wheel: zipfile.ZipFile, repository: Path) -> None:
    """models/ and experiments/ stand under twin/_library/, each file byte for byte."""
    packed = {
        name.removeprefix(LIBRARY): wheel.read(name)
        for name in wheel.namelist()
        if name.startswith(LIBRARY)
    }
    expected = data_files(repository)
    assert packed == expected
    assert any(name.startswith("models/") for name in expected)
    assert any(name.startswith("experiments/") for name in expected)


def test_the_wheel_installs_one_package_only(wheel: zipfile.ZipFile) -> None:
    """Nothing but `twin` and its metadata lands in site-packages."""
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"twin"}


def test_the_wheel_carries_every_module(wheel: zipfile.ZipFile, repository: Path) -> None:
    """Each module of the source tree is in the wheel, and the mark that it is typed."""
    modules = {
        path.relative_to(repository).as_posix() for path in (repository / "twin").rglob("*.py")
    }
    names = set(wheel.namelist())
    assert "twin/py.typed" in names
    assert modules - names == set()


def test_the_wheel_carries_the_templates_of_reports(
    wheel: zipfile.ZipFile, repository: Path
) -> None:
    """Every template and the style sheet is in the wheel, byte for byte."""
    folder = "twin/report/templates/"
    packed = {name: wheel.read(name) for name in wheel.namelist() if name.startswith(folder)}
    assert packed == {
        path.relative_to(repository).as_posix(): path.read_bytes()
        for path in (repository / folder).iterdir()
    }
    assert folder + "run.html" in packed
    assert folder + "style.css" in packed


def test_the_wheel_offers_the_twin_program(wheel: zipfile.ZipFile) -> None:
    """Installing the wheel puts `twin` on the path, and its metadata names Python 3.11."""
    (metadata,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    header = email.message_from_bytes(wheel.read(metadata))
    entry_points = wheel.read(metadata.replace("METADATA", "entry_points.txt")).decode()
    assert "twin = twin.cli:main" in entry_points
    assert header["Name"] == "cucm-twin"
    assert header["Requires-Python"] == ">=3.11"
    assert header["License-Expression"] == "MIT"


def test_the_sdist_can_be_tested(repository: Path, tmp_path: Path) -> None:
    """The source distribution carries the tests, the data and the commands to run them."""
    with tarfile.open(build(repository, "sdist", tmp_path)) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    tests = {
        path.relative_to(repository).as_posix() for path in (repository / "tests").rglob("*.py")
    }
    assert {"Makefile", ".ci/run", "pyproject.toml", "LICENSE"} - names == set()
    assert (tests | data_files(repository).keys()) - names == set()
