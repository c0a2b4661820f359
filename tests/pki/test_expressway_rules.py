"""What an Expressway says to an uploaded server certificate."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from tests.pki.authorities import START, authority, key
from twin.pki.bundles import FileFormat, write
from twin.pki.certificates import Certificate
from twin.pki.csr import Wanted, request
from twin.pki.expressway_rules import (
    MESSAGES,
    ServerUpload,
    ServerUploadFault,
    ServerUploadWarning,
    refusals,
    warnings,
)
from twin.pki.keys import ECKey, KeyBank, default_directory
from twin.pki.names import DistinguishedName

F, W = ServerUploadFault, ServerUploadWarning
CA = authority("Public", 21)
KEY = key(22)
BOTH = ("server_auth", "client_auth")
NOW = START + timedelta(days=1)


def signed(
    purposes: tuple[str, ...] = BOTH, of: Any = KEY, name: str = "expe.example.com"
) -> Certificate:
    """A certificate of the CA for a key."""
    subject = DistinguishedName.of(name) if name else DistinguishedName((("O", "Example"),))
    uses = Wanted(("digital_signature",), purposes)
    return CA.sign(request(subject, of, "sha256", uses, ()), bytes([0x44]) * 16, START, days=30)


def faults(upload: ServerUpload, *, uc: bool = True, **more: Any) -> set[ServerUploadFault]:
    """All refusals, with Unified Communications on and a release that insists."""
    more = {"needs_client_usage": True, **more}
    return set(refusals(upload, for_unified_communications=uc, **more))


GOOD = ServerUpload(signed().pem, KEY.pem(), None)


def test_a_certificate_with_its_key_is_taken() -> None:
    """With a key file, or for the request in progress without one."""
    assert faults(GOOD) == set()
    assert faults(ServerUpload(signed().pem, None, KEY.public_key)) == set()


@pytest.mark.parametrize(
    ("upload", "expected"),
    [
        (ServerUpload(write([signed()], FileFormat.DER), KEY.pem(), None), {F.NOT_PEM}),
        (ServerUpload(write([signed()], FileFormat.PKCS7_PEM), KEY.pem(), None), {F.NOT_PEM}),
        (ServerUpload(b"nothing", None, None), {F.NOT_PEM, F.NO_KEY}),
        (ServerUpload(signed().pem, KEY.pem(), KEY.public_key), {F.KEY_WHILE_CSR}),
        (ServerUpload(signed().pem, None, None), {F.NO_KEY}),
        (ServerUpload(signed().pem, b"no key", None), {F.KEY_UNREADABLE}),
        (ServerUpload(signed().pem, key(23).pem(), None), {F.KEY_MISMATCH}),
        (ServerUpload(signed().pem, None, key(23).public_key), {F.KEY_MISMATCH}),
        (ServerUpload(signed(("client_auth",)).pem, KEY.pem(), None), {F.NO_SERVER_USAGE}),
        (ServerUpload(signed(("server_auth",)).pem, KEY.pem(), None), {F.NO_CLIENT_USAGE}),
        (
            ServerUpload(signed(("ipsec_end_system",)).pem, key(23).pem(), None),
            {F.KEY_MISMATCH, F.NO_SERVER_USAGE, F.NO_CLIENT_USAGE},
        ),
    ],
)
def test_every_reason_is_told_at_once(
    upload: ServerUpload, expected: set[ServerUploadFault]
) -> None:
    """Each rule refuses by itself, and several together; each has a message."""
    assert faults(upload) == expected
    assert all(MESSAGES[fault] for fault in expected)


def test_a_key_with_a_passphrase_is_not_read() -> None:
    """The key file has to be unencrypted."""
    locked = KEY.raw.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )
    assert faults(ServerUpload(signed().pem, locked, None)) == {F.KEY_UNREADABLE}


def test_client_usage_is_a_matter_of_use_release_and_store() -> None:
    """Not without Unified Communications, not where the release lets it be; in its store always."""
    server_only = ServerUpload(signed(("server_auth",)).pem, KEY.pem(), None)
    assert faults(server_only, uc=False) == set()
    assert faults(server_only, needs_client_usage=False) == set()
    as_client = ServerUpload(server_only.certificate_file, KEY.pem(), None, is_client=True)
    assert faults(as_client, uc=False, needs_client_usage=False) == {F.NO_CLIENT_USAGE}
    client_only = ServerUpload(signed(("client_auth",)).pem, KEY.pem(), None, is_client=True)
    assert faults(client_only) == set()


def test_a_certificate_without_purposes_may_be_used_for_all() -> None:
    """No extension, no restriction (RFC 5280 4.2.1.12)."""
    bare = authority("Self", 22).certificate
    assert faults(ServerUpload(bare.pem, KEY.pem(), None)) == set()


def test_curves_are_a_matter_of_the_release() -> None:
    """A release without ECDSA refuses a key on a curve, and takes an RSA key."""
    assert faults(GOOD, takes_curves=False) == {F.KEY_ON_CURVE}
    rsa = KeyBank(default_directory()).key(2048, 0)
    upload = ServerUpload(signed(of=rsa).pem, rsa.pem(), None)
    assert faults(upload, takes_curves=False) == set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, set()),
        ({"at": NOW + timedelta(days=40)}, {W.EXPIRED}),
        ({"name": ""}, {W.NO_COMMON_NAME}),
        ({"anchors": ()}, {W.ISSUER_UNKNOWN}),
        ({"of": KeyBank(default_directory()).key(1024, 0)}, {W.WEAK_KEY}),
    ],
)
def test_what_is_remarked_and_taken(changes: dict[str, Any], expected: set[W]) -> None:
    """From X8.10 the page warns of what it takes; before, of an expired certificate only."""
    arguments = {"at": NOW, "anchors": (CA.certificate,), "name": "expe", "of": KEY, **changes}
    found = signed(of=arguments["of"], name=arguments["name"])
    where = arguments["anchors"], arguments["at"]
    assert set(warnings(found, *where, judges=True)) == expected
    assert set(warnings(found, *where, judges=False)) == expected & {W.EXPIRED}


def test_the_keys_of_the_test_are_on_curves() -> None:
    """So that no key has to be made for it."""
    assert isinstance(KEY, ECKey)
