"""Log files in a folder: written while the journal is read, there whole or not at all.

Knows: paths, temporary names. Nothing is written outside the folder, whatever a journal says.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from twin.errors import Fault, InputError
from twin.files import TEMPORARY_SUFFIX
from twin.kernel.journal import NodeEvent
from twin.logs.catalogue import Writer, is_wanted
from twin.simtime import Epoch

_KEPT = 2_000
"""Lines of one file kept in memory before they are written."""


class LogFolder:
    """A folder that takes log files; a context manager: an error inside leaves no file behind."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._kept: dict[str, list[str]] = {}
        self._begun: dict[str, Path] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self._close()
        else:
            for begun in self._begun.values():
                begun.unlink(missing_ok=True)

    def add(self, path: str, lines: Iterable[str]) -> None:
        """Append lines to a file, `path` as in `Writer.lines`.

        Raises:
            InputError: the path leads out of the folder.
        """
        kept = self._kept.setdefault(path, [])
        kept.extend(lines)
        if len(kept) >= _KEPT:
            self._flush(path)

    def _close(self) -> None:
        for path in self._kept:
            self._flush(path)
        for begun in self._begun.values():
            begun.replace(begun.with_name(begun.name.removesuffix(TEMPORARY_SUFFIX)))

    def _flush(self, path: str) -> None:
        lines = self._kept[path]
        is_new = path not in self._begun
        if is_new:
            self._begun[path] = self._place(path)
        with self._begun[path].open("w" if is_new else "a", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)
        lines.clear()

    def _place(self, path: str) -> Path:
        """The temporary file of a path; its folders are made."""
        root = self._directory.resolve()
        wanted = root / (path + TEMPORARY_SUFFIX)
        if "\0" in path or not wanted.resolve().is_relative_to(root) or ".." in wanted.parts:
            raise InputError(Fault(repr(path), "a file outside the folder", f"one in {root}"))
        wanted.parent.mkdir(parents=True, exist_ok=True)
        return wanted


def write_files(
    rows: Iterable[NodeEvent],
    epoch: Epoch,
    directory: Path,
    *,
    node: str | None = None,
    service: str | None = None,
) -> list[str]:
    """Write every log file of some journal rows into a folder; their paths in it.

    Rows are read once and not kept. Arguments as of `twin.logs.files`.

    Raises:
        InputError: a node's name leads out of the folder.
    """
    writer = Writer(epoch)
    paths: set[str] = set()
    with LogFolder(directory) as folder:
        for row in rows:
            for path, lines in writer.lines(row):
                if is_wanted(path, node, service):
                    folder.add(path, lines)
                    paths.add(path)
    return sorted(paths)
