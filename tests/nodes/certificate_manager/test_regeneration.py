from __future__ import annotations

from collections.abc import Callable

import pytest

from twin.nodes.certificate_manager import CertificateManager
from twin.nodes.database import CertificateRow

Managers = Callable[..., CertificateManager]
UNITS = ("CallManager", "TVS", "tomcat", "ipsec", "CAPF")

MESSAGE = (
    "CallManager certificate was modified in the last 5 minutes. "
    "Please re-try regenerating TVS certificate at a later time"
)
"""The deck's screen, word for word."""


@pytest.fixture
def done() -> list[int]:
    """Grows by one whenever a regeneration tells that it is over."""
    return []


@pytest.fixture
def manager(make_manager: Managers) -> CertificateManager:
    """A publisher on 11.5 that has been running."""
    manager = make_manager(draws={"certificate_regen_s": 5_000})
    manager.install_first(UNITS)
    return manager


def regenerate(manager: CertificateManager, unit: str, done: list[int]) -> str | None:
    """Regenerate to the end; the refusal, if there was one."""
    refused = manager.regenerate(unit, lambda: done.append(manager.host.now_ms))
    manager.host.clock.settle()
    return refused


def test_files_and_rows_are_written_after_the_drawn_time(
    manager: CertificateManager, written: list[CertificateRow], done: list[int]
) -> None:
    """Nothing changes until the time of the regeneration is over; then all of it does at once."""
    old = manager.files.own["CallManager"].certificate
    clock = manager.host.clock
    assert manager.regenerate("CallManager", lambda: done.append(clock.now_ms)) is None
    clock.advance(4_999)
    assert manager.files.own["CallManager"].certificate == old
    assert (written, done) == ([], [])
    clock.advance(1)
    new = manager.files.own["CallManager"]
    assert new.certificate != old
    assert new.certificate.not_before == manager.host.time()
    assert new.certificate.public_key == new.key.public_key
    assert manager.files.changed_at_ms == {"CallManager": 5_000}
    assert [row.certificate for row in written] == [new.certificate, new.certificate]
    assert done == [5_000]


def test_records_of_a_regeneration(manager: CertificateManager, done: list[int]) -> None:
    """The command and its end are recorded, with the new serial and the one it replaces."""
    old = manager.files.own["CallManager"].certificate
    regenerate(manager, "CallManager", done)
    new = manager.files.own["CallManager"].certificate
    begun, ended = manager.host.rows()
    assert (begun.at_ms, begun.service, begun.event) == (0, "CertMgr", "regenerate")
    assert begun.data == {
        "op": "regenerate",
        "unit": "CallManager",
        "certificate_dir": "/usr/local/cm/.security/CallManager/certs/CallManager",
        "key_dir": "/usr/local/cm/.security/CallManager/keys",
    }
    assert (ended.at_ms, ended.service, ended.event) == (5_000, "CertMgr", "regenerated")
    assert ended.data == {
        "unit": "CallManager",
        "subject": new.subject,
        "serial": new.serial_bytes.hex(),
        "old_serial": old.serial_bytes.hex(),
    }


@pytest.mark.parametrize("unit", ["CallManager", "TVS", "tomcat", "ipsec"])
def test_pkids_stay(
    manager: CertificateManager, written: list[CertificateRow], done: list[int], unit: str
) -> None:
    """Regeneration updates the rows in place: the same pkids as before, the serial another."""
    before = manager.rows(unit, manager.files.own[unit])
    regenerate(manager, unit, done)
    assert [row.pkid for row in written] == [row.pkid for row in before]
    serial = before[0].certificate.serial_bytes
    assert all(row.certificate.serial_bytes != serial for row in written)


def test_old_capf_stays_beside_the_new_one(
    make_manager: Managers, written: list[CertificateRow], done: list[int]
) -> None:
    """CAPF gets another name each time, so that its old trust copy keeps its row and its file."""
    manager = make_manager()
    _, old_copy, _ = manager.install_first(("CAPF",))
    manager.files.add_trust("CallManager-trust", old_copy.certificate)
    regenerate(manager, "CAPF", done)
    own, copy, at_home = written
    assert own.pkid == "labserver1/CAPF"
    assert (at_home.units, at_home.nodes) == (("CAPF-trust",), ("labserver1",))
    assert copy.pkid != old_copy.pkid
    store = manager.files.store("CallManager-trust")
    assert [entry.certificate in (old_copy.certificate, copy.certificate) for entry in store] == [
        True,
        True,
    ]


def test_new_callmanager_takes_the_old_ones_place(
    manager: CertificateManager, done: list[int]
) -> None:
    """In the origin's own stores the new certificate replaces the old one of its name."""
    old = manager.files.own["CallManager"].certificate
    manager.files.add_trust("Phone-SAST-trust", old)
    regenerate(manager, "CallManager", done)
    new = manager.files.own["CallManager"].certificate
    for unit in ("CallManager-trust", "Phone-SAST-trust"):
        assert [entry.certificate for entry in manager.files.store(unit)] == [new]


