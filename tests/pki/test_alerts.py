"""How the two ends of a refused session word it, each from its own side."""

from __future__ import annotations

import pytest

from twin.pki.alerts import (
    ALERT_CODES,
    IDENTITY_UNACCEPTABLE,
    KEY_TOO_LONG,
    NOT_LISTENING,
    details,
    found_text,
    heard_text,
)
from twin.pki.handshake import Verdict

LOCAL = "unable_to_get_issuer_cert_locally"


def test_the_deck_and_its_mirror() -> None:
    """Who refuses prints what it found, the other the alert it heard (edge-presence-video 2.3)."""
    by_server = Verdict("server", "unknown ca", (LOCAL,))
    said = "tlsv1 alert unknown ca", "unable to get local issuer certificate"
    assert details(by_server) == said
    assert details(Verdict("client", "unknown ca", (LOCAL,))) == said[::-1]


@pytest.mark.parametrize(
    ("alert", "text"),
    [
        ("unknown ca", "tlsv1 alert unknown ca"),
        ("access denied", "tlsv1 alert access denied"),
        ("certificate expired", "sslv3 alert certificate expired"),
        ("unsupported certificate", "sslv3 alert unsupported certificate"),
        ("handshake failure", "sslv3 alert handshake failure"),
        ("", "Connection closed by peer"),
    ],
)
def test_alerts_older_than_tls_say_so(alert: str, text: str) -> None:
    """OpenSSL calls alerts below 48 those of SSL 3.0; no alert is a closed connection."""
    assert heard_text(Verdict("client", alert, (LOCAL,))) == text


def test_a_session_has_no_words() -> None:
    """Nothing is printed of a handshake that succeeded."""
    assert details(Verdict()) == ("", "")


def test_where_nobody_answers_only_the_client_prints() -> None:
    """The other end does not know that it was called."""
    assert details(Verdict("server", "", (NOT_LISTENING,))) == ("Connection refused", "")


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (IDENTITY_UNACCEPTABLE, "Peer's TLS certificate identity was unacceptable"),
        (KEY_TOO_LONG, "TLS negotiation failure"),
        ("cert_revoked", "certificate revoked"),
        ("no_shared_cipher", "no shared cipher"),
    ],
)
def test_reasons_in_words(reason: str, text: str) -> None:
    """Known reasons have OpenSSL's text; of others the name is the text."""
    assert found_text(Verdict("client", "", (reason, "other"))) == text


def test_no_reason_no_text() -> None:
    """A refusal without a reason prints nothing of itself."""
    assert found_text(Verdict("client", "internal error")) == ""


def test_alert_codes_are_those_of_the_rfc() -> None:
    """The codes that the catalogue names."""
    assert [ALERT_CODES[name] for name in ("unknown ca", "certificate expired")] == [48, 45]
    assert len(set(ALERT_CODES.values())) == len(ALERT_CODES)
