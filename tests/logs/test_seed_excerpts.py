"""The deck's own log excerpts: each is recognised, and its records have what its lines say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from twin.logs import LogRecord, parse
from twin.logs.reading import recognise
from twin.logs.shapes import SAID

Excerpt = Callable[[str], list[str]]

KINDS = {
    "sdl-no-device-restart.txt": "sdl",
    "sdl-device-restart.txt": "sdl",
    "sdl-tvs-service.txt": "sdl",
    "certmgmt-regenerate.log": "certmgmt",
    "certmgmt-delete.log": "certmgmt",
    "tvs.txt": "tvs",
    "drf-master.log": "drf-master",
    "itlreset.log": "itlreset",
    "syslog-messages.log": "syslog",
    "event-log.txt": "event-log",
    "network-log.txt": "network-log",
}
CM_LABSERVER2 = "d4bfc995-72a1-46af-a607-c0988cdd1be5"
RELATED = f"execute procedure dbSelectAllRelatedDevices('CALLMANAGER', '{CM_LABSERVER2}')"


def known(records: list[LogRecord]) -> list[LogRecord]:
    """Those that are more than the form of a line."""
    return [record for record in records if record.event != SAID]


def events(records: list[LogRecord]) -> list[str]:
    """What happened, with the answer where one is given."""
    return [f"{one.event} {one.data.get('answer', '')}".strip() for one in known(records)]


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_an_excerpt_is_recognised(excerpt: Excerpt, name: str, kind: str) -> None:
    """Every excerpt is taken for the log it is of, by its lines alone."""
    assert recognise(excerpt(name)).name == kind


def test_no_device_restart(excerpt: Excerpt) -> None:
    """A notice with N: eight records, among them the four lines that select the row."""
    records = parse(excerpt("sdl-no-device-restart.txt"))
    assert events(records) == [
        "CcmDbChangeNotify", "select_certificate", "cnf_received", "DbChangeNotify",
        "process_cnf N", "do_group_reset", "process_db_change_notify", "finish_cnf",
    ]  # fmt: skip
    notice, selected, received = known(records)[:3]
    assert (notice.sequence, notice.at) == ("00015365.000", "17:10:49.483")
    assert notice.data == {"sdl_node": 2, "table": 41}
    assert selected.data == {"pkid": "05aa6785-b756-c9ac-804f-17e92c44b016"}
    assert received.data["serialnumber"] == (
        "5ee1fd6f66b94ec43ca2c32e3ce90e78/63c8ff45bfa7fd34b6e2505bdeb83d1f"
    )
    (statistics,) = [record for record in records if record.event == SAID]
    assert statistics.data["level"] == "SdlStat"


def test_device_restart(excerpt: Excerpt) -> None:
    """A notice with Y: the role leads to an active TFTP node, and a CallManager's devices."""
    records = known(parse(excerpt("sdl-device-restart.txt")))
    assert events(records) == [
        "process_cnf Y", "debounced", "process_it", "certificate_process_node_map",
        "cert_service_cert_map", "is_itl_related_role", "group_reset_sql1", "cfastaccess",
        "db_sql1", "db_sql2", "move_next", "move_next FALSE",
    ]  # fmt: skip
    by_event = {record.event: record.data for record in records}
    assert by_event["process_it"] == {
        "pkid": "4480fa34-e3dd-de75-f26d-ea39c9daa99a",
        "server_name": "labsrver1",
        "ipv4": "10.106.97.178",
        "ipv6": "",
        "issuer_name": "L=BGL,ST=KA,CN=labsrver1.vasank.com,OU=TAC,O=Cisco,C=IN",
        "trace": ":1318",
    }
    assert by_event["is_itl_related_role"] == {
        "role": "SERVICE_CALLMANAGER", "leads_to": "an active TFTP node", "trace": ":1260",
    }  # fmt: skip
    assert by_event["group_reset_sql1"] == {"sql": RELATED}


