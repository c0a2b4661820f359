from __future__ import annotations

from collections.abc import Callable

from twin.nodes.file_system import FileSystem, Identity
from twin.pki.stores import AddOutcome


def test_a_store_is_made_once(files: FileSystem) -> None:
    """Asking for a store twice gives the same one, of the unit asked for."""
    store = files.store("CallManager-trust")
    assert files.store("CallManager-trust") is store
    assert store.unit == "CallManager-trust"
    assert len(store) == 0


def test_stores_are_apart(files: FileSystem, identity: Callable[..., Identity]) -> None:
    """A certificate put into one trust store is in no other."""
    certificate = identity().certificate
    assert files.add_trust("CallManager-trust", certificate) is AddOutcome.ADDED
    assert certificate in files.store("CallManager-trust")
    assert certificate not in files.store("Phone-SAST-trust")


def test_file_name_and_description_are_kept(
    files: FileSystem, identity: Callable[..., Identity]
) -> None:
    """A given file name and description appear in the listing; by default the CN names it."""
    files.add_trust("CAPF-trust", identity().certificate, "Signed Certificate", "other.pem")
    files.add_trust("tomcat-trust", identity().certificate)
    (entry,) = files.store("CAPF-trust").entries()
    assert (entry.file_name, entry.description) == ("other.pem", "Signed Certificate")
    (entry,) = files.store("tomcat-trust").entries()
    assert entry.file_name == "labserver1.vasank.com.pem"


def test_the_stores_rule_for_one_name_holds(
    files: FileSystem, identity: Callable[..., Identity]
) -> None:
    """A later certificate of the same name replaces the stored one, an earlier one does not."""
    older, newer = identity(generation=0), identity(generation=1)
    files.add_trust("CallManager-trust", older.certificate)
    assert files.add_trust("CallManager-trust", newer.certificate) is AddOutcome.REPLACED
    assert files.add_trust("CallManager-trust", older.certificate) is AddOutcome.KEPT_STORED
    assert newer.certificate in files.store("CallManager-trust")
    assert older.certificate not in files.store("CallManager-trust")


def test_nothing_was_changed_before_the_scenario(files: FileSystem) -> None:
    """A fresh file system has no own certificate and no instant of a change."""
    assert files.own == {}
    assert files.changed_at_ms == {}
