"""TLS verdicts: who refuses whom, with which alert and for which reasons, by OpenSSL itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.pki.authorities import authority, key
from twin.pki import handshake, profile
from twin.pki.authority import Authority
from twin.pki.certificates import Certificate
from twin.pki.csr import Wanted, request
from twin.pki.handshake import (
    ANY_OR_NULL_CIPHER,
    NULL_CIPHER,
    UNSUITABLE_ISSUER_PURPOSE,
    Endpoint,
    Handshakes,
    shake_hands,
    transcript,
)
from twin.pki.keys import KeyBank, PrivateKey, default_directory
from twin.pki.names import DistinguishedName
from twin.pki.revocation import Revoked, make_revocation_list

NOW = datetime(2016, 2, 7, 22, 0, tzinfo=UTC)
BEFORE = NOW - timedelta(days=400)
DAYS = 1825

Made = tuple[Certificate, PrivateKey]


@pytest.fixture(scope="module")
def make() -> Callable[..., Made]:
    """A maker of certificates with keys of 1024 bits; `by` issues it, else it signs itself."""
    bank = KeyBank(default_directory())
    number = iter(range(1000))

    def one(
        name: str, unit: str = "CallManager", by: Made | None = None, hash_name: str = "sha256",
        start: datetime = BEFORE,
    ) -> Made:  # fmt: skip
        index = next(number)
        key = bank.key(1024, index)
        subject = DistinguishedName.of(name, organization="E", country="CH")
        arguments = (subject, key, bytes([0x41, index]), start, DAYS, hash_name, unit)
        if by is None:
            return profile.self_signed(*arguments), key
        return profile.issue(*arguments, issuer=by[0], issuer_key=by[1]), key

    return one


@pytest.fixture(scope="module")
def callmanager(make: Callable[..., Made]) -> Made:
    """A node's CallManager."""
    return make("cm")


@pytest.fixture(scope="module")
def capf(make: Callable[..., Made]) -> Made:
    """A CAPF certificate as real ones are: no basic constraints, no client authentication."""
    return make("CAPF-0123abcd", "CAPF")


@pytest.fixture(scope="module")
def server(callmanager: Made, capf: Made) -> Endpoint:
    """CallManager, accepting LSCs of the CAPF."""
    return Endpoint(
        (callmanager[0],),
        callmanager[1],
        (capf[0],),
        passes_over=(UNSUITABLE_ISSUER_PURPOSE,),
        ciphers=ANY_OR_NULL_CIPHER,
    )


@pytest.fixture(scope="module")
def phone(make: Callable[..., Made], callmanager: Made, capf: Made) -> Endpoint:
    """A phone with an LSC and CallManager in its CTL."""
    lsc, key = make("SEP001122334455", "LSC", by=capf)
    return Endpoint((lsc,), key, (callmanager[0],))


def test_both_ends_accept_each_other(phone: Endpoint, server: Endpoint) -> None:
    """With CallManager in the list and the issuer of the LSC in the store there is a session."""
    verdict = shake_hands(phone, server, NOW)
    assert verdict.succeeded
    assert (verdict.refused_by, verdict.alert, verdict.reasons) == ("", "", ())


def test_an_authenticated_phone_has_its_null_cipher(phone: Endpoint, server: Endpoint) -> None:
    """Integrity without secrecy is agreed on where the server offers it, else nothing is."""
    quiet = replace(phone, ciphers=NULL_CIPHER)
    assert shake_hands(quiet, server, NOW).succeeded
    verdict = shake_hands(quiet, replace(server, ciphers=handshake.ANY_CIPHER), NOW)
    assert (verdict.refused_by, verdict.reasons) == ("server", ("no_shared_cipher",))


def test_an_unknown_callmanager_is_refused_by_the_phone(
    make: Callable[..., Made], phone: Endpoint, server: Endpoint
) -> None:
    """Another certificate of the same name is not the one in the list: unknown ca."""
    other, _ = make("cm")
    for anchors in ((), (other,)):
        verdict = shake_hands(replace(phone, anchors=anchors), server, NOW)
        assert verdict.refused_by == "client"
        assert verdict.alert == "unknown ca"
        assert verdict.reasons == ("depth_zero_self_signed_cert",)


