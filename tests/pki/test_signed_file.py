from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import FormatError
from twin.pki import signed_file, trust_list
from twin.pki.list_header import Digest
from twin.pki.names import DistinguishedName

NAME = "SEP001122334455.cnf.xml.sgn"
STAMP = 1457655409


@pytest.fixture(scope="session")
def signer(identity: Callable[..., tuple]) -> tuple:
    """The TFTP node's CallManager certificate and key."""
    return identity("tftp1.example.com")


@settings(max_examples=30, deadline=None)
@given(body=st.binary(max_size=2000), digest=st.sampled_from(Digest))
def test_a_signed_file_reads_back_and_verifies(signer: tuple, body: bytes, digest: Digest) -> None:
    """Any body comes back unchanged behind its header, and the signature holds."""
    data = signed_file.sign(NAME, body, *signer, STAMP, digest)
    read = signed_file.decode(data)
    assert (read.body, read.header.filename, read.header.timestamp_s) == (body, NAME, STAMP)
    assert read.header.version == (1, 0)
    assert read.encode() == data
    assert data.endswith(body)
    assert signed_file.verify_signature(data, signer[0]) == ()


def test_a_path_is_kept_in_the_name(signer: tuple) -> None:
    """A file in a folder carries the folder in its signed name."""
    data = signed_file.sign("Desktops/320x196x4/List.xml.sgn", b"<a/>", *signer, STAMP)
    assert signed_file.decode(data).header.filename == "Desktops/320x196x4/List.xml.sgn"


def test_another_certificate_does_not_verify(signer: tuple, identity: Callable[..., tuple]) -> None:
    """A certificate regenerated under the same name has another serial and another key."""
    data = signed_file.sign(NAME, b"<device/>", *signer, STAMP)
    regenerated, _ = identity("tftp1.example.com", index=1, serial=b"\x02" * 16)
    assert signed_file.verify_signature(data, regenerated) == (
        "serial_differs",
        "signature_mismatch",
    )


def test_every_value_of_every_byte_matters(identity: Callable[..., tuple]) -> None:
    """Each byte of a whole small file, set to each other value, is rejected."""
    certificate, key = identity(subject=DistinguishedName.of("a"), serial=b"\x10\x01")
    good = signed_file.sign("X.xml.sgn", b"<a/>\n", certificate, key, STAMP)
    assert len(good) == 209
    for at in range(len(good)):
        for change in range(1, 256):
            bad = bytearray(good)
            bad[at] ^= change
            assert signed_file.verify_signature(bytes(bad), certificate), f"byte {at} ^ {change}"


def test_a_list_is_no_signed_file_and_the_other_way_round(signer: tuple) -> None:
    """The version in the header keeps the two kinds apart."""
    listed = trust_list.build([], *signer, trust_list.ITL_NAME, STAMP)
    with pytest.raises(FormatError, match="not a signed file"):
        signed_file.decode(listed)
    (reason,) = trust_list.verify_signature(
        signed_file.sign(NAME, b"<a/>", *signer, STAMP), signer[0]
    )
    assert reason.startswith("malformed: ")


def test_an_oversized_file_is_not_read(signer: tuple) -> None:
    """Above 1 MiB nothing is parsed."""
    data = signed_file.sign(NAME, bytes(1 << 20), *signer, STAMP)
    with pytest.raises(FormatError, match="at most"):
        signed_file.decode(data)
    (reason,) = signed_file.verify_signature(data, signer[0])
    assert reason.startswith("malformed: ")


def test_a_reset_header_does_not_wrap_a_signed_file(signer: tuple) -> None:
    """Two headers in front of a body, which only reset lists have, are refused."""
    listed = trust_list.build([], *signer, trust_list.ITL_NAME, STAMP)
    wrapped = bytearray(trust_list.wrap_reset(listed, *signer))
    wrapped[3:5] = b"\x01\x00"
    with pytest.raises(FormatError, match="second header"):
        signed_file.decode(bytes(wrapped))


def test_a_file_without_name_is_refused(signer: tuple) -> None:
    """FILENAME and TIMESTAMP are required in a signed file."""
    listed = trust_list.build([], *signer, trust_list.ITL_NAME, STAMP)
    wrapped = trust_list.wrap_reset(listed, *signer)
    outer = bytearray(wrapped[: len(wrapped) - len(listed)])
    outer[3:5] = b"\x01\x00"
    outer[8:10] = len(outer).to_bytes(2, "big")
    with pytest.raises(FormatError, match="without FILENAME"):
        signed_file.decode(bytes(outer))
