"""Authorities and requests for the tests of what is signed by others; EC keys cost nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from twin.pki.authority import AUTHORITY_USAGES, Authority, Template, make_authority
from twin.pki.csr import SigningRequest, UsageTable, make_request
from twin.pki.keys import ECKey
from twin.pki.names import DistinguishedName

START = datetime(2016, 2, 7, 22, tzinfo=UTC)


def key(number: int) -> ECKey:
    """Key `number`."""
    return ECKey(256, number.to_bytes(64, "big"))


def authority(
    name: str,
    number: int,
    issuer: Authority | None = None,
    *,
    age_days: int = 400,
    days: int = 3650,
    path_length: int | None = None,
    says_authority: bool = True,
    key_usages: tuple[str, ...] = AUTHORITY_USAGES,
    template: Template | None = None,
) -> Authority:
    """A CA by name with key `number`."""
    return make_authority(
        DistinguishedName.parse(f"CN={name};O=Example"),
        key(number),
        bytes([0x41 + number]) * 16,
        START - timedelta(days=age_days),
        days,
        issuer=issuer,
        path_length=path_length if says_authority else None,
        says_authority=says_authority,
        key_usages=key_usages,
        template=template,
    )


def request(
    unit: str = "CallManager-ECDSA",
    number: int = 90,
    names: tuple[str, ...] = ("example.com", "pub.example.com"),
    common_name: str = "pub.example.com",
    table: UsageTable = UsageTable.GUIDE_15,
) -> SigningRequest:
    """A unit's request with key `number`."""
    subject = DistinguishedName.parse(f"CN={common_name};O=Example;C=CH")
    return make_request(subject, key(number), "sha256", unit, table, names)
