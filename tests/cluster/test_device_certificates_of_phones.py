"""Which device certificate each phone has, and that it is real whenever somebody looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from twin.cluster.twin import Twin
from twin.phones.device_certificates import NO_CERTIFICATE, Kind
from twin.pki import chains
from twin.pki.chains import ChainFault

INSTALLED = [
    {"name": "desk", "model": "7841", "count": 3, "callmanager_group": "pub-sub",
     "lsc": "installed"},
    {"name": "old", "model": "7960", "count": 2, "callmanager_group": "pub-sub"},
    {"name": "wall", "model": "7965", "count": 2, "callmanager_group": "sub-pub"},
]  # fmt: skip
REGISTERED = {"wait": {"until": "quiet", "at_most": "2h"}}


def faults(twin: Twin, node: str, store: str, phone: int) -> tuple[ChainFault, ...]:
    """What is wrong with what a phone presents, by a store of a node, now."""
    held = twin.cluster.enrolment.certificates
    (leaf, *above), _ = held.identity_of_class(held.presented(phone))
    entries = twin.cluster.nodes[node].files.store(store)
    trusted = [entry.certificate for entry in entries]
    links = chains.faults(leaf, trusted, twin.now, above, any_ends=True)
    return tuple(link.fault for link in links)


def by_population(twin: Twin, name: str) -> list[int]:
    """The phones of a population."""
    columns = twin.cluster.population
    return [n for n in range(columns.size) if columns.group(n).population == name]


@pytest.fixture
def twin(make_twin: Callable[..., Twin]) -> Twin:
    """Phones with LSCs, without any certificate, and with a MIC only."""
    return make_twin(phones=INSTALLED)


def test_the_lsc_comes_before_the_mic(twin: Twin) -> None:
    """A phone with both presents its LSC; one with neither presents nothing."""
    held = twin.cluster.enrolment.certificates
    kinds = {
        name: {held.classes[held.presented(phone)].kind for phone in by_population(twin, name)}
        for name in ("desk", "old", "wall")
    }
    assert kinds == {"desk": {Kind.LSC}, "old": {Kind.NONE}, "wall": {Kind.MIC}}
    assert held.certificate_of(by_population(twin, "old")[0]) is None
    with pytest.raises(ValueError, match="no identity"):
        held.identity_of_class(NO_CERTIFICATE)


def test_each_phone_has_a_certificate_of_its_own(twin: Twin) -> None:
    """Names and serials differ, the looks agree, and a second look finds the same bytes."""
    held = twin.cluster.enrolment.certificates
    phones = [*by_population(twin, "desk"), *by_population(twin, "wall")]
    made = [held.certificate_of(phone) for phone in phones]
    assert made == [held.certificate_of(phone) for phone in phones]
    assert len({one.serial for one in made if one}) == len(phones)
    names = [twin.cluster.population.names[phone] for phone in phones]
    assert [one.common_name[-15:] for one in made if one] == names


def test_the_seed_decides(make_twin: Callable[..., Twin]) -> None:
    """Another run of the same seed has the same serials, another seed has others."""

    def serial(seed: int) -> int:
        twin = make_twin(phones=INSTALLED, seed=seed)
        found = twin.cluster.enrolment.certificates.certificate_of(0)
        assert found is not None
        return found.serial

    assert serial(1) == serial(1)
    assert serial(1) != serial(2)


def test_a_representative_is_the_first_phone_of_its_class(twin: Twin) -> None:
    """The class's certificate is that phone's own, and it leads to the CAPF that signed it."""
    held = twin.cluster.enrolment.certificates
    phone = by_population(twin, "desk")[0]
    chain, key = held.identity_of_class(held.presented(phone))
    assert chain[0] == held.certificate_of(phone)
    assert chain[0].public_key == key.public_key
    capf = twin.cluster.nodes["pub"].files.own["CAPF"].certificate
    assert chain[1] == capf
    assert chain[0].is_signed_by(capf)


def test_every_node_trusts_mics_and_lscs_as_installed(twin: Twin) -> None:
    """Both nodes' CallManager-trust leads from LSC and MIC to an entry; so does CAPF-trust."""
    for phone in (*by_population(twin, "desk"), *by_population(twin, "wall")):
        assert faults(twin, "pub", "CallManager-trust", phone) == ()
        assert faults(twin, "sub", "CallManager-trust", phone) == ()
        assert faults(twin, "pub", "CAPF-trust", phone) == ()


