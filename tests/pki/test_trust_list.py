from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin.errors import FormatError
from twin.pki import trust_list
from twin.pki.certificates import Certificate
from twin.pki.names import DistinguishedName
from twin.pki.trust_list import (
    ITL_NAME,
    Digest,
    Record,
    Role,
    build,
    decode,
    full_record,
    hash_record,
    verify_signature,
    wrap_reset,
)

STAMP = 1457655409


@pytest.fixture(scope="session")
def callmanager(identity: Callable[..., tuple]) -> tuple:
    """The publisher's CallManager certificate and key."""
    return identity("pub.example.com", index=0, hash_name="sha1")


@pytest.fixture(scope="session")
def recovery(identity: Callable[..., tuple]) -> tuple:
    """The publisher's ITLRecovery certificate and key."""
    return identity(
        "ITLRECOVERY_pub.example.com", index=1, unit="ITLRecovery", serial=bytes(range(1, 17))
    )


@pytest.fixture(scope="session")
def itl(callmanager: tuple, recovery: tuple, identity: Callable[..., tuple]) -> bytes:
    """An ITL with every kind of record, signed by CallManager."""
    capf, _ = identity("CAPF-12345678", index=2, unit="CAPF")
    tvs, _ = identity("sub1.example.com", index=3, unit="TVS")
    records = [
        full_record(Role.SAST, callmanager[0], "pub"),
        full_record(Role.CCM_TFTP, callmanager[0], "pub"),
        full_record(Role.SAST, recovery[0], "pub"),
        full_record(Role.CAPF, capf, "pub"),
        hash_record(Role.TVS, tvs),
    ]
    return build(records, *callmanager, ITL_NAME, STAMP)


def test_a_built_list_reads_back(itl: bytes, callmanager: tuple, recovery: tuple) -> None:
    """Header, records, look-ups and bytes of a decoded list are those that were built."""
    listed = decode(itl)
    assert listed.encode() == itl
    assert listed.outer is None
    assert listed.signing_header is listed.header
    assert (listed.header.filename, listed.header.timestamp_s) == (ITL_NAME, STAMP)
    assert [record.role for record in listed.records] == [0, 2, 0, 4, 21]
    signer = callmanager[0]
    found = listed.find(signer.issuer, signer.serial_bytes)
    assert [record.role for record in found] == [Role.SAST, Role.CCM_TFTP]
    assert listed.find(signer.issuer, signer.serial_bytes, (Role.TVS,)) == ()
    assert listed.find(signer.issuer, b"\0") == ()
    assert listed.with_roles((Role.SAST,))[1].matches(recovery[0])
    assert listed.records[4].certificate is None


def test_the_signer_and_nobody_else_verifies(
    itl: bytes, callmanager: tuple, recovery: tuple
) -> None:
    """The signer's certificate passes; another is refused with every reason."""
    assert verify_signature(itl, callmanager[0]) == ()
    assert verify_signature(itl, recovery[0]) == (
        "signer_name_differs",
        "issuer_name_differs",
        "serial_differs",
        "signature_mismatch",
    )


def test_a_renewed_certificate_of_the_same_key_does_not_verify(
    itl: bytes, identity: Callable[..., tuple]
) -> None:
    """Same name and key under another serial is another certificate: the serial differs."""
    renewed, _ = identity("pub.example.com", serial=b"\x01" * 16)
    assert verify_signature(itl, renewed) == ("serial_differs",)


def test_a_regenerated_key_under_the_same_serial_does_not_verify(
    itl: bytes, identity: Callable[..., tuple]
) -> None:
    """Same names and serial with another key: only the signature tells."""
    impostor, _ = identity("pub.example.com", index=5)
    assert verify_signature(itl, impostor) == ("signature_mismatch",)
    larger, _ = identity("pub.example.com", bits=2048)
    assert verify_signature(itl, larger) == ("modulus_differs",)


