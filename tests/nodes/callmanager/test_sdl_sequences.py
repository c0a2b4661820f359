"""The deck's three SDL traces, line for line, as records.

A record stands for the trace's line or, where a line comes with its own SQL and object lines, for
those too (`select_certificate`: CFastAccess, SQL1, SQL2, ~CFastAccess of one table).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twin.nodes.callmanager import CallManager
from twin.nodes.database import CertificateRow, RowChange
from twin.nodes.file_system import Identity

if TYPE_CHECKING:
    from tests.nodes.callmanager.conftest import LabDevices

CM_LABSERVER2 = "d4bfc995-72a1-46af-a607-c0988cdd1be5"
RELATED = f"execute procedure dbSelectAllRelatedDevices('CALLMANAGER', '{CM_LABSERVER2}')"

Told = list[tuple[str, dict[str, Any]]]


def first_delivery(pkid: str, serials: str, sdl_node: int = 2) -> Told:
    """The slide "Certificate Regeneration - No Device Restart" for a certificate."""
    where = f"certificate U {pkid}"
    return [
        ("CcmDbChangeNotify", {"sdl_node": sdl_node, "table": 41, "action": "U"}),
        ("select_certificate", {"pkid": pkid}),
        ("cnf_received", {"text": where, "serialnumber": serials}),
        ("DbChangeNotify", {"sdl_node": sdl_node, "table": 207, "text": where}),
        ("process_cnf", {"answer": "N", "text": where, "serialnumber": serials}),
        ("do_group_reset", {"table": "certificate"}),
        ("process_db_change_notify", {"action_number": 2, "pkid": pkid, "trace": ":2320"}),
        ("finish_cnf", {"table": "certificate"}),
    ]


def group_reset() -> Told:
    """The group reset of the devices of CM_labserver2, up to the end of the query."""
    return [
        ("group_reset_sql1", {"sql": RELATED}),
        ("cfastaccess", {"name": "Group Reset"}),
        ("db_sql1", {"sql": RELATED}),
        ("db_sql2", {"sql": RELATED}),
        ("move_next", {}),
        ("move_next", {"answer": "FALSE"}),
    ]


def device_rows() -> Told:
    """The rows of the query: the template, and its reset of kind 2."""
    pkid = "21b83701-7d88-479f-b885-0cf40956b5a3"
    name = "Sample Device Template with TAG usage examples"
    return [
        ("group_reset_sql2", {"sql": RELATED, "ccm_pkid": CM_LABSERVER2}),
        ("is_eof", {"answer": "FALSE"}),
        ("row_tkmodel", {"tkmodel": 645}),
        ("row_pkid", {"pkid": pkid}),
        ("row_name", {"name": name}),
        ("row_fkcallmanager1", {"fk": CM_LABSERVER2}),
        ("row_fkcallmanager2", {"fk": ""}),
        (
            "sending_device_reset",
            {
                "kind": 2,
                "fk1": CM_LABSERVER2,
                "fk2": "",
                "pkid": pkid,
                "name": name,
                "tkmodel": 645,
            },
        ),
    ]


def test_no_device_restart(
    make_callmanager: Callable[..., CallManager],
    own: Callable[..., CertificateRow],
    change: Callable[..., RowChange],
    identity: Callable[..., Identity],
    devices: LabDevices,
) -> None:
    """A certificate that leads to no reset is noticed, processed with N, and finished."""
    pkid = "05aa6785-b756-c9ac-804f-17e92c44b016"
    new = identity("tomcat", serial="5ee1fd6f66b94ec43ca2c32e3ce90e78", generation=1)
    old = identity("tomcat", serial="63c8ff45bfa7fd34b6e2505bdeb83d1f")
    callmanager = make_callmanager()
    callmanager.on_change(change(own("tomcat", "labserver1", new, pkid), old))
    callmanager.host.clock.settle()
    assert callmanager.host.told() == first_delivery(
        pkid, "5ee1fd6f66b94ec43ca2c32e3ce90e78/63c8ff45bfa7fd34b6e2505bdeb83d1f"
    )
    assert {row.service for row in callmanager.host.rows()} == {"CallManager"}
    assert devices.resets == []


def test_device_restart(
    make_callmanager: Callable[..., CallManager],
    own: Callable[..., CertificateRow],
    change: Callable[..., RowChange],
    identity: Callable[..., Identity],
    devices: LabDevices,
) -> None:
    """CallManager of an active TFTP node: the Y part, and each CallManager resets its own."""
    pkid = "4480fa34-e3dd-de75-f26d-ea39c9daa99a"
    serials = "4c859863d5943db0631de8d37816129d/49623cfd4ce571daa9da49d9f792d334"
    new = identity(serial=serials[:32], generation=1)
    old = identity(serial=serials[33:])
    callmanager = make_callmanager()
    callmanager.on_change(change(own("CallManager", "labserver1", new, pkid), old))
    callmanager.host.clock.settle()
    told = callmanager.host.told()
    begun = first_delivery(pkid, serials)
    assert told[: len(begun)] == begun
    assert told[len(begun) :] == [
        (
            "process_cnf",
            {"answer": "Y", "text": f"certificate U {pkid}", "serialnumber": serials},
        ),
        ("debounced", {"action_number": 2, "pkid": pkid, "trace": ":2320"}),
        (
            "process_it",
            {
                "pkid": pkid,
                "server_name": "labserver1",
                "ipv4": "10.106.97.178",
                "ipv6": "",
                "issuer_name": "L=BGL,ST=KA,CN=labserver1.vasank.com,OU=TAC,O=Cisco,C=IN",
                "trace": ":1318",
            },
        ),
        (
            "certificate_process_node_map",
            {
                "pkid": "83d76f5c-775a-4c89-a110-a7b7e98bd104",
                "server_name": "labserver1",
                "fkprocessnode": "22b42762-9ae4-4ffc-9917-a8cd6fc213be",
                "trace": ":1373",
            },
        ),
        (
            "cert_service_cert_map",
            {
                "pkid": "ce8841e9-4902-4ae2-8f8c-746ca4a0b6bc",
                "tkcertificateservice": 3,
                "fkcert": pkid,
                "trace": ":1413",
            },
        ),
        (
            "is_itl_related_role",
            {
                "role": "SERVICE_CALLMANAGER",
                "leads_to": "an active TFTP node",
                "trace": ":1260",
            },
        ),
        *group_reset(),
        *device_rows(),
        (
            "group_reset",
            {
                "wave": 1,
                "cause": "CallManager of labserver1",
                "pkid": pkid,
                "callmanager": "labserver2",
                "related": 2,
                "registered": 2,
            },
        ),
    ]
    assert devices.resets == [("labserver2", "labserver2", 1)]


def test_tvs_service(
    make_callmanager: Callable[..., CallManager],
    own: Callable[..., CertificateRow],
    change: Callable[..., RowChange],
    identity: Callable[..., Identity],
    devices: LabDevices,
) -> None:
    """TVS leads to the CallManager of its node, whose related devices are reset."""
    pkid = "5e4594df-e935-494a-3549-6db7ffb89c1d"
    serials = "6907c5548780e470b9e3cb3164b12c00/5c9a187f6bfcfbcbfc673ee1b4bd001"
    new = identity("TVS", "labserver2", serial=serials[:32], generation=1)
    old = identity("TVS", "labserver2", serial="0" + serials[33:])
    callmanager = make_callmanager()
    callmanager.on_change(change(own("TVS", "labserver2", new, pkid), old))
    callmanager.host.clock.settle()
    told = callmanager.host.told()
    begun = first_delivery(pkid, serials)
    assert told[: len(begun)] == begun
    map_pkid = "e3048581-1c9e-4710-a101-f3599de6dcd0"
    assert told[len(begun) : -1] == [
        (
            "process_cnf",
            {"answer": "Y", "text": f"certificate U {pkid}", "serialnumber": serials},
        ),
        ("debounced", {"action_number": 2, "pkid": pkid, "trace": ":2320"}),
        (
            "process_it",
            {
                "pkid": pkid,
                "server_name": "labserver2",
                "ipv4": "10.106.97.179",
                "ipv6": "",
                "issuer_name": "L=BGL,ST=KA,CN=labserver2.vasank.com,OU=TAC,O=Cisco,C=IN",
                "trace": ":1318",
            },
        ),
        (
            "certificate_process_node_map",
            {
                "pkid": map_pkid,
                "server_name": "labserver2",
                "fkprocessnode": "1401da6f-79ea-32f3-deca-bc664c0b0c12",
                "trace": ":1373",
            },
        ),
        (
            "cert_service_cert_map",
            {
                "pkid": "cb200b81-8c15-49db-85ae-54b2c48f98f9",
                "tkcertificateservice": 11,
                "fkcert": pkid,
                "trace": ":1413",
            },
        ),
        (
            "is_itl_related_role",
            {
                "role": "CERTIFICATE_SERVICE_TVS",
                "processnodemap_pkid": map_pkid,
                "trace": ":1179",
            },
        ),
        (
            "leads_to_callmanager",
            {"pkid": CM_LABSERVER2, "name": "CM_labserver2", "trace": ":1197"},
        ),
        *group_reset(),
        *device_rows(),
    ]
    assert devices.resets == [("labserver2", "labserver2", 1)]


def test_tvs_service_seen_from_the_other_node(
    make_callmanager: Callable[..., CallManager],
    own: Callable[..., CertificateRow],
    change: Callable[..., RowChange],
    identity: Callable[..., Identity],
    devices: LabDevices,
) -> None:
    """The other CallManager queries the same pkid and resets those registered with itself."""
    callmanager = make_callmanager("labserver1")
    row = own("TVS", "labserver2", identity("TVS", "labserver2", 1))
    callmanager.on_change(change(row, identity("TVS", "labserver2")))
    callmanager.host.clock.settle()
    told = callmanager.host.told()
    start = next(n for n, (event, _) in enumerate(told) if event == "group_reset_sql1")
    assert told[start:-1] == group_reset() + device_rows()
    assert devices.resets == [("labserver1", "labserver2", 1)]