def test_tvs_service(excerpt: Excerpt) -> None:
    """TVS: the role leads to CM_labserver2, and the template is sent a reset of kind 2."""
    records = known(parse(excerpt("sdl-tvs-service.txt")))
    assert len(records) == len(excerpt("sdl-tvs-service.txt"))
    by_event = {record.event: record.data for record in records}
    assert by_event["debounced"]["action_number"] == 2
    assert by_event["cert_service_cert_map"]["tkcertificateservice"] == 11
    assert by_event["leads_to_callmanager"]["name"] == "CM_labserver2"
    assert by_event["group_reset_sql2"] == {"sql": RELATED, "ccm_pkid": CM_LABSERVER2}
    assert by_event["row_tkmodel"] == {"tkmodel": 645}
    assert by_event["sending_device_reset"] == {
        "kind": 2,
        "pkid": "21b83701-7d88-479f-b885-0cf40956b5a3",
        "name": "Sample Device Template with TAG usage examples",
        "tkmodel": 645,
        "fk1": CM_LABSERVER2,
        "fk2": "",
    }


def test_certmgmt_regenerate(excerpt: Excerpt) -> None:
    """The five lines of a regeneration are one record, with the folders of the unit."""
    (record,) = parse(excerpt("certmgmt-regenerate.log"))
    assert (record.event, record.at) == ("regenerate", "2016-02-07 14:51:46,338")
    assert record.data == {
        "op": "regenerate",
        "unit": "CallManager",
        "certificate_dir": "/usr/local/cm/.security/CallManager/certs/CallManager",
        "key_dir": "/usr/local/cm/.security/CallManager/keys",
    }


def test_certmgmt_delete(excerpt: Excerpt) -> None:
    """A deletion: the settings, the file and keystore entry, the row; methods in between."""
    records = parse(excerpt("certmgmt-delete.log"))
    assert events(records) == ["delete", "trust_deleted", "database_deleted"]
    asked, deleted, _ = known(records)
    assert asked.data == {
        "op": "delete",
        "unit": "tomcat-trust",
        "key_dir": "/usr/local/platform/.security/tomcat/keys",
        "certificate_file": ("/usr/local/platform/.security/tomcat/trust-certs/MyCertificate2.pem"),
    }
    assert deleted.data["alias"] == "MyCertificate2"
    said = [record.data["text"] for record in records if record.event == SAID]
    assert len(said) == 5
    assert said[3] == "pingPrimary returns[true]"


def test_tvs_unknown_certificate(excerpt: Excerpt) -> None:
    """A certificate in neither cache: both are searched, and it has no roles."""
    records = parse(excerpt("tvs.txt"))
    assert events(records) == [
        "tls_established", "timer_started", "verification_request", "look_up", "look_up",
        "no_roles",
    ]  # fmt: skip
    caches = [(one.data["cache"], one.data["found"]) for one in records if one.event == "look_up"]
    assert caches == [("CertificateDBCACHE", False), ("CertificateCTLCACHE", False)]
    assert records[4].data["map_id"] == "027865CN=VASANK-DC1-CA;OU=BGL;O=TAC;C=IN"


def test_drf_refusal(excerpt: Excerpt) -> None:
    """Three tries of one agent, five lines each, some six seconds apart."""
    records = parse(excerpt("drf-master.log"))
    assert events(records) == ["tls_refused"] * 3
    assert [one.data["source_port"] for one in records] == [54697, 54702, 54704]
    assert {one.data["client_address"] for one in records} == {"10.106.97.178"}
    assert {one.data["hostname"] for one in records} == {"UCMC2S2.vasank.com"}
    assert [one.at[17:] for one in records] == ["15,114", "21,125", "26,137"]


def test_lines_of_others_may_stand_in_a_record(excerpt: Excerpt) -> None:
    """Other lines and empty ones between the lines of a try: the try is one record all the same."""
    lines = excerpt("drf-master.log")
    other = "2015-01-17 11:05:15,115 INFO [Timer-0] - drfSchedule.run: nothing to do"
    (alone, *_), mixed = parse(lines[:5]), parse([*lines[:2], other, "", *lines[2:5]])
    assert [record.event for record in mixed] == ["tls_refused", SAID]
    assert mixed[0] == alone
    assert mixed[1].data["thread"] == "Timer-0"


