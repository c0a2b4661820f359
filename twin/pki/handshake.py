"""TLS verdicts: two endpoints in memory, a real OpenSSL handshake at a given instant.

Knows: what an endpoint presents and by what it authenticates the other; who refuses, with which
alert, for which reasons. Must not know what a leg is for, nor who may open one.

A verdict follows from the two endpoints and from which of their certificates are within their
dates, so each distinct one is come to once and remembered (`Handshakes`). The alert is the one
OpenSSL sent.
TLS 1.2, as the product of that era speaks; security level 0 admits its 1024-bit and SHA-1
certificates, whose strength is a matter of releases and not of this room. An end sends the chain it
was given and nothing more, whatever its own store holds.
"""

from __future__ import annotations

import contextlib
from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from OpenSSL import SSL, crypto

from twin.errors import SimulationError
from twin.pki.certificates import Certificate
from twin.pki.keys import PrivateKey

ANY_CIPHER = "ALL:!aNULL:@SECLEVEL=0"
"""Without the anonymous ones, by which a server whose key may not sign would prove nothing."""
NULL_CIPHER = "NULL-SHA:@SECLEVEL=0"
"""Integrity without secrecy: device security mode authenticated. Source: wire-formats 5."""
ANY_OR_NULL_CIPHER = "ALL:eNULL:!aNULL:@SECLEVEL=0"

UNSUITABLE_ISSUER_PURPOSE = "issuer_invalid_purpose"
"""To pass over: an issuing certificate whose extended key usages are not those of the peer."""

