"""The element all the formats are made of: tag (1 byte), length (2 bytes), value.

Knows the element and strings, and how far to read. Knows no tag's meaning.
Source: a real CUCM-made CTL of 2015; the length never counts the three bytes of tag and length.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from twin.errors import FormatError

HEAD_BYTES = 3
"""Tag and length of an element."""

MAX_FILE_BYTES = 1 << 20
"""No list or signed file is read beyond 1 MiB; phones already refuse lists above 64 KiB."""


class Element(NamedTuple):
    """One element as found: where its tag stands, its tag and its value."""

    offset: int
    tag: int
    value: bytes

    @property
    def end(self) -> int:
        """Offset of the first byte after the element."""
        return self.offset + HEAD_BYTES + len(self.value)


def encode(tag: int, value: bytes) -> bytes:
    """Return one element.

    Raises:
        ValueError: the value does not fit a 16-bit length.
    """
    if len(value) > 0xFFFF:
        raise ValueError(f"element {tag}: {len(value)} bytes do not fit a 16-bit length")
    return bytes((tag,)) + len(value).to_bytes(2, "big") + value


def read(data: bytes, offset: int, end: int) -> Element:
    """Read the element at `offset`, which must lie wholly before `end`.

    Raises:
        FormatError: it does not.
    """
    start = offset + HEAD_BYTES
    if start > end:
        raise FormatError(f"offset {offset}: element head cut off")
    stop = start + int.from_bytes(data[offset + 1 : start], "big")
    if stop > end:
        raise FormatError(
            f"offset {offset}: element {data[offset]} runs {stop - end} bytes too far"
        )
    return Element(offset, data[offset], data[start:stop])


def walk(data: bytes, offset: int, end: int) -> Iterator[Element]:
    """Yield the elements that fill `data[offset:end]`.

    Raises:
        FormatError: the last element is cut off.
    """
    while offset < end:
        element = read(data, offset, end)
        yield element
        offset = element.end


def once(elements: dict[int, Element], element: Element) -> None:
    """Add `element` to `elements` by tag.

    Raises:
        FormatError: the tag is already there.
    """
    if element.tag in elements:
        raise FormatError(f"offset {element.offset}: element {element.tag} stands twice")
    elements[element.tag] = element


def number(element: Element, size: int) -> int:
    """Return the unsigned big-endian value of an element of exactly `size` bytes.

    Raises:
        FormatError: another length.
    """
    if len(element.value) != size:
        raise FormatError(
            f"offset {element.offset}: element {element.tag} has {len(element.value)} bytes,"
            f" expected {size}"
        )
    return int.from_bytes(element.value, "big")


def string_bytes(text: str) -> bytes:
    """Return a string as the formats carry it: UTF-8 and one NUL."""
    return text.encode() + b"\0"


def string(element: Element, *, inner_nul: bool = False) -> str:
    """Return the text of a NUL-ended string element.

    Raises:
        FormatError: no NUL at the end, one elsewhere (unless `inner_nul`), or no UTF-8.
    """
    text, ending = element.value[:-1], element.value[-1:]
    if ending != b"\0" or (b"\0" in text and not inner_nul):
        raise FormatError(f"offset {element.offset}: element {element.tag} is no NUL-ended string")
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise FormatError(f"offset {element.offset}: element {element.tag} is no UTF-8") from None
