from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twin.config.release import ReleaseProfile
from twin.nodes.file_system import Identity
from twin.pki.tvs_messages import Status

if TYPE_CHECKING:
    from tests.nodes.tvs.conftest import Phone

Identities = Callable[..., Identity]


def knows(phone: Phone, identity: Identity) -> bool:
    """Whether a query for the certificate finds it."""
    return phone.query(identity.certificate).status is Status.FOUND


def test_refresh_takes_its_time(phone: Phone, identity: Identities) -> None:
    """A regenerated certificate is known after the refresh delay, and the old one no longer."""
    new = phone.renew("CallManager", "labserver2")
    phone.clock.advance(4_999)
    assert not knows(phone, new)
    assert knows(phone, identity("CallManager", "labserver2"))
    phone.clock.advance(1)
    assert knows(phone, new)
    assert not knows(phone, identity("CallManager", "labserver2"))
    (refresh,) = phone.tvs.host.rows("cache_refreshed")
    assert refresh.at_ms == 5_000
    assert refresh.data == {"certificates": 10}


def test_changes_within_the_delay_are_one_refresh(phone: Phone) -> None:
    """Several changes within the delay are read together, after that of the first."""
    first = phone.renew("CallManager", "labserver1")
    phone.clock.advance(3_000)
    second = phone.renew("tomcat", "labserver1")
    phone.clock.settle()
    assert phone.clock.now_ms == 5_000
    assert len(phone.tvs.host.rows("cache_refreshed")) == 1
    assert knows(phone, first)
    assert knows(phone, second)


def test_listeners_hear_of_new_knowledge(phone: Phone) -> None:
    """Who remembers answers is told when there are others, with a new version each time."""
    versions: list[int] = []
    phone.tvs.on_new_knowledge.append(lambda: versions.append(phone.tvs.version))
    phone.renew("CallManager", "labserver2", 1)
    phone.clock.settle()
    phone.renew("CallManager", "labserver2", 2)
    phone.clock.settle()
    assert versions == [1, 2]


def test_own_certificate_restarts_the_service(phone: Phone, identity: Identities) -> None:
    """A new TVS certificate of the node raises an alarm and restarts the service at once."""
    new = phone.renew("TVS", "labserver1")
    assert phone.tvs.host.alarms() == ["TVSCertificateRegenerated"]
    assert not phone.tvs.service.is_started
    phone.clock.settle()
    assert phone.clock.now_ms == 10_000
    assert phone.tvs.service.is_started
    assert phone.tvs.certificate == new.certificate
    assert knows(phone, new)
    assert not knows(phone, identity("TVS", "labserver1"))


def test_another_nodes_certificate_does_not(phone: Phone, identity: Identities) -> None:
    """The TVS certificate of another node is learned, without a restart or an alarm."""
    new = phone.renew("TVS", "labserver2")
    assert phone.tvs.service.is_started
    phone.clock.settle()
    assert knows(phone, new)
    assert phone.tvs.certificate == identity("TVS", "labserver1").certificate
    assert phone.tvs.host.alarms() == []


def test_where_it_does_not_restart_itself(
    make_phone: Callable[..., Phone],
    releases: Callable[[str], ReleaseProfile],
    identity: Identities,
) -> None:
    """On such a release it knows the new certificate and presents the old until a restart."""
    phone = make_phone(releases("11.5").model_copy(update={"restarts_itself": ()}))
    new = phone.renew("TVS", "labserver1")
    phone.clock.settle()
    assert phone.tvs.certificate == identity("TVS", "labserver1").certificate
    assert knows(phone, new)
    phone.tvs.service.restart()
    phone.clock.settle()
    assert phone.tvs.certificate == new.certificate


def test_start_reads_everything(phone: Phone) -> None:
    """What changed while the service was stopped is known as soon as it is started."""
    phone.tvs.service.stop()
    new = phone.renew("CallManager", "labserver2")
    phone.tvs.service.start()
    phone.clock.settle()
    assert knows(phone, new)
    assert phone.tvs.host.rows("cache_refreshed") == []


def test_stopped_service_raises_no_alarm(phone: Phone) -> None:
    """A stopped TVS neither notices that its certificate changed nor starts because of it."""
    phone.tvs.service.stop()
    new = phone.renew("TVS", "labserver1")
    phone.clock.settle()
    assert phone.tvs.host.alarms() == []
    assert not phone.tvs.service.is_started
    phone.tvs.service.start()
    phone.clock.settle()
    assert phone.tvs.certificate == new.certificate


def test_stop_calls_a_refresh_off(phone: Phone) -> None:
    """A refresh that waits goes with the service; the start reads instead, once."""
    new = phone.renew("CallManager", "labserver2")
    phone.tvs.service.stop()
    phone.clock.advance(60_000)
    assert phone.tvs.host.rows("cache_refreshed") == []
    phone.tvs.service.start()
    phone.clock.settle()
    assert knows(phone, new)
