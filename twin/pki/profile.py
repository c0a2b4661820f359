"""How the product's certificates look: name order, key usages and constraints per unit.

Knows which extensions each unit's certificate carries and signs certificates. Time and serial
numbers are arguments; nothing here knows nodes or releases beyond the one change of CAPF.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from twin.pki.certificates import Certificate
from twin.pki.keys import PrivateKey, RawPublicKey
from twin.pki.names import CALLMANAGER_ORDER, CAPF_ORDER, DistinguishedName
from twin.pki.signing import sign_certificate
from twin.pki.usages import PURPOSES, key_usage_extension, names_extension

_SERVER = PURPOSES["server_auth"]
_CLIENT = PURPOSES["client_auth"]
_IPSEC = PURPOSES["ipsec_end_system"]


@dataclass(frozen=True, slots=True)
class UnitProfile:
    """The look of one unit's certificate: DER order of the subject and its extensions."""

    name_order: tuple[str, ...]
    key_usages: tuple[str, ...]
    extended_key_usages: tuple[x509.ObjectIdentifier, ...]
    path_length: int | None = None
    is_authority: bool = False
    key_usage_is_critical: bool = False


_CALLMANAGER = UnitProfile(
    CALLMANAGER_ORDER,
    (
        "digital_signature",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
    ),
    (_SERVER, _CLIENT, _IPSEC),
)
_ECDSA = UnitProfile(
    CAPF_ORDER,
    ("digital_signature", "data_encipherment", "key_agreement", "key_cert_sign"),
    (_SERVER, _CLIENT, _IPSEC),
)
_CAPF_BEFORE_14 = UnitProfile(
    CAPF_ORDER,
    ("digital_signature", "key_encipherment", "key_cert_sign"),
    (_SERVER, _IPSEC),
)
_CAPF_FROM_14 = UnitProfile(
    CAPF_ORDER,
    ("digital_signature", "key_encipherment", "key_cert_sign"),
    (_SERVER, _IPSEC),
    path_length=0,
    is_authority=True,
)
_ITL_RECOVERY = UnitProfile(
    CAPF_ORDER,
    ("digital_signature", "key_encipherment", "data_encipherment", "key_agreement"),
    (_SERVER, _CLIENT),
)
_AUTHORITY = UnitProfile(
    CAPF_ORDER,
    ("digital_signature", "key_cert_sign", "crl_sign"),
    (),
    is_authority=True,
)
_LSC = UnitProfile(
    CAPF_ORDER,
    ("digital_signature", "key_encipherment"),
    (_SERVER, _CLIENT),
)
_WEB_SERVER = UnitProfile(
    CAPF_ORDER,
    ("digital_signature", "key_encipherment"),
    (_SERVER,),
)


_LIKE_CALLMANAGER = ("CallManager", "tomcat", "ipsec", "TVS", "cup", "cup-xmpp", "cup-xmpp-s2s")


def unit_profile(unit: str, *, capf_is_authority: bool = False) -> UnitProfile:
    """Return the look of `unit`'s certificate.

    Args:
        unit: CallManager, tomcat, their -ECDSA twins, ipsec, TVS, CAPF, ITLRecovery, authz, or
            `authority` and `web-server` for certificates made outside the cluster.
        capf_is_authority: CAPF certificates carry CA:TRUE, path length 0 (14 and later).

    Raises:
        ValueError: a unit without a profile.

    Source: CallManager, CAPF and ITLRecovery as in the certificates of a real CTL of 2015;
        CAPF as an authority: Security Guide 14SU2.
    Assumption: tomcat, ipsec, TVS and the units of IM&P look like CallManager, and the ECDSA
        units too but for the key encipherment an EC key cannot do; authz, `authority` and
        `web-server` follow common practice. It would change which peers refuse a certificate for
        its usage.
    """
    if unit.endswith("-ECDSA"):
        return _ECDSA
    if unit in _LIKE_CALLMANAGER:
        return _CALLMANAGER
    if unit == "CAPF":
        return _CAPF_FROM_14 if capf_is_authority else _CAPF_BEFORE_14
    if unit == "ITLRecovery":
        return _ITL_RECOVERY
    if unit == "authority":
        return _AUTHORITY
    if unit == "LSC":
        return _LSC
    if unit in ("web-server", "authz"):
        return _WEB_SERVER
    raise ValueError(f"no certificate profile for unit {unit!r}")


