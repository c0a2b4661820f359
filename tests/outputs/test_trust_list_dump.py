from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from twin.errors import FormatError
from twin.outputs import trust_list_dump
from twin.pki import trust_list
from twin.pki.trust_list import Record, Role, full_record, hash_record

CHANGED = datetime(2016, 3, 11, 0, 16, 49, tzinfo=UTC)


@pytest.fixture
def itl(identity: Callable[..., tuple]) -> bytes:
    """A list of five kinds of records, signed by the first."""
    signer, key = identity(bits=2048)
    recovery, _ = identity("ITLRECOVERY_pub", index=1, unit="ITLRecovery")
    tvs, _ = identity("cs-ccm-sub.vasank.com", bits=2048, index=1, unit="TVS")
    records = [
        full_record(Role.SAST, signer, "pub.example.com"),
        full_record(Role.CCM_TFTP, signer, "pub.example.com"),
        full_record(Role.SAST, recovery, "pub.example.com"),
        hash_record(Role.TVS, tvs),
        Record(role=9, dns_name="10.48.47.153", ip_address="10.48.47.153", hash_algorithm=7),
    ]
    return trust_list.build(records, signer, key, trust_list.ITL_NAME, 1457655409)


def test_listing_has_the_products_lines(itl: bytes) -> None:
    """Checksums, length, header table, records and the closing lines are as `show itl`."""
    text = trust_list_dump.write(itl, "ITL", CHANGED)
    lines = text.splitlines()
    assert lines[0] == "The checksum value of the ITL file:"
    assert lines[1] == f"{hashlib.md5(itl, usedforsecurity=False).hexdigest()}(MD5)"
    assert lines[2] == f"{hashlib.sha1(itl, usedforsecurity=False).hexdigest()}(SHA1)"
    assert f"Length of ITL file: {len(itl)}" in lines
    assert "The ITL File was last modified on Fri Mar 11 00:16:49 UTC 2016" in lines
    assert "Version:\t1.2" in lines
    assert f"HeaderLength:\t{int.from_bytes(itl[8:10], 'big')} (BYTES)" in lines
    assert [line for line in lines if line.startswith("3\tSIGNERID")] == [
        "3\tSIGNERID            \t2\t153"
    ]
    assert sum(line.startswith("\tITL Record #:") for line in lines) == 5
    assert lines[-1] == "The ITL file was verified successfully."


def test_the_tvs_record_is_that_of_the_seed(itl: bytes) -> None:
    """The hash record shows length 739, a blank name, its role and its fingerprint."""
    text = trust_list_dump.write(itl, "ITL", CHANGED)
    record = text.split("ITL Record #:4")[1].split("ITL Record #:5")[0]
    rows = [line.split("\t") for line in record.splitlines() if line[:1].isdigit()]
    name = "CN=cs-ccm-sub.vasank.com;OU=TAC;O=Cisco;L=Bangalore;ST=Karnataka;C=IN"
    shown = [[cell.strip() for cell in row] for row in rows]
    fingerprint = trust_list.decode(itl).records[3].certificate_hash
    assert fingerprint is not None
    assert shown == [
        ["1", "RECORDLENGTH", "2", "739"],
        ["2", "DNSNAME", "2"],
        ["3", "SUBJECTNAME", "70", name],
        ["4", "FUNCTION", "2", "TVS"],
        ["5", "ISSUERNAME", "70", name],
        ["6", "SERIALNUMBER", "16", "6D:EE:FF:0E:66:E6:36:93:61:18:C4:05:65:38:C0:CF"],
        ["7", "PUBLICKEY", "270"],
        ["8", "SIGNATURE", "256"],
        ["11", "CERTHASH", "20", fingerprint.hex(" ").upper()],
        ["12", "HASH ALGORITHM", "1", "SHA-1"],
    ]


def test_only_sast_records_tell_whether_they_signed(itl: bytes) -> None:
    """The signer's SAST record says so, the other says not, further records say nothing."""
    text = trust_list_dump.write(itl, "ITL", CHANGED)
    assert text.count("This etoken was used to sign the ITL file.") == 1
    assert text.count("This etoken was not used to sign the ITL file.") == 1


def test_signature_bytes_are_printed_without_leading_zeros(itl: bytes) -> None:
    """The signature stands in rows of eight bytes, each in bare hexadecimal."""
    lines = trust_list_dump.write(itl, "ITL", CHANGED).splitlines()
    at = next(number for number, line in enumerate(lines) if "\tSIGNATURE  " in line)
    signature = trust_list.decode(itl).header.signature
    rows = lines[at + 1 : at + 33]
    assert [int(byte, 16) for row in rows for byte in row.split()] == list(signature)


def test_a_list_without_its_signer_is_not_verified(identity: Callable[..., tuple]) -> None:
    """With no fitting SAST record the listing says that the file could not be verified."""
    signer, key = identity()
    hidden = Record(
        role=Role.SAST, issuer=signer.issuer, serial=signer.serial_bytes, certificate=b"rubbish"
    )
    for records in ([], [hidden], [hash_record(Role.SAST, signer)]):
        data = trust_list.build(records, signer, key, trust_list.CTL_NAME, 1)
        text = trust_list_dump.write(data, "CTL", CHANGED)
        assert text.endswith("The CTL file could not be verified.\n")


def test_a_reset_list_shows_its_outer_header(itl: bytes, identity: Callable[..., tuple]) -> None:
    """After a reset the listing names the recovery key, without file name and timestamp."""
    recovery, key = identity("ITLRECOVERY_pub", index=1, unit="ITLRecovery")
    text = trust_list_dump.write(trust_list.wrap_reset(itl, recovery, key), "ITL", CHANGED)
    assert "SIGNERNAME" in text
    assert "CN=ITLRECOVERY_pub" in text.split("Record #:1")[0]
    assert "FILENAME" not in text
    assert text.endswith("verified successfully.\n")


def test_rubbish_has_no_listing() -> None:
    """What is no list is a FormatError."""
    with pytest.raises(FormatError):
        trust_list_dump.write(b"rubbish", "ITL", CHANGED)
