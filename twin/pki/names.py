"""Distinguished names in the three forms the product shows them.

Knows the attribute types CUCM writes and their orders. Knows nothing of keys or certificates.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import NameOID, ObjectIdentifier

_OIDS: dict[str, ObjectIdentifier] = {
    "CN": NameOID.COMMON_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "L": NameOID.LOCALITY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "C": NameOID.COUNTRY_NAME,
    "serialNumber": NameOID.SERIAL_NUMBER,
    "DC": NameOID.DOMAIN_COMPONENT,
    "emailAddress": NameOID.EMAIL_ADDRESS,
}
_TYPES = {oid: name for name, oid in _OIDS.items()}

RECORD_ORDER = ("CN", "OU", "O", "L", "ST", "C")
"""Order of a name inside trust lists, whatever the certificate says (seen in a real CTL)."""

CALLMANAGER_ORDER = ("CN", "OU", "O", "L", "ST", "C")
"""Order inside the DER of a CallManager certificate (real certificate of 2011)."""

CAPF_ORDER = ("C", "O", "OU", "CN", "ST", "L")
"""Order inside the DER of CAPF and ITLRecovery certificates (real certificates of 2011-2013)."""


@dataclass(frozen=True, slots=True)
class DistinguishedName:
    """A subject or issuer name: (type, value) pairs in the order of the certificate's DER.

    Types are the short words CN, OU, O, L, ST, C, serialNumber, DC, emailAddress; any other
    type is its dotted object identifier.
    """

    attributes: tuple[tuple[str, str], ...]

    @classmethod
    def of(
        cls,
        common_name: str,
        *,
        organizational_unit: str = "",
        organization: str = "",
        locality: str = "",
        state: str = "",
        country: str = "",
        order: Iterable[str] = CALLMANAGER_ORDER,
    ) -> DistinguishedName:
        """Build a name from its parts; empty parts are left out. `order` is the DER order."""
        values = {
            "CN": common_name,
            "OU": organizational_unit,
            "O": organization,
            "L": locality,
            "ST": state,
            "C": country,
        }
        return cls(tuple((kind, values[kind]) for kind in order if values[kind]))

    @classmethod
    def parse(cls, text: str) -> DistinguishedName:
        """Read `CN=..;OU=..` or `CN=.., OU=..`; a semicolon anywhere makes it the separator.

        Raises:
            ValueError: a part is not `TYPE=value` with a type this module knows.
        """
        attributes = []
        for part in text.split(";" if ";" in text else ","):
            kind, separator, value = part.strip().partition("=")
            if not separator or kind not in _OIDS or not value:
                raise ValueError(
                    f"name part {part.strip()!r}: expected TYPE=value with a type of "
                    f"{', '.join(_OIDS)}"
                )
            attributes.append((kind, value))
        return cls(tuple(attributes))

    @classmethod
    def from_x509(cls, name: x509.Name) -> DistinguishedName:
        """Take over a parsed certificate's name, DER order kept."""
        return cls(
            tuple(
                (
                    _TYPES.get(attribute.oid, attribute.oid.dotted_string),
                    attribute.value if isinstance(attribute.value, str) else attribute.value.hex(),
                )
                for attribute in name
            )
        )

    def to_x509(self) -> x509.Name:
        """Return the name for a certificate: UTF8String values, C as PrintableString.

        Raises:
            ValueError: a value X.509 forbids, for example a country that is not two letters or
                a common name of more than 64 bytes.

        Source: string types of the certificates inside a real CTL of 2015.
        """
        attributes = []
        for kind, value in self.attributes:
            oid = _OIDS[kind] if kind in _OIDS else ObjectIdentifier(kind)
            try:
                attributes.append(x509.NameAttribute(oid, value))
            except ValueError as error:
                raise ValueError(f"name part {kind}={value!r}: {error}") from None
        return x509.Name(attributes)

    def reordered(self, order: Iterable[str]) -> DistinguishedName:
        """Return the same parts with the types of `order` first, in that order."""
        kinds = tuple(order)
        rank = {kind: position for position, kind in enumerate(kinds)}
        return DistinguishedName(
            tuple(sorted(self.attributes, key=lambda pair: rank.get(pair[0], len(kinds))))
        )

    @property
    def common_name(self) -> str:
        """The last CN value, empty when there is none."""
        return next((value for kind, value in reversed(self.attributes) if kind == "CN"), "")

    def record_string(self) -> str:
        """Return the trust-list form `CN=..;OU=..;O=..;L=..;ST=..;C=..`, without the NUL.

        Source: records of a real CTL of 2015: fixed order, absent parts left out.
        Assumption: other types (serialNumber, DC) follow the six in DER order; no list with
        such a signer has been seen. It would change TVS look-ups by an outside CA's name.
        """
        return ";".join(
            f"{kind}={value}" for kind, value in self.reordered(RECORD_ORDER).attributes
        )

    def log_string(self) -> str:
        """Return the form of the CUCM logs: reverse DER order, commas (`L=BGL,ST=KA,CN=..`)."""
        return ",".join(f"{kind}={value}" for kind, value in reversed(self.attributes))
