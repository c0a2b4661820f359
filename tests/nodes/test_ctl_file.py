"""The CTL as the publisher makes it: records and signer by release, and its two other forms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from twin.config.release import ReleaseProfile
from twin.nodes.ctl_file import WRONG_SHA1, CTLFiles, ListedServer, Receiver
from twin.nodes.file_system import Identity
from twin.outputs import trust_list_dump
from twin.phones.trust import is_sound
from twin.pki import trust_list
from twin.pki.certificates import Certificate
from twin.pki.keys import KeyBank
from twin.pki.list_header import Digest
from twin.pki.list_record import Role
from twin.pki.names import DistinguishedName
from twin.pki.profile import self_signed


@dataclass
class FakeCluster:
    """A cluster the CTL is made of; implements `twin.nodes.ctl_file.CTLCluster`."""

    made: Callable[..., Identity]
    is_mixed: bool = True
    listed: list[ListedServer] = field(default_factory=list)
    active_capf: bool = True
    provider: bool = True
    algorithm: Digest = Digest.SHA1

    def set_mixed(self, is_mixed: bool) -> None:
        self.is_mixed = is_mixed

    def servers(self) -> Sequence[ListedServer]:
        return self.listed

    def has_provider(self) -> bool:
        return self.provider

    def capf(self) -> Certificate | None:
        return self.made("CAPF", common_name="CAPF-1").certificate if self.active_capf else None

    def own(self, unit: str) -> Identity | None:
        if unit == "none":
            return None
        name = "ITLRECOVERY_labserver1" if unit == "ITLRecovery" else ""
        return self.made(unit, common_name=name)

    def tokens(self) -> tuple[Identity, Identity]:
        return (
            self.made("authority", common_name="SAST-1"),
            self.made("authority", common_name="SAST-2"),
        )

    def digest(self) -> Digest:
        return self.algorithm

    def receivers(self) -> Sequence[Receiver]:
        return []


@pytest.fixture
def cluster(identity: Callable[..., Identity]) -> FakeCluster:
    """Two servers, the second without CallManager service."""
    servers = [
        ListedServer("labserver1", "10.0.0.1", Role.CCM_TFTP, identity().certificate),
        ListedServer("labserver2", "10.0.0.2", Role.TFTP, identity(node="labserver2").certificate),
    ]
    return FakeCluster(identity, listed=servers)


@pytest.fixture
def make(
    make_host: Callable[..., Any], releases: Callable[[str], ReleaseProfile], cluster: FakeCluster
) -> Callable[..., CTLFiles]:
    """A maker of CTLs of a release."""

    def one(release: str, *defects: str) -> CTLFiles:
        profile = releases(release).model_copy(update={"defects": defects})
        return CTLFiles(make_host(release=profile), cluster)

    return one


def names(data: bytes) -> list[tuple[int, str]]:
    """Role and common name (or DNS name) of each record."""
    return [
        (record.role, (record.subject or record.dns_name or "").partition(";")[0])
        for record in trust_list.decode(data).records
    ]


CM, SUB, RECOVERY = "CN=labserver1.vasank.com", "CN=labserver2.vasank.com", (
    "CN=ITLRECOVERY_labserver1"
)  # fmt: skip


@pytest.mark.parametrize(
    ("release", "signer", "spare"),
    [
        ("10.5", CM, RECOVERY),
        ("11.5", CM, RECOVERY),
        ("12.5", RECOVERY, CM),
        ("14", RECOVERY, CM),
        ("15", RECOVERY, CM),
    ],
)
def test_a_tokenless_ctl_by_release(
    make: Callable[..., CTLFiles], release: str, signer: str, spare: str
) -> None:
    """The signer's anchor comes first, the other one last; between them servers and CAPF."""
    data = make(release).tokenless(is_mixed=True)
    assert names(data) == [
        (Role.SAST, signer), (Role.CCM_TFTP, CM), (Role.TFTP, SUB), (Role.CAPF, "CN=CAPF-1"),
        (Role.SAST, spare),
    ]  # fmt: skip
    decoded = trust_list.decode(data)
    assert decoded.header.signer.startswith(signer)
    assert decoded.header.filename == "CTLFile.tlv"
    first = Certificate.from_der(decoded.records[0].certificate or b"")
    assert not trust_list.verify_signature(data, first)
    assert decoded.encode() == data


@pytest.mark.parametrize(("release", "signer"), [("11.5", RECOVERY), ("12.5", CM)])
def test_a_reset_ctl_is_signed_by_the_other_key(
    make: Callable[..., CTLFiles], release: str, signer: str
) -> None:
    """reset localkey makes the list of today, signed by the key that normally does not sign."""
    ctl = make(release)
    data = ctl.reset(is_mixed=True)
    assert trust_list.decode(data).header.signer.startswith(signer)
    assert sorted(names(data)) == sorted(names(ctl.tokenless(is_mixed=True)))