def self_signed(
    subject: DistinguishedName,
    key: PrivateKey,
    serial: bytes,
    not_before: datetime,
    validity_days: int,
    hash_name: str,
    unit: str,
    *,
    capf_is_authority: bool = False,
    country_first: bool = False,
    keeps_order: bool = False,
    dns_names: Sequence[str] = (),
    not_after: datetime | None = None,
) -> Certificate:
    """Make a self-signed certificate as `unit` has it on the product.

    Args:
        subject: its parts are put into the unit's DER order.
        country_first: the DER order of CAPF for every unit, as later releases have it.
        keeps_order: the subject's own order instead, as a certificate at hand has it.
        serial: unsigned magnitude, 1 to 20 bytes, not all zero; the product uses 16.
        not_before: aware; the fraction of a second is dropped.
        hash_name: "sha1" (8.x, 9.x), "sha256" or "sha512".
        unit: see `unit_profile`.
        dns_names: subject alternative names, none by default.
        not_after: aware; the end instead of `validity_days` after the beginning.

    Raises:
        ValueError: a serial, name, unit or hash that no certificate can carry.
    """
    profile = unit_profile(unit, capf_is_authority=capf_is_authority)
    order = CAPF_ORDER if country_first else profile.name_order
    name = (subject if keeps_order else subject.reordered(order)).to_x509()
    return build(
        name, name, key.public_key, key, serial, not_before, validity_days, hash_name, profile,
        dns_names, not_after,
    )  # fmt: skip


def issue(
    subject: DistinguishedName,
    key: PrivateKey,
    serial: bytes,
    not_before: datetime,
    validity_days: int,
    hash_name: str,
    unit: str,
    *,
    issuer: Certificate,
    issuer_key: PrivateKey,
    dns_names: Sequence[str] = (),
    not_after: datetime | None = None,
) -> Certificate:
    """Make a certificate for `key` signed by `issuer`; arguments as `self_signed`.

    The subject keeps the order it is given in: a CA does not reorder what it signs.
    """
    return build(
        subject.to_x509(), issuer.to_x509().subject, key.public_key, issuer_key, serial,
        not_before, validity_days, hash_name, unit_profile(unit), dns_names, not_after,
    )  # fmt: skip


def build(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: RawPublicKey,
    issuer_key: PrivateKey,
    serial: bytes,
    not_before: datetime,
    validity_days: int,
    hash_name: str,
    profile: UnitProfile,
    dns_names: Sequence[str] = (),
    not_after: datetime | None = None,
) -> Certificate:
    """Make any certificate: names as given, extensions of `profile`, signed by `issuer_key`.

    Raises:
        ValueError: a serial, name, date or hash that no certificate can carry.
    """
    if not_before.tzinfo is None:
        raise ValueError("not_before must carry its time zone")
    start = not_before.replace(microsecond=0)
    end = start + timedelta(days=validity_days)
    if not_after is not None:
        end = not_after.replace(microsecond=0)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(int.from_bytes(serial, "big"))
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key),
            critical=False,
        )
    )
    if profile.key_usages:
        builder = builder.add_extension(
            key_usage_extension(profile.key_usages),
            critical=profile.is_authority or profile.key_usage_is_critical,
        )
    if profile.extended_key_usages:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage(profile.extended_key_usages), critical=False
        )
    if profile.is_authority:
        builder = builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=profile.path_length), critical=True
        )
    if dns_names:
        builder = builder.add_extension(names_extension(dns_names), critical=False)
    return Certificate.from_der(sign_certificate(builder, issuer_key, hash_name))