@pytest.mark.parametrize("digest", list(Digest))
@pytest.mark.parametrize("bits", [1024, 2048, 4096])
def test_every_digest_and_size_verifies(
    identity: Callable[..., tuple], digest: Digest, bits: int
) -> None:
    """SHA-1 and SHA-512 signatures of each key size hold, and not under the other digest."""
    signer, key = identity(bits=bits)
    data = build([full_record(Role.SAST, signer)], signer, key, ITL_NAME, STAMP, digest)
    assert verify_signature(data, signer) == ()
    header = decode(data).header
    assert (header.digest, Digest.named(digest.hash_name)) == (digest, digest)
    other = next(code for code in Digest if code is not digest)
    forged = replace(decode(data), header=replace(header, digest=other)).encode()
    assert verify_signature(forged, signer) == ("signature_mismatch",)


def test_a_reset_has_the_sizes_of_the_real_log(identity: Callable[..., tuple]) -> None:
    """Old file 7515 and header 452 give header 908, file 7971 and the signature at 197."""
    subject = "OU=TAC;O=Cisco;L=BGL;ST=KA;C=IN"
    signer, key = identity(
        bits=2048, subject=DistinguishedName.parse(f"CN=labserver1.vasank.com;{subject}")
    )
    reset_signer, reset_key = identity(
        bits=2048,
        index=1,
        unit="ITLRecovery",
        subject=DistinguishedName.parse(f"CN=ITLRECOVERY_labserver1.vasank.com;{subject}"),
    )
    filler = Record(role=Role.SAST, certificate=bytes(7515 - 452 - 5 - 5 - 3))
    old = build([filler], signer, key, ITL_NAME, STAMP)
    assert (len(old), old[8:10]) == (7515, (452).to_bytes(2, "big"))
    new = wrap_reset(old, reset_signer, reset_key)
    assert (len(new), new[8:10]) == (7971, (908).to_bytes(2, "big"))
    assert new[194:197] == bytes.fromhex("0c 0100")
    assert new[453:456] == b"\x0d\x0d\x0d"
    assert new[456:] == old


def test_a_reset_list_is_judged_by_its_outer_header(
    itl: bytes, callmanager: tuple, recovery: tuple
) -> None:
    """After a reset only the recovery key's signature counts; the inner file is untouched."""
    data = wrap_reset(itl, *recovery)
    listed = decode(data)
    assert listed.outer is not None
    assert (listed.outer.filename, listed.outer.timestamp_s) == (None, None)
    assert listed.signing_header.signer == recovery[0].subject
    assert listed.records == decode(itl).records
    assert listed.encode() == data
    assert data.endswith(itl)
    assert verify_signature(data, recovery[0]) == ()
    assert "signature_mismatch" in verify_signature(data, callmanager[0])


def test_a_second_reset_replaces_the_first(itl: bytes, callmanager: tuple, recovery: tuple) -> None:
    """Resetting a reset list puts one outer header in front of the original file."""
    again = wrap_reset(wrap_reset(itl, *recovery), *callmanager)
    assert again == wrap_reset(itl, *callmanager)
    assert verify_signature(again, callmanager[0]) == ()


def test_two_outer_headers_are_malformed(itl: bytes, recovery: tuple) -> None:
    """A list nested twice, which no reset makes, is refused."""
    once = wrap_reset(itl, *recovery)
    outer = once[: len(once) - len(itl)]
    length = int.from_bytes(once[8:10], "big") + len(outer)
    twice = outer[:8] + length.to_bytes(2, "big") + outer[10:] + once
    with pytest.raises(FormatError, match="lengths disagree"):
        decode(twice)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: b"", "cut off"),
        (lambda data: data[:100], "beyond the file"),
        (lambda data: data + b"\0", "cut off"),
        (lambda data: data + bytes(1 << 20), "at most 1048576"),
        (lambda data: b"\x01\x00\x02\x02" + data[4:], "not a trust list"),
        (lambda data: data + bytes.fromhex("010002000a0400020000") * 2048, "more than 2048"),
    ],
)
def test_a_malformed_list_is_refused(
    itl: bytes, callmanager: tuple, change: Callable[[bytes], bytes], message: str
) -> None:
    """Cut, padded, oversized and foreign files raise FormatError and verify as malformed."""
    with pytest.raises(FormatError, match=message):
        decode(change(itl))
    (reason,) = verify_signature(change(itl), callmanager[0])
    assert reason.startswith("malformed: ")


