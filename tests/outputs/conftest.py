"""Certificates and the captures of published documents, for the tests of the outputs room."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pki.identities import Identity, maker
from twin.outputs.capture import Capture, split
from twin.pki.keys import KeyBank, default_directory

CAPTURES = Path(__file__).parent / "captures"


@pytest.fixture(scope="session")
def identity() -> Callable[..., Identity]:
    """A maker of (self-signed certificate, key) for a unit; key `index` of `bits`."""
    return maker(KeyBank(default_directory()))


@pytest.fixture
def captured() -> Callable[[str], Capture]:
    """A reader of one published capture: the part of the file that a command printed."""

    def read(file: str) -> Capture:
        found = [one for one in split((CAPTURES / file).read_text(), file) if one.filled]
        assert len(found) == 1
        return found[0]

    return read
