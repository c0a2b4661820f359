from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID

from twin.pki.certificates import Certificate
from twin.pki.keys import KeyBank
from twin.pki.names import DistinguishedName
from twin.pki.profile import issue, self_signed, unit_profile

START = datetime(2016, 2, 1, 12, 30, 15, 999, tzinfo=UTC)
SERIAL = bytes(range(0x10, 0x20))
E = TypeVar("E", bound=x509.ExtensionType)
IPSEC = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.5")
LAB = DistinguishedName.of(
    "pub",
    organizational_unit="TAC",
    organization="Cisco",
    locality="BGL",
    state="KA",
    country="IN",
)


def extension(certificate: Certificate, kind: type[E]) -> E | None:
    """The extension of a kind, None when the certificate has none."""
    try:
        return certificate.to_x509().extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def usages(certificate: Certificate) -> list[str]:
    """The key usages that are set, in the standard's order."""
    usage = extension(certificate, x509.KeyUsage)
    assert usage is not None
    names = ("digital_signature", "key_encipherment", "data_encipherment", "key_agreement")
    return [name for name in (*names, "key_cert_sign", "crl_sign") if getattr(usage, name)]


@pytest.mark.parametrize(
    ("unit", "order", "expected", "extended"),
    [
        (
            "CallManager",
            ["CN", "OU", "O", "L", "ST", "C"],
            [
                "digital_signature",
                "key_encipherment",
                "data_encipherment",
                "key_agreement",
                "key_cert_sign",
            ],
            [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH, IPSEC],
        ),
        (
            "CAPF",
            ["C", "O", "OU", "CN", "ST", "L"],
            ["digital_signature", "key_encipherment", "key_cert_sign"],
            [ExtendedKeyUsageOID.SERVER_AUTH, IPSEC],
        ),
        (
            "ITLRecovery",
            ["C", "O", "OU", "CN", "ST", "L"],
            ["digital_signature", "key_encipherment", "data_encipherment", "key_agreement"],
            [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH],
        ),
    ],
)
def test_units_look_as_in_the_real_list(
    bank: KeyBank, unit: str, order: list[str], expected: list[str], extended: list[object]
) -> None:
    """RDN order, key usage and extended key usage are those found in a real CTL of 2015."""
    certificate = self_signed(LAB, bank.key(1024, 0), SERIAL, START, 1825, "sha1", unit)
    assert [kind for kind, _ in certificate.subject_name.attributes] == order
    assert usages(certificate) == expected
    assert list(extension(certificate, x509.ExtendedKeyUsage) or []) == extended
    assert extension(certificate, x509.BasicConstraints) is None


@pytest.mark.parametrize("unit", ["tomcat", "ipsec", "TVS"])
def test_units_never_seen_look_like_callmanager(unit: str) -> None:
    """The stated assumption: tomcat, ipsec and TVS share CallManager's look."""
    assert unit_profile(unit) == unit_profile("CallManager")


def test_capf_is_an_authority_from_14(bank: KeyBank) -> None:
    """From release 14 on a CAPF certificate carries CA:TRUE with path length 0."""
    certificate = self_signed(
        LAB, bank.key(1024, 0), SERIAL, START, 1825, "sha256", "CAPF", capf_is_authority=True
    )
    constraints = extension(certificate, x509.BasicConstraints)
    assert constraints == x509.BasicConstraints(ca=True, path_length=0)
    assert {"digital_signature", "key_cert_sign"} <= set(usages(certificate))


def test_string_types_are_the_products(bank: KeyBank) -> None:
    """C is a PrintableString, every other attribute a UTF8String."""
    certificate = self_signed(LAB, bank.key(1024, 0), SERIAL, START, 1825, "sha256", "CAPF")
    assert b"\x06\x03\x55\x04\x06\x13\x02IN" in certificate.der
    assert b"\x06\x03\x55\x04\x03\x0c\x03pub" in certificate.der


