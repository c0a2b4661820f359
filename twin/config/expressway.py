"""What an Expressway release does with certificates, as a history of changes.

The values stand in `models/expressway.yaml`; this module says which fields there are and how a
release is put together: what the oldest did, and every change since. It knows no certificate.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from twin.config.faults import Problem, refusal, unknown
from twin.config.fields import CheckedDocument, Document, Text
from twin.config.origins import origin_problems
from twin.config.raw import rows, text

_VERSION = re.compile(r"X(\d+)\.(\d+)(?:\.(\d+))?")

Digest = Literal["sha1", "sha256", "sha384", "sha512"]


def version(name: str) -> tuple[int, ...]:
    """X14.0.2 as (14, 0, 2), for comparing.

    Raises:
        ValueError: it is not written like that.
    """
    found = _VERSION.fullmatch(name)
    if found is None:
        raise ValueError(f"{name!r} is not an Expressway release")
    return tuple(int(part or 0) for part in found.groups())


def _release(value: str) -> str:
    if not _VERSION.fullmatch(value):
        raise refusal(f"{value!r}", "an Expressway release such as X8.7 or X14.0.2")
    return value


ExpresswayVersion = Annotated[str, AfterValidator(_release)]


class ExpresswayRelease(Document):
    """The rules of one release."""

    csr_digests: tuple[Digest, ...] = Field(description="Digests a CSR may be made with")
    csr_key_bits: tuple[int, ...] = Field(description="RSA key sizes a CSR may be made with, bits")
    san_characters: int | None = Field(
        description="Characters of alternative names that fit into a CSR; none: no limit"
    )
    largest_key_bits: int = Field(description="Longest RSA key with which TLS works, bits")
    remarks_on_certificates: bool = Field(
        description="Whether a weak or incomplete server certificate is taken with a warning"
    )
    needs_client_usage: bool = Field(
        description="Whether an Expressway-E for Unified Communications refuses a server "
        "certificate without client authentication"
    )
    shows_certificate_to_cucm: bool = Field(
        description="Whether the traffic server presents the Expressway-C's certificate to CUCM"
    )
    verifies_origin_servers: bool = Field(
        description="Whether the traffic server verifies CUCM, IM&P and Unity Connection in any "
        "case, not only with TLS verify mode on"
    )
    has_acme: bool = Field(description="Whether an Expressway-E can get certificates by ACME")
    has_client_store: bool = Field(
        description="Whether there is a client certificate beside the server certificate"
    )
    has_server_eku_switch: bool = Field(
        description="Whether a switch lets an Expressway-E take a server-only certificate"
    )
    takes_curves: bool = Field(
        description="Whether a server certificate may have a key on a curve (ECDSA)"
    )


class Change(Document):
    """One change in the history."""

    since: ExpresswayVersion = Field(description="First release that has it")
    field: str = Field(description="Field of the release rules")
    value: Any = Field(description="Its value from then on")
    source: Text | None = Field(default=None, description="Where it is documented")
    assumption: Text | None = Field(default=None, description="Why it was chosen without a source")


class ExpresswayHistory(CheckedDocument):
    """The oldest release's rules, and every change since."""

    first: ExpresswayVersion = Field(description="The oldest release")
    last: ExpresswayVersion = Field(description="The newest release that is known")
    rules: ExpresswayRelease = Field(description="What the oldest release does")
    source: Text = Field(description="Where the rules of the oldest release come from")
    changes: tuple[Change, ...] = Field(default=(), description="Changes, oldest first")

    @classmethod
    def problems_as_written(cls, data: Mapping[str, Any]) -> list[Problem]:
        """Changes of fields that there are not, or without an origin."""
        problems = []
        known = list(ExpresswayRelease.model_fields)
        for location, row in rows(data, "changes"):
            field = text(row, "field")
            if field is not None and field not in known:
                problems.append(unknown((*location, "field"), "field", field, known))
            problems += origin_problems(location, row)
        return problems

    @cached_property
    def known(self) -> tuple[str, ...]:
        """The releases at which something changes, oldest first."""
        named = {self.first, self.last, *(change.since for change in self.changes)}
        return tuple(sorted(named, key=version))

    def fault_of(self, name: str) -> str:
        """Why nothing is known of a release; empty if it is known, or not written like one."""
        if not _VERSION.fullmatch(name):
            return ""
        if version(self.first) <= version(name) <= version(self.last):
            return ""
        return f"{name}: known are {self.first} to {self.last}"

    def at(self, name: str) -> ExpresswayRelease:
        """The rules of a release.

        Raises:
            ValueError: it is not a release, or none from the first to the last known.
        """
        asked = version(name)
        if fault := self.fault_of(name):
            raise ValueError(fault)
        values = self.rules.model_dump()
        for change in sorted(self.changes, key=lambda one: version(one.since)):
            if version(change.since) <= asked:
                values[change.field] = change.value
        return ExpresswayRelease.model_validate(values)
