"""Is a certificate revoked? What a node asks a CA, what it makes of the answer, whom it tells.

Knows: the answer's bytes, the alarms of the catalogue, Common Criteria. Must not know who runs a
CA nor how it comes to its answer.

Source: cucm-pki-behaviour 8 (Security Guide for CUCM 15; alarm catalogue of CUCM 15:
CertificateRevoked, emergency; CertificateRevokationStatusByOCSP, warning, spelt so).
Assumptions: the check is made at an upload and at each look of the Certificate Expiry Monitor; it
tells and refuses, and takes nothing out of a store; a list is asked for where a CA runs no
responder, and an unknown status by a list raises the alarm of OCSP, since no source has another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from twin.nodes.certificate_monitor import SERVICE
from twin.nodes.file_system import FileSystem
from twin.nodes.host import Host
from twin.pki.certificates import Certificate
from twin.pki.revocation import RevocationStatus, status_by_answer, status_by_list


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking: in which way, the bytes (None: nobody answered), and whose they are."""

    way: str
    data: bytes | None
    issuer: Certificate

    def status(self, certificate: Certificate, at: datetime) -> RevocationStatus:
        """What the bytes say; unknown without any, or if they are not to be believed."""
        if self.data is None:
            return RevocationStatus.UNKNOWN
        read = status_by_answer if self.way == "ocsp" else status_by_list
        return read(self.data, certificate, self.issuer, at)


Ask = Callable[[Certificate, datetime], Answer | None]
"""Ask the CA of a certificate at a moment; None: its CA offers no way."""


class RevocationCheck:
    """The check of one node.

    Args:
        is_strict: Common Criteria mode: an unknown status counts as revoked.
    """

    def __init__(self, host: Host, files: FileSystem, ask: Ask, is_strict: bool) -> None:
        self.host = host
        self.files = files
        self._ask = ask
        self._is_strict = is_strict

    def look(self) -> None:
        """Check every certificate of the node, own ones first."""
        for unit in sorted(self.files.own):
            self._check(unit, f"{unit}.pem", self.files.own[unit].certificate)
        for unit in sorted(self.files.trust):
            for entry in self.files.trust[unit].entries():
                self._check(unit, entry.file_name, entry.certificate)

    def refusal(self, unit: str, certificate: Certificate) -> str | None:
        """Why a certificate is not taken; None when it is."""
        status = self._check(unit, f"{unit}.pem", certificate)
        if status is RevocationStatus.REVOKED:
            return "the certificate is revoked"
        if status is RevocationStatus.UNKNOWN and self._is_strict:
            return "the revocation status of the certificate is unknown"
        return None

    def _check(self, unit: str, name: str, certificate: Certificate) -> RevocationStatus:
        at = self.host.time()
        answer = self._ask(certificate, at)
        if answer is None:
            return RevocationStatus.GOOD
        status = answer.status(certificate, at)
        self.host.record(
            SERVICE, "revocation_checked", unit=unit, file=name, way=answer.way,
            answered=answer.data is not None, status=str(status),
        )  # fmt: skip
        alarm = {
            RevocationStatus.REVOKED: ("CertificateRevoked", "emergency"),
            RevocationStatus.UNKNOWN: ("CertificateRevokationStatusByOCSP", "warning"),
        }.get(status)
        if alarm is not None:
            serial = certificate.serial_bytes.hex()
            self.host.alarm(SERVICE, *alarm, unit=unit, file=name, serial=serial)
        return status
