"""How the two ends of a refused TLS session word it, each from its own side.

Knows: OpenSSL's texts for verification errors and for the alerts it hears. Must not know products.

Source: OpenSSL's tables of both (ssl_err.c and x509_txt.c of the 1.0 line, which products of the
era print); edge-presence-video 2.3 for which end prints which.
"""

from __future__ import annotations

from twin.pki.handshake import Verdict

IDENTITY_UNACCEPTABLE = "identity_unacceptable"
"""A reason of ours: the certificate is good, and somebody else's."""

NOT_LISTENING = "not_listening"
"""A reason of ours: nobody answers at the port."""

KEY_TOO_LONG = "key_too_long"
"""A reason of ours: its own key is longer than its TLS can use, so it says nothing."""

ALERT_CODES = {
    "close notify": 0, "unexpected message": 10, "handshake failure": 40, "no certificate": 41,
    "bad certificate": 42, "unsupported certificate": 43, "certificate revoked": 44,
    "certificate expired": 45, "certificate unknown": 46, "illegal parameter": 47,
    "unknown ca": 48, "access denied": 49, "decode error": 50, "decrypt error": 51,
    "protocol version": 70, "insufficient security": 71, "internal error": 80,
}  # fmt: skip
"""Source: RFC 5246 7.2."""
_FIRST_TLS_ALERT = 48
"""Alerts below it are older than TLS, and OpenSSL says so in its text."""

_FOUND = {
    "unable_to_get_issuer_cert": "unable to get issuer certificate",
    "unable_to_get_issuer_cert_locally": "unable to get local issuer certificate",
    "unable_to_verify_leaf_signature": "unable to verify the first certificate",
    "depth_zero_self_signed_cert": "self signed certificate",
    "self_signed_cert_in_chain": "self signed certificate in certificate chain",
    "cert_has_expired": "certificate has expired",
    "cert_not_yet_valid": "certificate is not yet valid",
    "cert_signature_failure": "certificate signature failure",
    "cert_revoked": "certificate revoked",
    "crl_has_expired": "CRL has expired",
    "unable_to_get_crl": "unable to get certificate CRL",
    "invalid_purpose": "unsupported certificate purpose",
    "invalid_ca": "invalid CA certificate",
    "path_length_exceeded": "path length constraint exceeded",
    IDENTITY_UNACCEPTABLE: "Peer's TLS certificate identity was unacceptable",
    NOT_LISTENING: "Connection refused",
    KEY_TOO_LONG: "TLS negotiation failure",
}


def found_text(verdict: Verdict) -> str:
    """What the refusing end prints: the first thing it found wrong."""
    reason = verdict.reasons[0] if verdict.reasons else ""
    return _FOUND.get(reason, reason.replace("_", " "))


def heard_text(verdict: Verdict) -> str:
    """What the other end prints: the alert it heard, or that the connection was closed."""
    if not verdict.alert:
        return "Connection closed by peer"
    era = "tlsv1" if ALERT_CODES.get(verdict.alert, 0) >= _FIRST_TLS_ALERT else "sslv3"
    return f"{era} alert {verdict.alert}"


def details(verdict: Verdict) -> tuple[str, str]:
    """The texts of client and server; empty where there is a session."""
    if verdict.succeeded:
        return "", ""
    if verdict.reasons == (NOT_LISTENING,):
        return _FOUND[NOT_LISTENING], ""
    found, heard = found_text(verdict), heard_text(verdict)
    return (found, heard) if verdict.refused_by == "client" else (heard, found)
