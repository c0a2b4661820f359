"""What the CAs of a model answer to those who ask whether a certificate is revoked.

Knows: what each CA has revoked, whether it answers, when it issues lists. Must not know who asks.

Assumptions: an OCSP answer is of its moment and good for a day; a list is issued every `crl_days`
from the start on, good until the next is due, and an entry is on the lists issued after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from twin.cluster.authorities import Authorities
from twin.config.authorities import CertificateAuthority
from twin.config.model import ModelConfig
from twin.nodes.node import Node
from twin.nodes.revocation_check import Answer, RevocationCheck
from twin.pki.authority import Authority
from twin.pki.certificates import Certificate
from twin.pki.revocation import (
    RevocationStatus,
    Revoked,
    answer_ocsp,
    make_revocation_list,
)

ANSWER_LASTS = timedelta(days=1)


class RevocationServices:
    """OCSP responders and revocation lists of the CAs of a model."""

    def __init__(
        self, configs: tuple[CertificateAuthority, ...], authorities: Authorities, start: datetime
    ) -> None:
        self._configs = configs
        self._authorities = authorities
        self._start = start
        self._revoked: dict[str, dict[int, datetime]] = {}
        self._down_since: dict[str, datetime] = {}

    def revoke(self, authority: Authority, certificate: Certificate, at: datetime) -> bool:
        """Revoke a certificate of a CA; whether that is new."""
        revoked = self._revoked.setdefault(authority.certificate.subject, {})
        is_new = certificate.serial not in revoked
        revoked.setdefault(certificate.serial, at)
        return is_new

    def set_up(self, name: str, up: bool, at: datetime) -> None:
        """Let a CA answer, or not."""
        if up:
            self._down_since.pop(name, None)
        else:
            self._down_since.setdefault(name, at)

    def newest_list(self, name: str, at: datetime) -> bytes | None:
        """The list a CA hands out (DER); None while nothing answers."""
        if name in self._down_since:
            return None
        return self.last_list(name, at)

    def last_list(self, name: str, at: datetime) -> bytes:
        """The list a CA issued last (DER), as its administrator has it as a file."""
        config = next(one for one in self._configs if one.name == name)
        return self._by_list(config, self._authorities.get(name), at)

    def ask(self, certificate: Certificate, at: datetime) -> Answer | None:
        """What the CA that signed a certificate answers; None if it offers no way to ask."""
        for config in self._configs:
            authority = self._authorities.get(config.name)
            issuer = authority.certificate
            if config.revocation == "none" or issuer == certificate:
                continue
            if certificate.issuer_name == issuer.subject_name and certificate.is_signed_by(issuer):
                if config.revocation == "ocsp":
                    found = self._by_ocsp(config, authority, certificate, at)
                else:
                    found = self._by_list(config, authority, at)
                return Answer(config.revocation, found, issuer)
        return None

    def _by_ocsp(
        self,
        config: CertificateAuthority,
        authority: Authority,
        certificate: Certificate,
        at: datetime,
    ) -> bytes | None:
        if config.name in self._down_since:
            return None
        since = self._revoked.get(authority.certificate.subject, {}).get(certificate.serial)
        status = RevocationStatus.GOOD if since is None else RevocationStatus.REVOKED
        return answer_ocsp(authority, certificate, status, at, at + ANSWER_LASTS, since)

    def _by_list(self, config: CertificateAuthority, authority: Authority, at: datetime) -> bytes:
        """The newest list: of the last due day on which the CA worked."""
        period = timedelta(days=config.crl_days)
        number = (min(at, self._down_since.get(config.name, at)) - self._start) // period
        issued = self._start + number * period
        entries = [
            Revoked(serial, since)
            for serial, since in self._revoked.get(authority.certificate.subject, {}).items()
            if since <= issued
        ]
        return make_revocation_list(authority, entries, issued, issued + period, number + 1)


def check_revocation(
    model: ModelConfig, nodes: Mapping[str, Node], services: RevocationServices
) -> None:
    """Let every node ask the CAs at uploads and with its monitor."""
    is_strict = model.certificate_revocation.common_criteria
    for node in nodes.values():
        check = RevocationCheck(node.host, node.files, services.ask, is_strict)
        node.requests.revocation = check
        node.monitor.on_look.append(check.look)
