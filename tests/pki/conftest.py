"""Keys and certificates for the tests of the pki room, from the user's own key bank."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pki.identities import Identity, maker
from twin.pki.keys import KeyBank, default_directory


@pytest.fixture(scope="session")
def bank() -> KeyBank:
    """The bank every test draws from: filled once per machine."""
    return KeyBank(default_directory())


@pytest.fixture(scope="session")
def identity(bank: KeyBank) -> Callable[..., Identity]:
    """A maker of (self-signed certificate, key) for a unit; key `index` of `bits`."""
    return maker(bank)


@pytest.fixture(scope="session")
def run_openssl(openssl: str) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """A runner of the `openssl` program with arguments and standard input."""

    def run(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [openssl, *map(str, arguments)], input=stdin, capture_output=True, check=False
        )

    return run
