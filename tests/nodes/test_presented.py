from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from twin.config.release import ReleaseProfile
from twin.nodes.file_system import FileSystem, Identity
from twin.nodes.presented import Presented
from twin.nodes.service import Service

if TYPE_CHECKING:
    from tests.nodes.conftest import FakeClock, FakeHost


@pytest.fixture
def tomcat(
    make_host: Callable[..., FakeHost],
    make_service: Callable[..., Service],
    files: FileSystem,
    identity: Callable[..., Identity],
) -> Presented:
    """Cisco Tomcat of a node, three minutes from a start to its pages."""
    files.own["tomcat"] = identity("tomcat")
    return Presented(make_service(make_host(), "Tomcat", 180_000), files, "tomcat")


def test_old_certificate_is_presented_until_a_restart(
    tomcat: Presented, files: FileSystem, clock: FakeClock, identity: Callable[..., Identity]
) -> None:
    """A regenerated certificate lies on disk while the loaded one goes on being presented."""
    files.own["tomcat"] = identity("tomcat", generation=1)
    clock.advance(86_400_000)
    assert tomcat.certificate == identity("tomcat").certificate
    tomcat.service.restart()
    clock.settle()
    assert tomcat.certificate == identity("tomcat", generation=1).certificate


def test_nothing_is_presented_while_it_is_down(tomcat: Presented, clock: FakeClock) -> None:
    """From the stop to the end of the start nobody gets a certificate."""
    tomcat.service.restart()
    assert tomcat.certificate is None
    clock.advance(179_999)
    assert tomcat.certificate is None
    clock.advance(1)
    assert tomcat.certificate is not None


def test_change_during_the_start(
    tomcat: Presented, files: FileSystem, clock: FakeClock, identity: Callable[..., Identity]
) -> None:
    """It presents what lies on disk when the start is over."""
    tomcat.service.restart()
    clock.advance(60_000)
    files.own["tomcat"] = identity("tomcat", generation=2)
    clock.settle()
    assert tomcat.certificate == identity("tomcat", generation=2).certificate


def test_a_service_that_follows_needs_no_restart(
    tomcat: Presented, files: FileSystem, identity: Callable[..., Identity]
) -> None:
    """Where the release says so, after an upgrade too, a new certificate is presented at once."""
    files.own["tomcat"] = identity("tomcat", generation=1)
    assert (tomcat.certificate, tomcat.is_outdated) == (identity("tomcat").certificate, True)
    host = tomcat.service.host
    host.release = host.release.model_copy(update={"restarts_itself": ("Tomcat",)})
    assert tomcat.identity == identity("tomcat", generation=1)
    assert not tomcat.is_outdated
    tomcat.service.stop()
    assert (tomcat.certificate, tomcat.is_outdated) == (None, False)


def test_cisco_drf_master_takes_the_unit_of_its_release(
    make_host: Callable[..., FakeHost],
    make_service: Callable[..., Service],
    releases: Callable[[str], ReleaseProfile],
    files: FileSystem,
    clock: FakeClock,
    identity: Callable[..., Identity],
) -> None:
    """ipsec before 14 and tomcat from 14, loaded by the start after the upgrade."""
    files.own |= {"ipsec": identity("ipsec"), "tomcat": identity("tomcat")}
    host = make_host(release="12.5")
    master = Presented(make_service(host, "DRFMaster"), files, None)
    assert master.identity == identity("ipsec")
    host.release = releases("14")
    master.service.restart()
    clock.settle()
    assert (master.unit, master.identity) == ("tomcat", identity("tomcat"))