@pytest.mark.parametrize("release", ["8.6", "9.1"])
def test_before_10_there_are_tokens_only(make: Callable[..., CTLFiles], release: str) -> None:
    """A tokenless CTL of an old release cannot be made; one with tokens can."""
    with pytest.raises(ValueError, match="no key none"):
        make(release).tokenless(is_mixed=True)
    found = names(make(release).with_tokens(is_mixed=True))
    assert (found[0], found[-1]) == ((Role.SAST, "CN=SAST-1"), (Role.SAST, "CN=SAST-2"))


def test_a_server_of_a_non_secure_cluster_keeps_its_name_only(
    make: Callable[..., CTLFiles], cluster: FakeCluster
) -> None:
    """Records of servers have 33 bytes for an address of twelve characters; anchors stay."""
    cluster.listed = [
        ListedServer("10.48.47.153", "10.48.47.153", server.role, server.certificate)
        for server in cluster.listed
    ]
    records = trust_list.decode(make("10.5").tokenless(is_mixed=False)).records
    assert [len(record.encode()) for record in records[1:3]] == [33, 33]
    assert [record.certificate is None for record in records] == [False, True, True, False, False]


@pytest.mark.parametrize(
    ("release", "anchors"), [("11.5", [CM, RECOVERY]), ("12.5", [CM]), ("15", [CM])]
)
def test_without_the_ctl_provider_itlrecovery_is_missing(
    make: Callable[..., CTLFiles], cluster: FakeCluster, release: str, anchors: list[str]
) -> None:
    """From 12.5 the list leaves ITLRecovery out while Cisco CTL Provider is not active."""
    cluster.provider = False
    data = make(release).tokenless(is_mixed=True)
    assert [name for role, name in names(data) if role == Role.SAST] == anchors


def test_without_an_active_capf_there_is_no_capf_record(
    make: Callable[..., CTLFiles], cluster: FakeCluster
) -> None:
    """CAPF is listed while its service is active."""
    cluster.active_capf = False
    assert Role.CAPF not in [role for role, _ in names(make("12.5").tokenless(is_mixed=True))]


def test_the_digest_is_that_of_the_parameter(
    make: Callable[..., CTLFiles], cluster: FakeCluster
) -> None:
    """TFTP File Signature Algorithm counts for the CTL too."""
    cluster.algorithm = Digest.SHA512
    header = trust_list.decode(make("12.5").tokenless(is_mixed=True)).header
    assert header.digest is Digest.SHA512


@pytest.mark.parametrize("is_mixed", [True, False])
def test_show_ctl_reads_it(make: Callable[..., CTLFiles], is_mixed: bool) -> None:
    """`show ctl` names the signer among the tokens and finds the file good, in either mode."""
    data = make("11.5").tokenless(is_mixed)
    text = trust_list_dump.write(data, "CTL", datetime(2016, 2, 7, tzinfo=UTC))
    assert "CTL Record #:5" in text
    assert text.count("This etoken was used to sign the CTL file.") == 1
    assert text.endswith("The CTL file was verified successfully.\n")


def large(bank: KeyBank) -> Identity:
    """A CallManager of 4096 bits with so many names that its DER has over 2048 bytes."""
    subject = DistinguishedName.of("big.vasank.com", organization="Cisco", country="IN")
    key = bank.key(4096, 0)
    start = datetime(2015, 1, 1, tzinfo=UTC)
    names = [f"server{number:02d}.vasank.com" for number in range(40)]
    certificate = self_signed(
        subject, key, b"\x42", start, 1825, "sha256", "CallManager", dns_names=names
    )
    return Identity(certificate, key)


def test_the_wrong_hash_of_a_large_certificate(
    make: Callable[..., CTLFiles], cluster: FakeCluster, bank: KeyBank
) -> None:
    """With CSCuu59477 a record of over 2048 bytes made with tokens is unsound, and no other is."""
    certificate = large(bank).certificate
    assert len(certificate.der) > 2048
    cluster.listed.append(ListedServer("big", "10.0.0.3", Role.CCM_TFTP, certificate))
    records = trust_list.decode(make("10.5", WRONG_SHA1).with_tokens(is_mixed=True)).records
    assert [is_sound(record) for record in records] == [True, True, True, False, True, True]
    for sound in (
        make("10.5").with_tokens(is_mixed=True),
        make("10.5", WRONG_SHA1).tokenless(is_mixed=True),
    ):
        assert all(is_sound(record) for record in trust_list.decode(sound).records)