def test_an_old_lsc_is_worth_as_much_as_the_old_capf_entry(twin: Twin) -> None:
    """A14, the trust part: after a regeneration it is trusted until the old entry is deleted."""
    phone = by_population(twin, "desk")[0]
    old = twin.cluster.nodes["pub"].files.own["CAPF"].certificate
    twin.regenerate("pub", "CAPF")
    twin.do(REGISTERED)
    for node in ("pub", "sub"):
        assert faults(twin, node, "CallManager-trust", phone) == ()
        store = twin.cluster.nodes[node].files.store("CallManager-trust")
        assert store.remove(f"{old.common_name}.pem") is not None
        assert faults(twin, node, "CallManager-trust", phone) == (ChainFault.ISSUER_MISSING,)


@pytest.mark.parametrize("order", ["before", "after"])
def test_an_lsc_issued_before_the_delete_is_too_late_or_in_time(twin: Twin, order: str) -> None:
    """A14 with the LSC re-issued first: nothing is lost; with the delete first, it is refused."""
    phones = by_population(twin, "desk")
    old = twin.cluster.nodes["pub"].files.own["CAPF"].certificate
    store = twin.cluster.nodes["pub"].files.store("CAPF-trust")

    def delete() -> None:
        assert store.remove(f"{old.common_name}.pem") is not None

    def issue(**more: Any) -> None:
        asked = {"select": {"population": "desk"}, **more}
        twin.do({"capf_operation": asked})
        twin.do(REGISTERED)

    twin.regenerate("pub", "CAPF")
    twin.do({"restart_service": {"node": "pub", "service": "CAPF"}})
    twin.do(REGISTERED)
    if order == "before":
        delete()
    issue(authentication="existing_certificate_lsc")
    if order == "after":
        delete()
    found = {faults(twin, "pub", "CAPF-trust", phone) for phone in phones}
    names = {twin.cluster.enrolment.status_of(phone).name for phone in phones}
    if order == "before":
        assert names == {"UPGRADE_FAIL_INVALID_LSC"}
        assert found == {(ChainFault.ISSUER_MISSING,)}
    else:
        assert names == {"UPGRADE_SUCCESS"}
        assert found == {()}


@pytest.mark.parametrize(
    ("release", "kind", "trusted"),
    [("11.5", "7970", True), ("15", "7970", False), ("15", "8841", True), ("10.5", "8841", False)],
)
def test_which_mics_are_trusted_is_a_matter_of_release(
    make_twin: Callable[..., Twin], release: str, kind: str, trusted: bool
) -> None:
    """Late releases lack the CAP-RTP authorities, early ones the SHA-2 hierarchy."""
    twin = make_twin(
        release=release,
        phones=[{"name": "desk", "model": kind, "count": 1, "callmanager_group": "pub-sub"}],
    )
    assert (faults(twin, "pub", "CAPF-trust", 0) == ()) is trusted


def test_an_old_mic_has_expired(make_twin: Callable[..., Twin]) -> None:
    """A phone made in 2005 has nothing to show in 2016, and CAPF says so."""
    phone = {"name": "desk", "model": "7970", "count": 1, "callmanager_group": "pub-sub"}
    twin = make_twin(phones=[phone | {"mic_made": 2005}])
    twin.do({"capf_operation": {"authentication": "existing_certificate_mic"}})
    twin.do(REGISTERED)
    assert twin.cluster.enrolment.status_of(0).name == "UPGRADE_FAIL_INVALID_MIC"


@pytest.mark.parametrize("bits", [512, 1024, 2048, 3072, 4096])
def test_an_lsc_has_the_size_that_was_asked_for(make_twin: Callable[..., Twin], bits: int) -> None:
    """The stored LSC is real, signed by CAPF, with a key of the size of the operation."""
    phone = {"name": "desk", "model": "8841", "count": 1, "callmanager_group": "pub-sub"}
    twin = make_twin(release="12.5", phones=[phone])
    twin.do({"capf_operation": {"key_bits": bits}})
    twin.do(REGISTERED)
    lsc = twin.cluster.enrolment.certificates.lsc_of(0)
    assert lsc is not None
    assert lsc.key_bits == bits
    assert lsc.is_signed_by(twin.cluster.nodes["pub"].files.own["CAPF"].certificate)
    assert (lsc.not_after - lsc.not_before).days == 1825
    assert lsc.signature_hash == "sha256"