def test_a_phone_with_nothing_to_show_is_refused(phone: Endpoint, server: Endpoint) -> None:
    """Without a certificate the server breaks off: handshake failure."""
    verdict = shake_hands(replace(phone, chain=(), key=None), server, NOW)
    assert verdict.refused_by == "server"
    assert verdict.alert == "handshake failure"
    assert verdict.reasons == ("peer_did_not_return_a_certificate",)


def test_a_server_that_asks_for_nothing_takes_it(phone: Endpoint, server: Endpoint) -> None:
    """A server without client authentication shakes hands with a phone that has no certificate."""
    bare = replace(phone, chain=(), key=None)
    assert shake_hands(bare, replace(server, authenticates=False), NOW).succeeded


def test_an_lsc_of_a_strange_capf_is_refused(phone: Endpoint, server: Endpoint) -> None:
    """With the issuing CAPF gone from the store the server refuses: unknown ca."""
    verdict = shake_hands(phone, replace(server, anchors=()), NOW)
    assert (verdict.refused_by, verdict.alert) == ("server", "unknown ca")
    assert verdict.reasons[0] == "unable_to_get_issuer_cert_locally"


def test_the_usages_of_the_issuer_matter_unless_passed_over(
    phone: Endpoint, server: Endpoint
) -> None:
    """OpenSSL minds that CAPF is no client authority; the product does not."""
    verdict = shake_hands(phone, replace(server, passes_over=()), NOW)
    assert (verdict.refused_by, verdict.alert) == ("server", "unsupported certificate")
    assert verdict.reasons == ("invalid_purpose",)


def test_usages_of_the_peer_itself_are_never_passed_over(
    make: Callable[..., Made], phone: Endpoint, server: Endpoint, capf: Made
) -> None:
    """A certificate for servers only is no phone's, whatever is passed over at its issuer."""
    web, key = make("web", "web-server", by=capf)
    verdict = shake_hands(replace(phone, chain=(web,), key=key), server, NOW)
    assert (verdict.refused_by, verdict.reasons) == ("server", ("invalid_purpose",))


@pytest.mark.parametrize(
    ("at", "alert", "reason"),
    [
        (BEFORE - timedelta(seconds=1), "bad certificate", "cert_not_yet_valid"),
        (BEFORE, "", ""),
        (BEFORE + timedelta(days=DAYS), "", ""),
        (BEFORE + timedelta(days=DAYS, seconds=1), "certificate expired", "cert_has_expired"),
    ],
)
def test_dates_are_those_of_the_simulated_instant(
    phone: Endpoint, server: Endpoint, at: datetime, alert: str, reason: str
) -> None:
    """The handshake takes place at the instant it is asked about, to the second."""
    verdict = shake_hands(phone, server, at)
    assert verdict.alert == alert
    assert verdict.reasons == ((reason,) if reason else ())


def test_all_reasons_are_told(make: Callable[..., Made], phone: Endpoint, server: Endpoint) -> None:
    """A certificate both unknown and expired is refused for both; the first makes the alert."""
    verdict = shake_hands(
        replace(phone, anchors=(make("other")[0],)), server, NOW + timedelta(2000)
    )
    assert verdict.alert == "unknown ca"
    assert verdict.reasons == ("depth_zero_self_signed_cert", "cert_has_expired")


def test_old_certificates_are_good_enough(make: Callable[..., Made], server: Endpoint) -> None:
    """1024 bits and SHA-1, as of 8.x and 9.x, do not stop a handshake."""
    old_capf = make("CAPF-old", "CAPF", hash_name="sha1")
    old = make("cm-old", hash_name="sha1")
    lsc, key = make("SEP1", "LSC", by=old_capf, hash_name="sha1")
    old_server = replace(server, chain=(old[0],), key=old[1], anchors=(old_capf[0],))
    assert shake_hands(Endpoint((lsc,), key, (old[0],)), old_server, NOW).succeeded


