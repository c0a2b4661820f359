from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from twin.nodes.database import CertificateRow
from twin.nodes.file_system import Identity
from twin.pki import trust_list
from twin.pki.list_header import Digest
from twin.pki.list_record import Role

if TYPE_CHECKING:
    from tests.nodes.tftp.conftest import Bench, LabSettings

Benches = Callable[..., "Bench"]
Identities = Callable[..., Identity]


def signer(bench: Bench) -> str:
    """The subject in the served list's header."""
    return trust_list.decode(bench.tftp.itl).signing_header.signer


@pytest.mark.parametrize(
    ("unit", "node"),
    [("CallManager", "labserver1"), ("TVS", "labserver1"), ("TVS", "labserver2")],
)
def test_triggers(bench: Bench, unit: str, node: str) -> None:
    """The node's own CallManager and any node's TVS lead to a new list, once the delay is over."""
    before = bench.tftp.itl
    bench.renew(unit, node)
    bench.clock.advance(4_999)
    assert bench.tftp.itl == before
    bench.clock.advance(1)
    assert bench.tftp.itl != before
    (build,) = bench.builds
    assert (build["cause"], build["changed"], build["version"]) == (f"{unit} of {node}", True, 1)
    assert bench.tftp.host.alarms() == ["ITLFileRegenerated"]


@pytest.mark.parametrize(
    ("unit", "node"),
    [
        ("CallManager", "labserver2"),
        ("tomcat", "labserver1"),
        ("ipsec", "labserver1"),
        ("ITLRecovery", "labserver1"),
        ("CAPF", "labserver1"),
    ],
)
def test_non_triggers(bench: Bench, unit: str, node: str) -> None:
    """Another node's CallManager, tomcat, ipsec, ITLRecovery and an idle CAPF build nothing."""
    before = bench.tftp.itl
    bench.renew(unit, node)
    bench.clock.settle()
    assert bench.builds == []
    assert bench.tftp.itl == before


def test_trust_copies_are_no_trigger(
    bench: Bench, trusted: Callable[..., CertificateRow], identity: Identities
) -> None:
    """A changed trust row builds nothing, were it a copy of the node's own CallManager."""
    certificate = identity(generation=1).certificate
    row = trusted(["CallManager-trust"], "labserver1", ["labserver1"], certificate)
    bench.tftp.on_change(bench.change(row, identity()))
    bench.clock.settle()
    assert bench.builds == []


@pytest.mark.parametrize(("node", "built"), [("labserver1", 1), ("labserver2", 0)])
def test_active_capf_is_a_trigger(
    make_bench: Benches, settings: LabSettings, node: str, built: int
) -> None:
    """CAPF of the node where the service is active leads to a new list, an unused one does not."""
    settings.capf = {"labserver1"}
    bench = make_bench()
    new = bench.renew("CAPF", node)
    bench.clock.settle()
    assert len(bench.builds) == built
    (record,) = trust_list.decode(bench.tftp.itl).with_roles({Role.CAPF})
    assert (record.certificate == new.certificate.der) is bool(built)


def test_new_callmanager_signs(bench: Bench) -> None:
    """After CallManager the list is signed with the new key and holds it as anchor and signer."""
    new = bench.renew("CallManager", "labserver1")
    bench.clock.settle()
    assert trust_list.verify_signature(bench.tftp.itl, new.certificate) == ()
    listed = trust_list.decode(bench.tftp.itl)
    assert listed.records[0].certificate == new.certificate.der
    assert listed.with_roles({Role.CCM_TFTP})[0].certificate == new.certificate.der
    assert bench.tftp.signing()[0] == new.certificate
    assert bench.builds[0]["signer_serial"] == new.certificate.serial_bytes.hex()


def test_configs_follow_the_list(bench: Bench, identity: Identities) -> None:
    """Configs are signed with the old key until the list that vouches for the new one is served."""
    new = bench.renew("CallManager", "labserver1")
    assert bench.tftp.signing()[0] == identity("CallManager").certificate
    bench.clock.settle()
    assert bench.tftp.signing()[0] == new.certificate


def test_signer_stays_from_12(make_bench: Benches) -> None:
    """From 12.0 a new CallManager changes the records, not the signer."""
    bench = make_bench("12.5")
    before = signer(bench)
    new = bench.renew("CallManager", "labserver1")
    bench.clock.settle()
    assert signer(bench) == before
    assert trust_list.decode(bench.tftp.itl).records[1].certificate == new.certificate.der


def test_several_causes_within_the_delay(bench: Bench) -> None:
    """Changes within one rebuild delay are built once, for the first, with all of them in."""
    callmanager = bench.renew("CallManager", "labserver1")
    bench.clock.advance(3_000)
    tvs = bench.renew("TVS", "labserver2")
    bench.clock.settle()
    assert bench.clock.now_ms == 5_000
    (build,) = bench.builds
    assert build["cause"] == "CallManager of labserver1"
    listed = trust_list.decode(bench.tftp.itl)
    assert listed.records[0].certificate == callmanager.certificate.der
    assert listed.records[-1].certificate_hash == tvs.certificate.sha1


