from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

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
    """Where the release says so a new certificate is presented at once."""
    follower = Presented(tomcat.service, files, "tomcat", follows=True)
    files.own["tomcat"] = identity("tomcat", generation=1)
    assert follower.identity == identity("tomcat", generation=1)
    assert (follower.is_outdated, tomcat.is_outdated) == (False, True)
    tomcat.service.stop()
    assert (follower.certificate, tomcat.is_outdated) == (None, False)
