from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from twin.config.release import ReleaseProfile
from twin.nodes.database import CertificateRow, RowChange
from twin.nodes.file_system import Identity
from twin.pki import signed_file, trust_list
from twin.pki.list_header import Digest
from twin.pki.list_record import Role
from twin.pki.phone_config import PhoneConfig

if TYPE_CHECKING:
    from tests.nodes.tftp.conftest import Bench, LabSettings

Benches = Callable[..., "Bench"]
BEFORE_10 = ("8.6", "9.1")
SIGNED_BY_CALLMANAGER = ("10.5", "11.5")
SIGNED_BY_RECOVERY = ("12.5", "14", "15")

CONFIG = PhoneConfig("SIP", (("labserver1", "10.106.97.178"),), ("10.106.97.178",), "stamp")


def records(bench: Bench) -> list[tuple[int, str]]:
    """Role and subject of each record served, in file order."""
    listed = trust_list.decode(bench.tftp.itl)
    return [(record.role, record.subject or "") for record in listed.records]


def named(unit: str, node: str = "labserver1") -> str:
    """The subject of a unit of the lab."""
    name = {"ITLRecovery": f"ITLRECOVERY_{node}.vasank.com", "CAPF": f"CAPF-{node}"}
    return f"CN={name.get(unit, f'{node}.vasank.com')};OU=TAC;O=Cisco;L=BGL;ST=KA;C=IN"


TVS = [(Role.TVS, named("TVS")), (Role.TVS, named("TVS", "labserver2"))]
CALLMANAGER, RECOVERY = named("CallManager"), named("ITLRecovery")


@pytest.mark.parametrize("release", BEFORE_10)
def test_records_before_10(make_bench: Benches, release: str) -> None:
    """8.x and 9.x: CallManager as the only anchor and as the file signer, then every TVS."""
    assert records(make_bench(release)) == [
        (Role.SAST, CALLMANAGER),
        (Role.CCM_TFTP, CALLMANAGER),
        *TVS,
    ]


@pytest.mark.parametrize("release", SIGNED_BY_CALLMANAGER)
def test_records_of_10_and_11(make_bench: Benches, release: str) -> None:
    """10.x and 11.x: CallManager is the first anchor and signs, ITLRecovery is the second."""
    assert records(make_bench(release)) == [
        (Role.SAST, CALLMANAGER),
        (Role.SAST, RECOVERY),
        (Role.CCM_TFTP, CALLMANAGER),
        *TVS,
    ]


@pytest.mark.parametrize("release", SIGNED_BY_RECOVERY)
def test_records_from_12(make_bench: Benches, release: str) -> None:
    """From 12.0: ITLRecovery is the first anchor and signs, CallManager is the second."""
    assert records(make_bench(release)) == [
        (Role.SAST, RECOVERY),
        (Role.SAST, CALLMANAGER),
        (Role.CCM_TFTP, CALLMANAGER),
        *TVS,
    ]


@pytest.mark.parametrize("release", BEFORE_10 + SIGNED_BY_CALLMANAGER + SIGNED_BY_RECOVERY)
def test_signature(
    make_bench: Benches, settings: LabSettings, identity: Callable[..., Identity], release: str
) -> None:
    """The served bytes verify with the release's signer, and with no other certificate."""
    bench = make_bench(release)
    callmanager = identity("CallManager").certificate
    signer, other = callmanager, identity("TVS").certificate
    if release in SIGNED_BY_RECOVERY:
        assert settings.itl_recovery is not None
        signer, other = settings.itl_recovery.certificate, callmanager
    assert trust_list.verify_signature(bench.tftp.itl, signer) == ()
    assert trust_list.verify_signature(bench.tftp.itl, other) != ()


def test_header(bench: Bench) -> None:
    """The header names the file, the moment of the build, and SHA-1 by default."""
    header = trust_list.decode(bench.tftp.itl).header
    assert header.filename == "ITLFile.tlv"
    assert header.timestamp_s == int(bench.tftp.host.time().timestamp())
    assert header.digest is Digest.SHA1


def test_sha512(make_bench: Benches, settings: LabSettings) -> None:
    """TFTP File Signature Algorithm = SHA-512 signs lists and configs over SHA-512."""
    settings.algorithm = Digest.SHA512
    bench = make_bench()
    assert trust_list.decode(bench.tftp.itl).header.digest is Digest.SHA512
    assert trust_list.verify_signature(bench.tftp.itl, bench.tftp.signing()[0]) == ()
    assert bench.tftp.signing()[1] is Digest.SHA512


def test_each_node_has_its_own_list(make_bench: Benches, identity: Callable[..., Identity]) -> None:
    """Another TFTP node's list differs in its CallManager records only."""
    one, other = make_bench(), make_bench(name="labserver2")
    assert (
        trust_list.verify_signature(
            other.tftp.itl, identity("CallManager", "labserver2").certificate
        )
        == ()
    )
    differing = [
        index
        for index, (a, b) in enumerate(
            zip(
                trust_list.decode(one.tftp.itl).records,
                trust_list.decode(other.tftp.itl).records,
                strict=True,
            )
        )
        if a != b
    ]
    assert differing == [0, 2]


