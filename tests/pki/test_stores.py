from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from twin.pki.names import DistinguishedName
from twin.pki.stores import AddOutcome, FileNaming, TrustStore, subject_hash

EARLY = datetime(2016, 1, 1, tzinfo=UTC)
LATE = datetime(2016, 6, 1, tzinfo=UTC)


@pytest.fixture
def store() -> TrustStore:
    """An empty CallManager-trust of a release that names files by common name."""
    return TrustStore("CallManager-trust")


def test_entries_are_named_and_listed(store: TrustStore, identity: Callable[..., tuple]) -> None:
    """An entry's file is CN.pem; listing goes by file name, finding by name and serial."""
    sub, _ = identity("sub1.example.com", index=1)
    pub, _ = identity("pub.example.com")
    assert store.add(sub) is AddOutcome.ADDED
    assert store.add(pub, "Signed Certificate") is AddOutcome.ADDED
    assert [entry.file_name for entry in store] == ["pub.example.com.pem", "sub1.example.com.pem"]
    assert len(store) == 2
    assert pub in store
    entry = store.get("pub.example.com.pem")
    assert entry is not None
    assert (entry.certificate, entry.description) == (pub, "Signed Certificate")
    found = store.find(sub.issuer, sub.serial_bytes)
    assert found is not None
    assert found.certificate == sub
    assert store.find(sub.issuer, b"\x01") is None


def test_serials_join_the_file_name_where_the_release_says_so(
    identity: Callable[..., tuple],
) -> None:
    """From 14SU1 the file is named CN_serial."""
    certificate, _ = identity("pub", serial=b"\x0a\xbc")
    store = TrustStore("tomcat-trust", FileNaming.COMMON_NAME_SERIAL)
    store.add(certificate)
    assert store.entries()[0].file_name == "pub_0abc.pem"


def test_a_given_file_name_is_kept_and_slashes_never_are(
    store: TrustStore, identity: Callable[..., tuple]
) -> None:
    """The caller may name the file; a slash in a common name cannot leave the folder."""
    store.add(identity("pub")[0], file_name="labserver1.pem")
    store.add(identity("../etc/passwd", index=1)[0])
    assert [entry.file_name for entry in store] == [".._etc_passwd.pem", "labserver1.pem"]


@pytest.mark.parametrize(
    ("stored", "incoming", "outcome"),
    [
        ((b"\x01", EARLY), (b"\x02", LATE), AddOutcome.REPLACED),
        ((b"\x01", EARLY), (b"\x01", LATE), AddOutcome.KEPT_STORED),
        ((b"\x01", LATE), (b"\x02", EARLY), AddOutcome.KEPT_STORED),
        ((b"\x01", LATE), (b"\x02", LATE), AddOutcome.KEPT_STORED),
        ((b"\x01", EARLY), (b"\x01", EARLY), AddOutcome.ALREADY_THERE),
    ],
)
def test_a_second_certificate_of_one_name(
    store: TrustStore,
    identity: Callable[..., tuple],
    stored: tuple[bytes, datetime],
    incoming: tuple[bytes, datetime],
    outcome: AddOutcome,
) -> None:
    """It replaces the first only with another serial and a later start date."""
    first, _ = identity(serial=stored[0], start=stored[1])
    second, _ = identity(serial=incoming[0], start=incoming[1])
    store.add(first)
    assert store.add(second) is outcome
    expected = second if outcome is AddOutcome.REPLACED else first
    assert [entry.certificate for entry in store] == [expected]


def test_removal_goes_by_file_name(store: TrustStore, identity: Callable[..., tuple]) -> None:
    """Removing returns the entry, and None when there is no such file."""
    certificate, _ = identity("pub")
    store.add(certificate)
    removed = store.remove("pub.pem")
    assert removed is not None
    assert removed.certificate == certificate
    assert store.remove("pub.pem") is None
    assert store.get("pub.pem") is None
    assert len(store) == 0


def test_hash_links_count_collisions(store: TrustStore, identity: Callable[..., tuple]) -> None:
    """Names that differ only in case and blanks share a hash and get .0 and .1."""
    store.add(identity("Lab  Server")[0])
    store.add(identity("lab server", index=1)[0])
    links = store.hash_links()
    assert [name for _, name in links] == ["Lab__Server.pem", "lab_server.pem"]
    assert links[0][0].removesuffix(".0") == links[1][0].removesuffix(".1")


def test_a_file_name_has_no_blanks(store: TrustStore, identity: Callable[..., tuple]) -> None:
    """Blanks and slashes of a common name are underscores in its file's name.

    Source: `show cert list trust` of the 2016 deck (Cisco_Root_CA_2048.pem).
    """
    store.add(identity("Cisco Root CA/2048")[0])
    assert [entry.file_name for entry in store] == ["Cisco_Root_CA_2048.pem"]


def test_namesakes_side_by_side(identity: Callable[..., tuple]) -> None:
    """A store that keeps namesakes has both, each in a file of its own, and each once."""
    store = TrustStore("Phone-VPN-trust", keeps_namesakes=True)
    first, _ = identity("vpn", start=LATE)
    second, _ = identity("vpn", index=1, start=EARLY, serial=b"\x02")
    assert store.add(first) is AddOutcome.ADDED
    assert store.add(second) is AddOutcome.ADDED
    assert store.add(first) is AddOutcome.ALREADY_THERE
    assert [entry.file_name for entry in store] == ["vpn-1.pem", "vpn.pem"]
    removed = store.remove("vpn.pem")
    assert removed is not None
    assert removed.certificate == first
    assert second in store


def test_overwriting_asks_for_no_date(store: TrustStore, identity: Callable[..., tuple]) -> None:
    """Told to overwrite, an earlier certificate takes a later one's place."""
    later, _ = identity("ca", start=LATE)
    earlier, _ = identity("ca", index=1, start=EARLY, serial=b"\x02")
    store.add(later)
    assert store.add(earlier) is AddOutcome.KEPT_STORED
    assert store.add(earlier, overwrite=True) is AddOutcome.REPLACED
    assert store.add(earlier, overwrite=True) is AddOutcome.ALREADY_THERE
    assert [entry.certificate for entry in store] == [earlier]


@pytest.mark.openssl
@pytest.mark.parametrize(
    "subject",
    [
        DistinguishedName.of("pub.example.com", organization="Cisco", country="IN"),
        DistinguishedName.of("  Two  Blanks\tHere ", state="Zürich", country="CH"),
        DistinguishedName((("DC", "example"), ("DC", "com"), ("CN", "Ä"))),
        DistinguishedName((("emailAddress", "A@b.example"), ("serialNumber", "PID:CP-8861"))),
    ],
)
def test_subject_hash_is_that_of_openssl(
    identity: Callable[..., tuple],
    run_openssl: Callable[..., subprocess.CompletedProcess[bytes]],
    subject: DistinguishedName,
) -> None:
    """The hash link's name is what `openssl x509 -hash` prints."""
    certificate, _ = identity(subject=subject)
    printed = run_openssl("x509", "-noout", "-hash", stdin=certificate.pem).stdout
    assert subject_hash(certificate) == printed.decode().strip()