def test_a_change_after_the_build(make_bench: Benches) -> None:
    """A change after a build waits for a delay of its own and is a version of its own."""
    bench = make_bench(draws={"itl_rebuild_delay_s": [2_500, 7_500]})
    for generation in (1, 2):
        bench.renew("TVS", "labserver2", generation)
        bench.clock.settle()
    assert bench.clock.now_ms == 10_000
    assert [build["version"] for build in bench.builds] == [1, 2]


def test_unchanged_build_keeps_its_version(bench: Bench) -> None:
    """A build that comes to the same list keeps its bytes and its version, and tells nobody."""
    told: list[int] = []
    bench.tftp.on_new_files.append(lambda: told.append(1))
    before = bench.tftp.itl
    bench.clock.advance(86_400_000)
    bench.tftp.service.restart()
    bench.clock.settle()
    (build,) = bench.builds
    assert (build["cause"], build["changed"], build["version"]) == ("service started", False, 0)
    assert bench.tftp.itl == before
    assert bench.tftp.host.alarms() == []
    assert told == []


def test_listeners_hear_of_new_files(bench: Bench) -> None:
    """Who serves the files is told once per new list."""
    told: list[int] = []
    bench.tftp.on_new_files.append(lambda: told.append(bench.clock.now_ms))
    bench.renew("TVS", "labserver1")
    bench.clock.settle()
    assert told == [5_000]


def test_stopped_service_builds_at_its_start(bench: Bench) -> None:
    """What changed while the service was stopped is in the list once it is started."""
    bench.tftp.service.stop()
    new = bench.renew("CallManager", "labserver1")
    bench.clock.advance(60_000)
    assert bench.builds == []
    bench.tftp.service.start()
    bench.clock.settle()
    assert bench.builds[0]["changed"]
    assert trust_list.verify_signature(bench.tftp.itl, new.certificate) == ()


def test_restart_within_the_delay(bench: Bench) -> None:
    """A restart within the rebuild delay builds at its end, not a second time after the delay."""
    bench.renew("CallManager", "labserver1")
    bench.tftp.service.restart()
    bench.clock.settle()
    assert [build["cause"] for build in bench.builds] == ["service started"]
    assert bench.clock.now_ms == 10_000


@pytest.mark.parametrize("release", ["11.5", "12.5"])
def test_new_recovery_counts_from_the_next_restart(
    make_bench: Benches, recovery: Callable[..., Identity], release: str
) -> None:
    """A new ITLRecovery is not used by a rebuild for another cause, only after a restart."""
    bench = make_bench(release)
    old, new = recovery(0), recovery(1)
    bench.settings.itl_recovery = new
    bench.renew("TVS", "labserver2")
    bench.clock.settle()
    listed = [record.certificate for record in trust_list.decode(bench.tftp.itl).records]
    assert old.certificate.der in listed
    assert new.certificate.der not in listed
    bench.tftp.service.restart()
    bench.clock.settle()
    listed = [record.certificate for record in trust_list.decode(bench.tftp.itl).records]
    assert old.certificate.der not in listed
    assert new.certificate.der in listed
    signs = trust_list.verify_signature(bench.tftp.itl, new.certificate) == ()
    assert signs is (release == "12.5")


@pytest.mark.parametrize("parameter", ["rollback", "algorithm"])
def test_parameters_change_the_list(bench: Bench, parameter: str) -> None:
    """A flipped enterprise parameter, scheduled, leads to another list and back to a full one."""
    full = trust_list.decode(bench.tftp.itl).records
    setattr(bench.settings, parameter, {"rollback": True, "algorithm": Digest.SHA512}[parameter])
    bench.tftp.schedule("operator")
    bench.clock.settle()
    assert bench.builds[-1]["changed"]
    setattr(bench.settings, parameter, {"rollback": False, "algorithm": Digest.SHA1}[parameter])
    bench.tftp.schedule("operator")
    bench.clock.settle()
    assert [build["version"] for build in bench.builds] == [1, 2]
    assert trust_list.decode(bench.tftp.itl).records == full


def test_a_multi_server_certificate_is_a_trigger_on_its_nodes(bench: Bench) -> None:
    """Whoever wrote the shared row, each node it is mapped to builds again; others do not."""
    row = bench.own("CallManager", "labserver2", bench.identity("CallManager", "labserver2", 1))
    for nodes, builds in ((("labserver2", "labserver3"), 0), (("labserver1", "labserver2"), 1)):
        bench.tftp.on_change(bench.change(replace(row, nodes=nodes), None))
        bench.clock.settle()
        assert len(bench.tftp.host.rows("itl_built")) == builds
