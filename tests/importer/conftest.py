"""The sample folder, and a maker of folders of captures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from twin.importer.importing import Imported, import_folder

Importer = Callable[..., Imported]

NODES = (
    "admin:run sql select pkid,name,tknodeusage,description from processnode\n"
    "name    tknodeusage description\n"
    "======= =========== ===========\n"
    "pub     0           10.0.0.1   \n"
    "sub     1           10.0.0.2   \n"
)
"""The least a folder needs: two nodes with roles and addresses."""


@pytest.fixture(scope="session")
def sample() -> Path:
    """The folder shipped with the models."""
    return Path(__file__).parents[2] / "models" / "samples" / "deck-lab"


@pytest.fixture
def imported(tmp_path: Path) -> Importer:
    """An importer of files given as name to content; `nodes` adds the least a folder needs."""

    def make(
        files: Mapping[str, str | bytes], *, nodes: bool = True, release: str | None = None
    ) -> Imported:
        folder = tmp_path / "captures"
        folder.mkdir(exist_ok=True)
        if nodes:
            (folder / "processnode.txt").write_text(NODES)
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return import_folder(folder, "mine", release)

    return make