def test_time_serial_and_key_identifiers(bank: KeyBank) -> None:
    """Start loses its fraction, validity counts days, serial and identifiers are exact."""
    certificate = self_signed(LAB, bank.key(1024, 0), SERIAL, START, 7300, "sha256", "ITLRecovery")
    assert certificate.not_before == START.replace(microsecond=0)
    assert certificate.not_after - certificate.not_before == timedelta(days=7300)
    assert certificate.serial_bytes == SERIAL
    subject_id = extension(certificate, x509.SubjectKeyIdentifier)
    authority_id = extension(certificate, x509.AuthorityKeyIdentifier)
    assert subject_id is not None
    assert authority_id is not None
    assert authority_id.key_identifier == subject_id.digest


@pytest.mark.parametrize("hash_name", ["sha1", "sha256", "sha512"])
def test_the_signature_uses_the_named_hash(bank: KeyBank, hash_name: str) -> None:
    """Each hash gives a certificate that verifies under its own key, SHA-1 included."""
    certificate = self_signed(LAB, bank.key(1024, 0), SERIAL, START, 1825, hash_name, "TVS")
    assert certificate.signature_hash == hash_name
    assert certificate.is_signed_by(certificate)


def test_a_sha1_certificate_differs_only_in_algorithm_and_signature(bank: KeyBank) -> None:
    """The SHA-1 patch changes one byte twice and the signature, nothing else."""
    modern, legacy = (
        self_signed(LAB, bank.key(1024, 0), SERIAL, START, 1825, name, "CallManager").der
        for name in ("sha256", "sha1")
    )
    assert len(legacy) == len(modern)
    changed = [
        position for position in range(len(modern) - 128) if modern[position] != legacy[position]
    ]
    assert [(modern[position], legacy[position]) for position in changed] == [(0x0B, 0x05)] * 2


def test_the_same_arguments_give_the_same_bytes(bank: KeyBank) -> None:
    """Certificates are a pure function of their arguments."""
    one, two = (
        self_signed(LAB, bank.key(1024, 0), SERIAL, START, 1825, "sha1", "TVS") for _ in range(2)
    )
    assert one is two


def test_an_authority_issues_for_outside_servers(bank: KeyBank) -> None:
    """A CA signs a web server's certificate, keeps the subject's order and adds its names."""
    root = self_signed(
        DistinguishedName.parse("CN=Lab CA,O=Lab"),
        bank.key(1024, 1),
        SERIAL,
        START,
        3650,
        "sha256",
        "authority",
    )
    subject = DistinguishedName.parse("CN=web.example.com;O=Lab")
    server = issue(
        subject,
        bank.key(1024, 0),
        b"\x40" + bytes(18) + b"\x01",
        START,
        365,
        "sha256",
        "web-server",
        issuer=root,
        issuer_key=bank.key(1024, 1),
        dns_names=["web.example.com"],
    )
    assert server.is_signed_by(root)
    assert not server.is_self_issued
    assert server.issuer == root.subject
    assert server.subject_name == subject
    names = extension(server, x509.SubjectAlternativeName)
    assert names is not None
    assert names.get_values_for_type(x509.DNSName) == ["web.example.com"]
    constraints = extension(root, x509.BasicConstraints)
    assert constraints is not None
    assert constraints.ca
    assert extension(root, x509.ExtendedKeyUsage) is None
    server.to_x509().verify_directly_issued_by(root.to_x509())
    assert isinstance(server.to_x509().signature_hash_algorithm, hashes.SHA256)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"serial": bytes(16)}, "serial"),
        ({"serial": b"\xff" * 20}, "serial"),
        ({"hash_name": "md5"}, "md5"),
        ({"unit": "Tomcat"}, "no certificate profile for unit 'Tomcat'"),
        ({"not_before": datetime(2016, 1, 1)}, "time zone"),  # noqa: DTZ001  (the point of the test)
        ({"subject": DistinguishedName.of("x", country="India")}, "name part C='India'"),
    ],
)
def test_what_no_certificate_can_carry_is_a_value_error(
    bank: KeyBank, change: dict[str, object], message: str
) -> None:
    """A serial, hash, unit, time or name that cannot be is refused with its cause."""
    arguments: dict[str, object] = {
        "subject": LAB,
        "key": bank.key(1024, 0),
        "serial": SERIAL,
        "not_before": START,
        "validity_days": 1825,
        "hash_name": "sha256",
        "unit": "TVS",
        **change,
    }
    with pytest.raises(ValueError, match=message):
        self_signed(**arguments)  # type: ignore[arg-type]  # wrong kinds are the point
