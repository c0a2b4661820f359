"""How a phone's own certificate looks, MIC or LSC, and how it is signed.

Knows subject parts, extensions and serials. Must not know who issues when, nor which phone has
what.

Source: wire-formats 4.7 (subject and issuer of a real LSC of CUCM 10.5; extensions of an
independent CAPF daemon). Assumption: a MIC has the same extensions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from twin.pki.certificates import Certificate
from twin.pki.keys import PrivateKey
from twin.pki.legacy import sign_with_sha1
from twin.pki.names import DistinguishedName

_IPSEC = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.5")
_USAGES = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=True,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True, slots=True)
class Issued:
    """How CAPF, or the CA behind it, signs an LSC: everything but the phone.

    `above` are the certificates between the issuer and the root, issuer first.
    """

    issuer: Certificate
    issuer_key: PrivateKey
    above: tuple[Certificate, ...]
    bits: int
    hash_name: str
    not_before: datetime
    days: int


def device_common_name(model: str, device: str) -> str:
    """The CN of a phone's certificate. Source: the seed's MIC (CP-7970G-SEP00146A12E1DE)."""
    return f"CP-{model}-{device}"


def device_subject(model: str, device: str, product_serial: str, **parts: str) -> DistinguishedName:
    """The subject: PID and SN first, then C, O, OU (those given) and CN."""
    name = DistinguishedName.of(
        device_common_name(model, device), order=("C", "O", "OU", "CN"), **parts
    )
    return DistinguishedName(
        (("serialNumber", f"PID:CP-{model} SN:{product_serial}"), *name.attributes)
    )


def device_certificate(
    subject: DistinguishedName,
    key: PrivateKey,
    serial: bytes,
    not_before: datetime,
    not_after: datetime,
    hash_name: str,
    issuer: Certificate,
    issuer_key: PrivateKey,
    device: str,
) -> Certificate:
    """Sign a phone's certificate.

    Args:
        serial: unsigned magnitude, 1 to 20 bytes, not all zero.
        hash_name: "sha1" or "sha256".
        device: its name, which stands in the subject alternative name as a URI.
    """
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject.to_x509())
        .issuer_name(issuer.to_x509().subject)
        .public_key(key.public_key)
        .serial_number(int.from_bytes(serial, "big"))
        .not_valid_before(not_before.replace(microsecond=0))
        .not_valid_after(not_after.replace(microsecond=0))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_USAGES, critical=True)
        .add_extension(
            x509.ExtendedKeyUsage(
                [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH, _IPSEC]
            ),
            critical=False,
        )
        .add_extension(
            x509.SubjectAlternativeName([x509.UniformResourceIdentifier(device)]), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key),
            critical=False,
        )
    )
    if hash_name == "sha1":
        return Certificate.from_der(sign_with_sha1(builder, issuer_key))
    signed = builder.sign(issuer_key.raw, hashes.SHA256())
    return Certificate.from_der(signed.public_bytes(Encoding.DER))
