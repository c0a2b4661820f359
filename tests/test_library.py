"""The library: finding bundled documents by name and others by path."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin import library
from twin.errors import LibraryError


def test_models_are_listed_without_the_profiles() -> None:
    """Phone catalogue and timing profile lie beside the models and are none."""
    names = library.models()
    assert names == sorted(names)
    assert {"seed-lab", "single-node-250", "two-node-1000", "campus-10k", "enterprise-40k"} <= set(
        names
    )
    assert not {"phones", "timing"} & set(names)


def test_releases_are_listed_oldest_first() -> None:
    """Order is that of the numbers, not of the letters."""
    assert library.releases() == ["8.6", "9.1", "10.5", "11.5", "12.5", "14", "15"]


def test_a_bundled_name_is_found() -> None:
    """A release's name has a dot and is still a name."""
    assert library.path("release", "11.5").name == "11.5.yaml"
    assert library.path("model", "seed-lab").parent.name == "models"
    assert library.path("timing").name == "timing.yaml"
    assert library.path("phones").name == "phones.yaml"


def test_a_path_is_taken_as_it_is(tmp_path: Path) -> None:
    """A file of the user is found by its path, with a folder or a YAML suffix."""
    file = tmp_path / "mine.yaml"
    file.write_text("name: mine\n")
    assert library.path("model", file) == file
    assert library.path("model", str(file)) == file


def test_a_file_in_the_working_folder_needs_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`mine.yaml` is a path because of its suffix."""
    (tmp_path / "mine.yaml").write_text("name: mine\n")
    monkeypatch.chdir(tmp_path)
    assert library.path("model", "mine.yaml") == Path("mine.yaml")


def test_an_unknown_name_suggests_the_nearest() -> None:
    """The error lists the bundled names and the closest of them."""
    with pytest.raises(LibraryError) as caught:
        library.path("model", "two-node-100")
    assert "did you mean 'two-node-1000'?" in str(caught.value)


def test_the_profiles_are_no_models() -> None:
    """`timing` cannot be run as a model."""
    with pytest.raises(LibraryError, match="no bundled model"):
        library.path("model", "timing")


@pytest.mark.parametrize(
    "name", ["../models/seed-lab", "releases/../seed-lab", "a\0b", "..", "", "*"]
)
def test_a_name_leads_to_no_other_folder(name: str) -> None:
    """A bundled name cannot climb out of its folder; a path must be a file."""
    with pytest.raises(LibraryError):
        library.path("model", name)


def test_a_folder_is_no_document(tmp_path: Path) -> None:
    """A path to a folder is refused like a missing file."""
    with pytest.raises(LibraryError, match="no file"):
        library.path("model", f"{tmp_path}/")


def test_a_bundled_file_is_named_relative_to_the_library(tmp_path: Path) -> None:
    """Messages show `models/...` for bundled files and the path as given for others."""
    assert library.label(library.path("model", "seed-lab")) == "models/seed-lab.yaml"
    other = tmp_path / "mine.yaml"
    assert library.label(other) == str(other)
    assert library.label(Path("mine.yaml")) == "mine.yaml"
