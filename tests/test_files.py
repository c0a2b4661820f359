"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from twin.files import write_whole


def test_a_file_is_replaced_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    """The folder is made, text is UTF-8, what was there before is gone."""
    place = tmp_path / "new" / "file.txt"
    write_whole(place, "längst")
    write_whole(place, "ü")
    assert place.read_bytes() == "ü".encode()
    assert list(place.parent.iterdir()) == [place]


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    """A failure on the way changes nothing and leaves no part."""
    place = tmp_path / "folder"
    (place / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="folder"):
        write_whole(place, b"bytes")
    assert [one.name for one in tmp_path.iterdir()] == ["folder"]


def test_a_secret_is_its_owners_alone(tmp_path: Path) -> None:
    """Whatever the user's mask says; other files follow the mask."""
    before = os.umask(0o022)
    try:
        write_whole(tmp_path / "key.pem", b"key", is_secret=True)
        write_whole(tmp_path / "page.html", b"page")
    finally:
        os.umask(before)
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()}
    assert modes == {"key.pem": 0o600, "page.html": 0o644}


def test_a_leftover_of_an_interrupted_program_is_no_obstacle(tmp_path: Path) -> None:
    """Its part is written anew."""
    (tmp_path / "a.txt.part").write_text("half")
    write_whole(tmp_path / "a.txt", "whole")
    assert (tmp_path / "a.txt").read_text() == "whole"
    assert len(list(tmp_path.iterdir())) == 1
