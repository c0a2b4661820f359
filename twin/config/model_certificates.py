"""The certificates a model knows of: its nodes' own ones, extra trust, outside web servers.

Names, serial numbers and dates as a capture gives them. No certificate's key is ever known: what
is made of these words has a stand-in key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from twin.config.faults import Problem, unknown
from twin.config.fields import (
    Document,
    Label,
    Moment,
    Name,
    SerialText,
    SubjectLine,
    SubjectText,
)
from twin.config.raw import Row, names, rows, text
from twin.config.words import NEVER_SIGNED, TrustUnit


class KnownCertificate(Document):
    """What is known of an own certificate of a node at the start; its key is a stand-in.

    Its key's size is a word of the node, `key_bits`.
    """

    subject: SubjectLine | None = Field(
        default=None, description="Subject, parts in the certificate's order; made by the release"
    )
    serial: SerialText | None = Field(default=None, description="Serial number; drawn")
    not_before: Moment | None = Field(default=None, description="Valid from; 400 days ago")
    not_after: Moment | None = Field(
        default=None, description="Valid until; not_before and the release's validity"
    )
    signed_by: Name | None = Field(
        default=None, description="CA of the model that has signed it; the unit's, or itself"
    )


class WebServer(Document):
    """An HTTPS server outside the cluster that phones are sent to."""

    name: Label = Field(description="Name used in experiments")
    subject: SubjectLine = Field(description="Subject of its certificate, CN=..;OU=..;O=..;C=..")
    issuer_subject: SubjectLine = Field(description="Issuer of its certificate, same form")
    serial: str = Field(
        pattern=r"^[0-9a-f]{2,40}$", description="Serial number, lower-case hex digits in quotes"
    )


class TrustCertificate(Document):
    """A certificate in a trust store beside those the cluster puts there itself."""

    unit: TrustUnit = Field(description="Trust store, e.g. tomcat-trust")
    node: Name | None = Field(default=None, description="The only node that has it; all nodes")
    common_name: SubjectText = Field(description="CN of its subject")
    file_name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._ -]{0,120}\.pem$", description="File name in the store"
    )
    description: Literal["Trust Certificate", "Signed Certificate", ""] = Field(
        default="Trust Certificate", description="What `show cert list trust` prints after it"
    )
    kind: Literal["self_signed", "signed"] = Field(
        default="self_signed", description="Whether it is its own issuer"
    )
    subject: SubjectLine | None = Field(
        default=None, description="Full subject, CN=..;O=..; by default the common name alone"
    )
    issuer: SubjectLine | None = Field(
        default=None, description="Full issuer of a signed one; by default an unnamed CA"
    )
    serial: SerialText | None = Field(default=None, description="Serial number; drawn")
    not_before: Moment | None = Field(default=None, description="Valid from; 400 days ago")
    not_after: Moment | None = Field(default=None, description="Valid until; ten years later")
    key_bits: Literal[1024, 2048, 3072, 4096] = Field(
        default=2048, description="Size of its stand-in RSA key, bits"
    )


def certificate_problems(document: Row) -> Iterator[Problem]:
    """Own certificates signed by nobody known, and dates that end before they begin."""
    known = names(rows(document, "certificate_authorities"))
    for location, node in rows(document, "nodes"):
        own = node.get("certificates")
        for unit, row in own.items() if isinstance(own, Mapping) else ():
            if not isinstance(row, Mapping):
                continue
            place = (*location, "certificates", str(unit))
            signer = text(row, "signed_by")
            if signer is not None and signer not in known:
                yield unknown((*place, "signed_by"), "certificate authority", signer, known)
            if signer is not None and unit in NEVER_SIGNED:
                found = f"{unit}, which no CA signs"
                yield Problem((*place, "signed_by"), found, "another unit")
            yield from _date_problems(place, row)
    for key in ("trust_certificates", "certificate_authorities"):
        for location, row in rows(document, key):
            yield from _date_problems(location, row)


def _date_problems(place: tuple[str | int, ...], row: Mapping[str, Any]) -> Iterator[Problem]:
    begin, end = row.get("not_before"), row.get("not_after")
    if end is not None and begin is None:
        yield Problem((*place, "not_after"), "not_after without not_before", "both dates")
    elif begin is not None and end is not None and str(end) <= str(begin):
        yield Problem((*place, "not_after"), f"{end} is not after {begin}", "a later moment")
