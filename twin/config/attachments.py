"""Files of the user's own that steps name: where they are looked for, and how much is read.

Knows paths and sizes. What is in a file is for the product's rules to judge, not for this room.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from twin.config.faults import Problem
from twin.config.steps import Step

MAX_BYTES = 1 << 20
"""Largest file that is read: certificates are a few kilobytes."""


def named_file(step: Step) -> str | None:
    """The file a step names, if its action takes one."""
    name = getattr(step.action, "file", None)
    return name if isinstance(name, str) else None


def read_attachments(steps: Iterable[Step], folder: Path) -> tuple[dict[str, bytes], list[Problem]]:
    """Read every file the steps name, relative to `folder`; what cannot be read is a problem.

    Returns:
        Name as written to content, and the problems at their places below `steps`.
    """
    found: dict[str, bytes] = {}
    problems = []
    for index, step in enumerate(steps):
        name = named_file(step)
        if name is None or name in found:
            continue
        place = ("steps", index, step.kind, "file")
        path = folder / name
        try:
            with path.open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
        except OSError as error:
            found_there = f"{name!r} cannot be read: {error.strerror}"
            problems.append(Problem(place, found_there, f"a file below {folder}"))
            continue
        if len(data) > MAX_BYTES:
            problems.append(Problem(place, f"{name!r} is too large", f"at most {MAX_BYTES} bytes"))
            continue
        found[name] = data
    return found, problems


def digest_input(attachments: Mapping[str, bytes]) -> bytes:
    """Names and contents in one, for a fingerprint; empty when there are none."""
    parts = []
    for name in sorted(attachments):
        data = attachments[name]
        parts.append(f"{name}\0{len(data)}\0".encode() + data)
    return b"".join(parts)
