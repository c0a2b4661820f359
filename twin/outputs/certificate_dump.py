"""`show cert own FILE` and `show cert trust FILE`: one certificate printed field by field.

Knows both layouts the product has had and the PEM that follows. Does not know whose the
certificate is. `certificate_reading` reads what this module's `write` prints, both here.

Source: labels by release, Security Guide for CUCM 15; a published capture of a 2018 CallManager
certificate in the older layout (names in reverse DER order, dates in the node's zone, PEM last).
Assumption: the newer layout is that of the Java library whose labels it has (names in DER
order, the serial decimal); the PEM follows there, too, and is what reading goes by.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from twin.outputs import dates
from twin.pki.certificates import Certificate
from twin.pki.extension_list import ShownExtension, shown_extensions
from twin.pki.names import DistinguishedName


class Layout(StrEnum):
    """Which labels a dump has: those till 14SU1, those from 14SU2."""

    ISSUER_NAME = "issuer_name"
    ISSUER_DN = "issuer_dn"


BEGIN, END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"

_RSA, _EC = "1.2.840.113549.1.1.1", "1.2.840.10045.2.1"
_RSA_SIGNATURES = {"sha1": "5", "sha256": "11", "sha384": "12", "sha512": "13"}
_EC_SIGNATURES = {"sha1": "1", "sha256": "3.2", "sha384": "3.3", "sha512": "3.4"}
_NAMES = {
    "ExtendedKeyUsage": "ExtKeyUsageSyntax",
    "SubjectAlternativeName": "SubjectAltName",
}


def write(certificate: Certificate, layout: Layout | str) -> str:
    """Return the dump of a certificate, dates in UTC, its PEM last."""
    is_older = Layout(layout) is Layout.ISSUER_NAME
    lines = _older(certificate) if is_older else _newer(certificate)
    return "\n".join(lines) + certificate.pem.decode()


def _older(certificate: Certificate) -> Iterator[str]:
    kind, oid = ("RSA", _RSA) if certificate.has_rsa_key else ("EC", _EC)
    algorithm, identifier = _signature_algorithm(certificate)
    extensions = shown_extensions(certificate)
    yield "["
    yield "  Version: V3"
    yield f"  Serial Number: {certificate.serial_bytes.hex().upper()}"
    yield f"  SignatureAlgorithm: {algorithm} ({identifier})"
    yield f"  Issuer Name: {_reversed(certificate.issuer_name)}"
    yield f"  Validity From: {dates.write(certificate.not_before)}"
    yield f"           To:   {dates.write(certificate.not_after)}"
    yield f"  Subject Name: {_reversed(certificate.subject_name)}"
    yield f"  Key: {kind} ({oid})"
    yield f"    Key value: {certificate.public_key_record_bytes.hex()}"
    yield f"  Extensions: {len(extensions)} present"
    for extension in extensions:
        yield "  ["
        name = _NAMES.get(extension.name, extension.name)
        yield f"     Extension: {name} (OID.{extension.oid})"
        yield f"     Critical: {'true' if extension.is_critical else 'false'}"
        yield from _older_details(extension)
        yield "  ]"
    yield ""
    yield "  Signature:"
    for start in range(0, len(certificate.signature), 16):
        row = certificate.signature[start : start + 16]
        shown = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
        yield f"  {start:04x}: {row.hex(' ')} [{shown}]"
    yield ""
    yield "]"


def _older_details(extension: ShownExtension) -> Iterator[str]:
    if extension.name == "KeyUsage":
        yield f"     Usages: {''.join(f'{_camel(word)}, ' for word in extension.words)}".rstrip()
    elif extension.name == "ExtendedKeyUsage":
        yield f"     Usage oids: {''.join(f'{word}, ' for word in extension.words)}".rstrip()
    elif extension.key_identifier:
        yield f"     keyID: {extension.key_identifier.hex()}"
    elif extension.name == "SubjectAlternativeName":
        yield f"        altNames: {len(extension.words)} names"
        for number, word in enumerate(extension.words, start=1):
            yield f"          {number}) {word} (dNSName)"
    elif extension.is_authority:
        yield "     cA: true"
        if extension.path_length is not None:
            yield f"     pathLenConstraint: {extension.path_length}"


def _newer(certificate: Certificate) -> Iterator[str]:
    algorithm, _ = _signature_algorithm(certificate)
    yield "  [0]         Version: 3"
    yield f"         SerialNumber: {certificate.serial}"
    yield f"             IssuerDN: {_comma(certificate.issuer_name)}"
    yield f"           Start Date: {dates.write(certificate.not_before)}"
    yield f"           Final Date: {dates.write(certificate.not_after)}"
    yield f"            SubjectDN: {_comma(certificate.subject_name)}"
    if certificate.has_rsa_key:
        modulus, exponent = rsa_numbers(certificate.public_key_record_bytes)
        yield "           Public Key: RSA Public Key"
        yield f"            modulus: {modulus:x}"
        yield f"    public exponent: {exponent:x}"
    else:
        point = certificate.public_key_record_bytes[1:]
        half = len(point) // 2
        yield "           Public Key: EC Public Key"
        yield f"            X: {point[:half].hex()}"
        yield f"            Y: {point[half:].hex()}"
    yield ""
    yield f"  Signature Algorithm: {algorithm.upper()}"
    for start in range(0, len(certificate.signature), 20):
        label = "Signature: " if not start else ""
        yield f"{label:>23}{certificate.signature[start : start + 20].hex()}"
    if extensions := shown_extensions(certificate):
        yield "       Extensions: "
    for extension in extensions:
        critical = "true" if extension.is_critical else "false"
        yield f"{'':>23}critical({critical}) {_newer_details(extension)}".rstrip()
    yield ""


def _newer_details(extension: ShownExtension) -> str:
    if extension.name == "BasicConstraints":
        shown = f"BasicConstraints: isCa({'true' if extension.is_authority else 'false'})"
        if extension.path_length is None:
            return shown
        return f"{shown}, pathLenConstraint = {extension.path_length}"
    if extension.key_identifier:
        return f"{extension.oid} value = {extension.key_identifier.hex()}"
    words = (_camel(word) for word in extension.words)
    return f"{extension.oid} value = {', '.join(words)}"


def rsa_numbers(record_bytes: bytes) -> tuple[int, int]:
    """Return modulus and exponent of a PKCS #1 public key.

    Raises:
        ValueError: the bytes are not two DER integers in a sequence.
    """
    body, rest = _der(record_bytes, 0x30)
    modulus, body = _der(body, 0x02)
    exponent, behind = _der(body, 0x02)
    if rest or behind or not modulus or not exponent:
        raise ValueError("not an RSA public key")
    return int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big")


def _der(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """Return (content, what follows) of the DER value of `tag` that stands first."""
    if len(data) < 2 or data[0] != tag:
        raise ValueError(f"no DER value with tag {tag:#x}")
    length, position = data[1], 2
    if length & 0x80:
        position += length & 0x7F
        length = int.from_bytes(data[2:position], "big")
    if position + length > len(data):
        raise ValueError("a DER value longer than its bytes")
    return data[position : position + length], data[position + length :]


def _signature_algorithm(certificate: Certificate) -> tuple[str, str]:
    """Return name and identifier of the algorithm the issuer signed with."""
    digest = certificate.signature_hash
    is_rsa = certificate.to_x509().signature_algorithm_oid.dotted_string.startswith(
        "1.2.840.113549."
    )
    numbers = _RSA_SIGNATURES if is_rsa else _EC_SIGNATURES
    stem = "1.2.840.113549.1.1." if is_rsa else "1.2.840.10045.4."
    name = f"{digest.upper() or 'NONE'}with{'RSA' if is_rsa else 'ECDSA'}"
    return name, stem + numbers.get(digest, "0")


def _reversed(name: DistinguishedName) -> str:
    pairs = reversed(name.attributes)
    return ", ".join(f"{kind}={_escaped(value)}" for kind, value in pairs)


def _comma(name: DistinguishedName) -> str:
    return ",".join(f"{kind}={_escaped(value)}" for kind, value in name.attributes)


def _escaped(value: str) -> str:
    """A value with a separator, quote or blank at its ends in it stands in quotes."""
    if value and value == value.strip() and not set(value) & set(',;+"\\=\n\r'):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _camel(word: str) -> str:
    head, *rest = word.split("_")
    text = head + "".join(part.capitalize() for part in rest)
    return {"crlSign": "cRLSign"}.get(text, text)
