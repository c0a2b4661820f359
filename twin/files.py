"""Files that are there whole or not at all.

Knows: to write beside the place and rename. Must not know what is in a file.
"""

from __future__ import annotations

import os
from pathlib import Path

TEMPORARY_SUFFIX = ".part"
"""Of what an interrupted program may leave behind."""


def write_whole(path: Path, content: str | bytes, *, is_secret: bool = False) -> None:
    """Write a file whole or not at all, through to the disk; its folder is made, text is UTF-8.

    Args:
        is_secret: nobody but its owner may read it (mode 0600).

    Raises:
        OSError: the place cannot be written to.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + TEMPORARY_SUFFIX)
    temporary.unlink(missing_ok=True)
    mode = 0o600 if is_secret else 0o666  # the user's own mask takes away from the latter
    try:
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
