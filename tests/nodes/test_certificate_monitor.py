"""The Certificate Expiry Monitor: when it looks, what it says of whom, and how often."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from twin.config.monitoring import CertificateMonitorConfig
from twin.nodes.certificate_monitor import CATALOGUE, CertificateMonitor
from twin.nodes.file_system import FileSystem, Identity
from twin.nodes.service import Service

if TYPE_CHECKING:
    from tests.nodes.conftest import FakeClock, FakeHost

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
Make = Callable[..., CertificateMonitor]


@pytest.fixture
def make_monitor(
    make_host: Callable[..., FakeHost],
    make_service: Callable[..., Service],
    files: FileSystem,
    identity: Callable[..., Identity],
    clock: FakeClock,
) -> Make:
    """A maker of monitors of a node with one certificate, which has `days` left."""

    def make(days: float, release: str = "11.5", **config: object) -> CertificateMonitor:
        files.own.clear()
        files.own["tomcat"] = identity("tomcat")
        host = make_host(release=release)
        left = files.own["tomcat"].certificate.not_after - host.time()
        clock.now_ms = (left - timedelta(days=days)) // timedelta(milliseconds=1)
        service = make_service(host, "certMonitor")
        return CertificateMonitor(host, service, files, CertificateMonitorConfig(**config))

    return make


def alarms(monitor: CertificateMonitor) -> list[tuple[str, str]]:
    """Names and severities of the alarms raised."""
    return [(row.data["name"], row.severity) for row in monitor.host.rows("alarm")]


@pytest.mark.parametrize(
    ("days", "release", "told"),
    [
        (90.1, "11.5", []),
        (89.9, "11.5", [("CertValidityOver30Days", "notice")]),
        (30.01, "11.5", [("CertValidityOver30Days", "notice")]),
        (29.9, "11.5", [("CertValidLessThanMonth", "warning")]),
        (7.01, "11.5", [("CertValidLessThanMonth", "warning")]),
        (6.9, "11.5", [("CertValidfor7days", "critical")]),
        (0.9, "11.5", [("CertValidLessthanADay", "alert")]),
        (-0.1, "11.5", [("CertValidLessthanADay", "alert")]),
        (-0.1, "15", [("CertExpired", "error")]),
        (0.1, "15", [("CertValidLessthanADay", "alert")]),
    ],
)
def test_the_time_left_decides_the_alarm(
    make_monitor: Make, days: float, release: str, told: list[tuple[str, str]]
) -> None:
    """The catalogue's four alarms by time left, nothing outside the window, CertExpired from 15."""
    monitor = make_monitor(days, release, notification_start_days=90)
    assert monitor.run() == len(told)
    assert alarms(monitor) == told


def test_the_catalogue_covers_every_time_left() -> None:
    """Thresholds fall from row to row and the last row takes the rest."""
    bounds = [notice.below for notice in CATALOGUE]
    assert bounds == sorted(bounds)
    assert bounds[-1] == timedelta.max


def test_it_looks_once_a_day_and_hourly_from_the_last_day_on(
    make_monitor: Make, clock: FakeClock
) -> None:
    """24 hours apart, until something has a day left; from then on one hour apart."""
    monitor = make_monitor(2.5)
    start_ms = clock.now_ms
    clock.advance(3 * DAY_MS)
    hours = [(row.at_ms - start_ms) / HOUR_MS for row in monitor.host.rows("run")]
    assert hours == [24, 48, *range(49, 73)]


def test_a_restart_begins_the_day_anew(make_monitor: Make, clock: FakeClock) -> None:
    """After a restart the next look is 24 hours away; while it is stopped there is none."""
    monitor = make_monitor(200)
    clock.advance(23 * HOUR_MS)
    monitor.service.stop()
    clock.advance(5 * DAY_MS)
    assert monitor.host.rows("run") == []
    monitor.service.start()
    clock.settle()
    ready_ms = clock.now_ms
    clock.advance(2 * DAY_MS)
    assert [row.at_ms - ready_ms for row in monitor.host.rows("run")] == [DAY_MS, 2 * DAY_MS]


def test_one_notice_in_a_notification_frequency(make_monitor: Make, clock: FakeClock) -> None:
    """With weeks left it is named every Notification Frequency, in its last week daily."""
    monitor = make_monitor(25.5, notification_frequency_hours=72)
    start_ms = clock.now_ms
    clock.advance(24 * DAY_MS)
    days = [round((row.at_ms - start_ms) / DAY_MS) for row in monitor.host.rows("alarm")]
    assert days == [1, 4, 7, 10, 13, 16, 19, 20, 21, 22, 23, 24]


def test_a_renewed_certificate_is_not_named_again(
    make_monitor: Make, files: FileSystem, identity: Callable[..., Identity], clock: FakeClock
) -> None:
    """What counts is the certificate that lies there at the look."""
    monitor = make_monitor(5)
    assert monitor.run() == 1
    files.own["tomcat"] = identity("tomcat", generation=3000)
    assert monitor.run() == 0


def test_trust_entries_are_looked_at_too(make_monitor: Make, files: FileSystem) -> None:
    """Every store of the node, each entry by its own file name."""
    monitor = make_monitor(5)
    certificate = files.own["tomcat"].certificate
    files.add_trust("tomcat-trust", certificate, file_name="other.pem")
    files.add_trust("CAPF-trust", certificate, file_name="other.pem")
    monitor.run()
    named = [(row.data["unit"], row.data["file"]) for row in monitor.host.rows("alarm")]
    assert named == [
        ("tomcat", "tomcat.pem"), ("CAPF-trust", "other.pem"), ("tomcat-trust", "other.pem"),
    ]  # fmt: skip


def test_the_email_says_what_the_alarms_say(make_monitor: Make) -> None:
    """One e-mail a look, to everybody named, a line for each notice; none without addresses."""
    monitor = make_monitor(5, email_ids=("a@example.com", "b@example.com"))
    monitor.run()
    (mail,) = monitor.host.rows("email")
    assert mail.data["to"] == ["a@example.com", "b@example.com"]
    (line,) = mail.data["lines"]
    assert line.startswith("tomcat/tomcat.pem CertValidfor7days 20")
    silent = make_monitor(5)
    silent.run()
    assert len(silent.host.rows("email")) == 1  # the first one's
