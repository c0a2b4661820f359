"""The alarm that reminds of an ITLRecovery nobody has saved."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twin.nodes.file_system import Identity
from twin.nodes.recovery_backup import RecoveryBackup

if TYPE_CHECKING:
    from tests.nodes.conftest import FakeHost


def test_alarm_until_the_key_in_use_is_saved(
    make_host: Callable[..., FakeHost], identity: Callable[..., Identity]
) -> None:
    """It comes at each look, not after the export, and again after a regeneration."""
    host = make_host()
    kept: dict[str, Identity] = {"use": identity("ITLRecovery", "labserver1")}
    watch = RecoveryBackup(host, lambda: kept.get("use"), lambda: kept.get("saved"))
    watch.look()
    watch.look()
    assert host.alarms() == ["ITLRecoveryCertBackup"] * 2
    kept["saved"] = kept["use"]
    watch.look()
    assert len(host.alarms()) == 2
    kept["use"] = identity("ITLRecovery", "labserver1", 1)
    watch.look()
    assert len(host.alarms()) == 3


def test_no_alarm_without_an_itlrecovery(make_host: Callable[..., FakeHost]) -> None:
    """Before 10.0 there is nothing to save."""
    host = make_host(release="9.1")
    RecoveryBackup(host, lambda: None, lambda: None).look()
    assert host.alarms() == []
