from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import FormatError
from twin.pki import list_record, tlv
from twin.pki.list_record import Record, Role, full_record, hash_record

PUBLISHER = "CN=cucm-1051-a-pub;OU=TAC;O=Cisco;L=Krakow;ST=Malopolska;C=PL"

names = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=40)
blobs = st.binary(max_size=80)
records = st.builds(
    Record,
    role=st.one_of(st.sampled_from(Role), st.sampled_from((5, 6, 8, 300))),
    dns_name=st.none() | st.text(st.characters(exclude_categories=("Cs",)), max_size=20),
    subject=st.none() | names,
    issuer=st.none() | names,
    serial=st.none() | blobs,
    public_key=st.none() | blobs,
    signature=st.none() | blobs,
    certificate=st.none() | blobs,
    ip_address=st.none() | st.ip_addresses(v=4).map(str),
    certificate_hash=st.none() | st.binary(min_size=20, max_size=20),
    hash_algorithm=st.none() | st.integers(0, 255),
    unknown=st.lists(st.tuples(st.integers(13, 255), blobs), max_size=2).map(tuple),
)


@given(records)
def test_a_record_survives_its_bytes(record: Record) -> None:
    """Decoding gives back every element, unknown ones and unknown roles included."""
    data = record.encode()
    assert list_record.read(data, 0) == (record, len(data))
    assert list_record.read(data, 0)[0].encode() == data


def test_tvs_hash_record_of_the_seed_has_739_bytes(identity: Callable[..., tuple]) -> None:
    """A TVS hash record with the seed's names and a 2048-bit key is 739 bytes long."""
    certificate, _ = identity("cs-ccm-sub.vasank.com", bits=2048, unit="TVS")
    record = hash_record(Role.TVS, certificate)
    data = record.encode()
    assert len(data) == 739
    assert data[:8] == bytes.fromhex("01 0002 02e3 02 0002")
    elements = list(tlv.walk(data, 0, len(data)))
    assert [(element.tag, len(element.value)) for element in elements] == [
        (1, 2),
        (2, 2),
        (3, 70),
        (4, 2),
        (5, 70),
        (6, 16),
        (7, 270),
        (8, 256),
        (11, 20),
        (12, 1),
    ]
    assert record.matches(certificate)


def test_callmanager_record_of_a_real_ctl_has_1156_bytes() -> None:
    """The element lengths of a published `show ctl` record add up to its record length."""
    record = Record(
        role=Role.CCM_TFTP,
        dns_name="cucm-1051-a-pub",
        subject=PUBLISHER,
        issuer=PUBLISHER,
        serial=bytes(range(0x70, 0x80)),
        public_key=bytes(140),
        signature=bytes(128),
        certificate=bytes(694),
        ip_address="10.48.47.153",
    )
    assert len(record.encode()) == 1156


def test_record_of_a_non_secure_ctl_has_33_bytes() -> None:
    """Name, role and address alone make the short record of a non-secure cluster's CTL."""
    record = Record(role=Role.CCM_TFTP, dns_name="10.48.47.153", ip_address="10.48.47.153")
    assert record.encode().hex() == (
        "010002002102000d31302e34382e34372e3135330004000200020a00040a302f99"
    )


def test_a_record_matches_its_certificate_only(identity: Callable[..., tuple]) -> None:
    """Full and hash records tell their certificate from another and bare records match none."""
    certificate, _ = identity()
    other, _ = identity(index=1)
    for record in (full_record(Role.SAST, certificate, "pub"), hash_record(Role.TVS, certificate)):
        assert record.matches(certificate)
        assert not record.matches(other)
    assert not Record(role=Role.CCM_TFTP, dns_name="pub").matches(certificate)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("0200020005", "starts with element 2"),
        ("0100020004", "impossible"),
        ("01000200ff", "impossible"),
        ("01000105", "expected 2"),
        ("010002000804", "impossible"),
        ("0100020005", "without a FUNCTION"),
        ("010002000f04000200000400020001", "stands twice"),
        ("010002000f04000200000100020001", "inside a record"),
        ("010002000b040003000000", "expected 2"),
        ("010002000e040002000002000161", "no NUL-ended string"),
        ("01000200100400020000" + "0a00037f0001", "expected 4"),
        ("01000200100400020000" + "0b0003000000", "expected 20"),
    ],
)
def test_a_malformed_record_is_refused(data: str, message: str) -> None:
    """Each way a record can be wrong is a FormatError that says which."""
    with pytest.raises(FormatError, match=message):
        list_record.read(bytes.fromhex(data), 0)


def test_a_record_beyond_64_kib_is_refused_on_writing() -> None:
    """A record that its 16-bit length cannot tell is a ValueError."""
    with pytest.raises(ValueError, match="16-bit"):
        Record(role=Role.SAST, certificate=bytes(65000), signature=bytes(600)).encode()
