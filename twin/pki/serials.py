"""Serial numbers as the magnitude bytes that certificates and rows carry.

Must not know where the bytes come from.
"""

from __future__ import annotations


def serial_bytes(digits: str) -> bytes:
    """The magnitude bytes of a serial number written in hexadecimal digits."""
    number = int(digits, 16)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def serial_of(octets: bytes) -> bytes:
    """A positive 16-byte serial whose first byte is not zero."""
    return bytes([octets[0] & 0x7F | 0x40]) + octets[1:]
