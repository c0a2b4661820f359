"""CAPF and mixed mode together: what a secure phone shows, and who takes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from twin.cluster.twin import Twin
from twin.phones.lifecycle import Event, State
from twin.phones.outcomes import Reason

if TYPE_CHECKING:
    from tests.cluster.conftest import Story

QUIET = {"wait": {"until": "quiet", "at_most": "6h"}}
ALL_RESET: tuple[dict[str, Any], ...] = ({"reset_phones": {}}, QUIET)
DESK = {
    "name": "desk", "model": "8841", "count": 2, "callmanager_group": "pub-sub",
    "security_mode": "encrypted",
}  # fmt: skip


@pytest.fixture
def make(make_twin: Callable[..., Twin]) -> Callable[..., Twin]:
    """A maker of mixed clusters with two secure phones, idle."""

    def twin(phone: dict[str, Any] | None = None, **fields: Any) -> Twin:
        phones = [DESK | (phone or {})]
        mixed = {"cluster_mode": "mixed", "phones": phones, "timing_values": {"p_busy": 0}}
        return make_twin(**mixed | fields)

    return twin


def states(twin: Twin) -> set[State]:
    """What the phones are doing."""
    return {State(state) for state in twin.cluster.population.state}


def reasons(story: Story) -> set[tuple[str, str, tuple[str, ...]]]:
    """Who refused sessions, with which alert, and why."""
    return {
        (row.data["refused_by"], row.data["alert"], tuple(row.data["reasons"]))
        for row in story.told("tls_refused")
    }


def forget(twin: Twin, *common_names: str) -> None:
    """Take certificates of these subjects out of CallManager-trust of every node."""
    for node in twin.cluster.nodes.values():
        store = node.files.store("CallManager-trust")
        for entry in store.entries():
            if entry.certificate.common_name.startswith(common_names):
                store.remove(entry.file_name)


def test_a_mic_is_enough(make: Callable[..., Twin], tell: Callable[[Twin], Story]) -> None:
    """A secure phone without an LSC registers by its MIC, whose authority every node trusts."""
    twin = make()
    for step in ALL_RESET:
        twin.do(step)
    assert states(twin) == {State.REGISTERED}
    assert len(twin.cluster.engine.securing.handshakes) == 1
    assert reasons(tell(twin)) == set()


@pytest.mark.parametrize("release", ["9.1", "10.5", "11.5"])
def test_the_release_decides_about_a_mic(
    make: Callable[..., Twin], tell: Callable[[Twin], Story], release: str
) -> None:
    """Releases that do not ship the authority of an 8841's MIC refuse it by that."""
    signing = "tokens" if release == "9.1" else "tokenless"
    twin = make(release=release, ctl_signing=signing)
    for step in ALL_RESET:
        twin.do(step)
    refused = {("server", "unknown ca", ("unable_to_get_issuer_cert_locally",))}
    is_shipped = release == "11.5"
    assert reasons(tell(twin)) == (set() if is_shipped else refused)
    assert states(twin) == {State.REGISTERED if is_shipped else State.UNREGISTERED}


def test_an_authority_deleted_on_every_node_keeps_mics_out(
    make: Callable[..., Twin], tell: Callable[[Twin], Story]
) -> None:
    """Without manufacturing authorities in CallManager-trust MICs are refused, LSCs are not."""
    mixed = [DESK, DESK | {"name": "hall", "lsc": "installed"}]
    twin = make(phones=mixed)
    forget(twin, "Cisco")
    for step in ALL_RESET:
        twin.do(step)
    columns = twin.cluster.population
    out = {columns.group(n).population for n in range(columns.size) if columns.node[n] < 0}
    assert out == {"desk"}
    assert {row.data["client"] for row in tell(twin).told("tls_refused")} == {"desk"}