def test_a_chain_that_is_sent_along_reaches_its_root(
    make: Callable[..., Made], phone: Endpoint, server: Endpoint
) -> None:
    """A phone that sends its issuing CA is accepted by the root above it."""
    root = make("root", "authority")
    middle = make("middle", "authority", by=root)
    leaf, key = make("SEP2", "LSC", by=middle)
    by_root = replace(server, anchors=(root[0],))
    assert shake_hands(replace(phone, chain=(leaf, middle[0]), key=key), by_root, NOW).succeeded
    assert not shake_hands(replace(phone, chain=(leaf,), key=key), by_root, NOW).succeeded


def test_each_distinct_handshake_is_done_once(
    phone: Endpoint, server: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Verdicts are remembered by both ends and by which certificates are in their dates."""
    done = []
    monkeypatch.setattr(
        handshake, "shake_hands", lambda *args: done.append(args) or shake_hands(*args)
    )
    known = Handshakes()
    twice = [known.judge(phone, server, NOW + timedelta(days=n)) for n in (0, 1)]
    assert twice[0] is twice[1]
    late = known.judge(phone, server, NOW + timedelta(days=2000))
    assert late.alert == "certificate expired"
    assert known.judge(replace(phone, anchors=()), server, NOW).alert == "unknown ca"
    assert len(done) == len(known) == 3


@pytest.mark.parametrize("days", [-401, -400, 0, 1424, 1425, 1426, 3000])
def test_a_remembered_verdict_is_the_one_of_the_day(
    phone: Endpoint, server: Endpoint, days: int
) -> None:
    """Whatever was judged before, a remembered verdict is what a fresh handshake would give."""
    known = Handshakes()
    for other in (-500, 0, 1425, 2000):
        known.judge(phone, server, NOW + timedelta(days=other))
    at = NOW + timedelta(days=days)
    assert known.judge(phone, server, at) == shake_hands(phone, server, at)


@pytest.fixture(scope="module")
def ladder() -> tuple[Endpoint, Authority, Authority]:
    """A server under an intermediate under a root."""
    root = authority("Root", 11)
    middle = authority("Middle", 12, issuer=root)
    uses = Wanted(("digital_signature", "key_encipherment"), ("server_auth", "client_auth"))
    asked = request(DistinguishedName.of("srv"), key(13), "sha256", uses, ("srv",))
    leaf = middle.sign(asked, bytes([0x43]) * 16, NOW)
    return Endpoint((leaf,), key(13), authenticates=False), root, middle


def test_a_lone_leaf_needs_its_intermediate_at_the_other_end(
    ladder: tuple[Endpoint, Authority, Authority],
) -> None:
    """A server sends the chain it was given: what is missing there has to be in the store."""
    server, root, middle = ladder
    client = Endpoint(anchors=(root.certificate,), needs_root=True)
    assert shake_hands(client, server, NOW).alert == "unknown ca"
    both = replace(client, anchors=(root.certificate, middle.certificate))
    assert shake_hands(both, server, NOW).succeeded
    whole = replace(server, chain=(*server.chain, middle.certificate))
    assert shake_hands(client, whole, NOW).succeeded


def test_an_intermediate_alone_is_an_anchor_only_without_needs_root(
    ladder: tuple[Endpoint, Authority, Authority],
) -> None:
    """Expressways want every certificate up to a root, trust lists do not."""
    server, _, middle = ladder
    client = Endpoint(anchors=(middle.certificate,))
    assert shake_hands(client, server, NOW).succeeded
    verdict = shake_hands(replace(client, needs_root=True), server, NOW)
    assert verdict.reasons[0] == "unable_to_get_issuer_cert"


def _list(of: Authority, *serials: int, days: int = 7) -> bytes:
    revoked = [Revoked(serial, NOW - timedelta(days=1)) for serial in serials]
    return make_revocation_list(
        of, revoked, NOW - timedelta(hours=1), NOW + timedelta(days=days), 1
    )


def test_a_revoked_certificate_is_refused_as_revoked(
    ladder: tuple[Endpoint, Authority, Authority],
) -> None:
    """Whoever holds the list of its CA refuses; another serial on it harms nobody."""
    server, root, middle = ladder
    anchors = (root.certificate, middle.certificate)
    serial = server.chain[0].serial
    client = Endpoint(anchors=anchors, needs_root=True, revocation_lists=(_list(middle, serial),))
    verdict = shake_hands(client, server, NOW)
    assert (verdict.alert, verdict.reasons) == ("certificate revoked", ("cert_revoked",))
    other = replace(client, revocation_lists=(_list(middle, serial + 1),))
    assert shake_hands(other, server, NOW).succeeded


def test_what_no_list_tells_of_is_good_unless_refused(
    ladder: tuple[Endpoint, Authority, Authority],
) -> None:
    """Without a list of every CA of the chain a strict end refuses, a lax one does not."""
    server, root, middle = ladder
    lists = (_list(middle), _list(root))
    client = Endpoint(
        anchors=(root.certificate, middle.certificate), needs_root=True, refuses_unlisted=True
    )
    assert shake_hands(client, server, NOW).reasons[0] == "unable_to_get_crl"
    for held in ((lists[0],), (lists[1],)):
        assert not shake_hands(replace(client, revocation_lists=held), server, NOW).succeeded
        lax = replace(client, revocation_lists=held, refuses_unlisted=False)
        assert shake_hands(lax, server, NOW).succeeded
    assert shake_hands(replace(client, revocation_lists=lists), server, NOW).succeeded


def test_a_list_that_ran_out_refuses_everybody(
    ladder: tuple[Endpoint, Authority, Authority],
) -> None:
    """An expired CRL makes every certificate of its CA unacceptable, and its end is an edge."""
    server, root, middle = ladder
    client = Endpoint(
        anchors=(root.certificate, middle.certificate), needs_root=True,
        revocation_lists=(_list(middle, days=3),),
    )  # fmt: skip
    known = Handshakes()
    assert known.judge(client, server, NOW).succeeded
    edge = known.next_edge(client, server, NOW)
    assert edge == NOW + timedelta(days=3)
    late = known.judge(client, server, edge + timedelta(seconds=1))
    assert "crl_has_expired" in late.reasons


def test_a_fault_that_is_passed_over_is_not_minded(phone: Endpoint, server: Endpoint) -> None:
    """An end may pass over an error by OpenSSL's name, here of an expired server."""
    late = NOW + timedelta(days=2000)
    lax = replace(phone, passes_over=("cert_has_expired",))
    assert shake_hands(phone, replace(server, authenticates=False), late).alert
    assert shake_hands(lax, replace(server, authenticates=False), late).succeeded


def test_edges_are_those_of_the_dates(phone: Endpoint, server: Endpoint) -> None:
    """The next edge lies ahead, and after the last there is none."""
    known, at, found = Handshakes(), NOW, []
    while (edge := known.next_edge(phone, server, at)) is not None:
        assert edge > at
        found.append(edge)
        at = edge
    ends = {one.not_after for one in (*phone.chain, *server.chain)}
    assert ends <= set(found)
    assert known.next_edge(phone, server, at) is None


def test_a_transcript_ends_with_the_alert(phone: Endpoint, server: Endpoint) -> None:
    """What goes over the wire begins with the client's hello and ends with an alert record."""
    said = transcript(replace(phone, anchors=()), server, NOW)
    assert said[0].from_client
    assert said[0].data[:3] == b"\x16\x03\x01"
    last = said[-1]
    assert last.from_client
    assert last.data[:2] == b"\x15\x03"
    assert last.data[-2:] == b"\x02\x30", "fatal, 48"
    good = transcript(phone, server, NOW)
    assert not any(message.data[:1] == b"\x15" for message in good)
