"""The few DER steps that no library call offers: walking nested values and re-wrapping them.

Used to hash a subject as OpenSSL does and to patch an algorithm identifier. Reads only DER
that was already accepted by the certificate parser.
"""

from __future__ import annotations

from collections.abc import Iterator

BIT_STRING = 0x03
SEQUENCE = 0x30
SET = 0x31
UTF8_STRING = 0x0C


def walk(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield (tag, content, whole) for each DER value standing one after another in `data`."""
    position = 0
    while position < len(data):
        start = position
        tag = data[position]
        length = data[position + 1]
        position += 2
        if length & 0x80:
            count = length & 0x7F
            length = int.from_bytes(data[position : position + count], "big")
            position += count
        yield tag, data[position : position + length], data[start : position + length]
        position += length


def wrap(tag: int, content: bytes) -> bytes:
    """Return `content` as one DER value with a shortest-form length."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content