def test_tomcat_raises_its_alarm(manager: CertificateManager, done: list[int]) -> None:
    """Regenerating tomcat raises TomcatCertRegen, critical, until somebody restarts Tomcat."""
    regenerate(manager, "tomcat", done)
    (alarm,) = manager.host.rows("alarm")
    assert alarm.severity == "critical"
    assert alarm.data["name"] == "TomcatCertRegen"


def test_other_units_raise_no_alarm(manager: CertificateManager, done: list[int]) -> None:
    """CertMgr itself raises an alarm for tomcat only."""
    for unit in ("CallManager", "ipsec", "CAPF"):
        assert regenerate(manager, unit, done) is None
    assert manager.host.alarms() == []
    assert len(done) == 3


# -- refusals -------------------------------------------------------------------------------


def test_tvs_is_refused_soon_after_callmanager(
    manager: CertificateManager, written: list[CertificateRow], done: list[int]
) -> None:
    """TVS after CallManager is refused in the product's words, and nothing changes."""
    regenerate(manager, "CallManager", done)
    written.clear()
    old = manager.files.own["TVS"]
    manager.host.clock.advance(180_000)
    assert regenerate(manager, "TVS", done) == MESSAGE
    assert manager.files.own["TVS"] is old
    assert written == []
    assert len(done) == 1
    (refusal,) = manager.host.rows("regenerate_refused")
    assert refusal.data == {"unit": "TVS", "message": MESSAGE}
    assert refusal.severity == "warning"


def test_callmanager_is_refused_soon_after_tvs(
    manager: CertificateManager, done: list[int]
) -> None:
    """The guard works both ways, with the two names exchanged."""
    regenerate(manager, "TVS", done)
    assert regenerate(manager, "CallManager", done) == (
        "TVS certificate was modified in the last 5 minutes. "
        "Please re-try regenerating CallManager certificate at a later time"
    )


@pytest.mark.parametrize(("later_ms", "allowed"), [(299_999, False), (300_000, True)])
def test_guard_ends_after_five_minutes(
    manager: CertificateManager, done: list[int], later_ms: int, allowed: bool
) -> None:
    """The five minutes count from the end of the other regeneration."""
    regenerate(manager, "CallManager", done)
    manager.host.clock.advance(later_ms)
    assert (manager.refusal("TVS") is None) is allowed


def test_guard_is_between_those_two_only(manager: CertificateManager, done: list[int]) -> None:
    """Neither a unit itself nor any third one is guarded by it."""
    regenerate(manager, "CallManager", done)
    for unit in ("CallManager", "tomcat", "ipsec", "CAPF"):
        assert manager.refusal(unit) is None


def test_guard_is_per_node(
    manager: CertificateManager, make_manager: Managers, done: list[int]
) -> None:
    """CallManager of one node does not keep TVS of another from being regenerated."""
    other = make_manager(name="labserver2", is_publisher=False)
    other.install_first(("CallManager", "TVS"))
    regenerate(manager, "CallManager", done)
    assert other.refusal("TVS") is None


@pytest.mark.parametrize("release", ["8.6", "9.1"])
def test_no_guard_before_it_was_introduced(
    make_manager: Managers, done: list[int], release: str
) -> None:
    """Before 10.x nothing keeps an administrator from regenerating both together."""
    manager = make_manager(release=release)
    manager.install_first(("CallManager", "TVS"))
    regenerate(manager, "CallManager", done)
    assert regenerate(manager, "TVS", done) is None


@pytest.mark.parametrize(("minutes", "words"), [(0, None), (7.5, "7.5 minutes")])
def test_guard_is_a_parameter(
    make_manager: Managers, done: list[int], minutes: float, words: str | None
) -> None:
    """The timing profile sets the guard's length, which its message names; 0 takes it away."""
    manager = make_manager(regeneration_guard_min=minutes)
    manager.install_first(("CallManager", "TVS"))
    regenerate(manager, "CallManager", done)
    refused = manager.refusal("TVS")
    assert (refused is None) if words is None else (refused is not None and words in refused)


def test_second_regeneration_while_one_is_running(
    manager: CertificateManager, done: list[int]
) -> None:
    """A unit that is being generated is refused until that is over, other units are not."""
    manager.regenerate("tomcat", lambda: done.append(0))
    refused = manager.regenerate("tomcat", lambda: done.append(1))
    assert refused == "tomcat certificate is being generated on labserver1"
    assert manager.refusal("ipsec") is None
    manager.host.clock.settle()
    assert manager.refusal("tomcat") is None
    assert done == [0]


def test_unit_that_is_not_there(manager: CertificateManager, done: list[int]) -> None:
    """A unit the node has no certificate of is refused."""
    refused = regenerate(manager, "ITLRecovery", done)
    assert refused == "ITLRecovery certificate does not exist on labserver1"
    assert done == []
