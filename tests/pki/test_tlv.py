from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import FormatError
from twin.pki import tlv


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=300)), max_size=8))
def test_walk_gives_back_what_was_encoded(elements: list[tuple[int, bytes]]) -> None:
    """Elements written one after another are read back with tags, values and offsets."""
    data = b"".join(tlv.encode(tag, value) for tag, value in elements)
    walked = list(tlv.walk(data, 0, len(data)))
    assert [(element.tag, element.value) for element in walked] == elements
    assert [element.end for element in walked][-1:] == ([len(data)] if elements else [])


@given(st.binary(max_size=64))
def test_walk_raises_format_errors_only(data: bytes) -> None:
    """Any bytes are either walked to their end or refused with a FormatError."""
    covered = 0
    with contextlib.suppress(FormatError):
        for element in tlv.walk(data, 0, len(data)):
            covered = element.end
    assert covered <= len(data)


def test_an_element_of_64_kib_is_refused_on_writing() -> None:
    """A value longer than a 16-bit length is a ValueError, not a broken file."""
    with pytest.raises(ValueError, match="16-bit"):
        tlv.encode(9, bytes(65536))


@pytest.mark.parametrize("value", [b"", b"a", b"a\0b\0", b"\xff\0"])
def test_a_string_must_end_in_its_only_nul(value: bytes) -> None:
    """A name without its NUL, with another inside, or not UTF-8 is malformed."""
    with pytest.raises(FormatError):
        tlv.string(tlv.Element(0, 4, value))


def test_a_number_must_have_its_size() -> None:
    """A numeric element of another length is malformed."""
    with pytest.raises(FormatError, match="expected 2"):
        tlv.number(tlv.Element(7, 4, b"\0"), 2)
