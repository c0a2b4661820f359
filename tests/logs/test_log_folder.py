"""Log files in a folder: streamed, whole or not there, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from twin.api import RunResult
from twin.errors import InputError
from twin.kernel.journal import NodeEvent
from twin.logs import files, write_files
from twin.logs.writing import LogFolder
from twin.simtime import Epoch

EPOCH = Epoch(datetime(2016, 2, 7, 22, tzinfo=UTC))


def rows(node: str, count: int = 3) -> Iterator[NodeEvent]:
    """Some rows of a node's TVS."""
    for number in range(count):
        yield NodeEvent(number, node, "TVS", "cache_refreshed", "info", {"certificates": number})


def written(directory: Path) -> list[str]:
    """Every file in a folder, by its path."""
    return sorted(p.relative_to(directory).as_posix() for p in directory.rglob("*") if p.is_file())


def test_files_have_what_memory_has(played: Callable[[str], RunResult], tmp_path: Path) -> None:
    """What is streamed into a folder is what `files` gives, line by line."""
    run = played("is-one-delete-enough-from-11")
    expected = files(run.tables.node_events, run.epoch)
    paths = write_files(run.tables.node_events, run.epoch, tmp_path / "logs")
    assert paths == sorted(expected) == written(tmp_path / "logs")
    for path, lines in expected.items():
        assert (tmp_path / "logs" / path).read_text().splitlines() == lines


def test_a_long_log_is_written_in_pieces(tmp_path: Path) -> None:
    """More lines than are kept in memory are all there, in order, once."""
    (path,) = write_files(rows("pub", 4_500), EPOCH, tmp_path)
    lines = (tmp_path / path).read_text().splitlines()
    assert [line.rpartition("=")[2] for line in lines] == list(map(str, range(4_500)))


def test_only_the_asked_node_and_log(tmp_path: Path) -> None:
    """Other nodes, and logs without the word, are left out."""
    both = [*rows("pub"), *rows("sub")]
    assert write_files(both, EPOCH, tmp_path, node="sub") == [
        "sub/cm/trace/tvs/sdi/tvs00000001.txt"
    ]
    assert write_files(both, EPOCH, tmp_path, service="sdl") == []
    assert list(files(both, EPOCH, node="pub", service="TVS")) == [
        "pub/cm/trace/tvs/sdi/tvs00000001.txt"
    ]


@pytest.mark.parametrize("node", ["..", "../../etc", "/etc", "a/../../b", ".", "x\0y"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, node: str) -> None:
    """A journal whose nodes have paths for names writes inside the folder or not at all."""
    inside = tmp_path / "inside"
    with suppress(InputError):
        write_files(rows(node), EPOCH, inside)
    assert all(path.startswith("inside/") for path in written(tmp_path))


def test_a_link_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    """A symbolic link in the folder is not followed to another place."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (inside / "pub").symlink_to(outside)
    with pytest.raises(InputError, match="outside the folder"):
        write_files(rows("pub"), EPOCH, inside)
    assert written(outside) == []


def test_an_error_leaves_nothing_behind(tmp_path: Path) -> None:
    """Files appear when all are whole; if the journal breaks off, none does."""

    def broken() -> Iterator[NodeEvent]:
        yield from rows("pub", 2_500)
        raise ValueError("the journal breaks off")

    with pytest.raises(ValueError, match="breaks off"):
        write_files(broken(), EPOCH, tmp_path)
    assert written(tmp_path) == []


def test_files_take_their_names_at_the_end(tmp_path: Path) -> None:
    """While lines come in there is a file of another name, and an old one stays as it is."""
    (tmp_path / "pub").mkdir()
    (tmp_path / "pub" / "a.log").write_text("old\n")
    with LogFolder(tmp_path) as folder:
        folder.add("pub/a.log", ["new"] * 2_000)
        assert (tmp_path / "pub" / "a.log").read_text() == "old\n"
        assert written(tmp_path) == ["pub/a.log", "pub/a.log.part"]
    assert (tmp_path / "pub" / "a.log").read_text() == "new\n" * 2_000
