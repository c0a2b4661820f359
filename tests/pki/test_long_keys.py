"""The key of 8192 bits that is made without a search."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from twin.pki.keys import FileKey, KeyBank
from twin.pki.long_keys import LONG_BITS, LongKey, LongKeys


def test_it_is_a_working_rsa_key() -> None:
    """It has its size, is the same every time, and what it signs verifies."""
    key = LongKey()
    assert (key.bits, key.raw.key_size, key.is_rsa) == (LONG_BITS, 8192, True)
    assert LongKey().raw is key.raw
    signature = key.sign(b"data", "sha256")
    key.raw.public_key().verify(signature, b"data", padding.PKCS1v15(), hashes.SHA256())


def test_it_comes_back_from_its_file_at_once() -> None:
    """Reading the file proves nothing about its primes, which would take seconds."""
    assert FileKey(LongKey().pem()).public_key == LongKey().public_key


@pytest.mark.parametrize(("bits", "index"), [(4096, 0), (8192, -1)])
def test_there_is_no_other(bits: int, index: int) -> None:
    """Other sizes are the bank's."""
    with pytest.raises(ValueError, match="no long RSA key"):
        LongKeys().rsa(bits, index)


def test_the_bank_has_none_of_that_size() -> None:
    """A bank would seek one for half a minute."""
    with pytest.raises(ValueError, match="8192"):
        KeyBank(None).rsa(8192, 0)
