"""The book of files: each distinct file once, read once, and never an exception."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.phones.files import ConfigPlaces
from twin.phones.lifecycle import FileKind

KINDS = (FileKind.CTL, FileKind.ITL, FileKind.CONFIG)


def test_equal_bytes_are_one_file(forge: Any, itl: bytes) -> None:
    """The same bytes of the same kind get the same number and the same decoded file."""
    book = forge.book()
    first = book.add(FileKind.ITL, itl)
    again = book.add(FileKind.ITL, bytes(bytearray(itl)))
    assert first == again
    assert len(book) == 1
    assert book[first].data == itl
    assert book[first].number == first


def test_kinds_are_kept_apart(forge: Any, itl: bytes) -> None:
    """The same bytes as CTL and as ITL are two files."""
    book = forge.book()
    assert book.add(FileKind.CTL, itl) != book.add(FileKind.ITL, itl)
    assert [book[n].kind for n in range(2)] == [FileKind.CTL, FileKind.ITL]


def test_numbers_count_up(forge: Any, old: Any, new: Any) -> None:
    """Files are numbered from 0 in the order in which they are first seen."""
    book = forge.book()
    lists = [forge.list(signer, [signer]) for signer in (old, new)]
    assert [book.add(FileKind.ITL, data) for data in (*lists, lists[0])] == [0, 1, 0]


def test_a_list_is_read_with_its_signer(forge: Any, itl: bytes, old: Any) -> None:
    """A list tells its signer as (issuer, serial), the signer's subject, and its records."""
    file = forge.read(FileKind.ITL, itl)
    assert file.signer == old.name
    assert file.signer_subject == old.certificate.subject
    assert len(file.trust_list.records) == 3
    assert (file.places, file.fault) == (None, "")


def test_a_signed_config_is_read_with_its_signer_and_places(forge: Any, old: Any) -> None:
    """A signed config tells its signer, and the nodes it names in its own order."""
    file = forge.read(FileKind.CONFIG, forge.config(old, callmanagers=(1, 0), tvs=(1,)))
    assert file.signer == old.name
    assert file.places == ConfigPlaces(callmanagers=(1, 0), tvs=(1,))
    assert (file.trust_list, file.fault) == (None, "")


def test_an_unsigned_config_has_no_signer(forge: Any) -> None:
    """A config without a signature is read all the same, with nobody behind it."""
    file = forge.read(FileKind.CONFIG, forge.config(None))
    assert file.signer is None
    assert file.places == ConfigPlaces((0, 1), (0, 1))


def test_servers_nobody_knows_are_left_out(forge: Any) -> None:
    """A node that is not in the cluster's map is no place to go to."""
    text = forge.config(None).replace(b"10.0.0.1", b"10.9.9.9").replace(b"pub", b"gone")
    file = forge.read(FileKind.CONFIG, text)
    assert file.places == ConfigPlaces(callmanagers=(1,), tvs=(1,))


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.binary(max_size=200))
def test_reading_never_raises(forge: Any, kind: FileKind, data: bytes) -> None:
    """Any bytes are a file or a fault told in words; a fault has neither signer nor content."""
    file = forge.read(kind, data)
    if file.fault:
        assert (file.signer, file.trust_list, file.places) == (None, None, None)
    else:
        assert (file.trust_list is None) == (kind == FileKind.CONFIG)
        assert (file.places is None) == (kind != FileKind.CONFIG)


@pytest.mark.parametrize("kind", KINDS)
@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_one_flipped_bit_makes_another_file(forge: Any, kind: FileKind, place: int, bit: int):
    """A file with one bit changed is never taken for the file, nor does reading it raise."""
    good = forge.signed(kind, forge.identity("cm0"))
    data = bytearray(good.data)
    data[place % len(data)] ^= 1 << bit
    book = forge.book()
    assert book.add(kind, good.data) != book.add(kind, bytes(data))