def test_a_record_that_breaks_off_is_told_as_it_stands(excerpt: Excerpt) -> None:
    """Without its last lines, or with another beginning before them, it is only what was said."""
    lines = excerpt("drf-master.log")
    assert {record.event for record in parse(lines[:4], "drf-master")} == {SAID}
    cut = parse([*lines[:3], *lines[5:10]])
    assert [record.event for record in cut] == [SAID, SAID, SAID, "tls_refused"]
    assert cut[-1].data["source_port"] == 54702


def test_itlreset(excerpt: Excerpt) -> None:
    """A reset with the local key: one TFTP node, both lengths, the second signer, a restart."""
    records = parse(excerpt("itlreset.log"))
    assert events(records) == [
        "start", "active_tftp_servers", "tftp_started", "generated", "transferring",
        "restarting_tftp",
    ]  # fmt: skip
    by_event = {record.event: record.data for record in known(records)}
    assert by_event["start"] == {"key": "localkey"}
    assert by_event["active_tftp_servers"] == {"count": 1}
    made = by_event["generated"]
    assert (made["length_bytes"], made["header_bytes"]) == (7515, 452)
    assert (made["new_length_bytes"], made["new_header_bytes"]) == (7971, 908)
    assert made["old_signer"] == "CN=labserver1.vasank.com;OU=TAC;O=Cisco;L=BGL;ST=KA;C=IN"
    assert made["old_issuer"] == made["old_signer"]
    recovery = "L=BGL,ST=KA,CN=ITLRECOVERY_labserver1.vasank.com,OU=TAC,O=Cisco,C=IN"
    assert (made["signer_name"], made["issuer_name"]) == (recovery, recovery)


def test_clusterwide_delete(excerpt: Excerpt) -> None:
    """The platform event of a deletion on another node."""
    (record,) = parse(excerpt("syslog-messages.log"))
    assert (record.event, record.node) == ("platform_event", "CuCM1-228")
    assert record.data == {
        "event_name": "platform-event-clusterwide-certificate-delete",
        "hostname": "CuCM1-223",
        "unit": "tomcat-trust",
        "type": "trust-certs",
        "name": "test1",
    }


def test_expressway_event_log(excerpt: Excerpt) -> None:
    """Two tries of a traversal client that its server does not know, from two ports."""
    records = parse(excerpt("event-log.txt"))
    assert [one.data["source_port"] for one in records] == [25016, 25025]
    first = records[0]
    assert (first.at, first.node) == ("2014-03-24 17:33:30,872", "xwayc")
    assert first.data == {
        "client_event_log": True,
        "service": "SIP",
        "client_address": "10.48.55.98",
        "source_port": 25016,
        "server_address": "10.48.55.99",
        "port": 7001,
        "client_detail": "tlsv1 alert unknown ca",
        "common_name": "xwayc.coluc.com",
    }


def test_name_mismatch(excerpt: Excerpt) -> None:
    """The host that was wanted, and of the server's certificate what was looked at."""
    (record,) = parse(excerpt("network-log.txt"))
    assert record.node == "CollabEdgeVCSC"
    assert record.data == {
        "client_event_log": True,
        "host": "pub10.learning.com",
        "presented_dns_names": ["learning.com"],
        "presented_not_before": "2015-09-29T21:39:35Z",
        "presented_not_after": "2017-09-29T21:49:35Z",
        "presented_serial": "1b0000000f30a1fc854c3f21de00000000000f",
        "presented_subject": "C=BE;ST=Brussels;L=Diegem;O=Cisco;OU=TAC;CN=pub.learning.com",
        "presented_issuer": "DC=com;DC=learningext;CN=learningext-EXTDNS-CA",
    }