def test_a_reset_header_alone_is_no_list(itl: bytes, recovery: tuple) -> None:
    """A header without file name and timestamp must stand in front of another."""
    once = wrap_reset(itl, *recovery)
    outer = once[: len(once) - len(itl)]
    alone = outer[:8] + len(outer).to_bytes(2, "big") + outer[10:]
    with pytest.raises(FormatError, match="without FILENAME"):
        decode(alone)


def test_an_ec_certificate_verifies_no_list(itl: bytes) -> None:
    """A signer with an EC key is a reason of its own."""
    key = ec.derive_private_key(7, ec.SECP256R1())
    header = decode(itl).header
    name = DistinguishedName.parse(header.signer).to_x509()
    start = datetime(2016, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key())
        .serial_number(int.from_bytes(header.serial, "big"))
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    read = Certificate.from_der(certificate.public_bytes(Encoding.DER))
    assert verify_signature(itl, read) == ("key_not_rsa",)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_changed_byte_passes(
    data: st.DataObject, itl: bytes, callmanager: tuple, recovery: tuple
) -> None:
    """Any byte changed to any value, in a plain or a reset list, is rejected."""
    good, signer = data.draw(
        st.sampled_from(((itl, callmanager[0]), (wrap_reset(itl, *recovery), recovery[0])))
    )
    at = data.draw(st.integers(0, len(good) - 1))
    bad = bytearray(good)
    bad[at] ^= data.draw(st.integers(1, 255))
    assert verify_signature(bytes(bad), signer)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_no_cut_or_spliced_list_passes(data: st.DataObject, itl: bytes, callmanager: tuple) -> None:
    """Removing, doubling or inserting any run of bytes is rejected."""
    start = data.draw(st.integers(0, len(itl)))
    stop = data.draw(st.integers(start, len(itl)))
    middle = data.draw(st.one_of(st.just(itl[start:stop] * 2), st.binary(max_size=16)))
    bad = itl[:start] + middle + itl[stop:]
    if bad != itl:
        assert verify_signature(bad, callmanager[0])


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_the_decoder_raises_format_errors_only(data: st.DataObject, itl: bytes) -> None:
    """Whatever is done to a list, it decodes or raises FormatError; what decodes encodes."""
    changed = bytearray(itl)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(itl) - 1))] = data.draw(st.integers(0, 255))
    mutated = bytes(changed[: data.draw(st.integers(0, len(itl)))])
    try:
        listed = decode(mutated)
    except FormatError:
        return
    assert decode(listed.encode()) == listed


@given(st.binary(max_size=200))
def test_random_bytes_never_verify(data: bytes) -> None:
    """Bytes out of nowhere are malformed, never an exception of another kind."""
    with pytest.raises(FormatError):
        trust_list.decode(b"\x01\x00\x02\x01\x02" + data)


def test_every_bit_of_a_small_list_matters(callmanager: tuple) -> None:
    """Flipping each bit of a whole one-record list, one at a time, is always rejected."""
    signer, key = callmanager
    record = Record(role=Role.CCM_TFTP, dns_name="10.48.47.153", ip_address="10.48.47.153")
    good = build([record], signer, key, ITL_NAME, STAMP)
    assert verify_signature(good, signer) == ()
    for at in range(len(good)):
        for bit in range(8):
            bad = bytearray(good)
            bad[at] ^= 1 << bit
            assert verify_signature(bytes(bad), signer), f"byte {at}, bit {bit}"
