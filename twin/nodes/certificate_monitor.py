"""Cisco Certificate Expiry Monitor: looks at every certificate of its node, and tells.

Knows: the schedule, the thresholds, the alarm catalogue, the e-mail. Must not know what an expired
certificate does to anybody.

Source: cucm-pki-behaviour 8 (Security Guide for CUCM 15, alarm catalogue of CUCM 15, the deck's
Certificate Monitor pages): it looks every 24 h, counted from its start, and hourly once a
certificate has expired or expires within a day.
Assumption: of a certificate in the window one notice goes out per Notification Frequency, one at
each look from seven days on, and one at once when it comes into a worse class.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from twin.config.monitoring import CertificateMonitorConfig
from twin.nodes.file_system import FileSystem
from twin.nodes.host import CallOff, Host
from twin.nodes.service import Service
from twin.pki.certificates import Certificate

SERVICE = "certMonitor"


@dataclass(frozen=True, slots=True)
class Notice:
    """An alarm of the catalogue: its severity, and the time left below which it is raised."""

    name: str
    severity: str
    below: timedelta


EXPIRED = Notice("CertExpired", "error", timedelta(0))
"""Obsolete in the catalogue of 2016, raised again from 15 on."""
CATALOGUE = (
    Notice("CertValidLessthanADay", "alert", timedelta(days=1)),
    Notice("CertValidfor7days", "critical", timedelta(days=7)),
    Notice("CertValidLessThanMonth", "warning", timedelta(days=30)),
    Notice("CertValidityOver30Days", "notice", timedelta.max),
)
"""Most urgent first."""
URGENT = timedelta(days=1)
"""From here on it looks every hour."""
EVERY_LOOK = timedelta(days=7)
"""From here on it tells at every look."""


@dataclass(frozen=True, slots=True)
class _Told:
    """The last notice about one certificate."""

    at_ms: int
    name: str


class CertificateMonitor:
    """The monitor of one node."""

    def __init__(
        self, host: Host, service: Service, files: FileSystem, config: CertificateMonitorConfig
    ) -> None:
        self.host = host
        self.service = service
        self.files = files
        self.config = config
        self._told: dict[tuple[str, str, int], _Told] = {}
        self._next: CallOff | None = None
        service.on_started.append(self._started)
        service.on_stopped.append(self._stopped)
        self._schedule(is_urgent=False)

    def run(self) -> int:
        """Look at every certificate now; how many notices that gave."""
        noticed = []
        is_urgent = False
        for unit, name, certificate in self._certificates():
            left = certificate.not_after - self.host.time()
            is_urgent = is_urgent or left <= URGENT
            notice = self._notice(left)
            if notice is not None and self._is_due(unit, name, certificate, left, notice):
                noticed.append(self._tell(unit, name, certificate, left, notice))
        self.host.record(SERVICE, "run", noticed=len(noticed), hourly=is_urgent)
        if noticed and self.config.email_ids:
            self.host.record(
                SERVICE, "email", to=list(self.config.email_ids), lines=noticed, count=len(noticed)
            )
        self._schedule(is_urgent)
        return len(noticed)

    # -- the schedule -----------------------------------------------------------------------

    def _schedule(self, is_urgent: bool) -> None:
        timing = self.host.timing
        wait = timing.certmon_urgent_interval_s if is_urgent else timing.certmon_interval_s
        self._stopped()
        self._next = self.host.after(wait.ms, self._on_time, counts=False)

    def _on_time(self) -> None:
        self._next = None
        self.run()

    def _started(self) -> None:
        self._schedule(is_urgent=False)

    def _stopped(self, _hangs: bool = False) -> None:
        if self._next is not None:
            self._next()
            self._next = None

    # -- notices ----------------------------------------------------------------------------

    def _certificates(self) -> Iterator[tuple[str, str, Certificate]]:
        """(unit, file name, certificate): own ones, then every trust store, by name."""
        for unit in sorted(self.files.own):
            yield unit, f"{unit}.pem", self.files.own[unit].certificate
        for unit in sorted(self.files.trust):
            for entry in self.files.trust[unit].entries():
                yield unit, entry.file_name, entry.certificate

    def _notice(self, left: timedelta) -> Notice | None:
        if left > timedelta(days=self.config.notification_start_days):
            return None
        if left < EXPIRED.below and self.host.release.has_cert_expired_alarm:
            return EXPIRED
        return next(notice for notice in CATALOGUE if left <= notice.below)

    def _is_due(
        self, unit: str, name: str, certificate: Certificate, left: timedelta, notice: Notice
    ) -> bool:
        last = self._told.get((unit, name, certificate.serial))
        if last is None or last.name != notice.name or left <= EVERY_LOOK:
            return True
        gap_ms = self.config.notification_frequency_hours * 3_600_000
        return self.host.now_ms - last.at_ms >= gap_ms

    def _tell(
        self, unit: str, name: str, certificate: Certificate, left: timedelta, notice: Notice
    ) -> str:
        self._told[unit, name, certificate.serial] = _Told(self.host.now_ms, notice.name)
        until = certificate.not_after.strftime("%Y-%m-%dT%H:%M:%SZ")
        self.host.alarm(
            SERVICE, notice.name, notice.severity,
            unit=unit, file=name, not_after=until, days_left=left // timedelta(days=1),
        )  # fmt: skip
        return f"{unit}/{name} {notice.name} {until}"