_ERRORS = {
    2: "unable_to_get_issuer_cert", 7: "cert_signature_failure", 9: "cert_not_yet_valid",
    3: "unable_to_get_crl", 8: "crl_signature_failure", 11: "crl_not_yet_valid",
    12: "crl_has_expired", 23: "cert_revoked",
    10: "cert_has_expired", 18: "depth_zero_self_signed_cert", 19: "self_signed_cert_in_chain",
    20: "unable_to_get_issuer_cert_locally", 21: "unable_to_verify_leaf_signature",
    22: "cert_chain_too_long", 24: "invalid_ca", 25: "path_length_exceeded",
    26: "invalid_purpose", 27: "cert_untrusted", 28: "cert_rejected",
    32: "keyusage_no_certsign", 66: "ee_key_too_small", 67: "ca_key_too_small", 79: "invalid_ca",
}  # fmt: skip
"""OpenSSL's names of verification errors, lower case without X509_V_ERR_. Source: x509_vfy.h."""
_INVALID_PURPOSE = 26
_NO_LIST = "unable_to_get_crl"
_VERIFY_FAILED = "certificate verify failed"
_MAX_BYTES = 1 << 16
_MAX_FLIGHTS = 20
_LOOKS_UP = crypto.X509StoreFlags.CRL_CHECK | crypto.X509StoreFlags.CRL_CHECK_ALL
_NO_AUTO_CHAIN = 0x8
"""SSL_MODE_NO_AUTO_CHAIN, which pyOpenSSL has no name for. Source: openssl/ssl.h."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One end of a TLS session.

    Args:
        chain: what it presents, own certificate first; empty: nothing.
        key: the own certificate's key.
        anchors: certificates by which it accepts the peer, each good as an anchor by itself, leaf
            or not, as the entries of trust lists and trust stores are.
        authenticates: whether it wants a certificate of the peer at all.
        passes_over: verification errors it does not mind, in OpenSSL's names, or
            `UNSUITABLE_ISSUER_PURPOSE`.
        ciphers: OpenSSL's cipher list.
        needs_root: whether an anchor counts only if it is a root, so that every certificate up to
            one has to be at hand.
        revocation_lists: CRLs (DER) it holds; with any, every certificate of a chain is looked up.
        refuses_unlisted: whether a certificate of which no CRL tells is refused, as OpenSSL does
            when asked to look; else it is taken for good.
    """

    chain: tuple[Certificate, ...] = ()
    key: PrivateKey | None = None
    anchors: tuple[Certificate, ...] = ()
    authenticates: bool = True
    passes_over: tuple[str, ...] = ()
    ciphers: str = ANY_CIPHER
    needs_root: bool = False
    revocation_lists: tuple[bytes, ...] = ()
    refuses_unlisted: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """What one end said in one go, as it went over the wire."""

    from_client: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a handshake ended: `refused_by` is client, server, or empty when both agreed.

    `alert` is what the refusing end sent, as OpenSSL words it at the other end; `reasons` are all
    it found wrong, in OpenSSL's names.
    """

    refused_by: str = ""
    alert: str = ""
    reasons: tuple[str, ...] = ()

    @property
    def succeeded(self) -> bool:
        """Whether there is a session."""
        return not self.refused_by


class Handshakes:
    """Verdicts of handshakes, each distinct one done once for real."""

    def __init__(self) -> None:
        self._known: dict[tuple[Endpoint, Endpoint, int], Verdict] = {}
        self._edges: dict[tuple[Endpoint, Endpoint], list[datetime]] = {}

    def __len__(self) -> int:
        """How many were done."""
        return len(self._known)

    def judge(self, client: Endpoint, server: Endpoint, at: datetime) -> Verdict:
        """The verdict at an instant (aware)."""
        key = (client, server, bisect_right(self._edges_of(client, server), at))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = shake_hands(client, server, at)
        return known

    def next_edge(self, client: Endpoint, server: Endpoint, at: datetime) -> datetime | None:
        """The first instant after this one at which a date may change the verdict; None: never."""
        edges = self._edges_of(client, server)
        place = bisect_right(edges, at)
        return edges[place] if place < len(edges) else None

    def _edges_of(self, client: Endpoint, server: Endpoint) -> list[datetime]:
        pair = (client, server)
        edges = self._edges.get(pair)
        if edges is None:
            edges = self._edges[pair] = _edges(client, server)
        return edges


def shake_hands(client: Endpoint, server: Endpoint, at: datetime) -> Verdict:
    """One handshake, and on refusal a second that goes on in spite of it, to hear all reasons.

    Args:
        at: aware; both ends take it for the time of day.
    """
    talk = _Talk(client, server, at, tolerant=False)
    if not talk.failures:
        return Verdict()
    refused_by, words = next(iter(talk.failures.items()))
    heard = [said for side, said in talk.failures.items() if side != refused_by]
    alert = heard[0][-1].partition("alert ")[2] if heard else ""
    if words == (_VERIFY_FAILED,):
        found = _Talk(client, server, at, tolerant=True).found[refused_by]
        words = tuple(dict.fromkeys(found))
    return Verdict(refused_by, alert, tuple(word.replace(" ", "_") for word in words))


def transcript(client: Endpoint, server: Endpoint, at: datetime) -> list[Message]:
    """What goes over the wire in one handshake, up to its end or the alert; random parts are new.

    Args:
        at: aware; both ends take it for the time of day.
    """
    return _Talk(client, server, at, tolerant=False).said


class _Talk:
    """One handshake: who failed, in that order and in its own words, and what each end found."""

    def __init__(self, client: Endpoint, server: Endpoint, at: datetime, *, tolerant: bool) -> None:
        self.failures: dict[str, tuple[str, ...]] = {}
        self.found: dict[str, list[str]] = {"client": [], "server": []}
        self.said: list[Message] = []
        ends = {
            side: SSL.Connection(
                _context(end, at, self.found[side], tolerant, side == "server"), None
            )
            for side, end in (("client", client), ("server", server))
        }
        ends["client"].set_connect_state()
        ends["server"].set_accept_state()
        done: set[str] = set()
        for flight in range(_MAX_FLIGHTS):
            me, other = ("client", "server") if flight % 2 == 0 else ("server", "client")
            if me not in self.failures and me not in done:
                try:
                    ends[me].do_handshake()
                    done.add(me)
                except SSL.WantReadError:
                    pass
                except SSL.Error as error:
                    self.failures[me] = tuple(str(entry[2]) for entry in error.args[0])
            with contextlib.suppress(SSL.WantReadError):  # it may have nothing to say
                data = ends[me].bio_read(_MAX_BYTES)
                self.said.append(Message(me == "client", data))
                ends[other].bio_write(data)
            if len(done) + len(self.failures) == 2:
                return
        raise SimulationError("a TLS handshake in memory came to no end")


def _context(
    end: Endpoint, at: datetime, found: list[str], tolerant: bool, is_server: bool
) -> SSL.Context:
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    context.set_mode(_NO_AUTO_CHAIN)
    context.set_cipher_list(end.ciphers.encode())
    if end.chain:
        assert end.key is not None
        context.use_certificate(end.chain[0].to_x509())
        context.use_privatekey(end.key.raw)
        for certificate in end.chain[1:]:
            context.add_extra_chain_cert(certificate.to_x509())
    store = context.get_cert_store()
    assert store is not None
    for anchor in end.anchors:
        store.add_cert(crypto.X509.from_cryptography(anchor.to_x509()))
    for revoked in end.revocation_lists:
        store.add_crl(x509.load_der_x509_crl(revoked))
    store.set_flags(
        (0 if end.needs_root else crypto.X509StoreFlags.PARTIAL_CHAIN)
        | (_LOOKS_UP if end.revocation_lists or end.refuses_unlisted else 0)
    )
    store.set_time(at)
    if not end.authenticates:
        return context

    def verified(_end: SSL.Connection, _peer: crypto.X509, error: int, depth: int, ok: int) -> bool:
        if not ok:
            at_issuer = error == _INVALID_PURPOSE and depth > 0
            word = _ERRORS.get(error, f"x509_error_{error}")
            if at_issuer and UNSUITABLE_ISSUER_PURPOSE in end.passes_over:
                return True
            if word in end.passes_over or (word == _NO_LIST and not end.refuses_unlisted):
                return True
            found.append(word)
            return tolerant
        return True

    mode = SSL.VERIFY_PEER | (SSL.VERIFY_FAIL_IF_NO_PEER_CERT if is_server else 0)
    context.set_verify(mode, verified)
    return context


def _edges(client: Endpoint, server: Endpoint) -> list[datetime]:
    """Every instant at which a certificate or CRL of either end enters or leaves its dates.

    OpenSSL takes a certificate for expired from the very second of notAfter on.
    """
    found = set()
    for certificate in (*client.chain, *client.anchors, *server.chain, *server.anchors):
        found |= {certificate.not_before, certificate.not_after}
        found.add(certificate.not_after + timedelta(seconds=1))
    for data in (*client.revocation_lists, *server.revocation_lists):
        revoked = x509.load_der_x509_crl(data)
        found.add(revoked.last_update_utc)
        if revoked.next_update_utc is not None:
            found |= {revoked.next_update_utc, revoked.next_update_utc + timedelta(seconds=1)}
    return sorted(found)