def test_an_lsc_is_shown_though_the_mic_would_do(
    make: Callable[..., Twin], tell: Callable[[Twin], Story]
) -> None:
    """A phone with both shows its LSC: it is out when CAPF's certificate leaves the store."""
    twin = make({"lsc": "installed"})
    forget(twin, "CAPF")
    for step in ALL_RESET:
        twin.do(step)
    assert states(twin) == {State.UNREGISTERED}
    refused = {("server", "unknown ca", ("unable_to_get_issuer_cert_locally",))}
    assert reasons(tell(twin)) == refused
    (finding,) = set(twin.stuck().values())
    assert finding.reasons == Reason.PHONE_NOT_TRUSTED


@pytest.mark.parametrize("reissued", [False, True])
def test_the_old_capf_is_needed_until_lscs_are_new(
    make: Callable[..., Twin], tell: Callable[[Twin], Story], reissued: bool
) -> None:
    """The old CAPF deleted from CallManager-trust: phones with LSCs of it are out, others not."""
    twin = make({"lsc": "installed"})
    old = twin.cluster.nodes["pub"].files.own["CAPF"].certificate
    twin.regenerate("pub", "CAPF")
    twin.do({"restart_service": {"node": "pub", "service": "CAPF"}})
    twin.do({"ctl_update": {}})
    for step in ALL_RESET:
        twin.do(step)
    assert states(twin) == {State.REGISTERED}
    if reissued:
        twin.do({"capf_operation": {}})
        twin.do(QUIET)
        assert twin.do({"stale_lsc_report": {}}).message.startswith("0 ")
    forget(twin, old.common_name)
    for step in ALL_RESET:
        twin.do(step)
    assert states(twin) == {State.REGISTERED if reissued else State.UNREGISTERED}
    assert bool(reasons(tell(twin))) is not reissued


def test_a_secure_phone_enrols_first_and_shows_what_it_got(
    make: Callable[..., Twin], tell: Callable[[Twin], Story]
) -> None:
    """Phones of a model without MIC cannot register until CAPF has given them LSCs."""
    twin = make({"model": "7960", "initial": "new"})
    twin.do({"power": {"on": True}})
    twin.do(QUIET)
    assert states(twin) == {State.UNREGISTERED}
    assert {why for _, _, why in reasons(tell(twin))} == {("peer_did_not_return_a_certificate",)}


def test_phones_without_a_certificate_register_after_their_operation(
    make: Callable[..., Twin], tell: Callable[[Twin], Story]
) -> None:
    """With an operation pending the same phones see CAPF, store an LSC, and register by it."""
    twin = make({"model": "7960", "initial": "new"})
    twin.do({"capf_operation": {"key_bits": 1024}})
    twin.do({"power": {"on": True}})
    twin.do(QUIET)
    assert states(twin) == {State.REGISTERED}
    story = tell(twin)
    assert reasons(story) == set()
    stored = {name: at for at, name, _ in story.happened(Event.LSC_CHANGED)}
    came = {name: at for at, name, _ in story.happened(Event.REGISTERED)}
    assert stored.keys() == came.keys()
    assert all(stored[name] < came[name] for name in came)


def test_a_short_lsc_is_shown_as_well(make: Callable[..., Twin]) -> None:
    """An LSC of 512 bits makes a session like any other."""
    twin = make({"lsc": "installed", "lsc_key_bits": 512})
    for step in ALL_RESET:
        twin.do(step)
    assert states(twin) == {State.REGISTERED}


def test_a_refused_phone_tries_again_with_its_lsc(
    make: Callable[..., Twin], tell: Callable[[Twin], Story]
) -> None:
    """A phone that was refused for want of a certificate registers once somebody enrolled it."""
    twin = make({"model": "7960", "initial": "new", "count": 1})
    twin.do({"power": {"on": True}})
    twin.do(QUIET)
    assert states(twin) == {State.UNREGISTERED}
    order = {"authentication": "authentication_string", "string": "12345", "key_bits": 1024}
    assert twin.do({"capf_operation": order}).outcome == "done"
    twin.do({"capf_enter_string": {"string": "12345"}})
    twin.do(QUIET)
    assert states(twin) == {State.REGISTERED}
    story = tell(twin)
    assert len(story.happened(Event.TLS_REFUSED)) == 2
    ((stored, _, _),) = story.happened(Event.LSC_CHANGED)
    ((came, _, _),) = story.happened(Event.REGISTERED)
    assert stored < came