def test_capf_only_where_it_is_active(make_bench: Benches, settings: LabSettings) -> None:
    """An active CAPF has a record before those of TVS; a subscriber's unused one never has."""
    without = records(make_bench())
    settings.capf = {"labserver1"}
    listed = records(make_bench())
    assert listed == [*without[:3], (Role.CAPF, named("CAPF")), *without[3:]]


def test_tvs_records_hold_a_hash(bench: Bench, identity: Callable[..., Identity]) -> None:
    """A TVS record has the SHA-1 of the certificate in place of it; the others hold it whole."""
    listed = trust_list.decode(bench.tftp.itl)
    tvs = listed.with_roles({Role.TVS})
    assert [record.certificate for record in tvs] == [None, None]
    assert [record.certificate_hash for record in tvs] == [
        identity("TVS", node).certificate.sha1 for node in ("labserver1", "labserver2")
    ]
    others = listed.with_roles({Role.SAST, Role.CCM_TFTP})
    assert all(record.certificate and not record.certificate_hash for record in others)


def test_tvs_records_hold_the_certificate(
    make_bench: Benches,
    releases: Callable[[str], ReleaseProfile],
    identity: Callable[..., Identity],
) -> None:
    """Where the release embeds TVS certificates, the record holds it, and the list is longer."""
    embedding = releases("11.5").model_copy(update={"tvs_record": "certificate"})
    full, short = make_bench(embedding), make_bench()
    records_ = trust_list.decode(full.tftp.itl).with_roles({Role.TVS})
    assert [record.certificate for record in records_] == [
        identity("TVS", node).certificate.der for node in ("labserver1", "labserver2")
    ]
    assert len(full.tftp.itl) > len(short.tftp.itl)


def test_rollback_list(make_bench: Benches, settings: LabSettings) -> None:
    """Prepare Cluster for Rollback leaves the anchors and nothing else, still signed."""
    settings.rollback = True
    settings.capf = {"labserver1"}
    bench = make_bench()
    assert records(bench) == [(Role.SAST, CALLMANAGER), (Role.SAST, RECOVERY)]
    assert trust_list.verify_signature(bench.tftp.itl, bench.tftp.signing()[0]) == ()


def test_recorded_size(bench: Bench) -> None:
    """A build records how many bytes are served and how many records they hold."""
    bench.tftp.service.restart()
    bench.clock.settle()
    assert bench.builds[-1]["size_bytes"] == len(bench.tftp.itl)
    assert bench.builds[-1]["records"] == 5


# -- configuration files --------------------------------------------------------------------


def test_config_is_signed_by_callmanager(bench: Bench) -> None:
    """A device's configuration is signed with the node's CallManager key, whoever signs lists."""
    data = bench.tftp.config("SEP885A92D977CA", CONFIG, is_signed=True)
    assert signed_file.verify_signature(data, bench.tftp.signing()[0]) == ()
    assert signed_file.decode(data).header.filename == "SEP885A92D977CA.cnf.xml.sgn"


def test_config_from_12_is_signed_by_callmanager(
    make_bench: Benches, identity: Callable[..., Identity]
) -> None:
    """From 12.0, too, configurations are signed with CallManager, not with ITLRecovery."""
    data = make_bench("12.5").tftp.config("SEP885A92D977CA", CONFIG, is_signed=True)
    assert signed_file.verify_signature(data, identity("CallManager").certificate) == ()


def test_config_for_a_phone_without_security_by_default(bench: Bench) -> None:
    """A phone that knows no lists gets the bare XML."""
    data = bench.tftp.config("SEP885A92D977CA", CONFIG, is_signed=False)
    assert data.startswith(b"<?xml")
    assert data in bench.tftp.config("SEP885A92D977CA", CONFIG, is_signed=True)


def test_callmanager_ecdsa_is_listed_as_file_server(
    make_bench: Benches, identity: Callable[..., Identity], own: Callable[..., CertificateRow]
) -> None:
    """A node's CallManager-ECDSA is a record beside its twin's, but no anchor, for no list is
    signed with a key on a curve; a new one is a new list."""
    bench = make_bench("12.5")
    before = records(bench)
    ecdsa = identity("CallManager-ECDSA", common_name="labserver1-EC.vasank.com")
    bench.tftp.files.own["CallManager-ECDSA"] = ecdsa
    row = own("CallManager-ECDSA", "labserver1", ecdsa)
    bench.tftp.on_change(RowChange(1, row, None))
    bench.clock.settle()
    added = (Role.CCM_TFTP, ecdsa.certificate.subject)
    assert records(bench) == [*before[:3], added, *before[3:]]


def test_another_nodes_callmanager_ecdsa_is_not(
    make_bench: Benches, identity: Callable[..., Identity], own: Callable[..., CertificateRow]
) -> None:
    """A change of another node's, or a row that goes, does not rebuild the list."""
    bench = make_bench("12.5")
    row = own("CallManager-ECDSA", "labserver2", identity("CallManager-ECDSA", "labserver2"))
    bench.tftp.on_change(RowChange(1, row, None))
    mine = own("CallManager", "labserver1", identity())
    bench.tftp.on_change(RowChange(2, replace(mine, nodes=()), mine))
    assert not [timer for timer in bench.clock.timers if timer.counts]
