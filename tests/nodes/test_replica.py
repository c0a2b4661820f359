from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from twin.nodes.database import SERVICE_NUMBERS, CertificateRow, Replica, RowChange
from twin.nodes.file_system import Identity


def test_rows_come_in_the_order_of_their_pkid(
    replica: Replica, own: Callable[..., CertificateRow], identity: Callable[..., Identity]
) -> None:
    """Walking the table does not depend on the order in which rows were written."""
    for pkid in ("c", "a", "b"):
        replica.put(own("TVS", f"node-{pkid}", identity("TVS", f"node-{pkid}"), pkid))
    assert [row.pkid for row in replica] == ["a", "b", "c"]
    assert len(replica) == 3


def test_a_row_is_replaced_in_place(
    replica: Replica, own: Callable[..., CertificateRow], identity: Callable[..., Identity]
) -> None:
    """A second write under one pkid leaves one row, the later one."""
    first = own("TVS", "labserver1", identity("TVS"), "p")
    second = own("TVS", "labserver1", identity("TVS", generation=1), "p")
    replica.put(first)
    replica.put(second)
    assert list(replica) == [second]
    assert replica.get("p") is second
    assert replica.get("q") is None


def test_own_rows_of_a_unit(
    replica: Replica,
    own: Callable[..., CertificateRow],
    trusted: Callable[..., CertificateRow],
    identity: Callable[..., Identity],
) -> None:
    """The identity rows of a unit come by node name; trust copies and other units do not count."""
    replica.put(own("CallManager", "labserver2", identity("CallManager", "labserver2"), "1"))
    replica.put(own("CallManager", "labserver1", identity("CallManager", "labserver1"), "2"))
    replica.put(own("TVS", "labserver1", identity("TVS", "labserver1"), "3"))
    copy = trusted(["CallManager-trust"], "labserver1", ["labserver2"], identity().certificate)
    replica.put(copy)
    assert [row.node for row in replica.own("CallManager")] == ["labserver1", "labserver2"]
    assert not copy.is_own


def test_change_of_a_new_and_of_a_known_row(
    own: Callable[..., CertificateRow],
    change: Callable[..., RowChange],
    identity: Callable[..., Identity],
) -> None:
    """A row that was not there is an I, one that was is a U, with the new serial before the old."""
    new = identity("TVS", "labserver2", 1, serial="6907c5548780e470b9e3cb3164b12c00")
    before = identity("TVS", "labserver2", 0, serial="05c9a187f6bfcfbcbfc673ee1b4bd001")
    row = own("TVS", "labserver2", new)
    assert change(row, None).action == "I"
    assert change(row, None).serials == "6907c5548780e470b9e3cb3164b12c00/"
    update = change(row, before)
    assert update.action == "U"
    # The deck's TVS trace: the old serial is printed with 31 digits.
    assert update.serials == "6907c5548780e470b9e3cb3164b12c00/5c9a187f6bfcfbcbfc673ee1b4bd001"


@pytest.mark.parametrize(("unit", "number"), [("CallManager", 3), ("CAPF", 9), ("TVS", 11)])
def test_service_numbers_of_the_traces(unit: str, number: int) -> None:
    """The units that lead to resets have the numbers of the deck's traces and of 210541."""
    assert SERVICE_NUMBERS[unit] == number


def test_service_numbers_are_unique() -> None:
    """No two units share a number."""
    assert len(set(SERVICE_NUMBERS.values())) == len(SERVICE_NUMBERS)


def test_a_row_goes_with_its_last_mapping(
    replica: Replica, own: Callable[..., CertificateRow], identity: Callable[..., Identity]
) -> None:
    """Written without a node a row is gone (D), and to take out what is not there does no harm."""
    row = own("TVS", "labserver1", identity("TVS"), "p")
    gone = replace(row, nodes=())
    replica.put(gone)
    replica.put(row)
    replica.put(gone)
    assert list(replica) == []
    assert RowChange(1, gone, row).action == "D"


@pytest.mark.parametrize(
    ("before", "after", "same", "brings"),
    [
        (None, ("a",), True, True),
        (("a",), ("a",), False, True),
        (("a",), ("a",), True, True),
        (("a", "b"), ("a",), True, False),
        (("a", "b"), ("a",), False, True),
        (("a",), ("a", "b"), True, True),
        (("a",), (), True, False),
        (None, (), True, False),
    ],
    ids=[
        "new",
        "renewed",
        "rewritten",
        "left",
        "left and renewed",
        "joined",
        "gone",
        "never there",
    ],
)
def test_what_brings_a_certificate(
    own: Callable[..., CertificateRow],
    identity: Callable[..., Identity],
    before: tuple[str, ...] | None,
    after: tuple[str, ...],
    same: bool,
    brings: bool,
) -> None:
    """Every row written does, but one that goes or only loses a node of its map."""
    row = replace(own("TVS", "a", identity("TVS")), nodes=after)
    old = None
    if before is not None:
        certificate = identity("TVS", generation=0 if same else 1).certificate
        old = replace(row, nodes=before, certificate=certificate)
    assert RowChange(1, row, old).brings_certificate == brings
