from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.outputs.terminal import logged
from twin.errors import InputError
from twin.outputs import trust_list_dump, trust_list_reading
from twin.outputs.capture import Capture, single, split
from twin.pki import trust_list
from twin.pki.trust_list import Role, full_record, hash_record

CHANGED = datetime(2016, 3, 11, 0, 16, 49, tzinfo=UTC)


@pytest.fixture
def made(identity: Callable[..., tuple]) -> tuple[bytes, list]:
    """A list of four records, and their certificates."""
    signer, key = identity(bits=2048)
    recovery, _ = identity("ITLRECOVERY_pub", index=1, unit="ITLRecovery")
    tvs, _ = identity("cs-ccm-sub.vasank.com", bits=2048, index=1, unit="TVS")
    records = [
        full_record(Role.SAST, signer, "pub.example.com", "10.0.0.1"),
        full_record(Role.CCM_TFTP, signer, "pub.example.com"),
        full_record(Role.SAST, recovery, "pub.example.com"),
        hash_record(Role.TVS, tvs),
    ]
    data = trust_list.build(records, signer, key, trust_list.ITL_NAME, 1457655409)
    return data, [signer, signer, recovery, tvs]


@pytest.mark.parametrize("width", [0, 80, 60])
@pytest.mark.parametrize("page", [0, 7])
@pytest.mark.parametrize("spaces", [False, True])
def test_what_is_written_is_read_back(
    width: int, page: int, spaces: bool, made: tuple[bytes, list]
) -> None:
    """Checksums, header and every record come back through wraps, pages and lost tabs."""
    data, certificates = made
    text = trust_list_dump.write(data, "ITL", CHANGED)
    text = text.expandtabs(8) if spaces else text
    log = logged(text, "show itl", width=width, page=page, crlf=True)
    capture = next(one for one in split(log, "log.txt") if one.command)
    assert trust_list_reading.is_present(capture)
    found = trust_list_reading.read(capture)
    listed = trust_list.decode(data)
    assert (found.kind, found.length, found.last_modified) == ("ITL", len(data), CHANGED)
    assert (found.signer, found.signer_issuer) == (listed.header.signer, listed.header.issuer)
    assert found.signer_serial == listed.header.serial
    assert found.signature == listed.header.signature
    assert found.is_verified is True
    assert [one.has_signed for one in found.records] == [True, None, False, None]
    for shown, record, certificate in zip(found.records, listed.records, certificates, strict=True):
        assert shown.length == len(record.encode())
        assert (shown.subject, shown.issuer) == (record.subject, record.issuer)
        assert (shown.role, shown.serial) == (record.role, record.serial)
        assert shown.dns_name == (record.dns_name or "").strip("\0")
        assert shown.is_about(certificate)
        assert shown.is_hash == (record.certificate is None)
    assert not found.records[0].is_about(certificates[3])


def test_a_record_cut_out_of_a_listing_is_read(captured: Callable[[str], Capture]) -> None:
    """The deck's ITL record 8, misspelt ISSUENAME and all, gives a TVS record of 739 bytes."""
    found = trust_list_reading.read(captured("itl_record.txt"))
    (record,) = found.records
    assert (found.kind, record.number, record.length) == ("ITL", 8, 739)
    assert (record.role, record.is_hash) == (Role.TVS, True)
    assert record.issuer == record.subject
    assert record.subject.startswith("CN=cs-ccm-sub.vasank.com;")
    assert record.serial.hex() == "6deeff0e66e636936118c4056538c0cf"
    assert record.certificate_sha1.hex().startswith("3d8d47c1de21")


def test_a_published_ctl_listing_is_read(captured: Callable[[str], Capture]) -> None:
    """The listing of Cisco 118893: wrapped names, CET, a signature without leading zeros."""
    found = trust_list_reading.read(captured("show_ctl.txt"))
    assert (found.kind, found.length, found.header_length) == ("CTL", 4947, 336)
    assert found.last_modified == datetime(2015, 3, 6, 20, 56, 7, tzinfo=UTC)
    assert found.sha1 == "3b452f9ec9d6543df80e50f8b850cddc92fcf847"
    assert len(found.signature) == 128
    assert found.signature[:11].hex() == "65ba26b4bade2b13b81802"
    assert found.signer == "CN=cucm-1051-a-pub;OU=TAC;O=Cisco;L=Krakow;ST=Malopolska;C=PL"
    sast, capf = found.records
    assert (sast.role, sast.has_signed, sast.certificate_bytes) == (Role.SAST, True, 694)
    assert (capf.role, capf.number, capf.dns_name) == (Role.CAPF, 3, "cucm-1051-a-pub")
    assert capf.certificate_sha1.hex().endswith("63354fa7")


@pytest.mark.parametrize("kind", ["CTL", "ITL"])
def test_a_node_without_a_list_says_so(kind: str) -> None:
    """The words without a list are read as a list of length 0, wrapped, too."""
    log = logged(trust_list_dump.missing(kind), f"show {kind.lower()}", width=60)
    found = trust_list_reading.read(next(one for one in split(log, "a") if one.command))
    assert (found.kind, found.is_missing, found.records) == (kind, True, ())
    assert trust_list_dump.missing("CTL").splitlines()[0] == "Length of CTL file: 0"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a:1: nothing of a trust list"),
        ("ITL Record #:1\n4 FUNCTION 2 TVS\nrubbish here\n", "a:3: 'rubbish here', expected a row"),
        ("ITL Record #:1\n", "a:1: record 1 without FUNCTION"),
        ("ITL Record #:1\n4 FUNCTION 2 TVS\n4 FUNCTION 2 TVS\n", "a:3: FUNCTION a second time"),
        ("ITL Record #:1\n4 FUNCTION 2 TVS\n6 SERIALNUMBER 3 AA:BB\n", "a:3: SERIALNUMBER 'AA:BB'"),
        ("ITL Record #:1\n4 FUNCTION 2 TVS\n3 SUBJECTNAME 3 CN=a\n", "a:3: SUBJECTNAME 'CN=a'"),
        ("The ITL File was last modified on a day\n", "a:1: 'a day', expected a date"),
        ("rubbish\n", "a:1: 'rubbish', expected a row"),
    ],
)
def test_a_malformed_listing_is_named(text: str, message: str) -> None:
    """The error says the line, what stands there and what should."""
    with pytest.raises(InputError) as caught:
        trust_list_reading.read(single(text, "a") if text else Capture("a", "", ()))
    assert str(caught.value).startswith(message)
