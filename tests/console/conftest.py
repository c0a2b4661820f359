"""Shells at the console, and what they say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from twin.console import Shell, open_shell

OpenShell = Callable[..., Shell]


@pytest.fixture
def console(tmp_path: Path) -> OpenShell:
    """Opens a shell at a model's publisher; files it gets go below the test's folder."""

    def opened(model: str = "seed-lab", **options: object) -> Shell:
        return open_shell(model, folder=tmp_path / "files", **options)

    return opened


@pytest.fixture
def talk() -> Callable[..., str]:
    """Says lines to a shell; the conversation as a terminal would show it."""

    def said(shell: Shell, *lines: str) -> str:
        shown = []
        for line in lines:
            reply = shell.carry_out(line)
            shown.append(f"admin:{line}")
            if reply.text:
                shown.append(reply.text)
        return "\n".join(shown) + "\n"

    return said
