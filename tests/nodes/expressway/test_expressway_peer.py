"""One peer: what it presents to whom, its restart, and what only its tunnels mind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.pki.authorities import START, authority
from twin.nodes.expressway.admin_access import AdminAccess, Mode, Rules
from twin.nodes.expressway.revocation import RevocationSwitches
from twin.pki.alerts import KEY_TOO_LONG
from twin.pki.authority import make_authority
from twin.pki.long_keys import LongKey
from twin.pki.names import DistinguishedName


def test_while_it_restarts_nobody_answers(box: Any) -> None:
    """Its endpoints are gone until the services are back, and a second restart is refused."""
    heard: list[str] = []
    box.peer.on_stopped.append(lambda: heard.append("stopped"))
    box.peer.on_started.append(lambda: heard.append("started"))
    box.peer.on_change.append(lambda: heard.append("change"))
    assert box.peer.restart(lambda: heard.append("done")) is None
    assert box.peer.endpoint() is None
    assert box.peer.restart(lambda: None) == "expe is restarting"
    box.host.clock.settle()
    assert box.peer.endpoint() is not None
    assert heard == ["stopped", "started", "change", "done"]


def test_what_an_endpoint_shows_and_wants(box: Any) -> None:
    """Its certificate and list, or one of them, as the leg asks."""
    box.ca_list.append([box.ca.certificate])
    end = box.peer.endpoint()
    assert end.chain == box.page.active.chain
    assert end.anchors == box.ca_list.anchors
    assert end.needs_root
    blind = box.peer.endpoint(verifies=False)
    assert (blind.anchors, blind.authenticates) == ((), False)
    mute = box.peer.endpoint(shows=False)
    assert (mute.chain, mute.key) == ((), None)


def test_a_key_too_long_is_a_fault_of_its_own(box: Any) -> None:
    """8192 bits are taken by the page and kept out of TLS, from the restart on."""
    asked, key = box.page.ask_outside(LongKey())
    assert box.page.upload(box.signed(asked).pem, key.pem()) is None
    assert box.peer.tls_fault == ""
    box.restart()
    assert box.peer.tls_fault == KEY_TOO_LONG


@pytest.mark.parametrize(
    ("key_end", "oid", "fault"),
    [
        (b"\n", "", ""),
        (b"", "", "key and certificate cannot be read from their file"),
        (b"\n", "1.3.6.1.4.1.6449.1.2", "unknown identifier 1.3.6.1.4.1.6449.1.2"),
    ],
)
def test_what_tunnels_mind(box: Any, key_end: bytes, oid: str, fault: str) -> None:
    """A key file without its last newline, or a name that is not decoded; TLS minds neither."""
    more = ((oid, "x"),) if oid else ()
    asked, key = box.page.ask_outside(box.outside()[1], more)
    key_file = key.pem().rstrip(b"\n") + key_end
    assert box.page.upload(box.signed(asked).pem, key_file) is None
    box.restart()
    assert box.peer.tunnel_fault.startswith(fault)
    assert bool(box.peer.tunnel_fault) is bool(fault)
    assert box.peer.tls_fault == ""


def test_an_identifier_in_the_issuer_counts_as_well(make_box: Callable[..., Any]) -> None:
    """A CA whose own name has it hands it on to everything it signs."""
    box = make_box()
    odd = make_authority(
        DistinguishedName((("CN", "Odd"), ("1.3.6.1.4.1.6449.9", "x"))),
        authority("k", 70).key, bytes([0x48] * 4), START, 900,
    )  # fmt: skip
    asked, key = box.page.ask_outside(box.outside()[1])
    found = odd.sign(asked, bytes([0x49] * 4), START)
    assert box.page.upload(found.pem, key.pem()) is None
    box.restart()
    assert "1.3.6.1.4.1.6449.9" in box.peer.tunnel_fault


def test_lists_of_revoked_certificates_count_by_who_asks(box: Any) -> None:
    """SIP by its switches, everything else always; both kinds of lists for SIP, fetched first."""
    lists = box.peer.revocation
    lists.upload([b"manual"])
    assert lists.counting(for_sip=True) == ()
    assert lists.counting(for_sip=False) == (b"manual",)
    lists.fetch("ca", b"automatic")
    assert lists.counting(for_sip=False) == (b"automatic",)
    lists.switch(RevocationSwitches(checks_sip=True))
    assert lists.counting(for_sip=True) == (b"manual", b"automatic")
    lists.upload([b"new"])
    lists.fetch("ca", b"newer")
    assert lists.counting(for_sip=True) == (b"new", b"newer")
    lists.switch(RevocationSwitches(checks_sip=True, uses_lists=False, refuses_unknown=True))
    assert lists.counting(for_sip=True) == ()
    assert box.peer.endpoint(for_sip=True).refuses_unlisted
    assert not box.peer.endpoint().refuses_unlisted


@pytest.mark.parametrize(
    ("release", "switch", "verifies"),
    [("X14.0.2", True, False), ("X14.2", True, True), ("X14.2", False, False)],
)
def test_who_verifies_origins(
    make_box: Callable[..., Any], release: str, switch: bool, verifies: bool
) -> None:
    """From X14.2, unless the switch is off."""
    box = make_box(release)
    box.peer.set_origin_check(switch)
    assert box.peer.verifies_origins is verifies


def test_a_user_name_by_groups_and_template() -> None:
    """Groups as the product writes them; what is not found makes no name."""
    certificate = authority("alice.smith", 71).certificate
    rules = Rules(Mode.AUTHENTICATION, r"CN=(?<first>\w+)\.(?<last>\w+)", "#last#_#first#")
    assert rules.user_of(certificate) == "smith_alice"
    assert Rules(expression="OU=(?<x>.*)", template="#x#").user_of(certificate) == ""
    assert Rules().user_of(certificate) == "alice.smith"
    assert Rules(expression="(?<=CN=)(?<n>[a-z]+)", template="#n#").user_of(certificate) == "alice"


def test_web_access_changes_with_the_restart() -> None:
    """What is not named stays; what is set is not yet in force."""
    access = AdminAccess()
    access.set("certificate_validation", None, "#name#@x")
    access.set(None, None, None)
    assert access.active == Rules()
    access.activate()
    assert (access.active.mode, access.active.template) == (Mode.VALIDATION, "#name#@x")
